/* SPDX-License-Identifier: Apache-2.0
 * Programs kept apart from the runtime by the CPU: each runs unprivileged and reaches its text, its package's RAM,
 * the open area (program stack, context, packet) and the firmware's code and constants, nothing else. What breaks
 * out, or runs longer than its bound, is stopped: the hook gets its verdict, the package is unloaded, a record
 * stays. docs/decisions/0012-isolation.md. */
#ifndef MBPF_ISOLATION_H
#define MBPF_ISOLATION_H

#include <stdbool.h>
#include <stdint.h>

#include "mbpf/abi/fault.h"
#include "mbpf/config.h"

#ifdef __cplusplus
extern "C" {
#define MBPF_NORETURN [[noreturn]]
#else
#define MBPF_NORETURN _Noreturn
#endif

/* Helpers with rights of their own that one package may import. Part of the gate's encoding: see the ports. */
#define MBPF_GATES 32u
#define MBPF_PROTECTION_WORDS 8u

/* What a package's programs may reach. The first two members are read by the ports' assembly. */
typedef struct mbpf_domain {
    uint32_t protection[MBPF_PROTECTION_WORDS]; /* as the port loads it into MPU or PMP */
    uintptr_t gates[MBPF_GATES];                /* helper, its lowest bit flipped if it has arguments on the stack */
    uintptr_t text, text_end;
    uintptr_t fixed, writable, end; /* RAM: [fixed, writable) read only: import table and map objects */
} mbpf_domain;

/* RAM of a package as the part's protection can express it. */
typedef struct mbpf_block {
    uint32_t align;
    uint32_t fixed_bytes; /* of the read-only part, padding included */
    uint32_t bytes;       /* of all */
} mbpf_block;

/* One stopped program. */
typedef struct mbpf_fault_record {
    uint32_t number;  /* counts from 1; 0: none */
    uint32_t kind;    /* enum mbpf_fault_kind */
    uint64_t time_ns;
    uint32_t address; /* accessed, or given to a helper; 0 where the CPU does not say */
    uint32_t pc;
    uint32_t pc_offset; /* from the text's beginning; UINT32_MAX: elsewhere */
    char package[32];
    char program[24];
} mbpf_fault_record;

/* Memory that a program gives to a helper that runs with the runtime's rights. Does not return if the program could
 * not reach it itself. */
void mbpf_guard_read(const void *memory, uint32_t bytes);
void mbpf_guard_write(const void *memory, uint32_t bytes);
void mbpf_guard_context(const void *context); /* of the program's hook */

/* --- between runtime and port --- */

struct mbpf_program;

/* Written by the port's assembly; read by its fault handlers. */
typedef struct mbpf_running {
    const mbpf_domain *domain;    /* whose protection is loaded; null: nobody's */
    void *stack_top;              /* of the programs' stack */
    void *saved;                  /* the runtime's stack pointer during a run */
    const struct mbpf_program *program;
    uint32_t rounds;              /* of the watchdog's timer since the run began */
    uintptr_t stack_bottom;       /* below it lies what no program reaches: a stack that overflows faults there */
} mbpf_running;
extern mbpf_running mbpf_running_now; /* the port's */

/* The port's handler tells why the run ends, then lets mbpf_port_run() return. */
typedef struct mbpf_stopped {
    uint32_t kind; /* MBPF_FAULT_NONE: the last run returned by itself */
    uint32_t address, pc;
} mbpf_stopped;
extern mbpf_stopped mbpf_stopped_now; /* the port's */
static inline void mbpf_stop(uint32_t kind, uintptr_t address, uintptr_t pc)
{
    mbpf_stopped_now.kind = kind;
    mbpf_stopped_now.address = (uint32_t)address;
    mbpf_stopped_now.pc = (uint32_t)pc;
}
static inline bool mbpf_below_stack(uintptr_t address)
{
    return address < mbpf_running_now.stack_bottom && mbpf_running_now.stack_bottom - address <= 4096u;
}

/* Functions of a port with isolation. */
void mbpf_port_isolate(const void *open, uint32_t bytes); /* at start: what is the same for all programs */
void mbpf_port_block(uint32_t fixed, uint32_t writable, mbpf_block *block);
void mbpf_port_protect(mbpf_domain *domain);              /* fills `protection` from the addresses */
void mbpf_port_unprotect(void);                           /* takes back what the last program's protection keeps the runtime from */
void mbpf_port_watchdog(uint64_t cycles, uint32_t *steps, uint32_t *rounds);
/* The board's: periods that the watchdog lets pass beyond the bound. 0 where the timer stands still with the CPU; an
 * emulator's goes on while the emulator waits for a processor, which is no fault of the program. */
extern const uint32_t mbpf_port_watchdog_patience;
uint64_t mbpf_port_run(void *context, const struct mbpf_program *program);
MBPF_NORETURN void mbpf_port_abort(void);                     /* from a helper: the run ends here */
uint32_t mbpf_port_program_pc(void);                      /* in a helper: where the program called it */
bool mbpf_port_in_context(uintptr_t at, uint32_t bytes);  /* in the context, where that is not in the open area */
bool mbpf_port_in_fixed_context(uintptr_t at, uint32_t bytes); /* some of it lies in a context that the program may only read */
extern const uint16_t mbpf_gate_stubs[];                  /* code: MBPF_GATE_STUB_BYTES each */
extern const uint32_t mbpf_gate_stub_bytes;
extern const uint32_t mbpf_port_register_arguments;       /* words */

#ifdef __cplusplus
}
#endif

#endif
