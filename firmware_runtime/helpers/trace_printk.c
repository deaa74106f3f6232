/* SPDX-License-Identifier: Apache-2.0
 * trace_printk: bounded formatting to the console. The format is memory of the program's and need not end in
 * a NUL; unknown directives are printed as they stand, as the program has no other way to see its mistake. */
#include "../src/text.h"
#include "mbpf/runtime.h"
#include "microbpf_platform.h"

#define LINE_BYTES 128u

typedef struct line {
    char text[LINE_BYTES];
    uint32_t used;
} line;

static void put(line *l, char c)
{
    if (l->used < LINE_BYTES) {
        /* What could pass for a frame delimiter or drive a terminal stays out. */
        l->text[l->used++] = (c >= ' ' && c < 0x7F) || c == '\n' || c == '\t' ? c : '.';
    }
}

static void put_number(line *l, char directive, bool wide, uint64_t value)
{
    char digits[20];
    uint32_t n;
    if (directive == 'x') {
        n = mbpf_text_hex(digits, wide ? value : (uint32_t)value);
    } else if (directive == 'u') {
        n = mbpf_text_decimal(digits, wide ? value : (uint32_t)value);
    } else {
        int64_t s = wide ? (int64_t)value : (int32_t)(uint32_t)value;
        if (s < 0) {
            put(l, '-');
        }
        n = mbpf_text_decimal(digits, s < 0 ? 0u - (uint64_t)s : (uint64_t)s);
    }
    for (uint32_t i = 0u; i < n; i++) {
        put(l, digits[i]);
    }
}

int32_t mbpf_helper_trace_printk(const void *fmt, uint32_t fmt_size, uint64_t a, uint64_t b, uint64_t c)
{
    const char *f = (const char *)fmt;
    const uint64_t values[3] = {a, b, c};
    uint32_t next = 0u;
    line l;
    l.used = 0u;
    for (uint32_t i = 0u; i < fmt_size && f[i] != '\0' && l.used < LINE_BYTES; i++) {
        if (f[i] != '%') {
            put(&l, f[i]);
            continue;
        }
        uint32_t j = i + 1u, longs = 0u;
        while (j < fmt_size && f[j] == 'l' && longs < 2u) {
            longs++;
            j++;
        }
        char d = j < fmt_size ? f[j] : '\0';
        if (d == '%' && longs == 0u) {
            put(&l, '%');
            i = j;
        } else if ((d == 'd' || d == 'i' || d == 'u' || d == 'x') && next < 3u) {
            put_number(&l, d, longs != 0u, values[next++]); /* eBPF's long has 64 bits */
            i = j;
        } else {
            put(&l, '%');
        }
    }
    mbpf_console(l.text, l.used);
    if (l.used == 0u || l.text[l.used - 1u] != '\n') {
        mbpf_console("\r\n", 2u);
    }
    return (int32_t)l.used;
}
