/* SPDX-License-Identifier: Apache-2.0
 * A filter that is safe, verified, and wrong: it lets nothing through. Bad upgrade of imu_filter. */
#include <mbpf/microbpf.h>

SEC("iio/device0/accel_x")
int imu_filter(struct iio_event *sample)
{
    (void)sample;
    return FILTER_DROP;
}

char _license[] SEC("license") = "Apache-2.0";
