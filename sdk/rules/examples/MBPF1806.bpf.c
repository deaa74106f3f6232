// SPDX-License-Identifier: Apache-2.0
// Each level of nesting adds a variable to the bound that is proved; a nest of more than 32 loops is taken for a
// mistake.
#include <mbpf/microbpf.h>
static volatile u32 limit;
#define LOOP(more) for (u32 i = 0; i < 4 && i < limit; i++) { more }
#define FOUR(more) LOOP(LOOP(LOOP(LOOP(more))))
#define EIGHT(more) FOUR(FOUR(more))

SEC("trace/step")
long watch(struct trace_event *e)
{
    volatile u64 n = 0;
#ifdef WRONG
    EIGHT(EIGHT(EIGHT(EIGHT(EIGHT(n++;)))))
#else
    LOOP(n++;)
#endif
    return n;
}
