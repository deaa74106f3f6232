/* SPDX-License-Identifier: Apache-2.0
 * The form of the tables that mbpf-platform-gen writes from a platform descriptor: hooks, helpers and limits
 * as constant data. The runtime compares packages against these rows and knows no hook or helper by itself,
 * so a vendor adds one by descriptor. */
#ifndef MBPF_PLATFORM_TABLES_H
#define MBPF_PLATFORM_TABLES_H

#include <stdint.h>

/* A context field whose range the firmware guarantees on entry. Proofs rely on it, so contexts given by a
 * host (TestRun) are checked against it. */
typedef struct mbpf_field_range {
    uint16_t offset;
    uint8_t size;      /* 1, 2, 4, 8 */
    uint8_t is_signed;
    uint32_t reserved;
    int64_t min;
    uint64_t max;
} mbpf_field_range;

typedef struct mbpf_hook_row {
    const char *name;             /* of the hook in the descriptor: "iio" */
    const mbpf_field_range *ranges;
    uint64_t max_instructions;
    uint32_t abi_hash;
    uint32_t context_bytes;       /* native size on this device */
    uint32_t max_stack;           /* bytes of eBPF stack */
    uint32_t max_cycles;          /* of a run's machine code, by the timing model; 0: no limit */
    uint16_t id;
    uint16_t range_count;
    uint8_t fail_open;
    uint8_t raw_memory;           /* context is memory of any size (conformance runs) */
    uint8_t context_writable;     /* programs may change some field of it */
    uint8_t has_both;             /* what is attached at `…/both` runs at the events of all places beside it */
} mbpf_hook_row;

typedef struct mbpf_helper_row {
    uint32_t number;
    uint32_t abi_hash;
    void (*function)(void);       /* cast of mbpf_helper_<name> */
    uint64_t capability;          /* the one bit it needs; 0: free for all */
    uint8_t gated;                /* 0: called directly, with the program's rights */
    uint8_t argument_words;       /* gated: 32-bit words of its arguments */
} mbpf_helper_row;

typedef struct mbpf_platform_tables {
    const char *name;
    const mbpf_hook_row *hooks;
    const mbpf_helper_row *helpers; /* sorted by number */
    uint32_t version;
    uint16_t hook_count;
    uint16_t helper_count;
    uint32_t max_ram;             /* bytes a package */
    uint16_t max_programs;
    uint16_t max_maps;
    uint8_t max_tail_calls;       /* in one run */
} mbpf_platform_tables;

/* The generator defines: const mbpf_platform_tables mbpf_platform_<name>; */

#endif
