# SPDX-License-Identifier: Apache-2.0
# RV32IMAC, as QEMU's virt board: Clang and LLD 19, picolibc's headers and memcpy, libgcc's 64-bit division.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_C_COMPILER_TARGET riscv32-unknown-elf)
set(CMAKE_CXX_COMPILER_TARGET riscv32-unknown-elf)
set(CMAKE_ASM_COMPILER_TARGET riscv32-unknown-elf)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(MBPF_CPU rv32imac)
set(MBPF_BOARD rv32imac) # of the reference firmware
set(MBPF_PORT riscv/virt)
set(MBPF_MACHINE_FLAGS -march=rv32imac_zicsr_zifencei -mabi=ilp32 -mcmodel=medany)
set(MBPF_PICOLIBC /usr/lib/picolibc/riscv64-unknown-elf)
set(MBPF_LIBC ${MBPF_PICOLIBC}/lib/rv32imac/ilp32/libc.a)
file(GLOB MBPF_LIBGCC /usr/lib/gcc/riscv64-unknown-elf/*/rv32imac/ilp32/libgcc.a)
