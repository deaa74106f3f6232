# SPDX-License-Identifier: Apache-2.0
# Map types: against the interpreter's models, always with sanitizers; and the same operations on both boards.
set(M ${CMAKE_CURRENT_LIST_DIR})
set(runtime ${PROJECT_SOURCE_DIR}/firmware_runtime)
mbpf_add_test(map_properties
  SOURCES ${M}/properties_test.cpp ${M}/sequences.c ${runtime}/src/map.c ${runtime}/src/map_array.c ${runtime}/src/map_hash.c ${runtime}/src/map_lpm.c ${runtime}/src/map_lru.c
    ${runtime}/src/map_program.c ${runtime}/src/map_queue.c ${runtime}/src/map_records.c ${runtime}/src/map_ringbuf.c ${runtime}/src/map_series.c
    ${PROJECT_SOURCE_DIR}/simulator/map_model.cpp ${PROJECT_SOURCE_DIR}/simulator/memory.cpp)
target_include_directories(map_properties PRIVATE ${runtime}/include ${PROJECT_SOURCE_DIR})
target_compile_options(map_properties PRIVATE -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all)
target_link_options(map_properties PRIVATE -fsanitize=address,undefined)

if(TARGET firmware-cortex-m4 AND TARGET mbpf_platform)
  mbpf_add_test(map_boards SOURCES ${M}/boards_test.cpp ${M}/sequences.c DEPENDS mbpf_runtime_host mbpf_platform LABELS boards)
  target_compile_definitions(map_boards PRIVATE FIRMWARE_FOLDER="${PROJECT_BINARY_DIR}/firmware")
  add_dependencies(map_boards firmware-cortex-m4 firmware-rv32imac)
endif()
