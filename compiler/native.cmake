# SPDX-License-Identifier: Apache-2.0
include(mbpf_embed)
mbpf_add_library(native
  SOURCES
    native.cpp
    marks.cpp
    rv32_products.cpp
    upper_halves.cpp
    native_passes.cpp
    lift/leading_zeros.cpp
    lift/narrow_sums.cpp
    lift/scaled_addresses.cpp
    lift/arithmetic.cpp
    lift/atomics.cpp
    lift/control.cpp
    lift/frame_plan.cpp
    lift/function_lifter.cpp
    lift/image_plan.cpp
    lift/imports.cpp
    lift/memory.cpp
    lift/module_lifter.cpp
    lift/trip_counts.cpp
    targets/aarch64.cpp
    targets/cortex_m0plus.cpp
    targets/cortex_m33.cpp
    targets/cortex_m3.cpp
    targets/cortex_m4.cpp
    targets/cortex_m7.cpp
    targets/rv32imac.cpp
    targets/rv32imc.cpp
    targets/rv64gc.cpp
    targets/targets.cpp
    targets/x86_64.cpp
  DEPENDS mbpf_core mbpf_platform mbpf_verifier)
target_include_directories(mbpf_native PUBLIC ${PROJECT_SOURCE_DIR}/firmware_runtime/include)
target_link_libraries(mbpf_native PRIVATE mbpf_llvm)

# What generated code may call (compiler/runtime), compiled for each target that needs it and kept inside the
# library, so that a tool needs no folder beside it.
find_program(MBPF_CLANG NAMES clang-19 REQUIRED)
set(runtime_source ${CMAKE_CURRENT_LIST_DIR}/runtime/long_arithmetic.c)
set(runtime_folder ${CMAKE_CURRENT_BINARY_DIR}/runtime)
set(runtime_flags -O2 -fno-unroll-loops -std=c11 -ffreestanding -fno-builtin -ffunction-sections -fomit-frame-pointer
  -fno-unwind-tables -fno-asynchronous-unwind-tables -Wall -Wextra -Werror)
set(runtime_objects "")
function(mbpf_runtime_object name)
  set(out ${runtime_folder}/${name}.o)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${runtime_folder}
    COMMAND ${MBPF_CLANG} ${ARGN} ${runtime_flags} -c ${runtime_source} -o ${out}
    DEPENDS ${runtime_source} VERBATIM)
  list(APPEND runtime_objects ${name}.o)
  set(runtime_objects ${runtime_objects} PARENT_SCOPE)
endfunction()
mbpf_runtime_object(cortex-m0plus --target=thumbv6m-none-eabi -mcpu=cortex-m0plus -mfloat-abi=soft -fropi)
mbpf_runtime_object(cortex-m3 --target=thumbv7m-none-eabi -mcpu=cortex-m3 -mfloat-abi=soft -fropi)
mbpf_runtime_object(cortex-m4 --target=thumbv7em-none-eabi -mcpu=cortex-m4 -mfloat-abi=soft -fropi)
mbpf_runtime_object(rv32imac --target=riscv32-unknown-elf -march=rv32imac -mabi=ilp32 -fPIC -mcmodel=medany)
mbpf_runtime_object(rv32imc --target=riscv32-unknown-elf -march=rv32imc -mabi=ilp32 -fPIC -mcmodel=medany)
mbpf_embed(mbpf_native FUNCTION runtime_objects ROOT ${runtime_folder} FILES ${runtime_objects})
