# SPDX-License-Identifier: Apache-2.0
# The runtime's files by part, for host and device alike, and what is generated for them.
set(R ${PROJECT_SOURCE_DIR}/firmware_runtime)
include(${R}/runtime_files.cmake)
include(${R}/third_party.cmake)

# The control protocol for nanopb, named apart from the host's protobuf code.
set(MBPF_GENERATED ${CMAKE_CURRENT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${MBPF_GENERATED})
find_program(NANOPB_GENERATOR nanopb_generator.py REQUIRED)
add_custom_command(OUTPUT ${MBPF_GENERATED}/control.nanopb.c ${MBPF_GENERATED}/control.nanopb.h
  COMMAND ${NANOPB_GENERATOR} -q -I ${PROJECT_SOURCE_DIR}/core/proto -f ${R}/control.options -e .nanopb -D ${MBPF_GENERATED} control.proto
  DEPENDS ${PROJECT_SOURCE_DIR}/core/proto/control.proto ${R}/control.options
  COMMENT "nanopb: control.proto" VERBATIM)

# Tables of both platforms from their descriptors: MBPF_PLATFORM_GEN is the generator's path, or its target.
set(MBPF_PLATFORM_SOURCES)
foreach(platform microbpf isa)
  add_custom_command(OUTPUT ${MBPF_GENERATED}/${platform}_platform.c ${MBPF_GENERATED}/${platform}_platform.h
    COMMAND ${MBPF_PLATFORM_GEN} ${PROJECT_SOURCE_DIR}/sdk/platforms/${platform}.textproto ${MBPF_GENERATED}
    DEPENDS ${MBPF_PLATFORM_GEN} ${PROJECT_SOURCE_DIR}/sdk/platforms/${platform}.textproto
    COMMENT "Platform tables: ${platform}" VERBATIM)
  list(APPEND MBPF_PLATFORM_SOURCES ${MBPF_GENERATED}/${platform}_platform.c)
endforeach()
set(MBPF_GENERATED_SOURCES ${MBPF_GENERATED}/control.nanopb.c ${MBPF_PLATFORM_SOURCES})
set(MBPF_GENERATED_HEADERS ${MBPF_GENERATED}/control.nanopb.h ${MBPF_GENERATED}/microbpf_platform.h ${MBPF_GENERATED}/isa_platform.h)
