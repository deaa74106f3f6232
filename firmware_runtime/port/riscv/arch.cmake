# SPDX-License-Identifier: Apache-2.0
# What all boards of this architecture have.
set(MBPF_ARCH_SOURCES ${P}/line.c ${P}/riscv/clint.c ${P}/riscv/enter.S ${P}/riscv/isolate.c ${P}/riscv/start.S)
