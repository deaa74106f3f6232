// SPDX-License-Identifier: Apache-2.0
// All sources become one object: a name stands for one thing in it.
#include <mbpf/microbpf.h>

#ifdef WRONG
SEC("xdp")
int xdp(struct xdp_md *ctx)
#else
SEC("xdp")
int pass(struct xdp_md *ctx)
#endif
{
    return XDP_PASS;
}
