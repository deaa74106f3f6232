# SPDX-License-Identifier: Apache-2.0
# The reference interpreter, native code in this process, conformance runs on all engines.
mbpf_add_library(simulator
  SOURCES board_engine.cpp interpreter.cpp isa_runner.cpp map_model.cpp memory.cpp model_world.cpp native_engine.cpp operations.cpp scenario.cpp
  DEPENDS mbpf_board mbpf_control mbpf_signer mbpf_linker mbpf_native mbpf_package mbpf_verifier mbpf_platform mbpf_core nlohmann_json::nlohmann_json)
target_include_directories(mbpf_simulator PRIVATE ${PROJECT_SOURCE_DIR}/firmware_runtime/include)
