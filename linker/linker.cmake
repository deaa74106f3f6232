# SPDX-License-Identifier: Apache-2.0
mbpf_add_library(linker SOURCES audit.cpp bounds.cpp image.cpp link_package.cpp stack_change.cpp stack_depth.cpp tail_calls.cpp timing.cpp DEPENDS mbpf_package mbpf_native)
target_link_libraries(mbpf_linker PRIVATE mbpf_llvm)
