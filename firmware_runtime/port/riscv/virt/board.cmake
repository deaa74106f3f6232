# SPDX-License-Identifier: Apache-2.0
# The flash is not mapped for programs (flash.c): each runs from a slot in RAM.
set(MBPF_BOARD_ARCH riscv)
set(MBPF_BOARD_CPU rv32imac)
set(MBPF_BOARD_ISOLATION ON)
set(MBPF_BOARD_SOURCES)
set(MBPF_BOARD_SIZES MBPF_SLOT_COUNT=9 MBPF_MAX_PACKAGES=8)
