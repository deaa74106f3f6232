# SPDX-License-Identifier: Apache-2.0
mbpf_add_test(test_front_end_rules SOURCES front_end_rules.cpp DEPENDS mbpf_front_end mbpf_core)
mbpf_add_test(test_front_end SOURCES front_end_objects.cpp DEPENDS mbpf_front_end mbpf_core)
mbpf_add_test(test_front_end_hostile SOURCES front_end_hostile.cpp DEPENDS mbpf_front_end mbpf_core)
if(TARGET mbpf_simulator)
  mbpf_add_test(test_front_end_execution SOURCES front_end_execution.cpp DEPENDS mbpf_front_end mbpf_simulator mbpf_platform mbpf_core)
endif()
