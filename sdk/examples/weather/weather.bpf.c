/* SPDX-License-Identifier: Apache-2.0
 * A weather station's CoAP resources: two sensors, and how often they were asked for. One object, three
 * programs, one shared map. */
#include <mbpf/microbpf.h>

#define TEMPERATURE_SENSOR 1
#define HUMIDITY_SENSOR 2
#define TEXT_BYTES 24

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 2);
    __type(key, u32);
    __type(value, u64);
} requests SEC(".maps");

static __always_inline void count(u32 which)
{
    u64 *n = bpf_map_lookup_elem(&requests, &which);
    if (n)
        __sync_fetch_and_add(n, 1);
}

/* Answers with the sensor's value in hundredths as text: "21.50". */
static __always_inline int answer(struct coap_request *request, u32 sensor)
{
    struct iio_sample sample = {};
    char text[TEXT_BYTES] = {};
    if (request->method != COAP_GET) {
        bpf_coap_reply(COAP_METHOD_NOT_ALLOWED, text, 0);
        return FILTER_PASS;
    }
    if (bpf_iio_read(sensor, &sample, sizeof(sample)) < 0)
        return FILTER_DROP;
    long length = bpf_format_decimal(text, sizeof(text), sample.value, 2);
    if (length < 1 || length > TEXT_BYTES)
        return FILTER_DROP;
    bpf_coap_reply(COAP_CONTENT, text, length);
    return FILTER_PASS;
}

SEC("coap/temperature")
int temperature(struct coap_request *request)
{
    count(0);
    return answer(request, TEMPERATURE_SENSOR);
}

SEC("coap/humidity")
int humidity(struct coap_request *request)
{
    count(1);
    return answer(request, HUMIDITY_SENSOR);
}

SEC("coap/stats")
int stats(struct coap_request *request)
{
    u32 zero = 0, one = 1;
    char text[TEXT_BYTES] = {};
    u64 *t = bpf_map_lookup_elem(&requests, &zero);
    u64 *h = bpf_map_lookup_elem(&requests, &one);
    (void)request;
    if (!t || !h)
        return FILTER_DROP;
    long length = bpf_format_decimal(text, sizeof(text), (s32)(*t + *h), 0);
    bpf_coap_reply(COAP_CONTENT, text, length);
    return FILTER_PASS;
}
