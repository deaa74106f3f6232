/* SPDX-License-Identifier: Apache-2.0
 * Stand-in: what the port calls, as the system declares it. */
#pragma once
#include <stdint.h>
/* Of the interfaces that MicroBPF.camkes uses. */
int line_take(char *byte);
void line_send(char byte);
uint64_t clock_now_ns(void);
int wake_wait(void);
