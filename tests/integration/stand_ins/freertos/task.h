/* SPDX-License-Identifier: Apache-2.0
 * Stand-in: what the port calls, as the system declares it. */
#pragma once
#include <FreeRTOS.h>
TickType_t xTaskGetTickCount(void);
void vTaskDelay(const TickType_t xTicksToDelay);
