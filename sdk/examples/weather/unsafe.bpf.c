/* SPDX-License-Identifier: Apache-2.0
 * A buffer of five bytes for a text that can take fourteen ("-21474836.48" with its NUL and more): the
 * formatter would write over the stack. */
#include <mbpf/microbpf.h>

SEC("coap/temperature")
int temperature(struct coap_request *request)
{
    struct iio_sample sample = {};
    char text[5] = {};
    (void)request;
    if (bpf_iio_read(1, &sample, sizeof(sample)) < 0)
        return FILTER_DROP;
    bpf_format_decimal(text, sizeof(text), sample.value, 2);
    bpf_coap_reply(COAP_CONTENT, text, sizeof(text));
    return FILTER_PASS;
}
