// SPDX-License-Identifier: Apache-2.0
// The device acts on the result: a filter drops at 0 and passes at 1, xdp has its actions. Any other number would
// mean whatever the firmware makes of it. A field's range in the platform reference counts as known.
#include <mbpf/microbpf.h>

SEC("gpio/chip0/line1/both")
int rising(struct gpio_event *e)
{
#ifdef WRONG
    return e->edge;
#else
    return e->edge == 1 ? FILTER_PASS : FILTER_DROP;
#endif
}
