/* SPDX-License-Identifier: Apache-2.0
 * Fixed-point numbers as text, for replies that a person or another system reads. */
#include <string.h>

#include "../src/text.h"
#include "mbpf/map.h"
#include "microbpf_platform.h"

/* Longest: "-2147483648" with 9 decimals is "-2.147483648": 12 characters; "-0.000000001" likewise. */
int32_t mbpf_helper_format_decimal(void *buf, uint32_t size, uint32_t value, uint32_t decimals)
{
    char digits[20], out[16];
    int32_t number;
    memcpy(&number, &value, sizeof number);
    uint64_t magnitude = number < 0 ? 0u - (uint64_t)(int64_t)number : (uint64_t)number;
    uint32_t n = mbpf_text_decimal(digits, magnitude), used = 0u;
    if (decimals > 9u) {
        decimals = 9u;
    }
    if (number < 0) {
        out[used++] = '-';
    }
    uint32_t whole = n > decimals ? n - decimals : 0u;
    if (whole == 0u) {
        out[used++] = '0';
    }
    for (uint32_t i = 0u; i < whole; i++) {
        out[used++] = digits[i];
    }
    if (decimals != 0u) {
        out[used++] = '.';
        for (uint32_t i = n; i < decimals; i++) {
            out[used++] = '0';
        }
        for (uint32_t i = whole; i < n; i++) {
            out[used++] = digits[i];
        }
    }
    if (used + 1u > size) {
        used = size != 0u ? size - 1u : 0u; /* the verifier demands room for the longest */
    }
    memset(buf, 0, size);
    memcpy(buf, out, used);
    return (int32_t)used;
}
