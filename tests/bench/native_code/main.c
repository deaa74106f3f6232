/* SPDX-License-Identifier: Apache-2.0
 * Runs a native kernel and counts its instructions in the same way as the control protocol's TestRun counts a
 * program's, so that the two can stand side by side. */
#include <string.h>

#include "mbpf/port.h"

#define RUNS 40u

extern const uint32_t native_input_bytes;
uint64_t native_kernel(const uint8_t *bytes);
extern const uint8_t __start_native_code[], __stop_native_code[];

static uint64_t nothing(const uint8_t *bytes)
{
    (void)bytes;
    return 0u;
}

static uint64_t measure(uint64_t (*kernel)(const uint8_t *), const uint8_t *input, uint64_t *result)
{
    uint64_t total = 0u;
    for (uint32_t i = 0u; i < RUNS; i++) {
        mbpf_port_measure_begin(i);
        uint64_t begin = mbpf_port_instructions();
        *result = kernel(input);
        uint64_t end = mbpf_port_instructions();
        mbpf_port_measure_end();
        total += end - begin;
    }
    return total;
}

static void print_text(const char *text)
{
    mbpf_port_serial_write((const uint8_t *)text, (uint32_t)strlen(text));
}

static void print_number(const char *name, uint64_t value)
{
    char digits[24];
    uint32_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + (unsigned)(value % 10u));
        value /= 10u;
    } while (value != 0u);
    print_text(name);
    print_text(digits + at);
}

int main(void)
{
    static uint8_t input[4096];
    uint64_t (*volatile kernel)(const uint8_t *) = native_kernel;
    uint64_t (*volatile empty)(const uint8_t *) = nothing;
    uint64_t result, ignored;
    uint32_t room;
    mbpf_port_init();
    const uint8_t *given = mbpf_port_trust_anchors(&room); /* no anchors here: the region is this harness's input */
    memcpy(input, given, native_input_bytes <= sizeof input ? native_input_bytes : sizeof input);
    uint64_t overhead = measure(empty, input, &ignored);
    uint64_t total = measure(kernel, input, &result);
    print_number("result ", result);
    print_number(" instructions ", (total - overhead) / RUNS);
    print_number(" code_bytes ", (uint64_t)(__stop_native_code - __start_native_code));
    print_text("\r\n");
    mbpf_port_power_off();
    for (;;) {
        mbpf_port_idle();
    }
}
