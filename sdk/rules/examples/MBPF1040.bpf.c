// SPDX-License-Identifier: Apache-2.0
// A hook runs its programs between two deadlines: the longest run that is possible must fit, however rare it is.
#include <mbpf/microbpf.h>

SEC("gpio/chip0/line1/both")
int debounce(struct gpio_event *e)
{
    volatile u32 sum = 0;
#ifdef WRONG
    for (int i = 0; i < 60000; i++)
#else
    for (int i = 0; i < 60; i++)
#endif
        sum += e->edge;
    return sum > 90;
}
