/* SPDX-License-Identifier: Apache-2.0
 * What the runtime needs of a board. A port is a folder under firmware_runtime/port that CMake chooses; it
 * defines these functions and nothing of the runtime tests for a board. */
#ifndef MBPF_PORT_H
#define MBPF_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mbpf/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const char mbpf_port_board[];          /* name of the board, as `hello` reports it */
extern const uint16_t mbpf_port_isa;          /* MBPF_ISA_* */
extern const uint16_t mbpf_port_isa_extensions;
/* Lowest bit of a code pointer: 1 where it selects Thumb, else 0. */
extern const uint8_t mbpf_port_code_bit;

void mbpf_port_init(void);
/* Whether this CPU runs code of that instruction set (a superset runs its subsets). */
bool mbpf_port_isa_runs(uint16_t isa);

uint64_t mbpf_port_time_ns(void);             /* since boot, never goes back */
/* Instructions executed, modulo 2^64, in whatever grain the board has; constant where it has no counter. */
uint64_t mbpf_port_instructions(void);

/* Before a measured run: interrupts off, and the counter brought to the phase `step` (0, 1, …) of its grain, so
 * that a mean over steps is finer than the grain. After it: interrupts on again. */
void mbpf_port_measure_begin(uint32_t step);
void mbpf_port_measure_end(void);

/* Makes freshly written code visible to instruction fetch, and executable where that needs saying. */
void mbpf_port_code_ready(const void *code, uint32_t bytes);

/* The provisioned trust anchors, or null. */
const uint8_t *mbpf_port_trust_anchors(uint32_t *bytes);

/* The part that keeps packages across resets; null: none. */
const mbpf_flash *mbpf_port_flash(void);

/* The serial line. Read gives the bytes that have arrived, without waiting; write waits for
 * room, but not for ever: what a stuck line does not take is lost. */
uint32_t mbpf_port_serial_read(uint8_t *bytes, uint32_t capacity);
void mbpf_port_serial_write(const uint8_t *bytes, uint32_t count);

/* Sleeps until a byte arrives or a tick passes; at once if a byte is waiting. */
void mbpf_port_idle(void);

/* Ends an emulation; bare-metal harnesses end with it. Does nothing where nobody could notice. */
void mbpf_port_power_off(void);

#ifdef __cplusplus
}
#endif

#endif
