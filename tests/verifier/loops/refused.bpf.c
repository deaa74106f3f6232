// SPDX-License-Identifier: Apache-2.0
// Loops that do not end, or leave their memory. Each must be refused at every ISA version, with one of the rules
// named behind it.
#include <mbpf/microbpf.h>
#include <mbpf/net.h>
#define KEEP(x) asm volatile("" : "+r"(x))
#define LOOP _Pragma("clang loop unroll(disable)") for
#define T(name) SEC("trace/" #name) long name(struct trace_event *e)
#define X(name) SEC("xdp") int name(struct xdp_md *c)
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u64[4]); } cells SEC(".maps");
static const u32 table[16] = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31};
static volatile u32 history[32];
static u64 shared;

T(for_ever) { u64 s = 0; for (;;) { s++; KEEP(s); } return s; }  // 1042
T(for_ever_or_not) { u64 s = 0; for (;;) { s++; KEEP(s); if (s == e->arg[0]) break; } return s; }  // 1042
T(unchanged) { u64 s = 0; u32 i = e->id; KEEP(i); while (i < 10) { s++; KEEP(s); } return s; }  // 1042
T(wrong_way) { u64 s = 0; u64 i = 1; while (i < 10) { s += i; i--; KEEP(i); if (i == 0) i = 1; } return s; }  // 1042
T(jumps_over) { u64 s = 0; u64 i = 0; while (i != 7) { s += i; i += 2; KEEP(i); } return s; }  // 1042
T(unclamped) { u64 n = e->arg[0], s = 0; LOOP (u64 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }  // 1042
T(unclamped_down) { u64 n = e->arg[0], s = 0; while (n) { n--; s += n; KEEP(s); } return s; }  // 1042 1040
T(step_of_input) { u64 s = 0, d = e->arg[0] & 3; LOOP (u64 i = 0; i < 100; i += d) { s += i; KEEP(s); } return s; }  // 1042
T(step_zero) { u64 s = 0, d = e->arg[0]; KEEP(d); d &= 0; KEEP(d); LOOP (u64 i = 0; i < 100; i += d) { s += i; KEEP(s); } return s; }  // 1042
T(forgets_to_count) { u64 s = 0; u32 i = 0; while (i < 30) { if (e->arg[0] & 1) { s++; KEEP(s); continue; } i++; KEEP(i); } return s; }  // 1042
T(set_back) { u64 s = 0; LOOP (u32 i = 0; i < 30; i++) { KEEP(i); if ((e->arg[0] & 15) == (s & 15)) i = 0; s++; KEEP(s); } return s; }  // 1042
T(inner_sets_back) { u64 s = 0; LOOP (u32 i = 0; i < 10; i++) { LOOP (u32 j = 0; j < 5; j++) { s += j; KEEP(s); if ((s & 15) == (e->arg[1] & 15)) i = 0; } KEEP(i); } return s; }  // 1042
T(bound_moves) { u64 n = 10, s = 0; LOOP (u64 i = 0; i < n; i++) { n++; KEEP(n); s += i; KEEP(s); } return s; }  // 1042
T(bound_from_memory) { u64 s = 0; LOOP (u64 i = 0; i < *(volatile u64 *)&shared; i++) { s += i; KEEP(s); } return s; }  // 1042
T(waits_for_memory) { u64 s = 0; while (*(volatile u64 *)&shared != 5) { s++; KEEP(s); } return s; }  // 1042
T(waits_for_map) { u32 k = 0; u64 *v = bpf_map_lookup_elem(&cells, &k); if (!v) return 0; while (*(volatile u64 *)v) ; return 1; }  // 1042
T(slot_set_back) { volatile u32 i = 0; u64 s = 0; for (i = 0; i < 20; i++) { s++; KEEP(s); if ((s & 15) == (e->arg[0] & 15)) i = 0; } return s; }  // 1042
T(slot_unchanged) { volatile u32 i = 0; u64 s = 0; while (i < 20) { s++; KEEP(s); } return s; }  // 1042
T(eight_bits_wrap) { u64 s = 0; volatile u8 i = 0; while (i < 255) { i += 2; s++; KEEP(s); } return s; }  // 1042
T(two_turns) { u64 s = 0; u32 i = 0, up = 1; while (s < e->arg[0]) { if (up) i++; else i--; KEEP(i); if (i == 5) up = 0; if (i == 0) up = 1; KEEP(up); } return s; }  // 1042
T(exits_exclude_each_other) { u64 s = 0, i = 0; KEEP(i); while (1) { if (i > 5 && i < 3) break; i = i < 10 ? i + 1 : 0; KEEP(i); s++; KEEP(s); } return s; }  // 1042
T(multiplies) { u64 x = e->arg[0] | 1, s = 0; while (x) { x *= 3; KEEP(x); s++; KEEP(s); } return s; }  // 1042
T(collatz) { u64 x = e->arg[0], s = 0; while (x > 1) { x = x & 1 ? x * 3 + 1 : x / 2; KEEP(x); s++; KEEP(s); } return s; }  // 1042 unseen
T(goto_for_ever) { u64 s = 0; again: s += e->id; KEEP(s); if (s != 3) goto again; return s; }  // 1042
T(nested_for_ever) { u64 s = 0; LOOP (u32 i = 0; i < 10; i++) { u64 x = e->arg[0]; KEEP(x); while (x != 3) { s += x; KEEP(s); } } return s; }  // 1042
T(budget) { u64 s = 0; LOOP (u32 i = 0; i < 3000000; i++) { s += i; KEEP(s); } return s; }  // 1040 1042
T(budget_nested) { u64 s = 0; LOOP (u32 i = 0; i < 3000; i++) LOOP (u32 j = 0; j < 3000; j++) { s += j; KEEP(s); } return s; }  // 1040 1042
T(table_overrun) { u64 s = 0; LOOP (u32 i = 0; i <= 16; i++) { u32 k = i; KEEP(k); s += k <= 16 ? table[k] : 0; KEEP(s); } return s; }  // 1013
T(table_before) { u64 s = 0; LOOP (int i = 15; i >= -1; i--) { long k = i; KEEP(k); if (k < -1 || k > 15) return 0; s += table[k]; KEEP(s); } return s; }  // 1013
T(table_by_input) { u64 s = 0, n = e->arg[0]; if (n > 40) n = 40; LOOP (u64 i = 0; i < n; i++) { u64 k = i; KEEP(k); if (k > 40) return 0; s += history[k]; KEEP(s); } return s; }  // 1013
T(table_step) { u64 s = 0; LOOP (u64 i = 0; i < 16; i += 3) { u64 k = i * 3; KEEP(k); if (k > 45) return 0; s += table[k]; KEEP(s); } return s; }  // 1013
T(unchecked_index) { u64 s = 0; LOOP (u64 i = 0; i < 16; i++) { u64 k = e->arg[0] + i; s += table[k]; KEEP(s); } return s; }  // 1011 1013
T(index_doubles) { u64 s = 0, k = 1; LOOP (u32 i = 0; i < 8; i++) { s += history[k]; k *= 2; KEEP(k); if (k > 128) return s; } return s; }  // 1013
T(map_overrun) { u32 k = 0; u64 *v = bpf_map_lookup_elem(&cells, &k); if (!v) return 0; u64 s = 0; LOOP (u64 i = 0; i < 5; i++) { u64 j = i; KEEP(j); if (j > 4) return 0; s += v[j]; KEEP(s); } return s; }  // 1013
T(map_unchecked) { u64 s = 0; LOOP (u32 i = 0; i < 4; i++) { u32 k = i; u64 *v = bpf_map_lookup_elem(&cells, &k); s += *v; } return s; }  // 1010
T(pointer_walks_off) { u32 k = 0; u64 *v = bpf_map_lookup_elem(&cells, &k); if (!v) return 0; u64 s = 0; LOOP (u32 i = 0; i < 6; i++) { s += *v++; KEEP(v); } return s; }  // 1013
T(stack_overrun) { u64 a[4] = {0}; u64 s = 0; LOOP (u64 i = 0; i < 80; i++) { u64 k = i; KEEP(k); if (k > 79) return 0; a[k] = i; } s = a[0]; KEEP(s); return s; }  // 1017 1018 1020
T(stack_below) { u64 a[4]; LOOP (u64 i = 0; i < 4; i++) { u64 k = i; KEEP(k); if (k > 3) return 0; *(volatile u64 *)((u8 *)a + 8 - k * 200) = 1; } return 0; }  // 1017 1011
T(stack_half_written) { u64 a[8]; LOOP (u64 i = 0; i < 4; i++) { u64 k = i; KEEP(k); if (k > 3) return 0; a[k * 2] = i; } u64 s = 0; LOOP (u64 i = 0; i < 8; i++) { u64 k = i; KEEP(k); if (k > 7) return 0; s += a[k]; } return s; }  // 1018
T(record_each_time) { u64 *last = 0; LOOP (u32 i = 0; i < 3; i++) { u32 k = e->id; last = bpf_map_lookup_elem(&cells, &k); KEEP(i); } return last[0]; }  // 1010
static __attribute__((noinline)) u64 spins(u64 x) { while (x != 9) { x *= 5; KEEP(x); } return x; }
T(callee_for_ever) { u64 s = 0; LOOP (u32 i = 0; i < 4; i++) { s += spins(e->arg[0]); KEEP(s); } return s; }  // 1042
static __attribute__((noinline)) u64 picks(u64 k) { KEEP(k); return table[k & 31]; }
T(callee_overruns) { u64 s = 0; LOOP (u32 i = 0; i < 4; i++) { s += picks(e->arg[0]); KEEP(s); } return s; }  // 1013
X(packet_unchecked) { u8 *p = (u8 *)(long)c->data; u32 s = 0; LOOP (u32 i = 0; i < 20; i++) { s += *p++; KEEP(s); } return s & 1 ? XDP_PASS : XDP_DROP; }  // 1012
X(packet_checked_once) { u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; u32 s = 0; if (p + 10 > end) return XDP_DROP; LOOP (u32 i = 0; i < 20; i++) { s += *p++; KEEP(s); } return s & 1 ? XDP_PASS : XDP_DROP; }  // 1012
X(packet_checked_short) { u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; u32 s = 0; LOOP (u32 i = 0; i < 20; i++) { if (p + 1 > end) break; s += p[1]; p++; KEEP(s); } return s & 1 ? XDP_PASS : XDP_DROP; }  // 1012
X(packet_to_its_end) { u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; LOOP (u32 i = 0; i < 8; i++) { if (p + 2 > end) return XDP_DROP; p += p[1]; if (p[0] == 3) return XDP_PASS; } return XDP_DROP; }  // 1012
X(packet_same_option) { u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; while (p + 2 <= end) { if (p[0] == 0) return XDP_PASS; p += p[1]; } return XDP_DROP; }  // 1042 1012 1011
X(length_off_by_one) { u8 *data = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; if (data + 1 > end) return XDP_DROP; u64 n = data[0]; if (data + n > end) return XDP_DROP; u32 s = 0; LOOP (u64 i = 0; i <= n; i++) { s += data[i]; KEEP(s); } return s & 1 ? XDP_PASS : XDP_DROP; }  // 1012
