# SPDX-License-Identifier: Apache-2.0
include(mbpf_embed)
mbpf_add_library(front_end
  SOURCES
    front_end.cpp
    front_end/file_system.cpp
    front_end/message_collector.cpp
    front_end/source_budget.cpp
    front_end/source_to_module.cpp
    front_end/module_checks.cpp
    front_end/module_lowering.cpp
    front_end/module_order.cpp
    front_end/module_to_elf.cpp
    restricted_c/rules.cpp
    restricted_c/types.cpp
    restricted_c/call_graph.cpp
  DEPENDS mbpf_core)
target_link_libraries(mbpf_front_end PRIVATE mbpf_llvm)

# The freestanding headers are Clang's own; in the library, so that no Clang need be installed beside the tools.
set(clang_headers ${LLVM_LIBRARY_DIR}/clang/${LLVM_VERSION_MAJOR}/include)
file(GLOB freestanding RELATIVE ${clang_headers}
  ${clang_headers}/stddef.h ${clang_headers}/__stddef_*.h ${clang_headers}/stdint.h ${clang_headers}/stdbool.h
  ${clang_headers}/limits.h ${clang_headers}/stdarg.h ${clang_headers}/__stdarg_*.h ${clang_headers}/iso646.h
  ${clang_headers}/stdalign.h ${clang_headers}/stdnoreturn.h)
mbpf_embed(mbpf_front_end FUNCTION freestanding_headers ROOT ${clang_headers} FILES ${freestanding})
