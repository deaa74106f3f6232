/* SPDX-License-Identifier: Apache-2.0
 * What an application does with the library, on each system the same: one context, one loop. stand_in_receive() is the
 * UART's interrupt. Here: a byte goes in, text comes out, the clock goes on, a request gets its answer. */
#include <stdio.h>
#include <string.h>

#include "mbpf/control.h"
#include "mbpf/port.h"
#include "microbpf_platform.h"

void stand_in_receive(uint8_t byte);
extern uint32_t stand_in_sent;

static mbpf_runtime runtime;
static mbpf_control control;

static int check(int good, const char *what)
{
    if (!good) {
        printf("wrong: %s\n", what);
    }
    return !good;
}

int main(void)
{
    int wrong = 0;
    uint8_t byte = 0u;
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    wrong += check(mbpf_active == &runtime, "the context");
    wrong += check(mbpf_add_platform(&runtime, &mbpf_platform_microbpf) == MBPF_OK, "the platform");
    wrong += check(mbpf_add_hook_point(&runtime, &mbpf_platform_microbpf, "timer", "timer/", true) != 0, "a hook that was chosen");
    wrong += check(mbpf_add_hook_point(&runtime, &mbpf_platform_microbpf, "xdp", "xdp", true) == 0, "a hook that was not");
    mbpf_control_init(&control, &runtime);
    mbpf_console_line("hello from the runtime");
    uint64_t before = mbpf_port_time_ns();
    wrong += check(mbpf_port_serial_read(&byte, 1u) == 0u, "nothing has come");
    stand_in_receive(0x42u);
    wrong += check(mbpf_port_serial_read(&byte, 1u) == 1u && byte == 0x42u, "the byte that has come");
    mbpf_port_idle();
    wrong += check(mbpf_port_time_ns() > before, "the clock");
    /* A `hello`: field 2 of the request, empty; then its frame, with zeros around it. */
    static const uint8_t message[] = {0x12u, 0x00u};
    uint8_t frame[32];
    uint8_t room[MBPF_MAX_FRAME_BYTES];
    memcpy(room + MBPF_FRAME_HEADROOM, message, sizeof message);
    uint32_t n = mbpf_frame_encode(room + MBPF_FRAME_HEADROOM, sizeof message, room, sizeof room);
    memcpy(frame, room, n);
    uint32_t sent = stand_in_sent;
    for (uint32_t i = 0u; i < n; i++) {
        stand_in_receive(frame[i]);
        mbpf_control_poll(&control);
    }
    wrong += check(stand_in_sent > sent + 4u, "an answer to a request");
    return wrong;
}
