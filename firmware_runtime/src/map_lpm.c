/* SPDX-License-Identifier: Apache-2.0
 * LPM trie: keys are prefixes (u32 number of bits, then the bits, most significant first); a lookup finds the longest
 * one that its key begins with. A binary trie without chains: a node is a record, which holds a key, or a branch,
 * which holds none and has two children. Every node's prefix is longer than its parent's, so no walk is longer than a
 * key has bits. A branch's own bits are not stored: where a key leaves the trie shows at the next record.
 *   control: u32 root, first freed record, first freed branch, bytes of records ever used, of branches, records held
 *   record:  u32 child[2], key padded to 8, value padded to 8; freed: next freed, 0, and FREED as number of bits
 *   branch:  u32 child[2], u32 number of bits, u32 reserved
 * A node is named by its place in the storage, in bytes; branches lie behind all records. 0 is none. */
#include <string.h>

#include "map_words.h"
#include "mbpf/map.h"

#define FREED_BITS 0xFFFFFFFFu

enum { ROOT = 0, FREE_RECORD = 4, FREE_BRANCH = 8, FRESH_RECORD = 12, FRESH_BRANCH = 16, USED = 20 };

static uint32_t first_branch(const mbpf_map *map)
{
    return MBPF_LPM_CONTROL_BYTES + map->max_entries * map->stride;
}

static bool is_record(const mbpf_map *map, uint32_t name)
{
    return name < first_branch(map);
}

static uint8_t *node(const mbpf_map *map, uint32_t name)
{
    return map->values + name;
}

static uint8_t *child(const mbpf_map *map, uint32_t name, uint32_t side)
{
    return node(map, name) + 4u * side;
}

/* Of a record and of a branch alike. */
static uint32_t bits_of(const mbpf_map *map, uint32_t name)
{
    return mbpf_word(node(map, name) + 8);
}

/* Whether a node lies there: a program can write anything into the trie (map_records.h). */
static bool is_node(const mbpf_map *map, uint32_t name)
{
    uint32_t branches = first_branch(map);
    if (name < branches) {
        return (name & 7u) == 0u && name >= MBPF_LPM_CONTROL_BYTES && name <= branches - map->stride;
    }
    return name - branches < (map->max_entries - 1u) * MBPF_LPM_BRANCH_BYTES && ((name - branches) & (MBPF_LPM_BRANCH_BYTES - 1u)) == 0u;
}

/* The node that a word of the trie names: 0 if none, or none of at least so many bits, so that every walk ends. */
static uint32_t follow(const mbpf_map *map, const uint8_t *link, uint32_t least_bits)
{
    uint32_t name = mbpf_word(link);
    return is_node(map, name) && bits_of(map, name) >= least_bits ? name : 0u;
}

static uint8_t *value_of(const mbpf_map *map, uint32_t name)
{
    return node(map, name) + 8u + ((map->key_size + 7u) & ~7u);
}

static uint32_t bit_at(const uint8_t *key, uint32_t bit)
{
    return (uint32_t)key[4u + (bit >> 3)] >> (7u - (bit & 7u)) & 1u;
}

static uint32_t most_bits(const mbpf_map *map)
{
    return (map->key_size - 4u) * 8u;
}

/* How many of the first `limit` bits are equal, given that the first `from` are. */
static uint32_t equal_bits(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t limit)
{
    for (uint32_t at = from >> 3; at * 8u < limit; at++) {
        uint32_t differ = (uint32_t)(a[4u + at] ^ b[4u + at]);
        if (differ != 0u) {
            uint32_t bits = at * 8u;
            while ((differ & 0x80u) == 0u) {
                differ <<= 1;
                bits++;
            }
            return bits < limit ? bits : limit;
        }
    }
    return limit;
}

static const void *read(const mbpf_map *map, const void *key)
{
    const uint8_t *k = (const uint8_t *)key;
    uint32_t bits = mbpf_key_word(k), best = 0u, equal = 0u, name = follow(map, map->values + ROOT, 0u);
    if (bits > most_bits(map)) {
        return 0;
    }
    while (name != 0u) {
        uint32_t here = bits_of(map, name);
        if (here > bits) {
            break;
        }
        if (is_record(map, name)) {
            equal = equal_bits(k, node(map, name) + 8, equal, here);
            if (equal < here) {
                break;
            }
            best = name;
        }
        if (here == bits) {
            break;
        }
        name = follow(map, child(map, name, bit_at(k, here)), here + 1u);
    }
    return best != 0u ? value_of(map, best) : 0;
}

