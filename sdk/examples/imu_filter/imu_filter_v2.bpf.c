/* SPDX-License-Identifier: Apache-2.0
 * Outlier filter, version 2: an outlier is replaced by the running mean instead of dropped, so that the
 * sample rate stays constant. Same maps as version 1, so a hot swap keeps what was learnt. */
#include "imu_filter.h"

SEC("iio/device0/accel_x")
int imu_filter(struct iio_event *sample)
{
    u32 zero = 0;
    u32 *setting = bpf_map_lookup_elem(&config, &zero);
    struct filter_state *s = bpf_map_lookup_elem(&state, &zero);
    if (!setting || !s)
        return FILTER_PASS;
    u32 threshold = *setting; /* once: the host may change it meanwhile */

    s32 value = sample->value;
    s32 mean = s->mean >> 4;
    s32 step = value > mean ? value - mean : mean - value;
    s->samples++;
    if (s->samples > 8 && (u32)step > threshold) {
        s->outliers++;
        follow(s, value > mean ? (s32)threshold : -(s32)threshold);
        report(sample, mean, threshold);
        sample->value = mean;
        return FILTER_PASS;
    }
    follow(s, value - mean);
    return FILTER_PASS;
}
