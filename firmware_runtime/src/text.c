/* SPDX-License-Identifier: Apache-2.0
 * Out of line: each is used in many places. Numbers as text without the C library's printf. */
#include "text.h"

void mbpf_text_copy(char *to, const char *from, uint32_t capacity)
{
    uint32_t i = 0u;
    while (i + 1u < capacity && from[i] != '\0') {
        to[i] = from[i];
        i++;
    }
    to[i] = '\0';
}

bool mbpf_text_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const char *mbpf_text_after(const char *text, const char *prefix)
{
    while (*prefix != '\0') {
        if (*text++ != *prefix++) {
            return 0;
        }
    }
    return text;
}

bool mbpf_text_field_ok(const uint8_t *field, uint32_t bytes, bool terminated)
{
    uint8_t ended = 0u;
    for (uint32_t i = 0u; i < bytes; i++) {
        const uint8_t c = field[i];
        if (c == 0u) {
            ended = 1u;
        } else if (ended != 0u || c < 0x20u || c == 0x7Fu) {
            return false;
        }
    }
    return field[0] != 0u && (ended != 0u || !terminated);
}

uint32_t mbpf_text_u32(char *to, uint32_t value)
{
    uint32_t n = 1u;
    for (uint32_t rest = value; rest >= 10u; rest /= 10u) {
        n++;
    }
    for (uint32_t i = n; i != 0u; i--) {
        to[i - 1u] = (char)('0' + value % 10u);
        value /= 10u;
    }
    return n;
}

uint32_t mbpf_text_decimal(char *to, uint64_t value)
{
    char reversed[20];
    uint32_t n = 0u, part;
    while (value > UINT32_MAX) { /* nine digits by 32-bit division, twice at most: 64-bit division is a call, and slow */
        uint64_t rest = value / 1000000000u;
        part = (uint32_t)(value - rest * 1000000000u);
        for (uint32_t i = 0u; i < 9u; i++) {
            reversed[n++] = (char)('0' + part % 10u);
            part /= 10u;
        }
        value = rest;
    }
    part = (uint32_t)value;
    do {
        reversed[n++] = (char)('0' + part % 10u);
        part /= 10u;
    } while (part != 0u);
    for (uint32_t i = 0u; i < n; i++) {
        to[i] = reversed[n - 1u - i];
    }
    return n;
}

uint32_t mbpf_text_hex(char *to, uint64_t value)
{
    const uint32_t words[2] = {(uint32_t)(value >> 32), (uint32_t)value}; /* shifts of 64 bits are calls on 32-bit parts */
    uint32_t n = 0u;
    for (uint32_t i = 0u; i < 16u; i++) {
        uint32_t digit = words[i / 8u] >> (28u - 4u * (i % 8u)) & 15u;
        if (n != 0u || digit != 0u || i == 15u) {
            to[n++] = "0123456789abcdef"[digit];
        }
    }
    return n;
}
