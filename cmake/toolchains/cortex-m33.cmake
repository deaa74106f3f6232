# SPDX-License-Identifier: Apache-2.0
# Cortex-M33 without FPU code, as QEMU's mps2-an505: Clang and LLD 19, picolibc's headers and memcpy, libgcc's
# 64-bit division.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_C_COMPILER_TARGET thumbv8m.main-none-eabi)
set(CMAKE_CXX_COMPILER_TARGET thumbv8m.main-none-eabi)
set(CMAKE_ASM_COMPILER_TARGET thumbv8m.main-none-eabi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(MBPF_CPU cortex-m33)
set(MBPF_BOARD cortex-m33) # of the reference firmware
set(MBPF_PORT cortex_m/mps2_an505)
set(MBPF_MACHINE_FLAGS -mno-movt -mcpu=cortex-m33+nodsp -mthumb -mfloat-abi=soft)
set(MBPF_PICOLIBC /usr/lib/picolibc/arm-none-eabi)
set(MBPF_LIBC ${MBPF_PICOLIBC}/lib/thumb/v8-m.main/nofp/libc.a)
file(GLOB MBPF_LIBGCC /usr/lib/gcc/arm-none-eabi/*/thumb/v8-m.main/nofp/libgcc.a)
