# SPDX-License-Identifier: Apache-2.0
# The runtime as a host library, and the boards' firmware by nested builds into firmware/.
include(ExternalProject)

add_library(mbpf_runtime_third_party STATIC ${MBPF_SODIUM_SOURCES} ${MBPF_NANOPB_SOURCES})
target_compile_options(mbpf_runtime_third_party PRIVATE -w -include ${R}/crypto/crypto_names.h)
target_compile_definitions(mbpf_runtime_third_party PRIVATE ${MBPF_CRYPTO_DEFINITIONS})
target_include_directories(mbpf_runtime_third_party SYSTEM PUBLIC ${MBPF_NANOPB_SOURCE} ${MBPF_GENERATED})
target_include_directories(mbpf_runtime_third_party SYSTEM PRIVATE ${MBPF_THIRD_PARTY_INCLUDES})

add_library(mbpf_runtime_crypto STATIC ${MBPF_RUNTIME_CRYPTO_SOURCES})
target_compile_options(mbpf_runtime_crypto PRIVATE ${MBPF_WARNINGS} -include ${R}/crypto/crypto_names.h)
target_compile_definitions(mbpf_runtime_crypto PRIVATE ${MBPF_CRYPTO_DEFINITIONS})
target_include_directories(mbpf_runtime_crypto PRIVATE ${MBPF_RUNTIME_INCLUDES})
target_include_directories(mbpf_runtime_crypto SYSTEM PRIVATE ${MBPF_THIRD_PARTY_INCLUDES})
target_link_libraries(mbpf_runtime_crypto PRIVATE mbpf_runtime_third_party)

# The same with a call at every edge, which tests/firmware_runtime/signing_steps_test.cpp follows.
add_library(mbpf_runtime_crypto_traced STATIC EXCLUDE_FROM_ALL ${MBPF_RUNTIME_CRYPTO_SOURCES} ${MBPF_SODIUM_SOURCES})
target_compile_options(mbpf_runtime_crypto_traced PRIVATE -w -O1 -fsanitize-coverage=trace-pc -include ${R}/crypto/crypto_names.h)
target_compile_definitions(mbpf_runtime_crypto_traced PRIVATE ${MBPF_CRYPTO_DEFINITIONS})
target_include_directories(mbpf_runtime_crypto_traced PUBLIC ${MBPF_RUNTIME_INCLUDES})
target_include_directories(mbpf_runtime_crypto_traced SYSTEM PRIVATE ${MBPF_THIRD_PARTY_INCLUDES})

# The curve arithmetic's source, for the test that compiles it beside what it replaces.
add_library(mbpf_runtime_curve INTERFACE)
target_compile_definitions(mbpf_runtime_curve INTERFACE ${MBPF_CRYPTO_DEFINITIONS})
target_include_directories(mbpf_runtime_curve SYSTEM INTERFACE ${R}/crypto ${MBPF_THIRD_PARTY_INCLUDES})

add_library(mbpf_runtime_host STATIC ${MBPF_RUNTIME_CORE_SOURCES} ${MBPF_RUNTIME_HELPER_SOURCES} ${MBPF_RUNTIME_CONTROL_SOURCES}
  ${MBPF_RUNTIME_BOARD_SOURCES} ${MBPF_PLATFORM_SOURCES} ${MBPF_GENERATED_HEADERS} ${MBPF_RUNTIME_COAP_SOURCES} ${R}/port/posix/coap_udp.c ${R}/port/posix/flash.c ${R}/port/posix/port.c)
target_compile_options(mbpf_runtime_host PRIVATE ${MBPF_WARNINGS})
# Slots are made executable by page, so that tests run real code in them.
target_compile_definitions(mbpf_runtime_host PUBLIC MBPF_SLOT_ALIGN=4096 MBPF_STATISTICS=1)
target_include_directories(mbpf_runtime_host PUBLIC ${MBPF_RUNTIME_INCLUDES} ${R} ${R}/port/posix ${R}/port)
target_include_directories(mbpf_runtime_host SYSTEM PUBLIC ${MBPF_GENERATED})
target_link_libraries(mbpf_runtime_host PUBLIC mbpf_runtime_crypto mbpf_runtime_third_party)

