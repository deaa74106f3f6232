// SPDX-License-Identifier: Apache-2.0
// Each call keeps a frame, and the sum of all frames must be known and small. The limit counts functions that call one
// another, not calls; what is inlined does not count.
#include <mbpf/microbpf.h>
#ifdef WRONG
#define STEP static __noinline
#else
#define STEP static __always_inline
#endif

STEP u64 step1(u64 x) { return x * bpf_ktime_get_ns(); }
STEP u64 step2(u64 x) { return step1(x) + 1; }
STEP u64 step3(u64 x) { return step2(x) ^ 2; }
STEP u64 step4(u64 x) { return step3(x) + 3; }
STEP u64 step5(u64 x) { return step4(x) ^ 4; }
STEP u64 step6(u64 x) { return step5(x) + 5; }
STEP u64 step7(u64 x) { return step6(x) ^ 6; }
STEP u64 step8(u64 x) { return step7(x) + 7; }

SEC("trace/step")
long watch(struct trace_event *e)
{
    return step8(e->arg[0]);
}
