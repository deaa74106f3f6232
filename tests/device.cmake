# SPDX-License-Identifier: Apache-2.0
# Images of tests and benches for the board of this build: with its port, but not necessarily with the runtime.
set(R ${PROJECT_SOURCE_DIR}/firmware_runtime)
include(${R}/runtime_files.cmake)
mbpf_read_board(${MBPF_PORT})
set(MBPF_TABLES_FOLDER ${CMAKE_CURRENT_BINARY_DIR}/firmware-${MBPF_BOARD}.mbpf) # as the reference firmware has them
set(MBPF_TABLES ${MBPF_TABLES_FOLDER}/microbpf_platform.c ${MBPF_TABLES_FOLDER}/isa_platform.c)
set(MBPF_DEVICE_FLAGS ${MBPF_BASE_FLAGS} ${MBPF_BOARD_SIZES})
if(MBPF_BOARD_ISOLATION)
  list(APPEND MBPF_DEVICE_FLAGS -DMBPF_ISOLATION=1)
endif()
set(MBPF_IMAGE_FLAGS ${MBPF_CODE_FLAGS} -Oz)
get_property(MBPF_IMAGE_INCLUDES GLOBAL PROPERTY MBPF_IMAGE_THIRD_PARTY_INCLUDES)
get_property(protocol_folder GLOBAL PROPERTY MBPF_IMAGE_PROTOCOL_FOLDER)

add_library(mbpf_device_port OBJECT ${MBPF_BOARD_SOURCES})
target_compile_options(mbpf_device_port PRIVATE ${MBPF_DEVICE_FLAGS} ${MBPF_IMAGE_FLAGS} ${MBPF_WARNING_FLAGS} -Wno-pedantic)
target_include_directories(mbpf_device_port PRIVATE ${R}/include ${MBPF_BOARD_INCLUDES})

function(mbpf_board_image name)
  add_executable(${name}.elf ${ARGN})
  set_target_properties(${name}.elf PROPERTIES SUFFIX "" LINK_DEPENDS "${MBPF_BOARD_FOLDER}/link.ld;${R}/port/${MBPF_BOARD_ARCH}/sections.ld")
  target_compile_options(${name}.elf PRIVATE ${MBPF_DEVICE_FLAGS} ${MBPF_IMAGE_FLAGS})
  target_include_directories(${name}.elf PRIVATE ${R}/include ${MBPF_BOARD_INCLUDES} ${MBPF_TABLES_FOLDER})
  target_include_directories(${name}.elf SYSTEM PRIVATE ${MBPF_IMAGE_INCLUDES} ${protocol_folder})
  target_link_options(${name}.elf PRIVATE ${MBPF_MACHINE_FLAGS} -nostdlib -fuse-ld=lld -Wl,--gc-sections -Wl,-L${R}/port/${MBPF_BOARD_ARCH}
    -Wl,-T,${MBPF_BOARD_FOLDER}/link.ld -Wl,-Map,${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
  target_link_libraries(${name}.elf PRIVATE ${MBPF_LIBC} ${MBPF_LIBGCC})
  add_dependencies(${name}.elf mbpf_image_protocol firmware-${MBPF_BOARD}_tables)
endfunction()

include(${PROJECT_SOURCE_DIR}/tests/bench/native_code/native_code.cmake)
include(${PROJECT_SOURCE_DIR}/tests/bench/hook_cost/hook_cost.cmake)
if(MBPF_BOARD STREQUAL "cortex-m4")
  include(${PROJECT_SOURCE_DIR}/tests/bench/firmware_size/firmware_size.cmake)
endif()
include(${PROJECT_SOURCE_DIR}/tests/verifier/on_board/on_board.cmake)
include(${PROJECT_SOURCE_DIR}/tests/firmware_runtime/maps/on_board.cmake)
include(${PROJECT_SOURCE_DIR}/tests/firmware_runtime/calls/on_board.cmake)
