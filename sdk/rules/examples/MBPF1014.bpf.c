// SPDX-License-Identifier: Apache-2.0
// A comparison of a pointer with a number, or of pointers into two objects, has a result that depends on where memory
// happens to lie.
#include <mbpf/microbpf.h>

SEC("gpio/chip0/line1/both")
int filter(struct gpio_event *e)
{
#ifdef WRONG
    return (long)e > 100;
#else
    return e->value > 100;
#endif
}
