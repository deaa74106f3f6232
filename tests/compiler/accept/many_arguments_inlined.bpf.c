// SPDX-License-Identifier: Apache-2.0
// More than five arguments and structs by value are no trouble where the function is inlined; we see to that.
#include "../reject/support.h"

struct triple {
    int64_t x, y, z;
};
static struct triple make(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    for (int i = 0; i < 100; i++) a = a * b + c;
    for (int i = 0; i < 100; i++) b = a * d + c;
    for (int i = 0; i < 100; i++) c = a * e + f;
    return (struct triple){a, b, c};
}
static int64_t norm(struct triple t) { return t.x * t.x + t.y * t.y + t.z * t.z; }

SEC("iio/device0/temp")
int filter(struct event *e)
{
    int64_t n = norm(make(e->value, e->channel, 1, 2, 3, 4));
    return n > norm(make(e->channel, e->value, 4, 3, 2, 1));
}
