# SPDX-License-Identifier: Apache-2.0
if(TARGET mbpf_native AND TARGET mbpf_linker AND TARGET mbpf_verifier)
  mbpf_add_test(native_runtime SOURCES native_runtime.cpp native_runtime_renamed.c)
  mbpf_add_test(native_targets SOURCES native_targets.cpp native_cases.cpp
    DEPENDS mbpf_linker mbpf_native mbpf_verifier mbpf_platform mbpf_core)
  if(TARGET mbpf_simulator)
    mbpf_add_test(native_differential SOURCES native_differential.cpp native_cases.cpp native_host.cpp
      DEPENDS mbpf_simulator mbpf_linker mbpf_native mbpf_verifier mbpf_platform mbpf_core)
  endif()
endif()
