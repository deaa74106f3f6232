# SPDX-License-Identifier: Apache-2.0
# Firmware for the board that the toolchain file names, and the images of benches and tests that run on it. -Oz for the
# runtime: programs, not the runtime, are the hot code.
include(${PROJECT_SOURCE_DIR}/cmake/mbpf_firmware.cmake)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/firmware)

set(R ${PROJECT_SOURCE_DIR}/firmware_runtime)
mbpf_add_firmware(firmware-${MBPF_BOARD} BOARD ${MBPF_PORT} PLATFORMS microbpf isa HOOKS ALL HELPERS ALL MAP_TYPES ALL
  SOURCES ${R}/reference/main.c ${R}/reference/virtual_board.c)

# The same with the line of the least sizes that firmware_size counts (docs/porting.md), for the end-to-end tests.
if(MBPF_BOARD STREQUAL cortex-m4)
  mbpf_add_firmware(small-line-${MBPF_BOARD} BOARD ${MBPF_PORT} PLATFORMS microbpf isa HOOKS ALL HELPERS ALL MAP_TYPES ALL
    SIZES MBPF_MESSAGE_BYTES=512u MBPF_LINE_BYTES=128u MBPF_MAX_PACKAGES=3
    SOURCES ${R}/reference/main.c ${R}/reference/virtual_board.c)
endif()

include(${PROJECT_SOURCE_DIR}/tests/firmware_runtime/watchdog/on_board.cmake)
if(MBPF_BOARD MATCHES "^cortex-m")
  include(${PROJECT_SOURCE_DIR}/tests/firmware_runtime/execute_never/on_board.cmake)
endif()

if(MBPF_BOARD MATCHES "^(cortex-m4|rv32imac)$")
  include(${PROJECT_SOURCE_DIR}/tests/device.cmake)
endif()
