# SPDX-License-Identifier: Apache-2.0
# The control protocol's client: frames, streams, requests.
protobuf_generate_cpp(CONTROL_PROTO_SOURCES CONTROL_PROTO_HEADERS ${PROJECT_SOURCE_DIR}/core/proto/control.proto)
add_library(mbpf_control_proto STATIC ${CONTROL_PROTO_SOURCES})
target_include_directories(mbpf_control_proto SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(mbpf_control_proto PUBLIC protobuf::libprotobuf)

mbpf_add_library(control SOURCES byte_stream.cpp control_client.cpp control_push.cpp framing.cpp message_channel.cpp DEPENDS mbpf_control_proto mbpf_package mbpf_core PkgConfig::SODIUM)
target_include_directories(mbpf_control PRIVATE ${PROJECT_SOURCE_DIR}/firmware_runtime/include)
