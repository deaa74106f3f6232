/* SPDX-License-Identifier: Apache-2.0
 * The few string operations the runtime needs on NUL-padded fields; freestanding, bounded. */
#ifndef MBPF_SRC_TEXT_H
#define MBPF_SRC_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Copies at most capacity - 1 characters and terminates. */
static inline void mbpf_text_copy(char *to, const char *from, uint32_t capacity)
{
    uint32_t i = 0u;
    while (i + 1u < capacity && from[i] != '\0') {
        to[i] = from[i];
        i++;
    }
    to[i] = '\0';
}

static inline bool mbpf_text_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static inline bool mbpf_text_starts(const char *text, const char *prefix)
{
    while (*prefix != '\0') {
        if (*text++ != *prefix++) {
            return false;
        }
    }
    return true;
}

/* A NUL-padded field: text, then only NULs; at least one when `terminated`. Control characters are refused,
 * since names end up on consoles. */
static inline bool mbpf_text_field_ok(const uint8_t *field, uint32_t bytes, bool terminated)
{
    uint32_t i = 0u;
    while (i < bytes && field[i] >= 0x20u && field[i] != 0x7Fu) {
        i++;
    }
    if (i == 0u || (terminated && i == bytes)) {
        return false;
    }
    for (; i < bytes; i++) {
        if (field[i] != 0u) {
            return false;
        }
    }
    return true;
}

/* Decimal digits of `value` at `to` (no terminator); returns their number, at most 20. */
uint32_t mbpf_text_decimal(char *to, uint64_t value);
uint32_t mbpf_text_hex(char *to, uint64_t value);

#endif
