// SPDX-License-Identifier: Apache-2.0
// The compiler is Clang, and its own message says what it met.
#include <mbpf/microbpf.h>

SEC("gpio/chip0/line1/both")
int filter(struct gpio_event *e)
{
#ifdef WRONG
    return e->valeu != 0;
#else
    return e->value != 0;
#endif
}