static void *lookup(mbpf_map *map, const void *key)
{
    return (void *)(uintptr_t)read(map, key);
}

/* Where a prefix is in the trie: the deepest node whose bits it begins with lies above `link`; `name` is the node
 * there, and has at least as many bits or leaves the prefix. */
typedef struct found {
    uint8_t *link;       /* the word that names it */
    uint8_t *link_above; /* the word that names the node `link` lies in; null: `link` is the root */
    uint32_t name;       /* 0: none */
    uint32_t bits;       /* that the prefix shares with all below `link`, at most its own */
} found;

/* Descends by the key's bits to where they end, without comparing, then learns from a record below how many were
 * right. A record lies on every way down: branches have two children. */
static uint32_t shared_bits(const mbpf_map *map, const uint8_t *key)
{
    uint32_t bits = mbpf_key_word(key), name = follow(map, map->values + ROOT, 0u), below = 0u;
    while (name != 0u && (bits_of(map, name) < bits || !is_record(map, name))) {
        uint32_t here = bits_of(map, name);
        below = name;
        name = follow(map, child(map, name, here < bits ? bit_at(key, here) : 0u), here + 1u);
    }
    if (name == 0u) {
        name = below;
    }
    if (name == 0u) {
        return 0u;
    }
    uint32_t limit = bits_of(map, name) < bits ? bits_of(map, name) : bits;
    return equal_bits(key, node(map, name) + 8, 0u, limit);
}

static found find(const mbpf_map *map, const uint8_t *key)
{
    found f = {map->values + ROOT, 0, 0u, shared_bits(map, key)};
    uint32_t least = 0u;
    while ((f.name = follow(map, f.link, least)) != 0u && bits_of(map, f.name) < f.bits) {
        least = bits_of(map, f.name) + 1u;
        f.link_above = f.link;
        f.link = child(map, f.name, bit_at(key, least - 1u));
    }
    /* A node of exactly the shared bits that is shorter than the prefix is one to descend from, too. */
    if (f.name != 0u && bits_of(map, f.name) == f.bits && f.bits < mbpf_key_word(key)) {
        f.link_above = f.link;
        f.link = child(map, f.name, bit_at(key, f.bits));
        f.name = follow(map, f.link, f.bits + 1u);
    }
    return f;
}

/* The record that holds exactly this prefix. */
static bool is_exact(const mbpf_map *map, const found *f, const uint8_t *key)
{
    return f->name != 0u && is_record(map, f->name) && f->bits == mbpf_key_word(key) && bits_of(map, f->name) == f->bits;
}

static uint32_t take(mbpf_map *map, bool record)
{
    uint8_t *freed = map->values + (record ? FREE_RECORD : FREE_BRANCH), *fresh = map->values + (record ? FRESH_RECORD : FRESH_BRANCH);
    uint32_t name = mbpf_word(freed), first = record ? MBPF_LPM_CONTROL_BYTES : first_branch(map);
    if (is_node(map, name) && is_record(map, name) == record) {
        mbpf_set_word(freed, mbpf_word(node(map, name)));
        return name;
    }
    name = first + mbpf_word(fresh);
    if (!is_node(map, name)) {
        return MBPF_LPM_CONTROL_BYTES; /* in a spoilt trie only */
    }
    mbpf_set_word(fresh, name - first + (record ? map->stride : MBPF_LPM_BRANCH_BYTES));
    return name;
}

static void give_back(mbpf_map *map, uint32_t freed, uint32_t name)
{
    uint8_t *n = node(map, name);
    mbpf_set_word(n, mbpf_word(map->values + freed));
    mbpf_set_word(n + 4, 0u);
    mbpf_set_word(n + 8, FREED_BITS);
    mbpf_set_word(map->values + freed, name);
}

static uint32_t take_branch(mbpf_map *map, uint32_t bits)
{
    uint32_t name = take(map, false);
    mbpf_set_word(node(map, name) + 8, bits);
    return name;
}

static uint32_t used(const mbpf_map *map)
{
    return mbpf_word(map->values + USED);
}

/* A new record under `f->link`: above what is there if that begins with the prefix, in the place of a branch of the
 * same bits, or beside it under a new branch. */
