// SPDX-License-Identifier: Apache-2.0
#include <mbpf/microbpf.h>

SEC("iio/device0/accel_x")
int scaled(struct iio_event *e)
{
    return e->value * 1.5 > 3;
}
