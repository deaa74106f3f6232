/* SPDX-License-Identifier: Apache-2.0
 * Arm MPS2+ with the AN505 image: Cortex-M33, as QEMU's mps2-an505. The firmware stays in the Secure state that reset
 * leaves: the SAU is off, so all memory is Secure, and the gates in front of memory and devices pass Secure
 * accesses only. Hence the Secure aliases (bit 28) of code, RAM and devices. */
#ifndef MBPF_PORT_BOARD_H
#define MBPF_PORT_BOARD_H

#define BOARD_NAME "cortex-m33"
#define BOARD_ISA MBPF_ISA_THUMBV8M_MAIN
#define BOARD_PATIENCE 8u
#define BOARD_CLOCK_HZ 20000000u

#define BOARD_UART 0x50200000u
#define BOARD_UART_IRQ 32u
#define BOARD_TIMER0 0x50000000u
#define BOARD_TICK_IRQ 3u
#define BOARD_TIMER1 0x50001000u

/* PSRAM: trust anchors, which the emulator's loader (on a real board: protected flash) puts there; packages. */
#define BOARD_ANCHORS 0x80000000u
#define BOARD_ANCHORS_BYTES 4096u
#define BOARD_FLASH 0x80100000u

#endif
