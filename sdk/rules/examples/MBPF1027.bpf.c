// SPDX-License-Identifier: Apache-2.0
// Packets and contexts are the program's alone while it runs, and may lie in memory where the part's atomic
// instructions do not work. Plain reads and writes do there.
#include <mbpf/microbpf.h>

SEC("xdp")
int stamp(struct xdp_md *ctx)
{
    u64 *p = (void *)(long)ctx->data;
    if ((void *)(p + 1) > (void *)(long)ctx->data_end)
        return XDP_DROP;
#ifdef WRONG
    __sync_fetch_and_add(p, 1);
#else
    *p += 1;
#endif
    return XDP_PASS;
}
