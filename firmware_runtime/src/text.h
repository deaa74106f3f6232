/* SPDX-License-Identifier: Apache-2.0
 * The few string operations the runtime needs on NUL-padded fields; freestanding, bounded. */
#ifndef MBPF_SRC_TEXT_H
#define MBPF_SRC_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Copies at most capacity - 1 characters and terminates. */
void mbpf_text_copy(char *to, const char *from, uint32_t capacity);
bool mbpf_text_equal(const char *a, const char *b);
/* What of `text` follows the prefix; null: it begins otherwise. */
const char *mbpf_text_after(const char *text, const char *prefix);
static inline bool mbpf_text_starts(const char *text, const char *prefix)
{
    return mbpf_text_after(text, prefix) != 0;
}
/* A NUL-padded field: text, then only NULs; at least one when `terminated`. Control characters are refused,
 * since names end up on consoles. */
bool mbpf_text_field_ok(const uint8_t *field, uint32_t bytes, bool terminated);

/* Decimal digits of `value` at `to` (no terminator); returns their number, at most 20. */
uint32_t mbpf_text_decimal(char *to, uint64_t value);
/* Likewise, at most 10, without a division of 64 bits: what the loader itself needs. */
uint32_t mbpf_text_u32(char *to, uint32_t value);
uint32_t mbpf_text_hex(char *to, uint64_t value);

#endif
