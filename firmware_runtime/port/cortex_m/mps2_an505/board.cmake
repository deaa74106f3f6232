# SPDX-License-Identifier: Apache-2.0
# Programs run from mapped flash: the slot is the transfer's.
set(MBPF_BOARD_ARCH cortex_m)
set(MBPF_BOARD_CPU cortex-m33)
set(MBPF_BOARD_ISOLATION ON)
set(MBPF_BOARD_SOURCES ${P}/ram_flash.c ${P}/cortex_m/cmsdk.c ${P}/cortex_m/mpu_v8m.c)
set(MBPF_BOARD_SIZES MBPF_SLOT_COUNT=1 MBPF_MAX_PACKAGES=8)
