// SPDX-License-Identifier: Apache-2.0
#define SEC(n) __attribute__((section(n), used))
SEC("iio/device0/accel_x")
int scaled(int *value)
{
    return *value * 1.5 > 3;
}
