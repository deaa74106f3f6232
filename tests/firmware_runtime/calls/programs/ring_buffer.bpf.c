/* SPDX-License-Identifier: Apache-2.0
 * Records of every size, until there is no room. The ring is empty when a run begins, and where the last one left it. */
#include <mbpf/microbpf.h>

struct record {
    u8 bytes[4096];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 8192);
} ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 128);
} small SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct record);
} source SEC(".maps");

static __always_inline u64 word(const struct trace_event *e, int i)
{
    return ((const u64 *)e->arg)[i];
}

/* arg 0: size; 1: where in the source; 2: how often */
SEC("trace/ringbuf_output")
int output(struct trace_event *e)
{
    u32 zero = 0;
    struct record *r = bpf_map_lookup_elem(&source, &zero);
    u64 size = word(e, 0), at = word(e, 1), times = word(e, 2);
    if (!r || size < 1 || size > 4000 || at > 96)
        return -1;
    for (u32 i = 0; i < 8 && i < times; i++)
        bpf_ringbuf_output(&ring, r->bytes + at, size, 0);
    return 0;
}

SEC("trace/ringbuf_reserve")
int reserve(struct trace_event *e)
{
    for (int i = 0; i < 8; i++) {
        u8 *record = bpf_ringbuf_reserve(&small, 21, 0);
        if (!record)
            continue;
        record[0] = i;
        if (i & 1)
            bpf_ringbuf_submit(record, 0);
        else
            bpf_ringbuf_discard(record, 0);
    }
    return 0;
}

SEC("trace/ringbuf_query")
int query(struct trace_event *e)
{
    return bpf_ringbuf_query(&small, word(e, 0));
}
