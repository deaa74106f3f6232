# SPDX-License-Identifier: Apache-2.0
if(TARGET mbpf_native AND TARGET mbpf_linker AND TARGET mbpf_verifier)
  mbpf_add_test(native_runtime SOURCES native_runtime.cpp native_runtime_renamed.c)
  mbpf_add_test(native_targets SOURCES native_targets.cpp native_cases.cpp
    DEPENDS mbpf_linker mbpf_native mbpf_verifier mbpf_platform mbpf_core)
  if(TARGET mbpf_simulator)
    mbpf_add_test(native_differential SOURCES native_differential.cpp native_cases.cpp native_kinds.cpp native_ranges.cpp native_host.cpp
      DEPENDS mbpf_simulator mbpf_linker mbpf_native mbpf_verifier mbpf_platform mbpf_core)
  endif()

  # What run_emulated() starts, one a CPU.
  set(MBPF_RUNNER ${CMAKE_CURRENT_SOURCE_DIR}/native_device_runner)
  set(MBPF_RUNNER_cortex-m4 --target=thumbv7em-none-eabi -mcpu=cortex-m4 -mfloat-abi=soft -Wl,--defsym=BASE=0)
  set(MBPF_RUNNER_rv32imac --target=riscv32-unknown-elf -march=rv32imac_zicsr_zifencei -mabi=ilp32 -mcmodel=medany -mno-relax -Wl,--defsym=BASE=0x80000000)
  set(MBPF_RUNNER_rv64gc --target=riscv64-unknown-elf -march=rv64gc -mabi=lp64d -mcmodel=medany -mno-relax -Wl,--defsym=BASE=0x1000000)
  set(MBPF_RUNNER_aarch64 --target=aarch64-none-elf -mgeneral-regs-only -Wl,--defsym=BASE=0x1000000)
  foreach(target cortex-m4 rv32imac rv64gc aarch64)
    set(runner ${PROJECT_BINARY_DIR}/native_device/${target}.elf)
    add_custom_command(OUTPUT ${runner}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/native_device
      COMMAND clang-19 ${MBPF_RUNNER_${target}} -O2 -std=c11 -ffreestanding -fno-builtin -fno-pic -fno-stack-protector
              -fno-asynchronous-unwind-tables -nostdlib -fuse-ld=lld -Wall -Wextra -Werror -Wl,-T,${MBPF_RUNNER}.ld
              -I${PROJECT_SOURCE_DIR}/firmware_runtime/include -I${PROJECT_SOURCE_DIR}/firmware_runtime/src
              ${MBPF_RUNNER}.c ${PROJECT_SOURCE_DIR}/firmware_runtime/src/atomics.c -o ${runner}
      DEPENDS ${MBPF_RUNNER}.c ${MBPF_RUNNER}.ld VERBATIM)
    list(APPEND MBPF_RUNNERS ${runner})
  endforeach()
  add_custom_target(native_device_runners ALL DEPENDS ${MBPF_RUNNERS})
endif()
