# SPDX-License-Identifier: Apache-2.0
# hook-cost-<board>.elf with isolation, hook-cost-plain-<board>.elf without, hook-cost-counted-<board>.elf without but
# with statistics: all of the runtime compiled into each, with
# this file's helper in place of the board's. tests/bench/hook_cost.sh runs them.
set(H ${PROJECT_SOURCE_DIR}/tests/bench/hook_cost)
foreach(variant hook-cost hook-cost-plain hook-cost-counted)
  mbpf_firmware(${variant}-${MBPF_BOARD} ${H}/main.c ${MBPF_RUNTIME_CORE_SOURCES} ${MBPF_PLATFORM_SOURCES} ${port_sources})
  target_compile_options(${variant}-${MBPF_BOARD}.elf PRIVATE ${MBPF_DEVICE_WARNINGS} -Wno-pedantic)
  target_link_options(${variant}-${MBPF_BOARD}.elf PRIVATE -Wl,--unresolved-symbols=ignore-all)
  target_link_libraries(${variant}-${MBPF_BOARD}.elf PRIVATE mbpf_device_crypto mbpf_device_crypto_glue) # the event log hashes
  add_dependencies(${variant}-${MBPF_BOARD}.elf mbpf_generated)
endforeach()
target_compile_options(hook-cost-plain-${MBPF_BOARD}.elf PRIVATE -UMBPF_ISOLATION)
target_compile_options(hook-cost-counted-${MBPF_BOARD}.elf PRIVATE -UMBPF_ISOLATION -DMBPF_STATISTICS=1)
set_source_files_properties(${H}/main.c PROPERTIES COMPILE_OPTIONS -O2)
