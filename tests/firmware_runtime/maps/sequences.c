/* SPDX-License-Identifier: Apache-2.0
 * See sequences.h. */
#include "sequences.h"

#include <string.h>

#include "mbpf/map.h"

const map_shape map_shapes[MAP_SHAPES] = {
    {MBPF_MAP_ARRAY, 4, 5, 10, 12, false},
    {MBPF_MAP_ARRAY, 4, 256, 3, 4, false},
    {MBPF_MAP_PERCPU_ARRAY, 4, 8, 4, 6, false},
    {MBPF_MAP_HASH, 4, 8, 16, 40, false},
    {MBPF_MAP_HASH, 1, 1, 1, 5, false},
    {MBPF_MAP_HASH, 3, 5, 7, 12, false},
    {MBPF_MAP_HASH, 64, 100, 33, 60, false},
    {MBPF_MAP_HASH, 8, 12, 300, 500, false},
    {MBPF_MAP_HASH, 8, 4, 64, 40, true},
    {MBPF_MAP_HASH, 64, 64, 64, 24, true},
    {MBPF_MAP_PERCPU_HASH, 6, 4, 20, 30, false},
    {MBPF_MAP_LRU_HASH, 4, 8, 16, 40, false},
    {MBPF_MAP_LRU_HASH, 1, 3, 1, 4, false},
    {MBPF_MAP_LRU_HASH, 20, 33, 100, 150, false},
    {MBPF_MAP_LRU_HASH, 8, 4, 64, 40, true},
    {MBPF_MAP_LRU_HASH, 64, 64, 16, 40, true},
    {MBPF_MAP_LPM_TRIE, 5, 4, 40, 1, false},
    {MBPF_MAP_LPM_TRIE, 8, 8, 100, 4, false},
    {MBPF_MAP_LPM_TRIE, 20, 12, 60, 2, false},
    {MBPF_MAP_LPM_TRIE, 64, 8, 500, 60, false},
    {MBPF_MAP_LPM_TRIE, 8, 4, 33, 0, false}, /* each prefix begins with all shorter ones: the longest walks */
    {MBPF_MAP_LPM_TRIE, 64, 4, 481, 0, false},
    {MBPF_MAP_QUEUE, 0, 24, 5, 0, false},
    {MBPF_MAP_QUEUE, 0, 1, 1, 0, false},
    {MBPF_MAP_STACK, 0, 12, 7, 0, false},
    {MBPF_MAP_TIME_SERIES, 4, 12, 30, 6, false},
    {MBPF_MAP_TIME_SERIES, 13, 100, 1, 3, false},
};

typedef struct sequence {
    const map_shape *shape;
    const map_target *target;
    uint32_t random, digest;
    uint8_t key[MBPF_MAX_KEY_BYTES], value[256], next[MBPF_MAX_KEY_BYTES];
} sequence;

static uint32_t draw(sequence *s, uint32_t below)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 17;
    s->random ^= s->random << 5;
    return (s->random >> 8) % below;
}

static uint32_t digest_of(uint32_t digest, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0u; i < count; i++) {
        digest = (digest ^ bytes[i]) * 16777619u;
    }
    return digest;
}

static void note(sequence *s, int result)
{
    uint8_t low = (uint8_t)(unsigned)result;
    s->digest = digest_of(s->digest, &low, 1u);
}

static bool is_series(const map_shape *shape)
{
    return shape->type == MBPF_MAP_TIME_SERIES;
}

static bool has_keys(const map_shape *shape)
{
    return shape->key != 0u;
}

static void numbered_key(sequence *s, uint32_t n)
{
    for (uint32_t i = 0u; i < s->shape->key; i++) {
        s->key[i] = (uint8_t)(i < 4u ? n >> (8u * i) : n * 7u + i);
    }
}

/* Keys of one chain: the n-th number whose hash falls in bucket 0. */
static void colliding_key(sequence *s, uint32_t n)
{
    uint32_t mask = (uint32_t)mbpf_hash_buckets(s->shape->entries) - 1u;
    for (uint32_t number = 0u;; number++) {
        numbered_key(s, number);
        if ((mbpf_hash_key(s->key, s->shape->key) & mask) == 0u && n-- == 0u) {
            return;
        }
    }
}

