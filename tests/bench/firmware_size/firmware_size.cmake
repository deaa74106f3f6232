# SPDX-License-Identifier: Apache-2.0
# size-<board>.elf as firmware is built, size-os-<board>.elf at -Os, and both maps: what firmware_size.py reads.
foreach(variant size:-Oz size-os:-Os)
  string(REPLACE ":" ";" pair ${variant})
  list(GET pair 0 image)
  list(GET pair 1 level)
  mbpf_add_firmware(${image}-${MBPF_BOARD} BOARD ${MBPF_PORT} PLATFORMS microbpf HOOKS timer
    HELPERS ktime_get_ns map_lookup_elem map_update_elem MAP_TYPES array hash OPTIMIZE ${level}
    SOURCES ${PROJECT_SOURCE_DIR}/tests/bench/firmware_size/main.c)
  # Strings stay with the file that has them.
  target_link_options(${image}-${MBPF_BOARD}.elf PRIVATE -Wl,-O0)
endforeach()
