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
    mbpf_package_header header;
    char name[MBPF_NAME_BYTES]; /* the header's, once it has proved to be text; else empty */
    uint32_t releasers; /* bit i: key i of the root record released it, and may grant all seen so far */
    const mbpf_platform_tables *platform;
    mbpf_hook_point *points[MBPF_MAX_PROGRAMS];
} mbpf_admitted;

/* All checks in the order of mbpf/abi/admission.h. True: admitted. `n` bytes at `bytes` stay unchanged while
 * the result is in use. `releasers`: 0, or what an earlier call left there for these bytes under this root record;
 * then no signature is verified again. */
bool mbpf_admit(mbpf_runtime *rt, const uint8_t *bytes, uint32_t n, uint32_t releasers, mbpf_admitted *out, mbpf_verdict *verdict);

/* One row each, read through the checked reader. */
void mbpf_read_import(const mbpf_admitted *p, uint32_t i, mbpf_package_import *row);
void mbpf_read_program(const mbpf_admitted *p, uint32_t i, mbpf_package_program *row);
void mbpf_read_map(const mbpf_admitted *p, uint32_t i, mbpf_package_map *row);

/* Steps of it in files of their own. */
bool mbpf_check_signatures(const mbpf_runtime *rt, mbpf_admitted *p, mbpf_verdict *verdict);
bool mbpf_check_capabilities(const mbpf_runtime *rt, mbpf_admitted *p, mbpf_verdict *verdict);
bool mbpf_check_grants(const mbpf_runtime *rt, mbpf_admitted *p, mbpf_verdict *verdict);
bool mbpf_check_budgets(mbpf_runtime *rt, const mbpf_admitted *p, mbpf_verdict *verdict);
bool mbpf_refuse(mbpf_verdict *verdict, uint32_t code, uint64_t expected, uint64_t actual, const char *detail);
bool mbpf_refuse_u32(mbpf_verdict *verdict, uint32_t code, uint32_t expected, uint32_t actual, const char *detail);
const mbpf_helper_row *mbpf_find_helper(const mbpf_platform_tables *platform, uint32_t number); /* or null */

/* Arena. `bytes` a multiple of 8, `align` a power of two >= 16; null: no gap that large. */
uint8_t *mbpf_arena_take(mbpf_runtime *rt, uint32_t bytes, uint32_t align);
uint32_t mbpf_arena_largest_gap(const mbpf_runtime *rt);

#ifdef __cplusplus
}
#endif

#endif
