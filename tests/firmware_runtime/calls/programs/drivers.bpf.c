/* SPDX-License-Identifier: Apache-2.0
 * One driver's helper a program, its arguments from the event. */
#include <mbpf/microbpf.h>

struct sample {
    u8 bytes[4096];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct sample);
} buffer SEC(".maps");

static __always_inline u64 word(const struct trace_event *e, int i)
{
    return ((const u64 *)e->arg)[i];
}

SEC("trace/motor_emergency_stop")
int motor(struct trace_event *e)
{
    return bpf_motor_emergency_stop(word(e, 0));
}

SEC("trace/sensor_last_timestamp")
int sensor(struct trace_event *e)
{
    return bpf_sensor_last_timestamp(word(e, 0));
}

SEC("trace/gpio_set")
int set(struct trace_event *e)
{
    return bpf_gpio_set(word(e, 0), word(e, 1), word(e, 2));
}

SEC("trace/gpio_get")
int get(struct trace_event *e)
{
    return bpf_gpio_get(word(e, 0), word(e, 1));
}

SEC("trace/pwm_write")
int pwm(struct trace_event *e)
{
    return bpf_pwm_write(word(e, 0), word(e, 1), word(e, 2));
}

/* arg 1: size; arg 2: where in the buffer */
SEC("trace/iio_read")
int iio(struct trace_event *e)
{
    u32 zero = 0;
    struct sample *s = bpf_map_lookup_elem(&buffer, &zero);
    u64 size = word(e, 1), at = word(e, 2);
    if (!s || size < 16 || size > 4000 || at > 96)
        return -1;
    return bpf_iio_read(word(e, 0), s->bytes + at, size);
}

SEC("coap/reply")
int reply(struct coap_request *request)
{
    u32 zero = 0;
    struct sample *s = bpf_map_lookup_elem(&buffer, &zero);
    u32 size = request->payload_len, at = request->method;
    if (!s)
        return FILTER_DROP;
    bpf_coap_reply(request->message_id, s->bytes + at, size);
    return FILTER_PASS;
}
