// SPDX-License-Identifier: Apache-2.0
// A jump whose target is computed can go anywhere that the arithmetic leads.
#include <mbpf/microbpf.h>

SEC("gpio/chip0/line1/both")
int filter(struct gpio_event *e)
{
#ifdef WRONG
    void *to = e->value ? &&pass : &&drop;
    goto *to;
#else
    if (!e->value)
        goto drop;
    goto pass;
#endif
drop:
    return FILTER_DROP;
pass:
    return FILTER_PASS;
}
