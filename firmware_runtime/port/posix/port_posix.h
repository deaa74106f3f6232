/* SPDX-License-Identifier: Apache-2.0
 * The host's ends of the POSIX port's serial line. */
#ifndef MBPF_PORT_POSIX_H
#define MBPF_PORT_POSIX_H

#include <stdint.h>

#include "mbpf/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `bytes` stay valid until read. */
void mbpf_port_posix_input(const uint8_t *bytes, uint32_t count);
typedef void (*mbpf_port_posix_output)(void *argument, const uint8_t *bytes, uint32_t count);
void mbpf_port_posix_set_output(mbpf_port_posix_output output, void *argument);
void mbpf_port_posix_set_trust_anchors(const uint8_t *bytes, uint32_t count);

/* Null, as at first: none. */
void mbpf_port_posix_set_flash(const mbpf_flash *flash);

#ifdef __cplusplus
}
#endif

#endif
