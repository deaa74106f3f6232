/* SPDX-License-Identifier: Apache-2.0
 * The length comes from the event and is believed: a trace event with a large argument would make the loop
 * read past the block. */
#include <mbpf/microbpf.h>

#include "fletcher16.h"

struct block {
    u8 bytes[FLETCHER_BYTES];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct block);
} input SEC(".maps");

SEC("trace/fletcher16")
long checksum(struct trace_event *event)
{
    u32 key = 0;
    struct block *block = bpf_map_lookup_elem(&input, &key);
    if (!block)
        return 0;
    return fletcher16(block->bytes, event->arg[0]);
}
