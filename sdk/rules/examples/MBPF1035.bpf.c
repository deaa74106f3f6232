// SPDX-License-Identifier: Apache-2.0
// A helper may need what only some hooks have: a reply needs a request.
#include <mbpf/microbpf.h>

#ifdef WRONG
SEC("trace/step")
long answer(struct trace_event *e)
#else
SEC("coap/status")
int answer(struct coap_event *e)
#endif
{
    char text[4] = {'g', 'o', 'o', 'd'};
    bpf_coap_reply(69, text, sizeof(text));
    return 1;
}
