// SPDX-License-Identifier: Apache-2.0
// Random operations on maps of every type; the result is a digest of all that they gave.
#include <mbpf/microbpf.h>

#define MAP(NAME, TYPE, ENTRIES, KEY) \
    struct { __uint(type, BPF_MAP_TYPE_##TYPE); __uint(max_entries, ENTRIES); __type(key, KEY); __type(value, u64[2]); } NAME SEC(".maps")
struct prefix {
    u32 bits;
    u8 data[4];
};
MAP(array, ARRAY, 5, u32);
MAP(hash, HASH, 6, u32);
MAP(cpu_array, PERCPU_ARRAY, 3, u32);
MAP(cpu_hash, PERCPU_HASH, 4, u32);
MAP(lru, LRU_HASH, 4, u32);
MAP(samples, TIMESERIES, 5, u32);
struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(max_entries, 12); __type(key, struct prefix); __type(value, u64[2]); __uint(map_flags, BPF_F_NO_PREALLOC); } lpm SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 3); __type(value, u64[2]); } queue SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_STACK); __uint(max_entries, 3); __type(value, u64[2]); } stack SEC(".maps");

struct state {
    u32 random;
    u64 digest;
};

static __always_inline void note(struct state *s, u64 value) { s->digest = (s->digest ^ value) * 1099511628211ull; }

// One of the three operations of maps with keys.
#define KEYED(MAP_NAME, KEY)                                                                  \
    do {                                                                                      \
        if (what == 0) {                                                                      \
            note(s, bpf_map_update_elem(&MAP_NAME, KEY, value, s->random >> 20 & 3));         \
        } else if (what == 1) {                                                               \
            u64 *found = bpf_map_lookup_elem(&MAP_NAME, KEY);                                 \
            note(s, found != NULL);                                                           \
            if (found) {                                                                      \
                note(s, found[0]);                                                            \
                found[1] += 1;                                                                \
                note(s, found[1]);                                                            \
            }                                                                                 \
        }                                                                                     \
    } while (0)
#define DELETABLE(MAP_NAME, KEY)                                                              \
    do {                                                                                      \
        if (what == 2) note(s, bpf_map_delete_elem(&MAP_NAME, KEY));                          \
        else KEYED(MAP_NAME, KEY);                                                            \
    } while (0)
#define LISTED(MAP_NAME)                                                                      \
    do {                                                                                      \
        if (what == 0) note(s, bpf_map_push_elem(&MAP_NAME, value, s->random >> 20 & 3));     \
        else note(s, what == 1 ? bpf_map_peek_elem(&MAP_NAME, value) : bpf_map_pop_elem(&MAP_NAME, value)); \
        note(s, value[0] + value[1]);                                                         \
    } while (0)

static __noinline int one(struct state *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 17;
    s->random ^= s->random << 5;
    u32 what = s->random % 8, key = s->random >> 4 & 7;
    what = what < 5 ? 0 : what - 5; /* more is put in than taken out */
    u64 value[2] = {s->random * 0x9E3779B97F4A7C15ull, key};
    struct prefix p = {s->random >> 16 & 31, {key & 1 ? 0xC0 : 0, key & 2 ? 0xA8 : 0, key & 4 ? 1 : 0, 0}};
    switch (s->random >> 8 & 15) {
    case 0: KEYED(array, &key); break;
    case 1: DELETABLE(hash, &key); break;
    case 2: KEYED(cpu_array, &key); break;
    case 3: DELETABLE(cpu_hash, &key); break;
    case 4: LISTED(queue); break;
    case 5: LISTED(stack); break;
    case 6: note(s, bpf_timeseries_push(&samples, &key, value, s->digest)); break;
    case 7:
    case 8:
    case 9: DELETABLE(lru, &key); break;
    default: DELETABLE(lpm, &p); break;
    }
    return what;
}

SEC("trace/maps")
long maps(struct trace_event *e)
{
    struct state s = {e->id | 1, 14695981039346656037ull};
    u64 sum = 0;
    for (int i = 0; i < 40; i++) sum += one(&s);
    return s.digest ^ sum;
}
