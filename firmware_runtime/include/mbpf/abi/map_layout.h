/* SPDX-License-Identifier: Apache-2.0
 * How much RAM each map type takes. Host and device compute the same number, so that a package's declared
 * RAM can be checked at admission. All results are multiples of 8; 0 means: not a valid map. Computed in
 * 64 bits, so that hostile sizes cannot wrap. */
#ifndef MBPF_ABI_MAP_LAYOUT_H
#define MBPF_ABI_MAP_LAYOUT_H

#include <stdint.h>

#define MBPF_MAP_HASH 1u
#define MBPF_MAP_ARRAY 2u
#define MBPF_MAP_PERCPU_HASH 5u
#define MBPF_MAP_PERCPU_ARRAY 6u
#define MBPF_MAP_RING_BUFFER 27u

#define MBPF_MAX_KEY_BYTES 64u
#define MBPF_MAX_VALUE_BYTES 4096u
#define MBPF_MAX_MAP_ENTRIES 65536u

/* Hash: control block, one word a bucket, then max_entries records that never move. Buckets are the least power of
 * two >= max_entries, so that chains hold one record on average when the map is full. */
#define MBPF_HASH_CONTROL_BYTES 16u
static inline uint64_t mbpf_hash_buckets(uint32_t max_entries)
{
    uint64_t buckets = 4u;
    while (buckets < max_entries) {
        buckets *= 2u;
    }
    return buckets;
}
static inline uint64_t mbpf_hash_index_bytes(uint32_t max_entries)
{
    return MBPF_HASH_CONTROL_BYTES + mbpf_hash_buckets(max_entries) * 4u;
}
static inline uint64_t mbpf_hash_record_bytes(uint32_t key_size, uint32_t value_size)
{
    /* 8-byte record header (link, hash), key padded to 8, value padded to 8. */
    return 8u + (((uint64_t)key_size + 7u) & ~(uint64_t)7u) + (((uint64_t)value_size + 7u) & ~(uint64_t)7u);
}

#define MBPF_RING_BUFFER_CONTROL_BYTES 32u
#define MBPF_RING_BUFFER_RECORD_HEADER_BYTES 8u

/* Devices have one CPU: a per-CPU map is the map of the same kind. */
static inline uint32_t mbpf_map_kind(uint32_t type)
{
    return type == MBPF_MAP_PERCPU_HASH ? MBPF_MAP_HASH : type == MBPF_MAP_PERCPU_ARRAY ? MBPF_MAP_ARRAY : type;
}

/* Storage of one map, the mbpf_map object apart. */
static inline uint64_t mbpf_map_storage_bytes(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries)
{
    if (max_entries == 0u || max_entries > MBPF_MAX_MAP_ENTRIES) {
        return 0u;
    }
    switch (mbpf_map_kind(type)) {
    case MBPF_MAP_ARRAY:
        if (key_size != 4u || value_size == 0u || value_size > MBPF_MAX_VALUE_BYTES) {
            return 0u;
        }
        return (((uint64_t)value_size + 7u) & ~(uint64_t)7u) * max_entries;
    case MBPF_MAP_HASH:
        if (key_size == 0u || key_size > MBPF_MAX_KEY_BYTES || value_size == 0u || value_size > MBPF_MAX_VALUE_BYTES) {
            return 0u;
        }
        return mbpf_hash_index_bytes(max_entries) + max_entries * mbpf_hash_record_bytes(key_size, value_size);
    case MBPF_MAP_RING_BUFFER: /* max_entries is the buffer's size in bytes, a power of two */
        if (key_size != 0u || value_size != 0u || max_entries < 16u || (max_entries & (max_entries - 1u)) != 0u) {
            return 0u;
        }
        return MBPF_RING_BUFFER_CONTROL_BYTES + (uint64_t)max_entries;
    default:
        return 0u;
    }
}

/* RAM of a loaded package on a device with pointers of `pointer_bytes`: import table, map objects (32
 * bytes each on every device), map storage, data segment; each part 8-byte aligned. */
#define MBPF_MAP_OBJECT_RAM_BYTES 32u
static inline uint64_t mbpf_package_ram_base_bytes(uint32_t import_count, uint32_t map_count, uint32_t data_ram_bytes,
                                                   uint32_t pointer_bytes)
{
    return (((uint64_t)import_count * pointer_bytes + 7u) & ~(uint64_t)7u) +
           (uint64_t)map_count * MBPF_MAP_OBJECT_RAM_BYTES + (((uint64_t)data_ram_bytes + 15u) & ~(uint64_t)15u);
}

#endif