/* Prefixes that often begin with one another: few values of a byte, zeros behind the bytes that vary. */
static void prefix_key(sequence *s)
{
    uint32_t data = s->shape->key - 4u, bits = draw(s, data * 8u + 1u);
    memset(s->key, 0, sizeof s->key);
    for (uint32_t i = 0u; i < s->shape->keys; i++) {
        s->key[4u + i] = (uint8_t)(draw(s, 4u) != 0u ? 0u : 0x80u >> draw(s, 8u) | draw(s, 2u));
    }
    if (draw(s, 50u) == 0u) {
        bits = data * 8u + 1u + draw(s, 3u);
    }
    memcpy(s->key, &bits, sizeof bits);
}

static void draw_key(sequence *s)
{
    if (s->shape->type == MBPF_MAP_LPM_TRIE) {
        prefix_key(s);
    } else if (s->shape->collide) {
        colliding_key(s, draw(s, s->shape->keys));
    } else if (has_keys(s->shape)) {
        numbered_key(s, draw(s, s->shape->keys));
    }
}

static void draw_value(sequence *s)
{
    for (uint32_t i = 0u; i < s->shape->value; i++) {
        s->value[i] = (uint8_t)draw(s, 256u);
    }
}

static void change(sequence *s)
{
    draw_value(s);
    if (is_series(s->shape)) {
        s->target->append(s->target->self, s->key, s->value, s->random);
        return;
    }
    uint64_t flags = draw(s, 2u) == 0u ? 0u : draw(s, 20u) == 0u ? UINT64_MAX : draw(s, 4u);
    note(s, s->target->update(s->target->self, s->key, s->value, flags));
}

static void look(sequence *s)
{
    uint8_t *at = is_series(s->shape) ? 0 : s->target->lookup(s->target->self, s->key);
    note(s, at != 0);
    if (at) {
        s->digest = digest_of(s->digest, at, s->shape->value);
        if (draw(s, 4u) == 0u) {
            at[draw(s, s->shape->value)] ^= 0x55u;
        }
    }
}

/* All that the host sees, in whatever order. */
static void survey(sequence *s)
{
    const map_target *t = s->target;
    uint32_t key_bytes = is_series(s->shape) || !has_keys(s->shape) ? 4u : s->shape->key;
    uint32_t bytes = is_series(s->shape) ? (uint32_t)mbpf_map_record_bytes(s->shape->type, s->shape->key, s->shape->value) : s->shape->value;
    uint32_t sum = 0u, count = 0u;
    const uint8_t *last = 0;
    while (count <= s->shape->entries && t->next_key(t->self, last, s->next)) {
        memcpy(s->key, s->next, key_bytes);
        last = s->key;
        const uint8_t *value = t->read(t->self, s->key);
        sum += value ? digest_of(digest_of(2166136261u, s->key, key_bytes), value, bytes) : 1u;
        count++;
    }
    s->digest = (s->digest ^ sum) * 16777619u + count * 31u + t->used(t->self);
}

uint32_t map_sequence(const map_shape *shape, const map_target *target)
{
    sequence s = {shape, target, 0x2545F491u + shape->entries * 977u + shape->type, 2166136261u, {0}, {0}, {0}};
    for (uint32_t step = 0u; step < MAP_SEQUENCE_STEPS; step++) {
        draw_key(&s);
        /* Now more is put in than taken out, now less, so that the map is full at times and empty at others. */
        uint32_t bias = step / 250u % 2u == 0u ? 4u : 2u, what = draw(&s, 8u);
        if (what < bias) {
            change(&s);
        } else if (what < 6u) {
            look(&s);
        } else if (!is_series(shape)) {
            note(&s, target->remove(target->self, s.key));
        }
        if (step % 97u == 0u) {
            survey(&s);
        }
    }
    survey(&s);
    return s.digest;
}
