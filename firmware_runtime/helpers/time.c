/* SPDX-License-Identifier: Apache-2.0
 * Clock, processor number, pseudo-random numbers. */
#include "mbpf/port.h"
#include "mbpf/runtime.h"
#include "microbpf_platform.h"

int64_t mbpf_helper_ktime_get_ns(void)
{
    return (int64_t)mbpf_port_time_ns();
}

int64_t mbpf_helper_ktime_get_boot_ns(void)
{
    return (int64_t)mbpf_port_time_ns();
}

uint32_t mbpf_helper_get_smp_processor_id(void)
{
    return 0u;
}

/* xorshift32, stirred with the clock: no source of secrets, as on Linux. */
uint32_t mbpf_helper_get_prandom_u32(void)
{
    uint32_t state = mbpf_active->random ^ ((uint32_t)mbpf_port_time_ns() | 1u);
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    mbpf_active->random = state;
    return state;
}
