// SPDX-License-Identifier: Apache-2.0
// A pointer moved by any 64-bit number may wrap around and point anywhere, so that even a later comparison with the
// object's end proves nothing. Bound the number first; unsigned types save the check against negative values.
#include <mbpf/microbpf.h>
static u32 table[8];

SEC("iio/device0/accel_x")
int count(struct iio_event *e)
{
#ifdef WRONG
    s64 i = e->value;
    if (i < 8)
#else
    u32 i = e->value;
    if (i < 8)
#endif
        table[i]++;
    return 1;
}
