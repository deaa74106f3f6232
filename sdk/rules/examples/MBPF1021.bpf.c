// SPDX-License-Identifier: Apache-2.0
// The context's fields are laid out by the platform, and the device may translate each access: only whole fields at
// their own places exist. An array field is indexed by a bounded number.
#include <mbpf/microbpf.h>

SEC("iio/device0/accel_x")
int filter(struct iio_event *e)
{
#ifdef WRONG
    return ((volatile u32 *)e)[8] & 1;
#else
    return e->seq & 1;
#endif
}
