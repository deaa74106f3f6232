# SPDX-License-Identifier: Apache-2.0
# What all boards of this architecture have.
set(MBPF_ARCH_SOURCES ${P}/line.c ${P}/cortex_m/cpu.c ${P}/cortex_m/enter.S ${P}/cortex_m/isolate.c ${P}/cortex_m/startup.c)