static void insert(mbpf_map *map, const found *f, const uint8_t *key, const void *value)
{
    uint32_t name = take(map, true), bits = mbpf_key_word(key);
    uint8_t *n = node(map, name);
    /* `key` and `value` may lie in the value of a record that was deleted: see map_records.c. */
    memcpy(n + 8, key, map->key_size);
    memmove(value_of(map, name), value, map->value_size);
    key = n + 8;
    mbpf_set_word(n, 0u);
    mbpf_set_word(n + 4, 0u);
    mbpf_set_word(map->values + USED, used(map) + 1u);
    if (f->name == 0u) {
        mbpf_set_word(f->link, name);
    } else if (f->bits == bits && bits_of(map, f->name) == bits) {
        memcpy(n, node(map, f->name), 8u);
        mbpf_set_word(f->link, name);
        give_back(map, FREE_BRANCH, f->name);
    } else {
        /* What is there goes by its own bits: those of any record below it. */
        uint32_t below = f->name;
        while (below != 0u && !is_record(map, below)) {
            below = follow(map, child(map, below, 0u), bits_of(map, below) + 1u);
        }
        below = below != 0u ? below : name;
        uint32_t side = bit_at(node(map, below) + 8, f->bits);
        uint32_t above = f->bits == bits ? name : take_branch(map, f->bits);
        mbpf_set_word(child(map, above, side), f->name);
        if (above != name) {
            mbpf_set_word(child(map, above, side ^ 1u), name);
        }
        mbpf_set_word(f->link, above);
    }
}

static int update(mbpf_map *map, const void *key, const void *value, uint64_t flags)
{
    const uint8_t *k = (const uint8_t *)key;
    if (flags > MBPF_UPDATE_EXIST || mbpf_key_word(k) > most_bits(map)) {
        return -MBPF_EINVAL;
    }
    found f = find(map, k);
    if (is_exact(map, &f, k)) {
        if (flags == MBPF_UPDATE_NOEXIST) {
            return -MBPF_EEXIST;
        }
        memmove(value_of(map, f.name), value, map->value_size);
        return 0;
    }
    if (flags == MBPF_UPDATE_EXIST) {
        return -MBPF_ENOENT;
    }
    if (used(map) >= map->max_entries) {
        return -MBPF_ENOSPC;
    }
    insert(map, &f, k, value);
    return 0;
}

/* A record with two children becomes a branch; one with fewer goes, and with it a branch that loses a child. */
static int remove_key(mbpf_map *map, const void *key)
{
    const uint8_t *k = (const uint8_t *)key;
    if (mbpf_key_word(k) > most_bits(map)) {
        return -MBPF_EINVAL;
    }
    found f = find(map, k);
    if (!is_exact(map, &f, k)) {
        return -MBPF_ENOENT;
    }
    uint32_t left = mbpf_word(child(map, f.name, 0u)), right = mbpf_word(child(map, f.name, 1u));
    if (left != 0u && right != 0u) {
        uint32_t branch = take_branch(map, f.bits);
        memcpy(node(map, branch), node(map, f.name), 8u);
        mbpf_set_word(f.link, branch);
    } else if (left != 0u || right != 0u || !f.link_above || is_record(map, mbpf_word(f.link_above))) {
        mbpf_set_word(f.link, left != 0u ? left : right);
    } else {
        uint32_t above = mbpf_word(f.link_above);
        uint8_t *other = f.link == child(map, above, 0u) ? child(map, above, 1u) : child(map, above, 0u);
        mbpf_set_word(f.link_above, mbpf_word(other));
        give_back(map, FREE_BRANCH, above);
    }
    give_back(map, FREE_RECORD, f.name);
    mbpf_set_word(map->values + USED, used(map) - 1u);
    return 0;
}

/* The records in the order of their places; `key` names its record as update does. */
static bool next_key(const mbpf_map *map, const void *key, void *next)
{
    uint32_t name = MBPF_LPM_CONTROL_BYTES, end = name + mbpf_word(map->values + FRESH_RECORD);
    if (key && mbpf_key_word(key) <= most_bits(map)) {
        found f = find(map, (const uint8_t *)key);
        if (is_exact(map, &f, (const uint8_t *)key)) {
            name = f.name + map->stride;
        }
    }
    for (; name < end && name < first_branch(map); name += map->stride) {
        if (bits_of(map, name) != FREED_BITS) {
            memcpy(next, node(map, name) + 8, map->key_size);
            return true;
        }
    }
    return false;
}

const mbpf_map_operations mbpf_map_lpm_trie = {MBPF_MAP_LPM_TRIE, lookup, update, remove_key, read, next_key, used, mbpf_map_zeroed};
