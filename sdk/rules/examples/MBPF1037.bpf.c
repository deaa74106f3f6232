// SPDX-License-Identifier: Apache-2.0
// The section says what calls the program, hence what its context is, what it may return and how long it may run.
#include <mbpf/microbpf.h>

#ifdef WRONG
SEC("gpio/chip0/line1/up")
#else
SEC("gpio/chip0/line1/rising")
#endif
int filter(struct gpio_event *e)
{
    return e->value != 0;
}
