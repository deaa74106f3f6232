# SPDX-License-Identifier: Apache-2.0
# A device build needs mbpf-platform-gen, a host tool: the one given by MBPF_PLATFORM_GEN (the host build's
# nested builds do), else one in a host build folder of MBPF_ROOT, else one built here and now.
set(MBPF_PLATFORM_GEN "" CACHE FILEPATH "mbpf-platform-gen to use")
if(NOT MBPF_PLATFORM_GEN)
  foreach(preset release dev asan)
    if(NOT MBPF_PLATFORM_GEN AND EXISTS ${MBPF_ROOT}/build/${preset}/bin/mbpf-platform-gen)
      set(MBPF_PLATFORM_GEN ${MBPF_ROOT}/build/${preset}/bin/mbpf-platform-gen)
    endif()
  endforeach()
endif()
if(NOT MBPF_PLATFORM_GEN)
  set(host ${PROJECT_BINARY_DIR}/host)
  message(STATUS "Building mbpf-platform-gen for this device build")
  execute_process(COMMAND ${CMAKE_COMMAND} -G Ninja -S ${MBPF_ROOT} -B ${host} -DCMAKE_BUILD_TYPE=None -DMBPF_STAGES=core
    COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${host} --target mbpf-platform-gen COMMAND_ERROR_IS_FATAL ANY)
  set(MBPF_PLATFORM_GEN ${host}/bin/mbpf-platform-gen)
endif()
