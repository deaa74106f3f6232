/* SPDX-License-Identifier: Apache-2.0
 * Limit switch on line 3: the motors on the axis stop at once. Contacts bounce: edges within 5 ms of the last
 * one counted are ignored. */
#include <mbpf/microbpf.h>

#define AXIS_MOTORS 0x3
#define DEBOUNCE_NS 5000000ull

struct stop_event {
    u64 timestamp;
    u32 line;
    u32 count;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 512);
} stops SEC(".maps");

struct switch_state {
    u64 last_edge;
    u32 count;
    u32 bounces;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct switch_state);
} limit_switch SEC(".maps");

SEC("gpio/chip0/line3/rising")
int estop(struct gpio_event *event)
{
    u32 zero = 0;
    struct switch_state *s = bpf_map_lookup_elem(&limit_switch, &zero);
    if (!s)
        return FILTER_PASS;
    if (s->count != 0 && event->timestamp - s->last_edge < DEBOUNCE_NS) {
        s->bounces++;
        return FILTER_DROP;
    }
    bpf_motor_emergency_stop(AXIS_MOTORS);
    s->last_edge = event->timestamp;
    s->count++;

    struct stop_event stop = {.timestamp = event->timestamp, .line = event->line, .count = s->count};
    bpf_ringbuf_output(&stops, &stop, sizeof(stop), 0);
    return FILTER_PASS;
}
