/* SPDX-License-Identifier: Apache-2.0
 * The xdp hook's native context. */
#ifndef MBPF_PACKET_H
#define MBPF_PACKET_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MBPF_XDP_CONTEXT_BYTES 40u /* of the larger, 64-bit form */

/* What a program sees of a packet at most: proofs count on it. */
#define MBPF_PACKET_BYTES_MAX 65535u

/* Writes the context for `count` bytes at `packet`, of which the program sees the first MBPF_PACKET_BYTES_MAX; returns
 * its size. A packet never lies in the top 128 KiB of the address space: proofs add up to 131071 to a packet pointer. */
uint32_t mbpf_xdp_context(void *context, uint8_t *packet, uint32_t count, uint32_t ifindex);

#ifdef __cplusplus
}
#endif

#endif
