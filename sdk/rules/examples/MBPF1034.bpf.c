// SPDX-License-Identifier: Apache-2.0
// A call is by number, and the number must be one that the platform gives a meaning. Programs for Linux call helpers
// that devices do not have, and the other way round: see --platform.
#include <mbpf/microbpf.h>
#ifdef WRONG
static u32 (*const bpf_get_smp_processor_number)(void) = (void *)999;
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
#ifdef WRONG
    return bpf_get_smp_processor_number() + e->id;
#else
    return bpf_get_smp_processor_id() + e->id;
#endif
}
