// SPDX-License-Identifier: Apache-2.0
// Something must say which function the hook calls.
#include <mbpf/microbpf.h>

#ifndef WRONG
SEC("gpio/chip0/line1/both")
#endif
int filter(struct gpio_event *e)
{
    return e->value != 0;
}
