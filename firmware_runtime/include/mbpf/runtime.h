/* SPDX-License-Identifier: Apache-2.0
 * The device runtime: one context struct that the firmware owns, no allocation, no globals but a pointer to
 * it. It admits signed packages, loads them into slots, fills their import tables and runs their programs
 * at hook points. Everything runs from one loop: programs, host requests and hot swaps never overlap. */
#ifndef MBPF_RUNTIME_H
#define MBPF_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "mbpf/abi/admission.h"
#include "mbpf/abi/native.h"
#include "mbpf/abi/package.h"
#include "mbpf/config.h"
#include "mbpf/events.h"
#include "mbpf/isolation.h"
#include "mbpf/map.h"
#include "mbpf/platform_tables.h"
#include "mbpf/status.h"
#include "mbpf/trust.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
#define MBPF_ALIGNED(bytes) alignas(bytes)
#else
#define MBPF_ALIGNED(bytes) _Alignas(bytes)
#endif

#define MBPF_DETAIL_BYTES 48u

/* Why a package was refused: the check's number and what was compared. */
typedef struct mbpf_verdict {
    uint32_t code; /* enum mbpf_admission */
    uint64_t expected;
    uint64_t actual;
    char detail[MBPF_DETAIL_BYTES]; /* hook, helper or map concerned */
} mbpf_verdict;

/* How the verdicts of several programs at one point become one. */
typedef enum mbpf_chain {
    MBPF_CHAIN_LAST,        /* all run; the last one's result */
    MBPF_CHAIN_WHILE_PASS   /* in order until one does not pass; its result */
} mbpf_chain;

struct mbpf_program;

/* A 64-bit count in halves, so that 32-bit parts seldom touch the upper one. */
typedef struct mbpf_count {
    uint32_t low, high;
} mbpf_count;
static inline uint64_t mbpf_count_value(mbpf_count n)
{
    return (uint64_t)n.high << 32 | n.low;
}

/* A place in the firmware where programs run. `name` is compared whole with a program's attach string, or as
 * its beginning when `prefix`. */
typedef struct mbpf_hook_point {
    const char *name;
    const mbpf_hook_row *row;
    const mbpf_platform_tables *platform;
    struct mbpf_program *first; /* attached, by priority */
    struct mbpf_program *alone; /* the first, if it is the only one and makes no tail calls: straight through */
    mbpf_count fired;           /* events that met a program, or asked */
    int32_t pass, drop;         /* verdicts when no program can run: open, closed */
    uint8_t chain;              /* mbpf_chain */
    bool prefix;
} mbpf_hook_point;

typedef struct mbpf_program {
    struct mbpf_program *next; /* at the same point */
    mbpf_entry entry;
    void *const *imports;
    const mbpf_domain *domain; /* isolation: its package's */
    uint32_t watchdog_steps;   /* isolation: its bound, in the unit of the port's timer, after … */
    uint32_t watchdog_rounds;  /* … so many periods of that length */
    mbpf_hook_point *point;
    mbpf_count runs;
    uint64_t last_result;
#if MBPF_STATISTICS
    mbpf_count total_ticks; /* of all runs, as the port's ticks.h counts */
    mbpf_count drops;       /* events that ended here: at a point where verdicts decide, not passed */
    uint32_t worst_ticks;   /* of one run */
#endif
    uint64_t next_due_ns; /* timer hooks: kept here so that each program has its own period */
    uint8_t priority;  /* the lower runs first, equal ones in the order of attaching */
    bool priority_set; /* by the host: kept over a hot swap */
    uint8_t flags;
    bool attached;
    /* As in the package's row, copied in one piece. */
    uint32_t stack_bytes;
    uint64_t worst_case_instructions;
    uint32_t native_instructions, native_cycles; /* of the machine code at most; MBPF_UNBOUNDED: not known */
    uint64_t parameter;
    const char *name, *attach; /* in the package */
} mbpf_program;

/* In `flags`, besides those of the package's row: the package has a program array. */
#define MBPF_PROGRAM_MAY_CHAIN 0x80u

#define MBPF_NO_SLOT 0xFFu

typedef struct mbpf_package_state {
    bool used;
    bool held;              /* the version to go back to: keeps its RAM, its programs do not run */
    bool on_trial;
    bool host_confirms;     /* at its deadline a trial is reverted, not confirmed */
    uint8_t slot;           /* in RAM, or MBPF_NO_SLOT: it runs where the store keeps it */
    uint8_t stored;         /* in the store, or MBPF_NO_SLOT */
    uint16_t id;
    uint16_t held_attached; /* bit i: program i is attached again when it is no longer held */
    uint64_t deadline_ns;   /* of the trial */
    const uint8_t *bytes;   /* the package, where it lies */
    uint8_t *ram; /* in the arena */
    uint32_t ram_bytes;
    uint32_t text_bytes;
    uint32_t rollback_counter;
    uint16_t version_major, version_minor, version_patch;
    uint16_t program_count;
    uint16_t map_count;
    mbpf_map *maps; /* in `ram` */
#if MBPF_ISOLATION
    mbpf_domain domain;
#endif
    const char *name; /* in `bytes`, all MBPF_NAME_BYTES */
    char map_names[MBPF_MAX_MAPS][MBPF_MAP_NAME_BYTES + 1u];
    mbpf_program programs[MBPF_MAX_PROGRAMS];
} mbpf_package_state;

