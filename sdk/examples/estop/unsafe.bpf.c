/* SPDX-License-Identifier: Apache-2.0
 * The classic slip: the address of the pointer is given where the event was meant, and the size of what it
 * points to: 24 bytes from an 8-byte stack slot. */
#include <mbpf/microbpf.h>

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 512);
} stops SEC(".maps");

SEC("gpio/chip0/line3/rising")
int estop(struct gpio_event *event)
{
    bpf_motor_emergency_stop(0x3);
    bpf_ringbuf_output(&stops, &event, sizeof(*event), 0);
    return FILTER_PASS;
}
