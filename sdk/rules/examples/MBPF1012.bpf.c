// SPDX-License-Identifier: Apache-2.0
// A packet is as long as its sender chose. Bytes exist up to data_end only, and the comparison must be of the very
// pointer that is read, moved by at least the bytes that are read: a check of an earlier header says nothing of what
// follows a variable-length one.
#include <mbpf/microbpf.h>
#include <mbpf/net.h>

SEC("xdp")
int drop_discard(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
    struct iphdr *ip = data + sizeof(struct ethhdr);
    if ((void *)(ip + 1) > data_end)
        return XDP_PASS;
    struct udphdr *udp = (void *)ip + ip->ihl * 4;
#ifndef WRONG
    if ((void *)(udp + 1) > data_end)
        return XDP_PASS;
#endif
    return udp->dest == bpf_htons(9) ? XDP_DROP : XDP_PASS;
}
