/* SPDX-License-Identifier: Apache-2.0
 * The CoAP server's datagrams on a UDP socket. */
#ifndef MBPF_COAP_UDP_H
#define MBPF_COAP_UDP_H

#include <stdint.h>

#include "mbpf/coap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A socket on that IPv4 or IPv6 address; port 0 takes a free one, and `*port` is the one taken. Negative: errno,
 * negated. */
int mbpf_coap_udp_open(const char *address, uint16_t *port);
/* Waits up to `timeout_ms` for a datagram and answers it. */
void mbpf_coap_udp_poll(int socket, mbpf_coap *server, int timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
