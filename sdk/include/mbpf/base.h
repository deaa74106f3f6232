/* SPDX-License-Identifier: Apache-2.0
 * What every program needs, whatever the platform: integer types, SEC(), map declarations, byte order. */
#ifndef MBPF_BASE_H
#define MBPF_BASE_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef signed short __s16;
typedef unsigned int __u32;
typedef signed int __s32;
typedef unsigned long long __u64;
typedef signed long long __s64;
typedef __u8 u8;
typedef __s8 s8;
typedef __u16 u16;
typedef __s16 s16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u16 __sum16;

#ifndef NULL
#define NULL ((void *)0)
#endif

/* Which hook a function attaches to: SEC("iio/device0/accel_x"). */
#ifndef SEC
#define SEC(name) __attribute__((section(name), used))
#endif
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif

/* Map attributes, as libbpf writes them:
 *   struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4);
 *            __type(key, __u32); __type(value, __u64); } counters SEC(".maps"); */
#ifndef __uint
#define __uint(name, val) int(*name)[val]
#define __type(name, val) __typeof__(val) *name
#define __array(name, val) __typeof__(val) *name[]
#endif
#define BPF_F_NO_PREALLOC 1 /* asked for by Linux's LPM tries; devices reserve all at load */
enum bpf_map_type {
    BPF_MAP_TYPE_UNSPEC = 0,
    BPF_MAP_TYPE_HASH = 1,
    BPF_MAP_TYPE_ARRAY = 2,
    BPF_MAP_TYPE_PROG_ARRAY = 3,
    BPF_MAP_TYPE_PERCPU_HASH = 5,
    BPF_MAP_TYPE_PERCPU_ARRAY = 6,
    BPF_MAP_TYPE_LRU_HASH = 9,
    BPF_MAP_TYPE_LPM_TRIE = 11,
    BPF_MAP_TYPE_QUEUE = 22,
    BPF_MAP_TYPE_STACK = 23,
    BPF_MAP_TYPE_RINGBUF = 27,
    BPF_MAP_TYPE_TIMESERIES = 1000,
};

/* Byte order: eBPF here is little-endian, the network is not. */
#define bpf_htons(x) __builtin_bswap16(x)
#define bpf_ntohs(x) __builtin_bswap16(x)
#define bpf_htonl(x) __builtin_bswap32(x)
#define bpf_ntohl(x) __builtin_bswap32(x)
#define bpf_cpu_to_be64(x) __builtin_bswap64(x)
#define bpf_be64_to_cpu(x) __builtin_bswap64(x)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifdef __bpf__
#define memcpy(to, from, n) __builtin_memcpy((to), (from), (n))
#define memset(to, c, n) __builtin_memset((to), (c), (n))
#endif

/* What bpf_iio_read() fills. */
struct iio_sample {
    __u64 timestamp; /* ns */
    __s32 value;     /* raw */
    __u32 scale;     /* units per raw step, in millionths */
};

#endif
