// SPDX-License-Identifier: Apache-2.0
// Copies and fills of any size, comparisons of constant size: there is no C library, yet these work.
#include "../reject/support.h"

static uint8_t table[1024], mirror[1024];
static uint8_t key[16], other[16], long_key[100];

SEC("iio/device0/temp")
int filter(struct event *e)
{
    __builtin_memset(table, 1, sizeof table);
    __builtin_memcpy(mirror, table, sizeof mirror);
    __builtin_memcpy(mirror, table, e->channel & 255);
    __builtin_memmove(table + 1, table, e->channel & 255);
    for (int i = 0; i < 512; i++) table[i] = 0;
    if (__builtin_memcmp(key, other, sizeof key) == 0) return 1;
    if (__builtin_memcmp(key, other, 13) < 0) return 0;
    return __builtin_memcmp(long_key, table, sizeof long_key) != 0;
}
