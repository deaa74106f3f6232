/* SPDX-License-Identifier: Apache-2.0
 * The components behind MicroBPF.camkes's interfaces. */
#include <camkes.h>
#include <stdio.h>

uint32_t stand_in_sent;
static char bytes[64];
static unsigned in, out;
static uint64_t now;

void stand_in_receive(uint8_t byte);
void stand_in_receive(uint8_t byte)
{
    bytes[in++ % sizeof bytes] = (char)byte;
}
int line_take(char *byte)
{
    if (in == out) {
        return 0;
    }
    *byte = bytes[out++ % sizeof bytes];
    return 1;
}
void line_send(char byte)
{
    stand_in_sent++;
    putchar(byte);
}
uint64_t clock_now_ns(void)
{
    return now++;
}
int wake_wait(void)
{
    return 0;
}
