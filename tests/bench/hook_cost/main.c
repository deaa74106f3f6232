/* SPDX-License-Identifier: Apache-2.0
 * What a hook costs, in instructions: a driver's function with and without its hook. Programs are C of this image,
 * called as loaded ones are: by the runtime's own files, behind the same protection. */
#include <string.h>

#include "mbpf/port.h"
#include "mbpf/runtime.h"
#include "microbpf_platform.h"
#include "src/isolation.h"

#define RUNS 40u /* as many as the coarser board's counter has phases */

static mbpf_runtime runtime;
static uint32_t events; /* what the driver does besides */

typedef struct driver {
    mbpf_hook_point *point;
    mbpf_iio_event event;
} driver;

static driver sensor;

__attribute__((noinline)) static void deliver(driver *d)
{
    events += d->event.seq;
}

__attribute__((noinline)) static void without_hook(driver *d)
{
    deliver(d);
    deliver(d);
}

__attribute__((noinline)) static void with_hook(driver *d)
{
    deliver(d);
    if (mbpf_hook_enabled(d->point)) {
        (void)mbpf_hook_run(d->point, &d->event);
    }
    deliver(d);
}

/* --- programs --- */

static uint64_t empty(void *context, void *const *imports)
{
    (void)context;
    (void)imports;
    return 1u;
}

static uint64_t one_helper(void *context, void *const *imports)
{
    int32_t (*helper)(uint32_t, uint32_t);
    (void)context;
    memcpy(&helper, imports, sizeof helper);
    return (uint32_t)helper(1u, 3u); /* 1: passes */
}

/* To element 0 of import 1. */
static uint64_t one_tail_call(void *context, void *const *imports)
{
    int32_t (*helper)(void *, void *, uint32_t);
    memcpy(&helper, imports, sizeof helper);
    return helper(context, imports[1], 0u) == 0 ? 0u : 2u;
}

int32_t mbpf_helper_gpio_get(uint32_t chip, uint32_t line)
{
    (void)line;
    return (int32_t)chip;
}

/* --- measuring --- */

typedef void (*action)(driver *d);

static void nothing(driver *d)
{
    (void)d;
}

static uint64_t total(action volatile *what)
{
    uint64_t sum = 0u;
    for (uint32_t i = 0u; i < RUNS; i++) {
        mbpf_port_measure_begin(i);
        uint64_t begin = mbpf_port_instructions();
        (*what)(&sensor);
        uint64_t end = mbpf_port_instructions();
        mbpf_port_measure_end();
        sum += end - begin;
    }
    return sum;
}

static void say(const char *text)
{
    mbpf_port_serial_write((const uint8_t *)text, (uint32_t)strlen(text));
}

static void report(const char *what, action with, action without)
{
    action volatile a = with, b = without;
    uint64_t cost = (total(&a) - total(&b) + RUNS / 2u) / RUNS;
    char digits[12];
    uint32_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + (char)(cost % 10u));
        cost /= 10u;
    } while (cost != 0u);
    say(what);
    mbpf_port_serial_write((const uint8_t *)digits + at, (uint32_t)sizeof digits - at);
    say("\r\n");
}

/* A second package's program at the same point: protection is loaded anew each time. */
static mbpf_program other;

static void call_in_open(driver *d)
{
    (void)mbpf_hook_run(d->point, runtime.open.context);
}

static void attach(mbpf_program *p, mbpf_package_state *package, mbpf_entry entry, void **imports)
{
    memset(p, 0, sizeof *p);
    p->entry = entry;
    p->imports = imports;
    p->point = sensor.point;
#if MBPF_ISOLATION
    package->used = true;
    package->ram = (uint8_t *)imports;
    package->ram_bytes = 256u;
    mbpf_domain_set(package, runtime.slots[0], 64u);
    p->domain = &package->domain;
    static const mbpf_package_program bounded = {.native_cycles = 10000u};
    mbpf_port_watchdog(mbpf_bound_cycles(&bounded), &p->watchdog_steps, &p->watchdog_rounds);
#else
    (void)package;
#endif
}

static void import_helper(void **import, uint32_t number)
{
    for (uint32_t i = 0u; i < mbpf_platform_microbpf.helper_count; i++) {
        const mbpf_helper_row *row = &mbpf_platform_microbpf.helpers[i];
        if (row->number == number) {
#if MBPF_ISOLATION
            *import = mbpf_gate_of(&runtime.packages[0], row);
#else
            void (*function)(void) = row->function;
            memcpy(import, &function, sizeof function);
#endif
        }
    }
}

/* A package of two programs, the first of which goes on to the second, which is empty. */
static void make_chain(void **imports)
{
    static uint32_t elements[2] = {2u, 0u};
    static mbpf_map array = {.values = (uint8_t *)elements, .max_entries = 2u, .key_size = 4u, .value_size = 4u, .type = MBPF_MAP_PROGRAM_ARRAY};
    mbpf_package_state *package = &runtime.packages[0];
    attach(&package->programs[0], package, one_tail_call, imports);
    attach(&package->programs[1], package, empty, imports);
    package->programs[0].flags = package->programs[1].flags = MBPF_PROGRAM_MAY_CHAIN;
    package->program_count = 2u;
    package->maps = &array;
    package->map_count = 1u;
    imports[1] = &array;
    import_helper(imports, 12u);
}

int main(void)
{
    static mbpf_program program;
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    sensor.point = mbpf_add_hook_point(&runtime, &mbpf_platform_microbpf, "iio", "iio", true);
    void **imports = (void **)(void *)runtime.arena, **more = (void **)(void *)(runtime.arena + 256u);
    report("disabled ", with_hook, without_hook);
    attach(&program, &runtime.packages[0], empty, imports);
    attach(&other, &runtime.packages[1], empty, more);
    (void)mbpf_attach_program(&program);
    report("empty ", with_hook, without_hook);
    report("empty-open ", call_in_open, nothing);
    (void)mbpf_attach_program(&other);
    report("two ", with_hook, without_hook);
    (void)mbpf_detach_program(&other);
    program.entry = one_helper;
    import_helper(imports, 1004u);
    report("helper ", with_hook, without_hook);
    (void)mbpf_detach_program(&program);
    make_chain(imports);
    (void)mbpf_attach_program(&runtime.packages[0].programs[0]);
    report("tail-call ", with_hook, without_hook);
    say("end\r\n");
    mbpf_port_power_off();
    for (;;) {
        mbpf_port_idle();
    }
}
