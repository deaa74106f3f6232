# SPDX-License-Identifier: Apache-2.0
# Firmware for the board that the toolchain file names. -Oz for the runtime: programs, not the runtime, are
# the hot code.
if(NOT EXISTS "${MBPF_LIBC}" OR NOT EXISTS "${MBPF_LIBGCC}")
  message(FATAL_ERROR "Cross libraries are missing for ${MBPF_BOARD}: install the packages of scripts/packages.txt")
endif()
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(MBPF_CODE_FLAGS -Oz -g -fomit-frame-pointer -ffunction-sections -fdata-sections -fno-unwind-tables -fno-asynchronous-unwind-tables)
set(MBPF_DEVICE_FLAGS ${MBPF_MACHINE_FLAGS} -nostdlibinc -isystem ${MBPF_PICOLIBC}/include)
# Programs behind the part's MPU or PMP; an image for a part without one is built with OFF.
option(MBPF_ISOLATION "Run programs unprivileged" ON)
if(MBPF_ISOLATION)
  list(APPEND MBPF_DEVICE_FLAGS -DMBPF_ISOLATION=1)
endif()
if(DEFINED MBPF_STATISTICS) # else as mbpf/config.h decides: with isolation
  list(APPEND MBPF_DEVICE_FLAGS -DMBPF_STATISTICS=$<BOOL:${MBPF_STATISTICS}>)
endif()
list(APPEND MBPF_DEVICE_FLAGS ${MBPF_SIZES}) # mbpf/config.h, where the board differs
# What the CPU decides lies in port/<cpu>, what the board does in port/<cpu>/<board>.
cmake_path(GET MBPF_PORT PARENT_PATH port_cpu)
set(MBPF_DEVICE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)

function(mbpf_device_library name)
  add_library(${name} OBJECT ${ARGN})
  target_compile_options(${name} PRIVATE ${MBPF_DEVICE_FLAGS} ${MBPF_CODE_FLAGS})
  target_include_directories(${name} PRIVATE ${MBPF_RUNTIME_INCLUDES} ${MBPF_GENERATED} ${R} ${R}/port/${MBPF_PORT} ${R}/port/${port_cpu} ${R}/port)
  target_include_directories(${name} SYSTEM PRIVATE ${MBPF_THIRD_PARTY_INCLUDES})
endfunction()

add_custom_target(mbpf_generated DEPENDS ${MBPF_GENERATED_SOURCES} ${MBPF_GENERATED_HEADERS})
mbpf_device_library(mbpf_device_crypto ${MBPF_SODIUM_SOURCES} ${MBPF_BEARSSL_SOURCES})
target_compile_definitions(mbpf_device_crypto PRIVATE ${MBPF_CRYPTO_DEFINITIONS})
target_compile_options(mbpf_device_crypto PRIVATE -w -include ${R}/crypto/crypto_names.h)
mbpf_device_library(mbpf_device_crypto_glue ${MBPF_RUNTIME_CRYPTO_SOURCES})
target_compile_definitions(mbpf_device_crypto_glue PRIVATE ${MBPF_CRYPTO_DEFINITIONS})
target_compile_options(mbpf_device_crypto_glue PRIVATE ${MBPF_DEVICE_WARNINGS} -include ${R}/crypto/crypto_names.h)
mbpf_device_library(mbpf_device_nanopb ${MBPF_NANOPB_SOURCES} ${MBPF_GENERATED}/control.nanopb.c)
target_compile_options(mbpf_device_nanopb PRIVATE -w)

foreach(part core helper control board)
  string(TOUPPER ${part} upper)
  mbpf_device_library(mbpf_device_${part} ${MBPF_RUNTIME_${upper}_SOURCES})
  target_compile_options(mbpf_device_${part} PRIVATE ${MBPF_DEVICE_WARNINGS})
  add_dependencies(mbpf_device_${part} mbpf_generated)
endforeach()
# Every event goes through this file: instructions before bytes.
set_source_files_properties(${R}/src/hooks.c PROPERTIES COMPILE_OPTIONS -O2)
mbpf_device_library(mbpf_device_tables ${MBPF_PLATFORM_SOURCES})
target_compile_options(mbpf_device_tables PRIVATE ${MBPF_DEVICE_WARNINGS})
file(GLOB port_sources CONFIGURE_DEPENDS ${R}/port/${port_cpu}/*.c ${R}/port/${port_cpu}/*.S ${R}/port/${MBPF_PORT}/*.c ${R}/port/${MBPF_PORT}/*.S)
if(NOT EXISTS ${R}/port/${MBPF_PORT}/flash.c)
  list(APPEND port_sources ${R}/port/no_flash.c)
endif()
enable_language(ASM)
mbpf_device_library(mbpf_device_port ${port_sources})
target_compile_options(mbpf_device_port PRIVATE ${MBPF_DEVICE_WARNINGS} -Wno-pedantic)

function(mbpf_firmware name)
  add_executable(${name}.elf ${ARGN})
  set_target_properties(${name}.elf PROPERTIES SUFFIX "")
  target_compile_options(${name}.elf PRIVATE ${MBPF_DEVICE_FLAGS} ${MBPF_CODE_FLAGS})
  target_include_directories(${name}.elf PRIVATE ${MBPF_RUNTIME_INCLUDES} ${MBPF_GENERATED} ${R} ${R}/port/${MBPF_PORT} ${R}/port/${port_cpu} ${R}/port)
  target_include_directories(${name}.elf SYSTEM PRIVATE ${MBPF_THIRD_PARTY_INCLUDES})
  target_link_options(${name}.elf PRIVATE ${MBPF_MACHINE_FLAGS} -nostdlib -fuse-ld=lld -Wl,--gc-sections -Wl,-T,${R}/port/${MBPF_PORT}/link.ld
    -Wl,-Map,${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
  target_link_libraries(${name}.elf PRIVATE ${MBPF_LIBC} ${MBPF_LIBGCC})
  set_target_properties(${name}.elf PROPERTIES LINK_DEPENDS ${R}/port/${MBPF_PORT}/link.ld
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/firmware)
endfunction()

mbpf_firmware(firmware-${MBPF_BOARD} ${R}/reference/main.c)
add_dependencies(firmware-${MBPF_BOARD}.elf mbpf_generated)
target_link_libraries(firmware-${MBPF_BOARD}.elf PRIVATE mbpf_device_core mbpf_device_helper mbpf_device_control mbpf_device_board
  mbpf_device_tables mbpf_device_port mbpf_device_crypto mbpf_device_crypto_glue mbpf_device_nanopb)

include(${PROJECT_SOURCE_DIR}/tests/bench/native_code/native_code.cmake)
include(${PROJECT_SOURCE_DIR}/tests/bench/hook_cost/hook_cost.cmake)
include(${PROJECT_SOURCE_DIR}/tests/verifier/on_board/on_board.cmake)
include(${PROJECT_SOURCE_DIR}/tests/firmware_runtime/maps/on_board.cmake)
