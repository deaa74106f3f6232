# SPDX-License-Identifier: Apache-2.0
# find_package(mbpf) in a firmware project: gives mbpf_add_firmware().
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Generic")
  message(FATAL_ERROR "find_package(mbpf) is for firmware: configure with -DCMAKE_TOOLCHAIN_FILE=${CMAKE_CURRENT_LIST_DIR}/toolchains/<cpu>.cmake")
endif()
include(${CMAKE_CURRENT_LIST_DIR}/mbpf_firmware.cmake)
set(mbpf_FOUND TRUE)
