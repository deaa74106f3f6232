/* SPDX-License-Identifier: Apache-2.0
 * On 32-bit devices xdp_md is Linux's struct, its two u32 the native pointers; on 64-bit ones the platform's
 * native form (mbpf/abi/native.h). */
#include "mbpf/packet.h"

#include <string.h>

#include "microbpf_platform.h"

uint32_t mbpf_xdp_context(void *context, uint8_t *packet, uint32_t count, uint32_t ifindex)
{
    uintptr_t begin = (uintptr_t)packet;
    if (count > MBPF_PACKET_BYTES_MAX) count = MBPF_PACKET_BYTES_MAX;
#if UINTPTR_MAX > 0xFFFFFFFFu
    mbpf_xdp_md_native64 md;
    memset(&md, 0, sizeof md);
    md.data = begin;
    md.data_end = begin + count;
    md.data_meta = begin;
    md.ingress_ifindex = ifindex;
#else
    mbpf_xdp_md md;
    memset(&md, 0, sizeof md);
    md.data = begin;
    md.data_end = begin + count;
    md.data_meta = begin;
    md.ingress_ifindex = ifindex;
#endif
    memcpy(context, &md, sizeof md);
    return (uint32_t)sizeof md;
}
