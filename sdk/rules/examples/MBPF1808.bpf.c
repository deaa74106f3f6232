// SPDX-License-Identifier: Apache-2.0
// Some kinds of Linux programs get pointers to kernel structures as their context; their types are in one kernel's
// BTF only.
// Platform: linux
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifdef WRONG
SEC("struct_ops/init")
int init(void *sk)
#else
SEC("kprobe/tcp_init_sock")
int init(struct pt_regs *ctx)
#endif
{
    return 0;
}
