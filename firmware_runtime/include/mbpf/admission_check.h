/* SPDX-License-Identifier: Apache-2.0
 * Admission as a function of bytes and device state: no side effects, so that a dry run and a real load are
 * the same code. On success it leaves the header and the hook point of each program, so that
 * loading parses nothing a second time in another way. */
#ifndef MBPF_ADMISSION_CHECK_H
#define MBPF_ADMISSION_CHECK_H

#include "mbpf/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Compilers copy a function that looks short into each caller, at -Os too; these are called from many places. */
#define MBPF_OUT_OF_LINE __attribute__((noinline))

typedef struct mbpf_admitted {
    const uint8_t *bytes;
    uint32_t count;
    /* The checks' own: what they would say, of which device. Before the header, whose members short loads reach so. */
    const char *detail;
    mbpf_runtime *rt;
    mbpf_package_header header;
    const char *name;   /* the header's, once it has proved to be text; else empty */
    uint32_t releasers; /* bit i: key i of the root record released it, and may grant all seen so far */
    const mbpf_platform_tables *platform;
    mbpf_hook_point *points[MBPF_MAX_PROGRAMS];
    /* During admission. */
    mbpf_verdict *verdict;
    mbpf_package_state *old; /* what it would replace, or null */
    uint64_t ram;            /* so far */
    uint32_t gated;          /* helpers so far */
    bool migrates;           /* one of its programs is the migrator */
} mbpf_admitted;

/* A row of the payload, copied to where it is aligned. */
typedef union mbpf_row {
    mbpf_package_import import;
    mbpf_package_program program;
    mbpf_package_map map;
} mbpf_row;

/* All checks in the order of mbpf/abi/admission.h. True: admitted. `n` bytes at `bytes` stay unchanged while
 * the result is in use. `releasers`: 0, or what an earlier call left there for these bytes under this root record;
 * then no signature is verified again. */
bool mbpf_admit(mbpf_runtime *rt, const uint8_t *bytes, uint32_t n, uint32_t releasers, mbpf_admitted *out, mbpf_verdict *verdict);

/* Parts of the payload, in their order. */
enum { MBPF_PART_TEXT, MBPF_PART_DATA, MBPF_PART_IMPORTS, MBPF_PART_PROGRAMS, MBPF_PART_MAPS, MBPF_PARTS };
/* One row of a part, read through the checked reader. */
void mbpf_read_row(const mbpf_admitted *p, uint32_t part, uint32_t i, void *row);
static inline void mbpf_read_import(const mbpf_admitted *p, uint32_t i, mbpf_package_import *row)
{
    mbpf_read_row(p, MBPF_PART_IMPORTS, i, row);
}
static inline void mbpf_read_program(const mbpf_admitted *p, uint32_t i, mbpf_package_program *row)
{
    mbpf_read_row(p, MBPF_PART_PROGRAMS, i, row);
}
static inline void mbpf_read_map(const mbpf_admitted *p, uint32_t i, mbpf_package_map *row)
{
    mbpf_read_row(p, MBPF_PART_MAPS, i, row);
}

/* Steps of it in files of their own; those of rows are called for each of them. False: refused. */
bool mbpf_check_signatures(mbpf_admitted *p, uint32_t i, const mbpf_row *row);
bool mbpf_check_capabilities(mbpf_admitted *p, uint32_t i, const mbpf_row *row);
bool mbpf_check_grants(mbpf_admitted *p, uint32_t i, const mbpf_row *program);
bool mbpf_check_budgets(mbpf_admitted *p, uint32_t i, const mbpf_row *row);
/* Always false, for a check to return; with the detail that stands in `p`. */
bool mbpf_fail(const mbpf_admitted *p, uint32_t code, uint32_t expected, uint32_t actual);
bool mbpf_at_most(const mbpf_admitted *p, uint32_t code, uint32_t limit, uint32_t actual); /* or fails */
bool mbpf_at_most_u64(const mbpf_admitted *p, uint32_t code, uint64_t limit, uint64_t actual);
bool mbpf_fail_u64(const mbpf_admitted *p, uint32_t code, uint64_t expected, uint64_t actual);
/* Outside of admission. */
bool mbpf_refuse(mbpf_verdict *verdict, uint32_t code, uint64_t expected, uint64_t actual, const char *detail);
const mbpf_helper_row *mbpf_find_helper(const mbpf_platform_tables *platform, uint32_t number); /* or null */

/* Arena. `bytes` a multiple of 8, `align` a power of two >= 16; null: no gap that large. */
uint8_t *mbpf_arena_take(mbpf_runtime *rt, uint32_t bytes, uint32_t align);
uint32_t mbpf_arena_largest_gap(const mbpf_runtime *rt);

#ifdef __cplusplus
}
#endif

#endif
