# SPDX-License-Identifier: Apache-2.0
# Cortex-M4 without FPU code, as QEMU's mps2-an386: Clang and LLD 19, picolibc's headers and memcpy, libgcc's
# 64-bit division.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_C_COMPILER_TARGET thumbv7em-none-eabi)
set(CMAKE_CXX_COMPILER_TARGET thumbv7em-none-eabi)
set(CMAKE_ASM_COMPILER_TARGET thumbv7em-none-eabi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(MBPF_CPU cortex-m4)
set(MBPF_BOARD cortex-m4) # of the reference firmware
set(MBPF_PORT cortex_m/mps2_an386)
set(MBPF_MACHINE_FLAGS -mcpu=cortex-m4 -mthumb -mfloat-abi=soft -mno-movt)
set(MBPF_PICOLIBC /usr/lib/picolibc/arm-none-eabi)
set(MBPF_LIBC ${MBPF_PICOLIBC}/lib/thumb/v7e-m/nofp/libc.a)
file(GLOB MBPF_LIBGCC /usr/lib/gcc/arm-none-eabi/*/thumb/v7e-m/nofp/libgcc.a)
