/* SPDX-License-Identifier: Apache-2.0
 * Numbers as text, without the C library's printf. */
#include "text.h"

uint32_t mbpf_text_decimal(char *to, uint64_t value)
{
    char reversed[20];
    uint32_t n = 0u;
    do {
        reversed[n++] = (char)('0' + (unsigned)(value % 10u));
        value /= 10u;
    } while (value != 0u);
    for (uint32_t i = 0u; i < n; i++) {
        to[i] = reversed[n - 1u - i];
    }
    return n;
}

uint32_t mbpf_text_hex(char *to, uint64_t value)
{
    uint32_t n = 1u;
    while (n < 16u && (value >> (4u * n)) != 0u) {
        n++;
    }
    for (uint32_t i = 0u; i < n; i++) {
        to[i] = "0123456789abcdef"[(value >> (4u * (n - 1u - i))) & 15u];
    }
    return n;
}
