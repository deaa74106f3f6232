/* SPDX-License-Identifier: Apache-2.0
 * LRU hash map: a hash map (map_records.h) that makes room for a new key by dropping the least recently used one. A
 * lookup or an update is a use; the host's reading is none. The records form a ring in the order of use: the most
 * recent one's `newer` is the least recent. Chains are in that order too, so that a full chain drops its last.
 * As on Linux, a value's address may come to hold another key's value when its key is dropped. */
#include "map_records.h"

enum { OLDER = 8, NEWER = 12 };

static uint32_t newest(const mbpf_map *map)
{
    return mbpf_word(map->values + MBPF_RECORDS_NEWEST);
}

static uint32_t neighbour(const mbpf_map *map, uint32_t name, uint32_t side)
{
    return mbpf_word(mbpf_record(map, name) + side);
}

static void set_neighbours(mbpf_map *map, uint32_t older, uint32_t newer)
{
    mbpf_set_word(mbpf_record(map, older) + NEWER, newer);
    mbpf_set_word(mbpf_record(map, newer) + OLDER, older);
}

static void ring_out(mbpf_map *map, uint32_t name)
{
    uint32_t older = neighbour(map, name, OLDER);
    set_neighbours(map, older, neighbour(map, name, NEWER));
    if (newest(map) == name) {
        mbpf_set_word(map->values + MBPF_RECORDS_NEWEST, older != name ? older : 0u);
    }
}

static void ring_in(mbpf_map *map, uint32_t name)
{
    uint32_t before = newest(map) != 0u ? newest(map) : name;
    uint32_t oldest = before != name ? neighbour(map, before, NEWER) : name;
    set_neighbours(map, before, name);
    set_neighbours(map, name, oldest);
    mbpf_set_word(map->values + MBPF_RECORDS_NEWEST, name);
}

static void use(mbpf_map *map, const mbpf_found *f)
{
    if (newest(map) != f->name) {
        ring_out(map, f->name);
        ring_in(map, f->name);
    }
    mbpf_records_to_front(map, f);
}

static void drop(mbpf_map *map, const mbpf_found *f)
{
    ring_out(map, f->name);
    mbpf_records_drop(map, f);
}

/* Finds the record's place by its own key. */
static void drop_name(mbpf_map *map, uint32_t name)
{
    mbpf_found f = mbpf_records_find(map, mbpf_record_key(map, mbpf_record(map, name)));
    drop(map, &f);
}

static void *lookup(mbpf_map *map, const void *key)
{
    mbpf_found f = mbpf_records_find(map, key);
    if (f.name == 0u) {
        return 0;
    }
    use(map, &f);
    return mbpf_record_value(map, mbpf_record(map, f.name));
}

/* `key` and `value` may lie in the dropped record's value; it serves the new key, whose place they are copied to before
 * anything else is written there. */
static bool make_room(mbpf_map *map, const mbpf_found *f)
{
    if (f->chain >= MBPF_HASH_CHAIN) {
        drop_name(map, f->before);
    } else if (mbpf_records_used(map) >= map->max_entries) {
        drop_name(map, neighbour(map, newest(map), NEWER));
    }
    return true;
}

static void add(mbpf_map *map, const mbpf_found *f, const void *key, const void *value)
{
    ring_in(map, mbpf_records_add(map, f, key, value));
}

static int update(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    return mbpf_records_update(map, key, value, flags, use, make_room, add);
}

static int remove_key(mbpf_map *map, const void *key)
{
    return mbpf_records_remove(map, key, drop);
}

const mbpf_map_operations mbpf_map_lru_hash = {MBPF_MAP_LRU_HASH, lookup, update, remove_key, mbpf_records_read, mbpf_records_next_key,
                                               mbpf_records_used, mbpf_map_zeroed};
