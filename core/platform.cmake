# SPDX-License-Identifier: Apache-2.0
# The platform model, its generators, and the command that runs them for firmware builds.
include(mbpf_embed)
protobuf_generate_cpp(PLATFORM_PROTO_SOURCES PLATFORM_PROTO_HEADERS proto/platform.proto proto/certificate.proto)
add_library(mbpf_platform_proto STATIC ${PLATFORM_PROTO_SOURCES})
target_include_directories(mbpf_platform_proto SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(mbpf_platform_proto PUBLIC protobuf::libprotobuf)

mbpf_add_library(platform
  SOURCES platform.cpp platform_author_header.cpp platform_firmware.cpp platform_parse.cpp platform_reference.cpp platform_validate.cpp
    section_pattern.cpp
  DEPENDS mbpf_core)
target_link_libraries(mbpf_platform PRIVATE mbpf_platform_proto)
file(GLOB descriptors CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/sdk/platforms ${PROJECT_SOURCE_DIR}/sdk/platforms/*.textproto)
mbpf_embed(mbpf_platform FUNCTION platform_descriptors ROOT ${PROJECT_SOURCE_DIR}/sdk/platforms FILES ${descriptors})

mbpf_add_tool(mbpf-platform-gen SOURCES platform_gen_main.cpp DEPENDS mbpf_platform)
