/* SPDX-License-Identifier: Apache-2.0
 * Firmware that runs a package's programs as the reference firmware does, behind the same protection and with the same
 * helpers, on the events of a table: the emulator logs every instruction. Signatures and digests are not looked at. */
#include "table.h"

#include <string.h>

#include "mbpf/admission_check.h"
#include "mbpf/crypto.h"
#include "mbpf/packet.h"
#include "mbpf/port.h"
#include "reference/virtual_board.h"
#include "src/isolation.h"
#include "src/loading.h"

static mbpf_runtime runtime;
static const uint8_t *digest_of_package;

bool mbpf_check_signatures(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    (void)i;
    (void)row;
    p->releasers = 1u;
    return true;
}

void mbpf_sha256(const uint8_t *bytes, uint32_t count, uint8_t digest[32])
{
    (void)bytes;
    (void)count;
    memset(digest, 0, 32u);
    if (digest_of_package) {
        memcpy(digest, digest_of_package, 32u);
    }
}

static void say(const char *text)
{
    mbpf_port_serial_write((const uint8_t *)text, (uint32_t)strlen(text));
}

static void say_number(const char *name, uint64_t value)
{
    char digits[24];
    uint32_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + (unsigned)(value % 10u));
        value /= 10u;
    } while (value != 0u);
    say(name);
    say(digits + at);
}

static mbpf_package_state *load(const struct calls_table *table, const uint8_t *package)
{
    mbpf_admitted admitted;
    mbpf_verdict verdict;
    runtime.trust.capabilities = UINT64_MAX;
    runtime.trust.root.count = 1u;
    runtime.trust.root.keys[0].capabilities = UINT64_MAX;
    runtime.trust.root.keys[0].hooks = UINT64_MAX;
    digest_of_package = package + table->digest_offset;
    if (!mbpf_admit(&runtime, package, table->package_bytes, 0u, &admitted, &verdict)) {
        say_number("refused ", verdict.code);
        say(" ");
        say(verdict.detail);
        say("\r\n");
        return 0;
    }
    return mbpf_load(&runtime, &admitted, MBPF_NO_SLOT);
}

/* As the host does now and then: each run finds the rings where the one before left them, and empty. */
static void empty_rings(mbpf_package_state *package)
{
    for (uint32_t i = 0u; i < package->map_count; i++) {
        uint32_t bytes;
        while (package->maps[i].type == MBPF_MAP_RING_BUFFER && mbpf_ring_buffer_peek(&package->maps[i], &bytes)) {
            mbpf_ring_buffer_consume(&package->maps[i]);
        }
    }
}

static void run(uint32_t number, mbpf_package_state *package, const struct calls_run *r)
{
    mbpf_program *program = &package->programs[r->program];
    uint64_t result = 0u;
    memset(&runtime.open.context, 0, sizeof runtime.open.context);
    if (r->packet_bytes != 0u) {
        memcpy(runtime.open.packet, r->packet, r->packet_bytes);
        (void)mbpf_xdp_context(runtime.open.context, runtime.open.packet, r->packet_bytes, 1u);
    } else {
        memcpy(runtime.open.context, r->context, sizeof r->context);
    }
    mbpf_stopped_now.kind = MBPF_FAULT_NONE;
    void *context = mbpf_open_context(program->point, runtime.open.context);
    mbpf_port_measure_begin(number);
    bool returned = mbpf_enter(program, context, &result);
    mbpf_port_measure_end();
    mbpf_console_flush();
    say_number("run ", number);
    say_number(" returned ", returned ? 1u : 0u);
    say_number(" result ", (uint32_t)result);
    say("\r\n");
    empty_rings(package);
}

int main(void)
{
    uint32_t room;
    mbpf_port_init();
    mbpf_runtime_init(&runtime);
    mbpf_virtual_board_init(&runtime);
    const uint8_t *at = mbpf_port_trust_anchors(&room); /* no anchors here: the region is this harness's table */
    const struct calls_table *table = (const void *)at;
    mbpf_package_state *package = table->magic == CALLS_MAGIC ? load(table, at + CALLS_PACKAGE_OFFSET) : 0;
    for (uint32_t i = 0u; package && i < table->count; i++) {
        run(i, package, &table->run[i]);
    }
    say("end\r\n");
    mbpf_port_power_off();
    for (;;) {
        mbpf_port_idle();
    }
}
