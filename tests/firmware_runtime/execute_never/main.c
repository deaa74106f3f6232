/* SPDX-License-Identifier: Apache-2.0
 * Privileged code that jumps into the runtime's RAM, to an instruction that returns: where it does
 * not run, the fault resets the device, which goes on with the next place. For each byte that comes it says what was found. */
#include <string.h>

#include "mbpf/port.h"
#include "mbpf/runtime.h"

#define STARTED 0x4E5Eu
#define RETURNS 0x4770u /* bx lr */

typedef struct progress {
    uint32_t started, place, refused;
} progress;

__attribute__((section(".noinit"))) static mbpf_runtime runtime;
__attribute__((section(".noinit"))) static volatile progress now;
static uint32_t in_bss;
static uint32_t in_data = 1u;

static void say(const char *text)
{
    mbpf_port_serial_write((const uint8_t *)text, (uint32_t)strlen(text));
}

static void jump(uint32_t *at)
{
    *(volatile uint16_t *)at = RETURNS;
    __asm volatile("dsb\n isb" ::: "memory");
    ((void (*)(void))((uintptr_t)at | 1u))();
}

int main(void)
{
    static const char *const names[] = {"data", "bss", "stack", "log", "open area"};
    uint32_t on_stack;
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    uint32_t *const places[] = {&in_data, &in_bss, &on_stack, (uint32_t *)(void *)runtime.log.bytes, (uint32_t *)(void *)&runtime.open};
    if (now.started != STARTED) {
        now.started = STARTED;
        now.place = 0u;
        now.refused = 0u;
    } else {
        now.refused |= 1u << now.place++;
    }
    const uint32_t count = sizeof places / sizeof *places;
    for (; now.place < count; now.place++) {
        jump(places[now.place]);
    }
    for (;;) {
        uint8_t byte;
        if (mbpf_port_serial_read(&byte, 1u) == 0u) {
            mbpf_port_idle();
            continue;
        }
        for (uint32_t i = 0u; i < count; i++) {
            say(names[i]);
            say((now.refused >> i & 1u) != 0u ? " refused\n" : " executed\n");
        }
        say("done\n");
    }
}
