/* SPDX-License-Identifier: Apache-2.0
 * UDP access list: only destination ports in the map `allowed` pass; each counts its packets. All that is not
 * UDP over IPv4 passes. The list is changed live by the host. */
#include <mbpf/microbpf.h>
#include <mbpf/net.h>

struct rule {
    u64 packets;
    u64 bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, u32);
    __type(value, struct rule);
} allowed SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, u64);
} dropped SEC(".maps");

SEC("xdp")
int udp_acl(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data;
    void *end = (void *)(long)ctx->data_end;

    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) > end || ip->protocol != IPPROTO_UDP)
        return XDP_PASS;
    u32 header = ip->ihl * 4u;
    if (header < sizeof(*ip))
        return XDP_DROP;
    if (ip->frag_off & bpf_htons(0x1fff)) /* a later fragment has no ports to judge */
        return XDP_DROP;
    struct udphdr *udp = (void *)ip + header;
    if ((void *)(udp + 1) > end)
        return XDP_DROP;

    u32 port = bpf_ntohs(udp->dest);
    struct rule *rule = bpf_map_lookup_elem(&allowed, &port);
    if (rule) {
        rule->packets++;
        rule->bytes += bpf_ntohs(udp->len);
        return XDP_PASS;
    }
    u32 zero = 0;
    u64 *count = bpf_map_lookup_elem(&dropped, &zero);
    if (count)
        (*count)++;
    return XDP_DROP;
}