typedef struct mbpf_transfer {
    bool open;
    uint8_t slot;
    uint32_t bytes;
    uint32_t received;
    uint8_t digest[32];
} mbpf_transfer;

typedef struct mbpf_log {
    uint32_t written; /* bytes ever, modulo 2^32 */
    uint32_t sent;    /* of them, to the serial line */
    uint8_t bytes[MBPF_LOG_BYTES];
} mbpf_log;

struct mbpf_runtime;
struct mbpf_store;
struct mbpf_admitted;

typedef struct mbpf_commit_options {
    bool activate;          /* attach its programs */
    bool dry_run;
    bool host_confirms;     /* store: silence until the deadline reverts it */
    uint32_t probation_ms;  /* store: 0 for the firmware's default */
} mbpf_commit_options;

typedef struct mbpf_commit_result {
    uint16_t package_id;
    bool replaced;
    bool on_trial;
    uint8_t stored;         /* slot of the store, or MBPF_NO_SLOT */
    uint32_t maps_kept;
} mbpf_commit_result;

/* What a store adds, so that firmware without one does not link it. */
typedef struct mbpf_keeper {
    mbpf_status (*commit)(struct mbpf_runtime *rt, struct mbpf_admitted *admitted, uint8_t ram_slot, const mbpf_commit_options *options,
                          mbpf_verdict *verdict, mbpf_commit_result *result);
    mbpf_status (*forget)(struct mbpf_runtime *rt, const char *name);
    void (*failed)(struct mbpf_runtime *rt, mbpf_package_state *package);
    uint32_t (*floor)(const struct mbpf_runtime *rt, const char *name); /* least rollback counter admitted */
} mbpf_keeper;

/* What every program may read and write: its stack, whose overflow leaves the area at its lower end, and buffers.
 * A context built elsewhere is copied here and back; a packet must lie here. */
typedef struct mbpf_open {
#if MBPF_ISOLATION
    MBPF_ALIGNED(16) uint8_t stack[MBPF_OPEN_BYTES - MBPF_CONTEXT_BYTES - (MBPF_PACKET_BYTES + 15u) / 16u * 16u];
#endif
    MBPF_ALIGNED(16) uint8_t context[MBPF_CONTEXT_BYTES];
    MBPF_ALIGNED(16) uint8_t packet[(MBPF_PACKET_BYTES + 15u) / 16u * 16u];
} mbpf_open;

typedef struct mbpf_runtime {
    const mbpf_platform_tables *platforms[MBPF_MAX_PLATFORMS];
    uint32_t platform_count;
    uint32_t point_count;
    uint16_t next_package_id;
    bool slot_used[MBPF_SLOT_COUNT + 1]; /* C has no empty arrays */
    uint32_t tail_calls;              /* in the run that goes on */
    struct mbpf_program *tail_target; /* the program to run on; null: none */
#if !MBPF_ISOLATION
    const struct mbpf_program *running; /* if it may chain */
#endif
    mbpf_trust trust;
    mbpf_event_log events;
    mbpf_transfer transfer;
    const mbpf_keeper *keeper; /* null: packages live in RAM alone */
    struct mbpf_store *store;
    /* The firmware's judgement of a package on trial; false reverts it at once. Null: only faults count. */
    bool (*healthy)(struct mbpf_runtime *rt, const mbpf_package_state *package);
    mbpf_hook_point points[MBPF_MAX_HOOK_POINTS];
    mbpf_package_state packages[MBPF_MAX_PACKAGES];
    mbpf_log log;
    uint32_t random;      /* of the helper get_prandom_u32 */
    uint32_t fault_count; /* programs stopped since boot; number n is in `faults` at n - 1 modulo their count */
#if MBPF_ISOLATION
    mbpf_fault_record faults[MBPF_FAULT_RECORDS];
    MBPF_ALIGNED(MBPF_OPEN_BYTES) mbpf_open open;
#else
    mbpf_open open;
#endif
    /* Page-aligned where the host must map them executable. */
    MBPF_ALIGNED(MBPF_SLOT_ALIGN) uint8_t slots[MBPF_SLOT_COUNT ? MBPF_SLOT_COUNT : 1][MBPF_SLOT_COUNT ? MBPF_SLOT_BYTES : 1];
    MBPF_ALIGNED(16) uint8_t arena[MBPF_ARENA_BYTES];
} mbpf_runtime;

