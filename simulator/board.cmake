# SPDX-License-Identifier: Apache-2.0
# Emulated boards. The firmware they run is built by firmware_runtime.
mbpf_add_library(board SOURCES board.cpp DEPENDS mbpf_control mbpf_signer mbpf_core)
target_compile_definitions(mbpf_board PRIVATE MBPF_BUILD_FIRMWARE_DIR="${PROJECT_BINARY_DIR}/firmware")
