// SPDX-License-Identifier: Apache-2.0
// A pointer's number differs from run to run and from device to device, and tells where memory lies. Only adding a
// bounded number to a pointer, and the distance of two pointers into the same object, have a meaning.
#include <mbpf/microbpf.h>

SEC("gpio/chip0/line1/both")
int sample(struct gpio_event *e)
{
#ifdef WRONG
    u64 hash = (u64)(long)e * 31;
#else
    u64 hash = e->timestamp * 31;
#endif
    return hash >> 63;
}
