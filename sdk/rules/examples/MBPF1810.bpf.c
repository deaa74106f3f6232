// SPDX-License-Identifier: Apache-2.0
// An open-coded iterator asks the kernel for each next number, and may_goto leaves a loop once the kernel has had
// enough of it: neither says how often the loop runs, so no worst case can be stated.
// Platform: linux
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifdef WRONG
struct bpf_iter_num { __u64 state; };
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) SEC(".ksyms");
extern int *bpf_iter_num_next(struct bpf_iter_num *it) SEC(".ksyms");
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) SEC(".ksyms");
#endif
__u32 table[16];

SEC("xdp")
int sum(struct xdp_md *ctx)
{
    __u32 sum = 0;
#ifdef WRONG
    struct bpf_iter_num it;
    int *i;
    bpf_iter_num_new(&it, 0, 16);
    while ((i = bpf_iter_num_next(&it)))
        sum += table[*i & 15];
    bpf_iter_num_destroy(&it);
#else
    for (int i = 0; i < 16; i++)
        sum += table[i];
#endif
    return sum > 1000 ? XDP_DROP : XDP_PASS;
}
