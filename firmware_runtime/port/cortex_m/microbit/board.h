/* SPDX-License-Identifier: Apache-2.0
 * BBC micro:bit: nRF51822, Cortex-M0 without protection. Its trust anchors are part of the image, as its programs are. */
#ifndef MBPF_PORT_BOARD_H
#define MBPF_PORT_BOARD_H

#define BOARD_NAME "microbit"
#define BOARD_ISA MBPF_ISA_THUMBV6M

#define BOARD_ANCHORS 0u /* none of the board's */
#define BOARD_ANCHORS_BYTES 0u

#endif
