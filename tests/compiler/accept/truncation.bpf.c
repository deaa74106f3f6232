// SPDX-License-Identifier: Apache-2.0
#define SEC(n) __attribute__((section(n), used))
typedef unsigned int u32;
struct event { unsigned long long timestamp; int value; u32 channel; };
static void *(*const lookup)(void *map, const void *key) = (void *)1;
struct { int (*type)[2]; int (*max_entries)[4]; u32 *key; int *value; } limits SEC(".maps");
static int clamp(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

SEC("iio/device0/accel_x")
int filter(struct event *e)
{
    u32 key = 0;
    int *limit = lookup(&limits, &key);
    if (!limit) return 1;
    int sum = 0;
    for (int i = 0; i < 8; i++) sum += clamp(e->value >> i, -100, 100);
    return sum / 8 <= *limit;
}