/* The runtime of this firmware; helpers, which have C prototypes of their own, reach it here. */
extern mbpf_runtime *mbpf_active;

void mbpf_runtime_init(mbpf_runtime *rt);
/* The first platform added is the one `hello` names. */
mbpf_status mbpf_add_platform(mbpf_runtime *rt, const mbpf_platform_tables *platform);
/* The program that calls a helper, if its package has a program array. */
static inline const mbpf_program *mbpf_running_program(const mbpf_runtime *rt)
{
#if MBPF_ISOLATION
    (void)rt;
    return mbpf_running_now.program;
#else
    return rt->running;
#endif
}

/* Registers the firmware's hook points. `hook` is the descriptor's name of the hook. Null: no such hook in
 * the platform, or the table is full. */
mbpf_hook_point *mbpf_add_hook_point(mbpf_runtime *rt, const mbpf_platform_tables *platform, const char *hook, const char *name,
                                     bool prefix);

typedef struct mbpf_hook_result {
    int64_t verdict;
    uint32_t programs_run;
} mbpf_hook_result;

/* Whether a program is attached: a driver that passes events on by default asks before it builds a context. */
static inline bool mbpf_hook_enabled(const mbpf_hook_point *point)
{
    return __builtin_expect(point->first != 0, 0);
}
/* Runs the programs attached at the point on `context`, in order of priority. A program that is stopped gives the
 * verdict that its package chose for failures. */
uint64_t mbpf_hook_dispatch(mbpf_hook_point *point, void *context); /* the same, in registers: programs run, verdict */
static inline mbpf_hook_result mbpf_hook_run(mbpf_hook_point *point, void *context)
{
    uint64_t packed = mbpf_hook_dispatch(point, context);
    mbpf_hook_result result = {(int32_t)(uint32_t)packed, (uint32_t)(packed >> 32)};
    return result;
}
/* Likewise those for which `wanted` says so: prefix points, e.g. one line of many. */
typedef bool (*mbpf_attach_filter)(const char *attach, const void *what);
mbpf_hook_result mbpf_hook_run_where(mbpf_hook_point *point, void *context, mbpf_attach_filter wanted, const void *what);
/* Runs one program. One that is stopped gives 0, and is gone with its package. */
uint64_t mbpf_program_run(mbpf_program *program, void *context);
bool mbpf_attach_equals(const char *attach, const void *what); /* filter: the whole string */

/* A package being transferred, then admitted and loaded. A begin with the open transfer's length and digest
 * resumes it at `transfer.received`; any other abandons it. */
mbpf_status mbpf_transfer_begin(mbpf_runtime *rt, uint32_t bytes, const uint8_t sha256[32], mbpf_verdict *verdict);
/* Bytes received before are skipped; MBPF_OUT_OF_RANGE: some in between are missing, or it passes the end. */
mbpf_status mbpf_transfer_data(mbpf_runtime *rt, uint32_t offset, const uint8_t *bytes, uint32_t count);

/* Of what was transferred: MBPF_OK when it is there and of the digest it was begun with, which is then in `digest`. */
mbpf_status mbpf_transfer_whole(mbpf_runtime *rt, uint8_t digest[32], mbpf_verdict *verdict);
/* Gives the slot back. */
void mbpf_transfer_drop(mbpf_runtime *rt);
mbpf_status mbpf_transfer_commit(mbpf_runtime *rt, const mbpf_commit_options *options, mbpf_verdict *verdict, mbpf_commit_result *result);

/* The one that runs; a held version is not found. */
mbpf_package_state *mbpf_find_package(mbpf_runtime *rt, const char *name);
mbpf_program *mbpf_find_program(mbpf_package_state *package, const char *name);
mbpf_map *mbpf_find_map(mbpf_package_state *package, const char *name);
mbpf_status mbpf_attach_program(mbpf_program *program);
mbpf_status mbpf_detach_program(mbpf_program *program);
/* Removes it, from the store too, even if it is kept there only; its rollback counter stays. */
mbpf_status mbpf_unload(mbpf_runtime *rt, const char *name);
/* A program of it did what none may. On trial: the version before runs again. Else it is loaded no more; a store
 * keeps it. Not to be called from within one of its programs' runs. */
void mbpf_package_failed(mbpf_runtime *rt, mbpf_package_state *package);
uint32_t mbpf_ram_free(const mbpf_runtime *rt);

/* Console: to the log; from there to the serial line with the next flush, which a line brings with it and
 * mbpf_control_poll() too. Only the last MBPF_LOG_BYTES wait. */
void mbpf_console(const char *text, uint32_t count);
void mbpf_console_line(const char *text);
void mbpf_console_flush(void);

#ifdef __cplusplus
}
#endif

#endif
