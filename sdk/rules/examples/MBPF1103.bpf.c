// SPDX-License-Identifier: Apache-2.0
// eBPF passes at most five arguments, in registers; a list of unknown length has no place.
#include <mbpf/microbpf.h>

#ifdef WRONG
static int sum(int n, ...)
{
    __builtin_va_list list;
    __builtin_va_start(list, n);
    int s = __builtin_va_arg(list, int);
    __builtin_va_end(list);
    return s;
}
#else
static int sum(int n, int a) { return n + a; }
#endif

SEC("trace/step")
long watch(struct trace_event *e)
{
    return sum(1, e->id);
}
