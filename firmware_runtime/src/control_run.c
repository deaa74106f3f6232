/* SPDX-License-Identifier: Apache-2.0
 * Test runs: a loaded program on a context from the host, with its instructions counted. The proof relied on
 * ranges the firmware guarantees for context fields, so a context that breaks one is refused here: the host
 * is trusted to ask, not to bypass the proof. */
#include <string.h>

#include "divide.h"
#include "isolation.h"
#include "mbpf/control.h"
#include "mbpf/packet.h"
#include "mbpf/port.h"
#include "text.h"

/* A request holds up the loop no longer than this, one run's own bound apart. */
#define MAX_REPEAT 1000u
#define MAX_NS 200000000u

/* Signed numbers are compared as unsigned ones, once their sign bit is turned. */
static bool range_holds(const mbpf_field_range *range, const uint8_t *context)
{
    const uint8_t *at = context + range->offset;
    const bool negative = range->is_signed && (at[range->size - 1u] & 0x80u) != 0u;
    const uint64_t turn = range->is_signed ? 1ull << 63 : 0u;
    uint64_t value = negative ? UINT64_MAX : 0u; /* devices and hosts are little-endian */
    memcpy(&value, at, range->size);
    value ^= turn;
    return value >= ((uint64_t)range->min ^ turn) && value <= (range->max ^ turn);
}

static bool ranges_hold(const mbpf_hook_row *row, const uint8_t *context)
{
    for (const mbpf_field_range *range = row->ranges; range < row->ranges + row->range_count; range++) {
        if (!range_holds(range, context)) {
            return false;
        }
    }
    return true;
}

static bool is_packet_hook(const mbpf_hook_row *row)
{
    return mbpf_text_equal(row->name, "xdp");
}

/* Context and packet as they were before each run, so that all runs do the same. */
static void prepare(mbpf_control *c, const mbpf_control_TestRun *r, const mbpf_hook_row *row)
{
    memset(c->rt->open.context, 0, sizeof c->rt->open.context);
    memcpy(c->rt->open.packet, r->packet.at, r->packet.count);
    if (is_packet_hook(row)) {
        (void)mbpf_xdp_context(c->rt->open.context, c->rt->open.packet, r->packet.count, 1u);
    } else {
        memcpy(c->rt->open.context, r->context.at, r->context.count);
    }
}

/* `*program` becomes the last that ran. */
static uint64_t measure(mbpf_program **program, void *context, uint32_t step, uint64_t *result, bool *returned)
{
    context = mbpf_open_context((*program)->point, context);
    mbpf_port_measure_begin(step);
    uint64_t begin = mbpf_port_instructions();
    *returned = mbpf_may_chain(*program) ? mbpf_enter_chain(program, context, result) : mbpf_enter(*program, context, result);
    uint64_t end = mbpf_port_instructions();
    mbpf_port_measure_end();
    return end - begin;
}

static uint64_t nothing(void *context, void *const *imports)
{
    (void)context;
    (void)imports;
    return 0u;
}

static void stopped(mbpf_control *c, mbpf_program *program)
{
#if MBPF_ISOLATION
    uint32_t kind = mbpf_stopped_now.kind;
    mbpf_contain(program);
    mbpf_control_refuse(c, MBPF_STOPPED, mbpf_fault_text(kind));
#else
    (void)c;
    (void)program;
#endif
}

void mbpf_control_test_run(mbpf_control *c)
{
    const mbpf_control_TestRun *r = &c->request.head.body.test_run;
    mbpf_program *program = mbpf_control_program(c, r->package, r->program);
    if (!program) {
        return;
    }
    const mbpf_hook_row *row = program->point->row;
    bool packet = is_packet_hook(row);
    uint32_t context_bytes = row->raw_memory ? r->context.count : row->context_bytes;
    if ((!packet && r->context.count > context_bytes) || context_bytes > MBPF_CONTEXT_BYTES || r->packet.count > MBPF_PACKET_BYTES) {
        mbpf_control_refuse(c, MBPF_OUT_OF_RANGE, "context size");
        return;
    }
    prepare(c, r, row);
    if (!packet && !ranges_hold(row, c->rt->open.context)) {
        mbpf_control_refuse(c, MBPF_OUT_OF_RANGE, "context field out of its range");
        return;
    }
    mbpf_program empty = *program; /* what it costs to get there and back */
    empty.entry = nothing;
    bool returned;
    uint32_t repeat = r->repeat == 0u ? 1u : r->repeat > MAX_REPEAT ? MAX_REPEAT : r->repeat, runs = 0u;
    int64_t total = 0; /* with what the way there and back takes away */
    uint64_t result = 0u, ignored, until = mbpf_port_time_ns() + MAX_NS;
    while (runs < repeat && (runs == 0u || mbpf_port_time_ns() < until)) {
        uint32_t i = runs++;
        mbpf_program *nobody = &empty, *last = program;
        total -= (int64_t)measure(&nobody, c->rt->open.context, i, &ignored, &returned);
        prepare(c, r, row);
        total += (int64_t)measure(&last, c->rt->open.context, i, &result, &returned);
        if (!returned) {
            stopped(c, last);
            return;
        }
        if (!mbpf_may_chain(program)) { /* that counts by itself */
            program->runs.low++;
            program->runs.high += program->runs.low == 0u;
            program->last_result = result;
        }
    }
    const uint64_t instructions = total > 0 ? (uint64_t)total : 0u;
    mbpf_control_TestRunReply *reply = &c->response.body.test_run;
    reply->result = result;
    reply->total_instructions = instructions;
    reply->instructions = mbpf_divide(instructions, runs);
    reply->packet.at = c->rt->open.packet;
    reply->packet.count = r->packet.count;
    /* xdp_md holds addresses of this device: nothing for the host. What would pass a message together goes without. */
    if (!packet && context_bytes + r->packet.count <= MBPF_MAX_MESSAGE_BYTES - 84u) {
        reply->context.at = c->rt->open.context;
        reply->context.count = context_bytes;
    }
}
