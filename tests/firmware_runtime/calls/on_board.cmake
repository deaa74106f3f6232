# SPDX-License-Identifier: Apache-2.0
# calls-<board>.elf: the runtime with its protection and the virtual board's helpers, for runs of which every
# instruction is logged. No signatures, no digests: they would fill the log.
set(calls_core ${MBPF_RUNTIME_CORE_SOURCES})
list(FILTER calls_core EXCLUDE REGEX "/signatures\\.c$")
mbpf_board_image(calls-${MBPF_BOARD} ${PROJECT_SOURCE_DIR}/tests/firmware_runtime/calls/board.c ${calls_core} ${MBPF_RUNTIME_HELPER_SOURCES}
  ${MBPF_RUNTIME_BOARD_SOURCES} ${MBPF_RUNTIME_MEMORY_SOURCES} ${MBPF_TABLES} ${MBPF_BOARD_SOURCES})
target_compile_options(calls-${MBPF_BOARD}.elf PRIVATE ${MBPF_WARNING_FLAGS} -Wno-pedantic)
target_link_options(calls-${MBPF_BOARD}.elf PRIVATE -Wl,--unresolved-symbols=ignore-all)
