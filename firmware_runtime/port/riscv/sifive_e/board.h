/* SPDX-License-Identifier: Apache-2.0
 * SiFive's FE310 as QEMU's `sifive_e`. Its trust anchors are part of the image, as its programs are. */
#ifndef MBPF_PORT_BOARD_H
#define MBPF_PORT_BOARD_H

#define BOARD_NAME "sifive_e"
#define BOARD_PATIENCE 8u
#define BOARD_MTIME_HZ 10000000u /* QEMU's; 32768 on the part, whose clock has no ns in a step */
#define BOARD_CYCLES_PER_STEP 2u

#define BOARD_UART 0x10013000u
#define BOARD_UART_IRQ 3u

#define BOARD_ANCHORS 0u /* none of the board's */
#define BOARD_ANCHORS_BYTES 0u

#endif
