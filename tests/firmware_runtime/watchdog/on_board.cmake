# SPDX-License-Identifier: Apache-2.0
# watchdog-<board>.elf: main.c here with the architecture's window.h.
mbpf_add_firmware(watchdog-${MBPF_BOARD} BOARD ${MBPF_PORT} PLATFORMS microbpf HOOKS timer HELPERS ktime_get_ns MAP_TYPES array
  SOURCES ${PROJECT_SOURCE_DIR}/tests/firmware_runtime/watchdog/main.c)
get_filename_component(architecture ${MBPF_PORT} DIRECTORY)
target_include_directories(watchdog-${MBPF_BOARD}.elf PRIVATE ${PROJECT_SOURCE_DIR}/tests/firmware_runtime/watchdog/${architecture})
