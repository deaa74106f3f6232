# SPDX-License-Identifier: Apache-2.0
# find_package(mbpf) in a firmware project: gives mbpf_add_firmware() and mbpf_add_runtime().
include(${CMAKE_CURRENT_LIST_DIR}/mbpf_firmware.cmake)
set(mbpf_FOUND TRUE)
