# SPDX-License-Identifier: Apache-2.0
# Native C beside the packages, on the same boards: native-<kernel>-<board>.elf runs one kernel on the bytes
# the emulator's loader put at the port's trust anchor address and prints result, instructions, code bytes:
#   qemu-system-arm -M mps2-an386 -icount shift=0 -nodefaults -display none -serial stdio
#     -semihosting-config enable=on,target=native -kernel native-fletcher16-cortex-m4.elf
#     -device loader,file=INPUT,addr=0x21000000,force-raw=on
#   qemu-system-riscv32 -M virt -bios none -cpu rv32 -icount shift=0 -nodefaults -display none -serial stdio
#     -kernel native-fletcher16-rv32imac.elf -device loader,file=INPUT,addr=0x87f00000,force-raw=on
set(N ${PROJECT_SOURCE_DIR}/tests/bench/native_code)

# mbpf_native_kernel(KERNEL SOURCE INCLUDE_DIRS…): the kernel as an application would compile it, -O2.
function(mbpf_native_kernel kernel source)
  add_library(native_${kernel} OBJECT ${source})
  target_compile_options(native_${kernel} PRIVATE ${MBPF_DEVICE_FLAGS} -O2 -ffunction-sections ${MBPF_WARNING_FLAGS})
  target_include_directories(native_${kernel} PRIVATE ${ARGN})
  mbpf_board_image(native-${kernel}-${MBPF_BOARD} ${N}/main.c)
  add_custom_target(native-${kernel}-${MBPF_BOARD} DEPENDS native-${kernel}-${MBPF_BOARD}.elf)
  target_link_libraries(native-${kernel}-${MBPF_BOARD}.elf PRIVATE native_${kernel} mbpf_device_port)
endfunction()

mbpf_native_kernel(fletcher16 ${N}/fletcher16.c ${PROJECT_SOURCE_DIR}/sdk/examples/fletcher16)

# bench-<board>.elf: the harness of native_code_bench.
mbpf_board_image(bench-${MBPF_BOARD} ${N}/harness.c ${N}/interpreter.c)
target_compile_options(bench-${MBPF_BOARD}.elf PRIVATE -O2)
target_link_libraries(bench-${MBPF_BOARD}.elf PRIVATE mbpf_device_port)
