# SPDX-License-Identifier: Apache-2.0
# The proof checker as firmware: the trusted half of the verifier needs no library, so a device can run it. The
# C compiler, which is Clang, compiles the C++: nothing of a C++ library is there.
set(O ${PROJECT_SOURCE_DIR}/tests/verifier/on_board)
file(GLOB checker_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/verifier/checker/*.cpp)
set(checker_objects)
foreach(source ${checker_sources} ${O}/main.cpp)
  get_filename_component(name ${source} NAME_WE)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/checker/${name}.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/checker
    COMMAND ${CMAKE_C_COMPILER} --target=${CMAKE_C_COMPILER_TARGET} ${MBPF_DEVICE_FLAGS} ${MBPF_IMAGE_FLAGS} -x c++ -std=c++20 -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics
      -nostdinc++ -Wall -Wextra -Werror -Wno-unused-command-line-argument -Wno-bitwise-instead-of-logical -I${PROJECT_SOURCE_DIR} -I${R}/include -MD -MF ${object}.d -c ${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d VERBATIM)
  list(APPEND checker_objects ${object})
endforeach()
mbpf_board_image(checker-${MBPF_BOARD} ${checker_objects})
set_target_properties(checker-${MBPF_BOARD}.elf PROPERTIES LINKER_LANGUAGE C)
target_link_libraries(checker-${MBPF_BOARD}.elf PRIVATE mbpf_device_port)
