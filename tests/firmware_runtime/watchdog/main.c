/* SPDX-License-Identifier: Apache-2.0
 * The watchdog where it and the program, or the two halves of its clock, meet: tried at every instruction of the window, with
 * programs that are part of the image. A run that is not stopped never ends, and then nothing is said; else for each byte
 * that comes the numbers. The emulator counts exactly, so each run is the same. */
#include <string.h>

#include "mbpf/isolation.h"
#include "mbpf/port.h"
#include "mbpf/runtime.h"
#include "src/text.h"
#include "window.h" /* the architecture's */

__attribute__((section(".noinit"))) static mbpf_runtime runtime;
static mbpf_domain none; /* what a program here reaches besides the firmware's code and the open area: nothing */

static uint64_t for_ever(void *context, void *const *imports)
{
    (void)context;
    (void)imports;
    for (;;) {
        __asm volatile("");
    }
}

static uint64_t wait(void *context, void *const *imports)
{
    (void)imports;
    for (uint32_t n = *(const uint32_t *)context; n != 0u; n--) {
        __asm volatile("" : "+r"(n));
    }
    return 0u;
}

/* How the run ended: MBPF_FAULT_*. */
static uint32_t run(mbpf_entry entry, uint32_t turns, uint32_t steps)
{
    uint32_t *context = (uint32_t *)(void *)runtime.open.context;
    mbpf_program program;
    memset(&program, 0, sizeof program);
    program.entry = entry;
    program.domain = &none;
    program.watchdog_steps = steps;
    *context = turns;
    (void)mbpf_port_run(context, &program);
    const uint32_t kind = mbpf_stopped_now.kind;
    mbpf_stopped_now.kind = MBPF_FAULT_NONE;
    return kind;
}

static void say_number(const char *what, uint32_t number)
{
    char digits[10];
    mbpf_port_serial_write((const uint8_t *)what, (uint32_t)strlen(what));
    mbpf_port_serial_write((const uint8_t *)digits, mbpf_text_u32(digits, number));
    mbpf_port_serial_write((const uint8_t *)"\n", 1u);
}

int main(void)
{
    uint32_t stopped = 0u, returned = 0u, wronged = 0u, refused = 0u;
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    mbpf_port_protect(&none);
    for (uint32_t turns = WINDOW_FIRST; turns < WINDOW_LAST; turns++) {
        /* One that ends in time or not, by a hair; then one that has time enough. */
        const uint32_t kind = run(wait, turns, WINDOW_STEPS);
        stopped += kind == MBPF_FAULT_TIMEOUT;
        returned += kind == MBPF_FAULT_NONE;
        wronged += run(wait, 8u, 20u * WINDOW_STEPS) != MBPF_FAULT_NONE;
    }
    for (uint32_t turn = 0u; turn < RACE_TURNS; turn++) {
        refused += !race(turn);
        if (run(for_ever, 0u, WINDOW_STEPS) != MBPF_FAULT_TIMEOUT) {
            refused++;
        }
    }
    for (;;) {
        uint8_t byte;
        if (mbpf_port_serial_read(&byte, 1u) == 0u) {
            mbpf_port_idle();
            continue;
        }
        say_number("stopped ", stopped);
        say_number("returned ", returned);
        say_number("stopped for another's time ", wronged);
        say_number("races lost ", refused);
        say_number("done ", 0u);
    }
}
