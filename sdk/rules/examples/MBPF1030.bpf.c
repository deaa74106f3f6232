// SPDX-License-Identifier: Apache-2.0
// A helper writes as many bytes as its prototype says, and takes numbers in the range that it says.
#include <mbpf/microbpf.h>

SEC("trace/step")
long show(struct trace_event *e)
{
#ifdef WRONG
    char text[5] = {0};
#else
    char text[16] = {0};
#endif
    return bpf_format_decimal(text, sizeof(text), e->id, 0);
}
