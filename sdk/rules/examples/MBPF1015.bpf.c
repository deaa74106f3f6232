// SPDX-License-Identifier: Apache-2.0
// The result of a program goes to the device and to logs: an address there would tell where memory lies, and no hook
// has a use for it. A function may return a pointer to its caller, but not to a variable of its own: that ends with it.
#include <mbpf/microbpf.h>

SEC("trace/step")
long watch(struct trace_event *e)
{
#ifdef WRONG
    return (long)e->arg;
#else
    return e->arg[0];
#endif
}
