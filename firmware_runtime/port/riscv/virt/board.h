/* SPDX-License-Identifier: Apache-2.0
 * QEMU's RISC-V `virt` board. */
#ifndef MBPF_PORT_BOARD_H
#define MBPF_PORT_BOARD_H

#define BOARD_NAME "rv32imac"
#define BOARD_PATIENCE 8u
#define BOARD_MTIME_HZ 10000000u
#define BOARD_CYCLES_PER_STEP 10u /* no such silicon exists: taken for 100 MHz */

#define BOARD_UART 0x10000000u
#define BOARD_UART_IRQ 10u

/* The emulator's loader (on a real board: protected flash) puts them there. */
#define BOARD_ANCHORS 0x87F00000u
#define BOARD_ANCHORS_BYTES 4096u

#endif
