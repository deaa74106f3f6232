/* SPDX-License-Identifier: Apache-2.0
 * Firmware for counting its bytes: all of the runtime that a device in the field has, no virtual hardware. Under the
 * emulator it tells how deep the stack was, each time that grew: the stack is painted at start. */
#include <string.h>

#include "mbpf/control.h"
#include "mbpf/image.h"
#include "mbpf/port.h"
#include "mbpf/store.h"
#include "microbpf_platform.h"
#include "src/text.h"

#define PAINT 0x5Au

static mbpf_runtime runtime;
static mbpf_control control;
static mbpf_store store;

/* --- the stack: from mbpf_stack_top down, mbpf_stack_bytes of the linker script --- */

extern uint8_t mbpf_stack_top[], mbpf_stack_bytes[];
static uint8_t *deepest;

static void paint(void)
{
    uint8_t here;
    for (uint8_t *at = mbpf_stack_top - (uintptr_t)mbpf_stack_bytes; at < &here - 64; at++) {
        *(volatile uint8_t *)at = PAINT;
    }
    deepest = &here - 64;
}

static void tell_deepest(void)
{
    char text[21];
    uint8_t *at = mbpf_stack_top - (uintptr_t)mbpf_stack_bytes;
    while (at < deepest && *at == PAINT) {
        at++;
    }
    if (at < deepest) {
        deepest = at;
        mbpf_console("stack ", 6u);
        text[mbpf_text_u32(text, (uint32_t)(mbpf_stack_top - at))] = '\0';
        mbpf_console_line(text);
    }
}

int main(void)
{
    paint();
    uint32_t bytes = 0u;
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    const uint8_t *anchors = mbpf_port_trust_anchors(&bytes);
    mbpf_set_trust_anchors(&runtime, anchors, bytes);
    (void)mbpf_add_platform(&runtime, &mbpf_platform_microbpf);
    mbpf_hook_point *timer = mbpf_add_hook_point(&runtime, &mbpf_platform_microbpf, "timer", "timer/", true);
    mbpf_control_init(&control, &runtime);
#ifndef MBPF_WITHOUT_ATTESTATION
    control.attest = mbpf_control_attest;
#endif
    const mbpf_flash *flash = mbpf_port_flash();
    if (flash) {
        (void)mbpf_store_boot(&runtime, &store, flash);
    }
    (void)mbpf_preload_image(&runtime, &mbpf_image);
    for (;;) {
        mbpf_timer_event event;
        memset(&event, 0, sizeof event);
        event.timestamp = mbpf_port_time_ns();
        (void)mbpf_hook_run(timer, &event);
        mbpf_control_poll(&control);
        mbpf_store_poll(&runtime);
        tell_deepest();
        mbpf_port_idle();
    }
}
