// SPDX-License-Identifier: Apache-2.0
// Programs like those of natural.bpf.c, each with one slip that lets it leave its memory, or run for ever. They must be
// refused at every ISA version; the marks are those of refused.bpf.c.
#include "loops.h"
struct sorted { u32 n; s32 v[24]; };
struct heap { u32 key[32]; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, struct sorted); } sorted_cell SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, struct heap); } heap_cell SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u8[40]); } line_cell SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u32[16]); } counters_cell SEC(".maps");
#define CELL(type, name) u32 zero = 0; type *name = bpf_map_lookup_elem(&name##_cell, &zero); if (!name) return 0

/* The value's bytes are not checked, its header alone. */
X(length_of_value_unchecked) {  // 1012
    DATA; u32 found = 0;
    LOOP (int i = 0; i < 32; i++) {
        if (p + 4 > end) break;
        u16 type = p[0] << 8 | p[1], len = p[2] << 8 | p[3];
        if (type & 1) found = p[4] | p[5] << 8;
        p += 4 + len;
    }
    return found == 7 ? XDP_DROP : XDP_PASS;
}

/* No element has a least length. */
X(element_of_no_length) {  // 1042
    DATA; u32 n = 0;
    WHILE (p + 2 <= end) {
        u32 len = p[1];
        if (p + len > end) return XDP_DROP;
        n += p[0];
        p += len;
    }
    return VERDICT(n);
}

/* One place too few for the dot. */
X(name_without_room_for_its_dot) {  // 1017 unseen
    DATA; char name[64] = {}; u32 out = 0;
    for (;;) {
        if (p + 1 > end) return XDP_DROP;
        u32 n = *p++;
        if (n == 0) break;
        if (n > 63 || out + n > sizeof(name)) return XDP_DROP;
        if (p + n > end) return XDP_DROP;
        LOOP (u32 i = 0; i < n; i++) name[out++] = p[i];
        name[out++] = '.';
        p += n;
    }
    return name[0] == 'x' ? XDP_DROP : XDP_PASS;
}

/* One register more than there are bytes. */
X(register_behind_the_last) {  // 1012 unseen
    DATA;
    if (p + 1 > end) return XDP_PASS;
    u32 bytes = p[0], sum = 0;
    if (p + 1 + bytes > end) return XDP_DROP;
    LOOP (u32 i = 0; i <= bytes / 2; i++) sum += p[1 + 2 * i] << 8 | p[2 + 2 * i];
    return VERDICT(sum);
}

/* A length that may be odd, in steps of two. */
X(odd_header) {  // 1012 unseen
    DATA;
    if (p + 20 > end) return XDP_PASS;
    u32 n = p[0] & 63, sum = 0;
    if (n < 20 || p + n > end) return XDP_DROP;
    LOOP (u32 i = 0; i < n; i += 2) sum += p[i] << 8 | p[i + 1];
    return VERDICT(sum);
}

/* The option's length is not compared with what is read of it. */
X(option_longer_than_said) {  // 1012 unseen
    DATA;
    if (p + 20 > end) return XDP_PASS;
    u32 n = (p[12] >> 4) * 4, i = 20;
    if (n < 20 || p + n > end) return XDP_DROP;
    WHILE (i < n) {
        if (p[i] == 1) { i++; continue; }
        if (i + 2 > n) return XDP_DROP;
        u32 len = p[i + 1];
        if (len < 2 || i + len > n) return XDP_DROP;
        if (p[i] == 2 && (p[i + 2] << 8 | p[i + 3]) > 1400) return XDP_DROP;
        i += len;
    }
    return XDP_PASS;
}

/* The frame's last byte has the number before its length. */
C(byte_behind_the_frame) {  // 1021
    u32 sum = 0;
    LOOP (u32 i = 0; i <= e->len; i++) sum += e->data[i];
    return sum & 1;
}

/* The digit's pair of a text of 64 is there, that of one more is not. */
P(half_a_pair) {  // 1021
    u32 sum = 0, n = (e->payload_len + 2) / 2;
    LOOP (u32 i = 0; i < n; i++) sum = sum * 31 + (e->payload[2 * i] << 4 | e->payload[2 * i + 1]);
    return sum & 1;
}

/* The last byte of a number is looked for behind the payload. */
P(number_without_end) {  // 1021
    u32 i = 0, sum = 0;
    WHILE (i < e->payload_len) {
        WHILE (e->payload[i] & 0x80) i++;
        sum += e->payload[i++];
    }
    return sum & 1;
}

