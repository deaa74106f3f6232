// SPDX-License-Identifier: Apache-2.0
// A number is no address, however it was come by: registers of the hardware are reached through helpers, and a NULL
// pointer leads nowhere.
#include <mbpf/microbpf.h>

SEC("gpio/chip0/line1/both")
int watch(struct gpio_event *e)
{
#ifdef WRONG
    return *(volatile u32 *)0x40020010 & 1;
#else
    return bpf_gpio_get(e->chip_id, e->line) == 1;
#endif
}
