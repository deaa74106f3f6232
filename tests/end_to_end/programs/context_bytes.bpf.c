// SPDX-License-Identifier: Apache-2.0
// Bytes of the context at places that only a run tells: a row of numbers in base 128, and words of every size.
#include <mbpf/microbpf.h>

SEC("trace/bytes")
long bytes(struct trace_event *e)
{
    const u8 *at = (const u8 *)e->arg;
    u32 n = e->id & 31, i = 0;
    u64 sum = 0;
    while (i < n) {
        u64 number = 0;
        u32 shift = 0;
        for (;;) {
            u8 b = at[i++];
            number |= (u64)(b & 127) << shift;
            if (!(b & 128)) break;
            shift += 7;
            if (i >= n || shift > 63) return -1;
        }
        sum = sum * 31 + number;
    }
    if (n < 8) return sum;
    return sum ^ e->arg[n & 3] ^ *(const u32 *)(at + n - 8) << 8 ^ *(const u16 *)(at + n - 5) ^ (s64) * (const s8 *)(at + n - 1);
}
