/* SPDX-License-Identifier: Apache-2.0
 * Stand-in: what the port calls, as the system declares it. */
#pragma once
#include <stddef.h>
#include <stdint.h>
typedef struct {
    int64_t ticks;
} k_timeout_t;
#define K_MSEC(ms) ((k_timeout_t){ms})
struct k_sem {
    unsigned int count, limit;
};
#define K_SEM_DEFINE(name, initial_count, count_limit) struct k_sem name = {initial_count, count_limit}
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
void k_sem_give(struct k_sem *sem);
int64_t k_uptime_ticks(void);
uint64_t k_ticks_to_ns_floor64(uint64_t t);
