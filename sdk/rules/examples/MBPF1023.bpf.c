// SPDX-License-Identifier: Apache-2.0
// A hook lets programs change those fields that the device reads back after the run; any other write would be lost,
// or would deceive the programs that run next.
#include <mbpf/microbpf.h>

SEC("iio/device0/accel_x")
int calibrate(struct iio_event *e)
{
#ifdef WRONG
    e->offset -= 3;
#else
    e->value -= 3;
#endif
    return 1;
}
