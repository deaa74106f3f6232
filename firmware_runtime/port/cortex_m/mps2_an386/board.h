/* SPDX-License-Identifier: Apache-2.0
 * Arm MPS2 with the AN386 image: Cortex-M4, as QEMU's mps2-an386. */
#ifndef MBPF_PORT_BOARD_H
#define MBPF_PORT_BOARD_H

#define BOARD_NAME "cortex-m4"
#define BOARD_ISA MBPF_ISA_THUMBV7EM
#define BOARD_PATIENCE 8u
#define BOARD_CLOCK_HZ 25000000u

#define BOARD_UART 0x40004000u
#define BOARD_UART_IRQ 0u
#define BOARD_TIMER0 0x40000000u
#define BOARD_TICK_IRQ 8u
#define BOARD_TIMER1 0x40001000u

/* PSRAM: trust anchors, which the emulator's loader (on a real board: protected flash) puts there; packages. */
#define BOARD_ANCHORS 0x21000000u
#define BOARD_ANCHORS_BYTES 4096u
#define BOARD_FLASH 0x21100000u

#endif