# The same with sanitizers and a call at every edge, which tests/fuzz/line_fuzz.cpp counts.
add_library(mbpf_runtime_fuzzed OBJECT EXCLUDE_FROM_ALL ${MBPF_RUNTIME_CORE_SOURCES} ${MBPF_RUNTIME_HELPER_SOURCES} ${MBPF_RUNTIME_CONTROL_SOURCES}
  ${MBPF_RUNTIME_COAP_SOURCES} ${MBPF_RUNTIME_BOARD_SOURCES} ${MBPF_PLATFORM_SOURCES} ${MBPF_GENERATED_HEADERS} ${MBPF_NANOPB_SOURCES}
  ${R}/port/posix/flash.c ${R}/port/posix/port.c)
target_compile_options(mbpf_runtime_fuzzed PRIVATE -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all $<$<C_COMPILER_ID:GNU>:-fsanitize-coverage=trace-pc>)
target_compile_definitions(mbpf_runtime_fuzzed PUBLIC MBPF_SLOT_ALIGN=4096 MBPF_STATISTICS=1)
target_include_directories(mbpf_runtime_fuzzed PUBLIC ${MBPF_RUNTIME_INCLUDES} ${R} ${R}/port/posix ${R}/port)
target_include_directories(mbpf_runtime_fuzzed SYSTEM PUBLIC ${MBPF_GENERATED} ${MBPF_NANOPB_SOURCE})

# The same runtime as a process, reached by CoAP.
add_executable(firmware-posix ${R}/port/posix/main.c)
target_compile_options(firmware-posix PRIVATE ${MBPF_WARNINGS})
target_link_libraries(firmware-posix PRIVATE mbpf_runtime_host)

set(launcher)
if(CCACHE)
  set(launcher -DCMAKE_C_COMPILER_LAUNCHER=${CCACHE})
endif()
set(firmware_folder ${PROJECT_BINARY_DIR}/firmware)
file(MAKE_DIRECTORY ${firmware_folder})
# What each build makes for tests and tools, besides the reference firmware.
set(images watchdog native-fletcher16 checker bench hook-cost hook-cost-plain hook-cost-counted maps calls)
set(images_cortex-m4 ${images} execute-never size size-fixed small-line)
set(images_rv32imac ${images})
set(images_cortex-m33 execute-never watchdog)
foreach(board cortex-m4 cortex-m33 rv32imac)
  set(nested ${CMAKE_CURRENT_BINARY_DIR}/${board})
  set(made)
  set(copied)
  foreach(image firmware ${images_${board}})
    list(APPEND made ${nested}/firmware/${image}-${board}.elf)
    list(APPEND copied ${firmware_folder}/${image}-${board}.elf)
  endforeach()
  set(also)
  if(small-line IN_LIST images_${board}) # in a folder of firmware of its own, as MBPF_FIRMWARE_DIR names one
    file(MAKE_DIRECTORY ${firmware_folder}/small-line)
    set(also COMMAND ${CMAKE_COMMAND} -E copy_if_different ${nested}/firmware/small-line-${board}.elf ${firmware_folder}/small-line/firmware-${board}.elf)
  endif()
  ExternalProject_Add(firmware-${board}
    SOURCE_DIR ${PROJECT_SOURCE_DIR}
    BINARY_DIR ${nested}
    PREFIX ${nested}-project
    CMAKE_GENERATOR Ninja
    CMAKE_ARGS -DCMAKE_TOOLCHAIN_FILE=${PROJECT_SOURCE_DIR}/cmake/toolchains/${board}.cmake
      -DCMAKE_BUILD_TYPE=None
      -DMBPF_PLATFORM_GEN=$<TARGET_FILE:mbpf-platform-gen>
      -DMBPF_DEVICE_SOURCES=${MBPF_DEVICE_SOURCES}
      ${launcher}
    BUILD_ALWAYS ON
    BUILD_COMMAND ${CMAKE_COMMAND} --build ${nested}
    INSTALL_COMMAND ${CMAKE_COMMAND} -E copy_if_different ${made} ${firmware_folder}
    ${also}
    BUILD_BYPRODUCTS ${copied}
    DEPENDS mbpf-platform-gen)
endforeach()
