/* SPDX-License-Identifier: Apache-2.0
 * seL4: the component of MicroBPF.camkes. The runtime is used by its one control thread. */
#include <camkes.h>

#include "mbpf/port.h"

void mbpf_port_init(void)
{
}

uint64_t mbpf_port_time_ns(void)
{
    return clock_now_ns();
}

uint32_t mbpf_port_serial_read(uint8_t *bytes, uint32_t capacity)
{
    uint32_t n = 0u;
    char byte;
    while (n < capacity && line_take(&byte) == 1) {
        bytes[n++] = (uint8_t)byte;
    }
    return n;
}

void mbpf_port_serial_write(const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0u; i < count; i++) {
        line_send((char)bytes[i]);
    }
}

/* Whoever has a byte or an event for this component posts the semaphore. */
void mbpf_port_idle(void)
{
    (void)wake_wait();
}
