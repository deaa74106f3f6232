# SPDX-License-Identifier: Apache-2.0
# How a stage declares its library, its tools and its tests: same flags, same include root everywhere.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_C_COMPILER_LAUNCHER})
endif()

set(MBPF_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)

function(mbpf_common_options target)
  target_compile_options(${target} PRIVATE ${MBPF_WARNINGS})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

# mbpf_add_library(NAME SOURCES a.cpp … [DEPENDS lib …]): static library mbpf_NAME, headers at the repo's root.
function(mbpf_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(mbpf_${name} STATIC ${ARG_SOURCES})
  mbpf_common_options(mbpf_${name})
  target_link_libraries(mbpf_${name} PUBLIC ${ARG_DEPENDS})
endfunction()

# mbpf_add_tool(mbpf-x SOURCES main.cpp DEPENDS lib …): a command, built into bin/.
function(mbpf_add_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  mbpf_common_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
endfunction()

# mbpf_add_test(NAME SOURCES … DEPENDS … [LABELS fast|boards|…] [ARGS …]): one GoogleTest executable, one
# ctest entry. Label `fast` unless told otherwise.
function(mbpf_add_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LABELS;ARGS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  mbpf_common_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE MBPF_SOURCE_DIR="${PROJECT_SOURCE_DIR}" MBPF_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
endfunction()
