# SPDX-License-Identifier: Apache-2.0
# maps-<board>.elf: the map types as the firmware has them, and the random operations of the host's tests.
set(M ${PROJECT_SOURCE_DIR}/tests/firmware_runtime/maps)
file(GLOB map_sources CONFIGURE_DEPENDS ${R}/src/map*.c)
mbpf_board_image(maps-${MBPF_BOARD} ${M}/board.c ${M}/sequences.c ${map_sources} ${R}/helpers/maps.c)
target_link_libraries(maps-${MBPF_BOARD}.elf PRIVATE mbpf_device_port)
