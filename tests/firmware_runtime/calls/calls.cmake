# SPDX-License-Identifier: Apache-2.0
# What helpers take on the boards, call by call, beside what the descriptor charges.
if(TARGET firmware-cortex-m4 AND TARGET mbpf_pipeline)
  add_library(traced_board STATIC ${CMAKE_CURRENT_LIST_DIR}/traced_board.cpp)
  mbpf_common_options(traced_board)
  target_link_libraries(traced_board PUBLIC mbpf_linker PRIVATE mbpf_llvm mbpf_cli)
  target_compile_options(traced_board PRIVATE -fno-exceptions)
  add_dependencies(traced_board firmware-cortex-m4 firmware-rv32imac)
  mbpf_add_test(calls_boards SOURCES ${CMAKE_CURRENT_LIST_DIR}/calls_test.cpp DEPENDS traced_board mbpf_pipeline mbpf_cli LABELS boards)
  target_compile_definitions(calls_boards PRIVATE FIRMWARE_FOLDER="${PROJECT_BINARY_DIR}/firmware" PROGRAMS_FOLDER="${CMAKE_CURRENT_LIST_DIR}/programs")
endif()
