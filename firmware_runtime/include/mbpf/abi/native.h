/* SPDX-License-Identifier: Apache-2.0
 * How native program code, runtime and helpers call each other. docs/decisions/0002-native-abi.md says why.
 *
 * Entry:   uint64_t entry(void *context, void *const *imports);
 *          by the platform's C calling convention (AAPCS soft-float, ilp32, SysV). `imports` points to the
 *          program's import table in RAM: one native pointer a row. It never changes during a run.
 * Helpers: plain C functions by the same convention, reached through an import slot. Argument types from
 *          the platform descriptor: pointers and map handles are native pointers; a scalar of width 64 is
 *          uint64_t, of width 32 is uint32_t; a memory size is uint32_t (the proof bounds it). Result:
 *          void, native pointer, or {u}int32_t / {u}int64_t as declared; 32-bit results are extended to r0
 *          by their signedness.
 * Memory:  contexts, map values, global data and ring-buffer records are 8-byte aligned; packets need not be.
 * Text:    position-independent, never written, needs no relocation: all that lies outside it is reached
 *          through imports. */
#ifndef MBPF_ABI_NATIVE_H
#define MBPF_ABI_NATIVE_H

#include <stdint.h>

#include "mbpf/abi/package.h"

typedef uint64_t (*mbpf_entry)(void *context, void *const *imports);

/* What a map handle points to. Native code may read `values` and `stride` of array maps. */
typedef struct mbpf_map {
    uint8_t *values;      /* first byte of the map's storage, 8-byte aligned */
    uint32_t stride;      /* bytes from one value to the next (arrays) */
    uint32_t key_size;
    uint32_t value_size;
    uint32_t max_entries;
    uint16_t type;
    uint16_t flags;
} mbpf_map;

/* Array values lie value_size rounded up to 8 bytes apart. */
static inline uint32_t mbpf_array_stride(uint32_t value_size)
{
    return (value_size + 7u) & ~7u;
}

/* Native contexts that differ from the eBPF view on 64-bit devices. On 32-bit ones data and data_end of
 * xdp_md are the native pointers themselves. */
typedef struct mbpf_xdp_md_native64 {
    uint64_t data;
    uint64_t data_end;
    uint64_t data_meta;
    uint32_t ingress_ifindex;
    uint32_t rx_queue_index;
    uint32_t egress_ifindex;
    uint32_t reserved;
} mbpf_xdp_md_native64;
MBPF_ABI_ASSERT(sizeof(mbpf_xdp_md_native64) == 40, "native xdp_md on 64-bit devices");

#endif
