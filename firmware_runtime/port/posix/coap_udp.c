/* SPDX-License-Identifier: Apache-2.0
 * One datagram in, one out: no connection, no memory of who asked but the server's own. */
#define _GNU_SOURCE
#include "coap_udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} any_address;

static socklen_t address_of(any_address *a, const char *text, uint16_t port)
{
    memset(a, 0, sizeof *a);
    if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
        a->v4.sin_family = AF_INET;
        a->v4.sin_port = htons(port);
        return sizeof a->v4;
    }
    if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1) {
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons(port);
        return sizeof a->v6;
    }
    return 0;
}

int mbpf_coap_udp_open(const char *address, uint16_t *port)
{
    any_address a;
    socklen_t bytes = address_of(&a, address, *port);
    if (bytes == 0) {
        return -EINVAL;
    }
    int fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (bind(fd, &a.any, bytes) != 0 || getsockname(fd, &a.any, &bytes) != 0) {
        int error = errno;
        (void)close(fd);
        return -error;
    }
    *port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
    return fd;
}

static void name_of(const any_address *a, uint8_t name[MBPF_COAP_PEER_BYTES])
{
    memset(name, 0, MBPF_COAP_PEER_BYTES);
    if (a->any.sa_family == AF_INET) {
        memcpy(name, &a->v4.sin_addr, 4);
        memcpy(name + 16, &a->v4.sin_port, 2);
    } else {
        memcpy(name, &a->v6.sin6_addr, 16);
        memcpy(name + 16, &a->v6.sin6_port, 2);
    }
}

void mbpf_coap_udp_poll(int socket, mbpf_coap *server, int timeout_ms)
{
    struct pollfd wait = {socket, POLLIN, 0};
    uint8_t bytes[MBPF_COAP_MAX_DATAGRAM + 1u], name[MBPF_COAP_PEER_BYTES];
    any_address from;
    socklen_t from_bytes = sizeof from;
    if (poll(&wait, 1, timeout_ms) <= 0) {
        return;
    }
    ssize_t n = recvfrom(socket, bytes, sizeof bytes, MSG_DONTWAIT, &from.any, &from_bytes);
    if (n < 0 || (size_t)n > MBPF_COAP_MAX_DATAGRAM) {
        return; /* cut off: no message of ours is so long */
    }
    name_of(&from, name);
    const uint8_t *answer;
    uint32_t count = mbpf_coap_datagram(server, name, bytes, (uint32_t)n, &answer);
    if (count != 0u) {
        (void)sendto(socket, answer, count, MSG_DONTWAIT, &from.any, from_bytes);
    }
}