/* Three bytes become four, and 64 of them more than there is room for. */
P(text_longer_than_its_buffer) {  // 1017 1013
    char out[64]; u32 o = 0;
    LOOP (u32 i = 0; i + 3 <= e->payload_len; i += 3)
        LOOP (u32 k = 0; k < 4; k++) out[o++] = 'A' + k;
    bpf_coap_reply(COAP_CONTENT, out, 8);
    return FILTER_PASS;
}

/* A full list takes one more. */
I(one_more_than_there_is_room) {  // 1013 unseen
    CELL(struct sorted, sorted);
    u32 n = sorted->n;
    if (n > 24) n = 24;
    u32 i = n;
    LOOP (; i > 0 && sorted->v[i - 1] > e->value; i--) sorted->v[i] = sorted->v[i - 1];
    sorted->v[i] = e->value;
    sorted->n = n + 1;
    return FILTER_PASS;
}

/* The second child is looked at where there is only one. */
T(child_that_is_not_there) {  // 1013
    CELL(struct heap, heap);
    u32 i = 0, n = 32;
    for (;;) {
        u32 child = 2 * i + 1;
        if (child > n) break;
        if (heap->key[child + 1] < heap->key[child]) child++;
        heap->key[i] = heap->key[child];
        i = child;
    }
    return i;
}

/* The place is not taken modulo the length. */
T(turned_beyond_the_end) {  // 1013
    CELL(u8, line);
    u32 k = e->id % 40, sum = 0;
    LOOP (u32 i = 0; i < 40; i++) sum = sum * 31 + line[i + k];
    return sum;
}

/* Full is one more than fits. */
P(record_that_is_full) {  // 1013
    u32 n = 0;
    CELL(u8, line);
    LOOP (u32 i = 0; i < e->payload_len; i++) {
        u8 b = e->payload[i];
        if (b == 0xc0) n = 0;
        else if (n <= 40) line[n++] = b;
    }
    return n & 1;
}

/* 2 i + 1 is below the length, 2 i + 2 is not. */
X(neighbour_of_an_odd_byte) {  // 1012 unseen
    DATA;
    if (p + 1 > end) return XDP_PASS;
    u32 bytes = p[0], sum = 0;
    if (p + 1 + bytes > end) return XDP_DROP;
    LOOP (u32 i = 0; i < bytes / 2; i++) sum += p[1 + 2 * i] << 8 | p[3 + 2 * i];
    return VERDICT(sum);
}

/* The parent of the root is far away. */
T(parent_of_the_root) {  // 1011 1013 1042 unseen
    CELL(struct heap, heap);
    u32 i = e->id & 31;
    WHILE (heap->key[i] > e->cpu) {
        heap->key[i] = heap->key[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    return i;
}

/* One counter of all, whichever the byte. */
C(counter_of_any_byte) {  // 1013
    CELL(u32, counters);
    LOOP (u32 i = 0; i < 8; i++) counters[e->data[i] >> 3]++;
    return FILTER_PASS;
}

#define PAYLOAD DATA; u32 s = 0; if (p + 34 > end) return XDP_PASS; u32 n = p[16] << 8 | p[17]; if (n > 1480) return XDP_DROP; u8 *q = p + 20
#define CHECKED if (q + n > end) return XDP_DROP

/* The end that is walked to was not held against the packet's. */
X(walk_to_an_unchecked_end) { PAYLOAD; u8 *e = q + n; LOOP (; q < e; q++) s = s * 31 + *q; return VERDICT(s); }  // 1012
/* One byte too far. */
X(walk_past_an_end) { PAYLOAD; CHECKED; u8 *e = q + n; LOOP (; q <= e; q++) s = s * 31 + *q; return VERDICT(s); }  // 1012
X(walk_in_steps_past_an_end) { PAYLOAD; CHECKED; u8 *e = q + n; LOOP (; q + 2 <= e; q += 12) s = s * 31 + q[11]; return VERDICT(s); }  // 1012
X(walk_while_too_little_remains) { PAYLOAD; CHECKED; u8 *e = q + n; while (e - q >= 4) { s += q[23]; q += 4; } return VERDICT(s); }  // 1012
X(walk_while_too_little_of_the_packet_remains) { DATA; u32 s = 0; u8 *q = p; LOOP (int i = 0; i < 300; i++) { if (end - q < 3) break; s += q[3]; q += 4; } return VERDICT(s); }  // 1012
/* The pointer moves by more than is taken from what is left. */
X(faster_than_what_is_left) { PAYLOAD; CHECKED; LOOP (; n > 1; n -= 2) { s += *q; q += 3; } return VERDICT(s); }  // 1012
/* An odd byte that is not there. */
X(checksum_of_a_byte_too_many) { PAYLOAD; CHECKED; u16 *w = (u16 *)q; LOOP (; n > 1; n -= 2) s += *w++; s += *(u8 *)w; return VERDICT(s); }  // 1012
