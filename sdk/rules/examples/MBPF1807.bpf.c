// SPDX-License-Identifier: Apache-2.0
// The verifier must know what the memory is that a helper returns: its size, and what may be done with it. Kernel
// structures told apart by BTF type are not modelled.
// Platform: linux
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe/do_exit")
int watch(struct pt_regs *ctx)
{
#ifdef WRONG
    return bpf_get_current_task_btf() != 0;
#else
    return bpf_get_current_pid_tgid() >> 32 == 1;
#endif
}
