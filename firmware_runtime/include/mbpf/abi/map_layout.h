/* SPDX-License-Identifier: Apache-2.0
 * How much RAM each map type takes. Host and device compute the same number, so that a package's declared
 * RAM can be checked at admission. All results are multiples of 8; 0 means: not a valid map. Computed in
 * 64 bits, so that hostile sizes cannot wrap. */
#ifndef MBPF_ABI_MAP_LAYOUT_H
#define MBPF_ABI_MAP_LAYOUT_H

#include <stdint.h>

#define MBPF_MAP_HASH 1u
#define MBPF_MAP_ARRAY 2u
#define MBPF_MAP_PROGRAM_ARRAY 3u
#define MBPF_MAP_PERCPU_HASH 5u
#define MBPF_MAP_PERCPU_ARRAY 6u
#define MBPF_MAP_LRU_HASH 9u
#define MBPF_MAP_LPM_TRIE 11u
#define MBPF_MAP_QUEUE 22u
#define MBPF_MAP_STACK 23u
#define MBPF_MAP_RING_BUFFER 27u
#define MBPF_MAP_TIME_SERIES 1000u

#define MBPF_MAX_KEY_BYTES 64u
#define MBPF_MAX_VALUE_BYTES 4096u
#define MBPF_MAX_MAP_ENTRIES 65536u

static inline uint64_t mbpf_round8(uint64_t bytes)
{
    return (bytes + 7u) & ~(uint64_t)7u;
}

/* Hash: control block, max_entries records that never move, one word a bucket. Buckets are the least power of
 * two >= max_entries, so that chains hold one record on average when the map is full. No chain holds more than
 * MBPF_HASH_CHAIN records, which bounds the time of every operation: a new key is then refused as if the map were
 * full, or takes the place of its chain's least recently used one in an LRU map. With keys that nobody chose with the
 * hash in mind a full map of 65536 meets that once in 10^10. */
#define MBPF_HASH_CONTROL_BYTES 16u
#define MBPF_HASH_CHAIN 16u
#define MBPF_HASH_HEADER_BYTES 8u /* link, hash */
#define MBPF_LRU_HEADER_BYTES 16u /* and both neighbours in the order of use */
static inline uint32_t mbpf_hash_buckets(uint32_t max_entries) /* at most MBPF_MAX_MAP_ENTRIES */
{
    uint32_t buckets = 4u;
    while (buckets < max_entries) {
        buckets *= 2u;
    }
    return buckets;
}
static inline uint64_t mbpf_hash_index_bytes(uint32_t max_entries)
{
    return MBPF_HASH_CONTROL_BYTES + (uint64_t)mbpf_hash_buckets(max_entries) * 4u;
}
static inline uint64_t mbpf_hash_record_bytes(uint32_t key_size, uint32_t value_size)
{
    return MBPF_HASH_HEADER_BYTES + mbpf_round8(key_size) + mbpf_round8(value_size);
}
/* FNV-1a with a final mix: keys are short and often differ in one byte only. */
static inline uint32_t mbpf_hash_key(const uint8_t *key, uint32_t key_size)
{
    uint32_t h = 2166136261u;
    for (uint32_t i = 0u; i < key_size; i++) {
        h = (h ^ key[i]) * 16777619u;
    }
    h ^= h >> 15;
    h *= 0x85EBCA6Bu;
    return h ^ h >> 13;
}

/* LPM trie: control block, max_entries records (two children, key, value), then branches: nodes that hold no key and
 * have two children, so that there are fewer of them than records. A key is a u32 number of bits and then the bits. */
#define MBPF_LPM_CONTROL_BYTES 24u
#define MBPF_LPM_BRANCH_BYTES 16u
#define MBPF_LPM_MIN_KEY_BYTES 5u

/* Queue and stack: control block, then values. Time series: control block, then samples: time in ns, key, value. */
#define MBPF_QUEUE_CONTROL_BYTES 8u
#define MBPF_SERIES_CONTROL_BYTES 16u
#define MBPF_SERIES_HEADER_BYTES 8u

#define MBPF_RING_BUFFER_CONTROL_BYTES 32u
#define MBPF_RING_BUFFER_RECORD_HEADER_BYTES 8u

/* Program array: a word an element, the package's program counted from 1; 0: none. */
#define MBPF_MAX_PROGRAM_ARRAY_ENTRIES 256u

/* Devices have one CPU: a per-CPU map is the map of the same kind. */
static inline uint32_t mbpf_map_kind(uint32_t type)
{
    return type == MBPF_MAP_PERCPU_HASH ? MBPF_MAP_HASH : type == MBPF_MAP_PERCPU_ARRAY ? MBPF_MAP_ARRAY : type;
}

/* Bytes from one record to the next; 0: the map has no records of one size. */
static inline uint64_t mbpf_map_record_bytes(uint32_t type, uint32_t key_size, uint32_t value_size)
{
    switch (mbpf_map_kind(type)) {
    case MBPF_MAP_ARRAY:
    case MBPF_MAP_QUEUE:
    case MBPF_MAP_STACK:
        return mbpf_round8(value_size);
    case MBPF_MAP_HASH:
    case MBPF_MAP_LPM_TRIE:
    case MBPF_MAP_TIME_SERIES:
        return mbpf_hash_record_bytes(key_size, value_size);
    case MBPF_MAP_LRU_HASH:
        return mbpf_hash_record_bytes(key_size, value_size) + MBPF_LRU_HEADER_BYTES - MBPF_HASH_HEADER_BYTES;
    default:
        return 0u;
    }
}

/* Storage of one map, the mbpf_map object apart. */
static inline uint64_t mbpf_map_storage_bytes(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries)
{
    if (max_entries == 0u || max_entries > MBPF_MAX_MAP_ENTRIES || key_size > MBPF_MAX_KEY_BYTES || value_size > MBPF_MAX_VALUE_BYTES) {
        return 0u;
    }
    if (type == MBPF_MAP_RING_BUFFER) { /* max_entries is the buffer's size in bytes, a power of two */
        if (key_size != 0u || value_size != 0u || max_entries < 16u || (max_entries & (max_entries - 1u)) != 0u) {
            return 0u;
        }
        return MBPF_RING_BUFFER_CONTROL_BYTES + (uint64_t)max_entries;
    }
    if (value_size == 0u) {
        return 0u;
    }
    if (type == MBPF_MAP_PROGRAM_ARRAY) {
        return key_size == 4u && value_size == 4u && max_entries <= MBPF_MAX_PROGRAM_ARRAY_ENTRIES ? mbpf_round8(max_entries * 4u) : 0u;
    }
    uint64_t records = max_entries * mbpf_map_record_bytes(type, key_size, value_size);
    switch (mbpf_map_kind(type)) {
    case MBPF_MAP_ARRAY:
        return key_size == 4u ? records : 0u;
    case MBPF_MAP_HASH:
    case MBPF_MAP_LRU_HASH:
        return key_size != 0u ? mbpf_hash_index_bytes(max_entries) + records : 0u;
    case MBPF_MAP_LPM_TRIE:
        return key_size >= MBPF_LPM_MIN_KEY_BYTES ? MBPF_LPM_CONTROL_BYTES + records + (uint64_t)(max_entries - 1u) * MBPF_LPM_BRANCH_BYTES : 0u;
    case MBPF_MAP_QUEUE:
    case MBPF_MAP_STACK:
        return key_size == 0u ? MBPF_QUEUE_CONTROL_BYTES + records : 0u;
    case MBPF_MAP_TIME_SERIES:
        return key_size != 0u ? MBPF_SERIES_CONTROL_BYTES + records : 0u;
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
