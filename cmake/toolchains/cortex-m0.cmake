# SPDX-License-Identifier: Apache-2.0
# Cortex-M0, as QEMU's microbit: Clang and LLD 19, picolibc's headers and memcpy, libgcc's
# division.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_C_COMPILER_TARGET thumbv6m-none-eabi)
set(CMAKE_CXX_COMPILER_TARGET thumbv6m-none-eabi)
set(CMAKE_ASM_COMPILER_TARGET thumbv6m-none-eabi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(MBPF_CPU cortex-m0)
set(MBPF_BOARD microbit) # of the reference firmware
set(MBPF_PORT cortex_m/microbit)
set(MBPF_MACHINE_FLAGS -mcpu=cortex-m0 -mthumb -mfloat-abi=soft)
set(MBPF_PICOLIBC /usr/lib/picolibc/arm-none-eabi)
set(MBPF_LIBC ${MBPF_PICOLIBC}/lib/thumb/v6-m/nofp/libc.a)
file(GLOB MBPF_LIBGCC /usr/lib/gcc/arm-none-eabi/*/thumb/v6-m/nofp/libgcc.a)
