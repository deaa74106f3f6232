# SPDX-License-Identifier: Apache-2.0
# The Debian packages we build on, as targets. scripts/packages.txt lists what apt must install.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(COAP REQUIRED IMPORTED_TARGET libcoap-3-notls)

# LLVM, Clang and LLD: shared libraries for the first two, static for LLD. Only compiler/ and linker/ may
# link mbpf_llvm. System headers, so that their warnings are not ours.
find_package(LLVM 19.1 REQUIRED CONFIG PATHS /usr/lib/llvm-19/lib/cmake/llvm NO_DEFAULT_PATH)
find_package(Clang REQUIRED CONFIG PATHS /usr/lib/llvm-19/lib/cmake/clang NO_DEFAULT_PATH)
find_package(LLD REQUIRED CONFIG PATHS /usr/lib/llvm-19/lib/cmake/lld NO_DEFAULT_PATH)
add_library(mbpf_llvm INTERFACE)
target_include_directories(mbpf_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
separate_arguments(MBPF_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})
target_compile_definitions(mbpf_llvm INTERFACE ${MBPF_LLVM_DEFINITIONS})
target_link_libraries(mbpf_llvm INTERFACE lldELF lldCommon clang-cpp LLVM)
