# SPDX-License-Identifier: Apache-2.0
# size-<board>.elf as firmware is built, size-os-<board>.elf at -Os, both again without isolation and attestation, with
# the least sizes that still install and upgrade a package, the first of these also with fixed trust anchors; and their
# maps: what firmware_size.py reads.
foreach(variant size:-Oz:ON size-os:-Os:ON size-plain:-Oz:OFF size-plain-os:-Os:OFF size-fixed:-Oz:OFF)
  string(REPLACE ":" ";" pair ${variant})
  list(GET pair 0 image)
  list(GET pair 1 level)
  list(GET pair 2 isolation)
  set(sizes)
  if(NOT isolation)
    set(sizes MBPF_WITHOUT_ATTESTATION=1 MBPF_SLOT_COUNT=1 MBPF_SLOT_BYTES=4096u MBPF_ARENA_BYTES=2048u MBPF_MAX_PACKAGES=2 MBPF_MAX_PROGRAMS=2 MBPF_MAX_MAPS=4 MBPF_MAX_HOOK_POINTS=4
      MBPF_LOG_BYTES=128u MBPF_MESSAGE_BYTES=512u MBPF_LINE_BYTES=128u MBPF_EVENT_RECORDS=2u MBPF_CONTEXT_BYTES=96u MBPF_PACKET_BYTES=64u)
  endif()
  if(image STREQUAL size-fixed)
    list(APPEND sizes MBPF_ROOT_ROTATION=0)
  endif()
  mbpf_add_firmware(${image}-${MBPF_BOARD} BOARD ${MBPF_PORT} PLATFORMS microbpf HOOKS timer
    HELPERS ktime_get_ns map_lookup_elem map_update_elem MAP_TYPES array hash OPTIMIZE ${level} ISOLATION ${isolation} SIZES ${sizes}
    SOURCES ${PROJECT_SOURCE_DIR}/tests/bench/firmware_size/main.c)
  # Strings stay with the file that has them.
  target_link_options(${image}-${MBPF_BOARD}.elf PRIVATE -Wl,-O0)
endforeach()
