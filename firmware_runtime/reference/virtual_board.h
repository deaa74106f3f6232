/* SPDX-License-Identifier: Apache-2.0
 * The reference firmware's virtual hardware: sensors with a known waveform, digital lines, motors, PWM
 * outputs, a network device and a CoAP server, each with its hook point. A host drives it by stimuli as wires
 * would; it is the same code on every board and in host tests. */
#ifndef MBPF_VIRTUAL_BOARD_H
#define MBPF_VIRTUAL_BOARD_H

#include "mbpf/control.h"
#include "mbpf/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Registers hook points of both platforms: microbpf, and the conformance platform. */
void mbpf_virtual_board_init(mbpf_runtime *rt);
/* Does what is due: timers, samples. Never waits. */
void mbpf_virtual_board_poll(mbpf_runtime *rt);
/* False when a sensor with a program of the package got no sample through for 256 samples in a row. */
bool mbpf_virtual_board_healthy(mbpf_runtime *rt, const mbpf_package_state *package);
mbpf_status mbpf_virtual_board_stimulus(const mbpf_part *request, mbpf_control_StimulusReply *reply);

#ifdef __cplusplus
}
#endif

#endif
