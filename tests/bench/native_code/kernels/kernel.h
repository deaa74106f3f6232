/* SPDX-License-Identifier: Apache-2.0
 * One source, built twice: as a program of the conformance platform, and natively as an application would. A kernel
 * works on a memory of fixed layout, which the harness fills with the same bytes for both and compares after. */
#ifndef KERNEL_H
#define KERNEL_H
#ifdef __bpf__
#include <mbpf/isa.h>
#define KERNEL(type, m) SEC("isa") u64 kernel(type *m)
#else
#include <stdint.h>
typedef uint8_t u8; typedef uint16_t u16; typedef uint32_t u32; typedef uint64_t u64;
typedef int16_t s16; typedef int32_t s32; typedef int64_t s64;
#define KERNEL(type, m) u64 kernel(type *m); u64 kernel(type *m)
#endif
#endif
