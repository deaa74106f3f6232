# SPDX-License-Identifier: Apache-2.0
# hook-cost-<board>.elf with isolation, hook-cost-plain-<board>.elf without, hook-cost-counted-<board>.elf without but
# with statistics: all of the runtime compiled into each, with this file's helper in place of the board's. tests/bench/hook_cost.sh runs them.
set(H ${PROJECT_SOURCE_DIR}/tests/bench/hook_cost)
foreach(variant hook-cost hook-cost-plain hook-cost-counted)
  mbpf_board_image(${variant}-${MBPF_BOARD} ${H}/main.c ${R}/helpers/tail_call.c ${MBPF_RUNTIME_CORE_SOURCES} ${MBPF_TABLES} ${MBPF_BOARD_SOURCES})
  target_compile_options(${variant}-${MBPF_BOARD}.elf PRIVATE ${MBPF_WARNING_FLAGS} -Wno-pedantic)
  target_link_options(${variant}-${MBPF_BOARD}.elf PRIVATE -Wl,--unresolved-symbols=ignore-all) # helpers of the table
  target_link_libraries(${variant}-${MBPF_BOARD}.elf PRIVATE mbpf_image_third_party) # the event log hashes
endforeach()
target_compile_options(hook-cost-plain-${MBPF_BOARD}.elf PRIVATE -UMBPF_ISOLATION)
target_compile_options(hook-cost-counted-${MBPF_BOARD}.elf PRIVATE -UMBPF_ISOLATION -DMBPF_STATISTICS=1)
set_source_files_properties(${H}/main.c PROPERTIES COMPILE_OPTIONS -O2)
