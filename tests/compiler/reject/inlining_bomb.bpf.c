// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#define TWICE(name, inner)                                              \
    static inline __attribute__((always_inline)) uint64_t name(uint64_t x) \
    {                                                                   \
        return inner(x) + inner(x + 1);                                 \
    }
static inline __attribute__((always_inline)) uint64_t f0(uint64_t x) { return x * bpf_ktime_get_ns(); }
TWICE(f1, f0) TWICE(f2, f1) TWICE(f3, f2) TWICE(f4, f3) TWICE(f5, f4) TWICE(f6, f5)
TWICE(f7, f6) TWICE(f8, f7) TWICE(f9, f8) TWICE(f10, f9) TWICE(f11, f10) TWICE(f12, f11)
TWICE(f13, f12) TWICE(f14, f13) TWICE(f15, f14) TWICE(f16, f15) TWICE(f17, f16) // expect: MBPF1120
TWICE(f18, f17) TWICE(f19, f18) TWICE(f20, f19)

SEC("iio/device0/temp")
int filter(struct event *e)
{
    return f20(e->timestamp) != 0;
}
