/* SPDX-License-Identifier: Apache-2.0
 * See map_records.h. No function walks more than one chain, and no chain holds more than MBPF_HASH_CHAIN records. */
#include "map_records.h"

#include <string.h>

uint8_t *mbpf_record_value(const mbpf_map *map, uint8_t *record)
{
    return mbpf_record_key(map, record) + ((map->key_size + 7u) & ~7u);
}

static uint32_t next_of(const uint8_t *r)
{
    return mbpf_word(r) >> 1;
}

static void set_link(uint8_t *r, uint32_t next, bool taken)
{
    mbpf_set_word(r, next << 1 | (taken ? 1u : 0u));
}

mbpf_found mbpf_records_find(const mbpf_map *map, const void *key)
{
    uint32_t mask = mbpf_hash_buckets(map->max_entries) - 1u;
    mbpf_found f = {0, mbpf_hash_key((const uint8_t *)key, map->key_size), 0u, 0u, 0u};
    f.bucket = map->values + MBPF_HASH_CONTROL_BYTES + (size_t)map->max_entries * map->stride + (size_t)(f.hash & mask) * 4u;
    f.name = mbpf_word(f.bucket);
    while (f.name != 0u) {
        uint8_t *r = mbpf_record(map, f.name);
        if (mbpf_word(r + 4) == f.hash && memcmp(mbpf_record_key(map, r), key, map->key_size) == 0) {
            break;
        }
        f.before = f.name;
        f.name = ++f.chain <= MBPF_HASH_CHAIN ? next_of(r) : 0u;
    }
    return f;
}

static void unlink_from_chain(mbpf_map *map, const mbpf_found *f)
{
    uint32_t next = next_of(mbpf_record(map, f->name));
    if (f->before != 0u) {
        set_link(mbpf_record(map, f->before), next, true);
    } else {
        mbpf_set_word(f->bucket, next);
    }
}

static void link_in_front(mbpf_map *map, uint8_t *bucket, uint32_t name)
{
    set_link(mbpf_record(map, name), mbpf_word(bucket), true);
    mbpf_set_word(bucket, name);
}

void mbpf_records_to_front(mbpf_map *map, const mbpf_found *f)
{
    if (f->before != 0u) {
        unlink_from_chain(map, f);
        link_in_front(map, f->bucket, f->name);
    }
}

uint32_t mbpf_records_add(mbpf_map *map, const mbpf_found *f, const void *key, const void *value)
{
    uint32_t name = mbpf_word(map->values + MBPF_RECORDS_FREED);
    if (name != 0u) { /* the one freed last, else one never used */
        mbpf_set_word(map->values + MBPF_RECORDS_FREED, next_of(mbpf_record(map, name)));
    } else {
        name = mbpf_word(map->values + MBPF_RECORDS_FRESH) + 1u;
        mbpf_set_word(map->values + MBPF_RECORDS_FRESH, name);
    }
    uint8_t *r = mbpf_record(map, name);
    /* `key` and `value` may lie in the value of a record that was deleted: the key goes elsewhere than any value,
     * so it is read whole before the value is written over. */
    memcpy(mbpf_record_key(map, r), key, map->key_size);
    memmove(mbpf_record_value(map, r), value, map->value_size);
    mbpf_set_word(r + 4, f->hash);
    link_in_front(map, f->bucket, name);
    mbpf_set_word(map->values + MBPF_RECORDS_USED, mbpf_records_used(map) + 1u);
    return name;
}

void mbpf_records_drop(mbpf_map *map, const mbpf_found *f)
{
    unlink_from_chain(map, f);
    set_link(mbpf_record(map, f->name), mbpf_word(map->values + MBPF_RECORDS_FREED), false);
    mbpf_set_word(map->values + MBPF_RECORDS_FREED, f->name);
    mbpf_set_word(map->values + MBPF_RECORDS_USED, mbpf_records_used(map) - 1u);
}

const void *mbpf_records_read(const mbpf_map *map, const void *key)
{
    mbpf_found f = mbpf_records_find(map, key);
    return f.name != 0u ? mbpf_record_value(map, mbpf_record(map, f.name)) : 0;
}

bool mbpf_records_next_key(const mbpf_map *map, const void *key, void *next)
{
    uint32_t name = key ? mbpf_records_find(map, key).name : 0u;
    while (++name <= map->max_entries && name <= mbpf_word(map->values + MBPF_RECORDS_FRESH)) {
        uint8_t *r = mbpf_record(map, name);
        if ((mbpf_word(r) & 1u) != 0u) {
            memcpy(next, mbpf_record_key(map, r), map->key_size);
            return true;
        }
    }
    return false;
}

uint32_t mbpf_records_used(const mbpf_map *map)
{
    return mbpf_word(map->values + MBPF_RECORDS_USED);
}
