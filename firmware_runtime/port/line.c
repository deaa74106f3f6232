/* SPDX-License-Identifier: Apache-2.0
 * The serial line: received by interrupt into a ring, so that no byte is lost while a program runs. A full ring
 * leaves the byte where it is and the line waits; what nobody takes from us is lost, since programs must not wait. */
#include "line.h"

#include "cpu.h"
#include "mbpf/config.h"
#include "mbpf/port.h"

#define RING MBPF_LINE_BYTES
#define WRITE_PATIENCE 100000u /* looks: longer than a byte takes at 1200 baud */

static volatile uint8_t ring[RING];
static volatile uint32_t ring_in, ring_out;
static volatile bool deaf; /* the ring was full */

void mbpf_line_receive(void)
{
    uint8_t byte;
    while (ring_in - ring_out < RING) {
        if (!mbpf_uart_take(&byte)) {
            return;
        }
        ring[ring_in % RING] = byte;
        ring_in++;
    }
    deaf = true;
    mbpf_uart_listen(false);
}

bool mbpf_line_waiting(void)
{
    return ring_in != ring_out;
}

uint32_t mbpf_port_serial_read(uint8_t *bytes, uint32_t capacity)
{
    uint32_t n = 0u;
    while (n < capacity && ring_out != ring_in) {
        bytes[n++] = ring[ring_out % RING];
        ring_out++;
    }
    if (deaf && ring_out == ring_in) {
        mbpf_cpu_interrupts(false);
        deaf = false;
        mbpf_uart_listen(true);
        mbpf_line_receive(); /* what came meanwhile makes no interrupt on every part */
        mbpf_cpu_interrupts(true);
    }
    return n;
}

void mbpf_port_serial_write(const uint8_t *bytes, uint32_t count)
{
    static bool stuck; /* nobody takes what we send */
    for (uint32_t i = 0u; i < count; i++) {
        uint32_t patience = stuck ? 1u : WRITE_PATIENCE;
        while (!mbpf_uart_ready()) {
            if (--patience == 0u) {
                stuck = true;
                return;
            }
        }
        stuck = false;
        mbpf_uart_send(bytes[i]);
    }
}
