// SPDX-License-Identifier: Apache-2.0
#define SEC(n) __attribute__((section(n), used))
struct iio_sample { unsigned long long timestamp; unsigned device, channel; int value; };
SEC("iio/device0/accel_x")
int good(struct iio_sample *s)
{
    return s->value < 1000;
}
