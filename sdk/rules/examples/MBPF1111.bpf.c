// SPDX-License-Identifier: Apache-2.0
// There is no C library on the device: what is called must be in the sources or be a helper.
#include <mbpf/microbpf.h>

#ifdef WRONG
int magnitude(int x);
#else
static int magnitude(int x) { return x < 0 ? -x : x; }
#endif

SEC("iio/device0/accel_x")
int filter(struct iio_event *e)
{
    return magnitude(e->value) > 100;
}
