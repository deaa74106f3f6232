/* SPDX-License-Identifier: Apache-2.0
 * Variant 0: the temperature is asked for. 1: by a method that is not allowed. */
#include "hooks/scene.h"

#include "sdk/examples/weather/weather.bpf.c"

void *bench_imports[BENCH_WAYS][BENCH_IMPORTS];
struct coap_request bench_context;
BENCH_ARRAY(requests);

void bench_reset(uint32_t variant)
{
    bench_clear_notes();
    memset(requests.storage, 0, sizeof requests.storage);
    memset(&bench_context, 0, sizeof bench_context);
    bench_context.method = variant ? COAP_POST : COAP_GET;
}

uint64_t bench_digest(void)
{
    return bench_fold(bench_fold(1u, requests.storage, sizeof requests.storage), bench_notes, sizeof bench_notes);
}
