// SPDX-License-Identifier: Apache-2.0
// Devices keep the name in a field of fixed length and print it.
#include <mbpf/microbpf.h>

SEC("gpio/chip0/line1/both")
#ifdef WRONG
int stop_motor_when_limit_switch_opens(struct gpio_event *e)
#else
int stop_at_limit_switch(struct gpio_event *e)
#endif
{
    return e->value != 0;
}
