/* SPDX-License-Identifier: Apache-2.0
 * An example's source as an application would have it natively: the same text, compiled for the CPU. Arrays are C
 * arrays, indexed under a check; hash maps, ring buffers and helpers are the runtime's own functions, called directly. */
#ifndef NATIVE_MICROBPF_H
#define NATIVE_MICROBPF_H

#define SEC(name)
#define __uint(name, val) NATIVE_##name(val)
#define __type(name, val) NATIVE_##name(val)
#define NATIVE_type(val) struct mbpf_map object; int (*type)[val] /* first: the map's address is its object's */
#define NATIVE_max_entries(val) int (*max_entries)[val]
#define NATIVE_key(val) __typeof__(val) *key
#define NATIVE_value(val) __typeof__(val) *value; struct { _Alignas(8) __typeof__(val) one; } storage[4]

#include "mbpf/abi/native.h"
#include "mbpf/map.h"
#include <microbpf.h>
#include <microbpf_platform.h>

#define NATIVE_NUMBER(map, name) (sizeof(*(map)->name) / sizeof(int))
#define bpf_map_lookup_elem(map, key)                                                                                            \
    (NATIVE_NUMBER(map, type) == BPF_MAP_TYPE_ARRAY                                                                              \
         ? (*(const u32 *)(key) < NATIVE_NUMBER(map, max_entries) ? (void *)&(map)->storage[*(const u32 *)(key)] : (void *)0)    \
         : mbpf_helper_map_lookup_elem(&(map)->object, (key)))
#define bpf_ringbuf_output(map, data, size, flags) mbpf_helper_ringbuf_output(&(map)->object, (data), (size), (flags))
#define bpf_ringbuf_reserve(map, size, flags) mbpf_helper_ringbuf_reserve(&(map)->object, (size), (flags))
#define bpf_ringbuf_submit mbpf_helper_ringbuf_submit
#define bpf_motor_emergency_stop mbpf_helper_motor_emergency_stop
#define bpf_iio_read mbpf_helper_iio_read
#define bpf_coap_reply mbpf_helper_coap_reply
#define bpf_format_decimal mbpf_helper_format_decimal

#endif
