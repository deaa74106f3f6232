// SPDX-License-Identifier: Apache-2.0
// Loops that end but leave their memory, or break another rule, in some turn. Behind each the rules that may name it.
#include "loops.h"
static const u32 table[16] SEC(".rodata.table") = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31};
static const u8 next_state[3][4] SEC(".rodata.states") = {{1, 2, 3, 0}, {2, 3, 0, 1}, {3, 0, 1, 2}};
static u32 counts[16] SEC(".bss.counts"), grid[36] SEC(".bss.grid");
static u8 text[48] SEC(".bss.text");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, u32[8]); } values SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, u32); __type(value, u32[8]); } some SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 256); } ring SEC(".maps");
#define HIDE(k, most) KEEP(k); if ((k) > (most)) return 0

T(looks_before) { u64 s = 0; LOOP (int i = 15; i >= 0; i--) { long k = i; HIDE(k, 15); s += counts[k - 1]; KEEP(s); } return s; }  // 1013
T(insertion_without_check) { LOOP (u32 i = 1; i < 16; i++) { u32 x = counts[i]; long k = i; KEEP(k); if (k < 0 || k > 15) return 0; WHILE (counts[k - 1] > x) { counts[k] = counts[k - 1]; k--; KEEP(k); } counts[k] = x; } return 0; }  // 1013 1011 1042
T(bubble_too_far) { LOOP (u32 i = 0; i < 16; i++) LOOP (u32 k = 0; k < 16; k++) { u32 x = counts[k], y = counts[k + 1]; if (x > y) { counts[k] = y; counts[k + 1] = x; } } return 0; }  // 1013
T(reverse_too_far) { LOOP (u32 i = 0, j = 48; i < j; i++, j--) { u8 t = text[i]; text[i] = text[j]; text[j] = t; } return 0; }  // 1013
T(hex_too_long) { u8 out[16]; u64 x = e->arg[0]; LOOP (u32 i = 0; i < 10; i++) { u32 k = 2 * i; HIDE(k, 18); out[k] = x & 15; out[k + 1] = x >> 4 & 15; x >>= 8; KEEP(x); } return out[0]; }  // 1017
T(ring_one_too_many) { u32 at = e->id % 17; u64 s = 0; LOOP (u32 i = 0; i < 16; i++) { s += counts[at]; at = (at + 1) % 17; KEEP(s); } return s; }  // 1013
T(ring_checked_late) { u32 at = 0; u64 s = 0; LOOP (u32 i = 0; i < 40; i++) { s += counts[at]; if (at == 16) at = 0; else at++; KEEP(s); } return s; }  // 1013
T(search_too_far) { u32 at = 0; LOOP (u32 step = 16; step; step /= 2) { if (table[at + step] < e->id) at += step; KEEP(step); } return at; }  // 1013
T(matrix_row_too_many) { u64 s = 0; LOOP (u32 i = 0; i < 7; i++) LOOP (u32 k = 0; k < 6; k++) { u32 at = i * 6 + k; HIDE(at, 41); s += grid[at]; KEEP(s); } return s; }  // 1013
T(matrix_column_too_many) { u64 s = 0; LOOP (u32 i = 0; i < 6; i++) LOOP (u32 k = 0; k <= 6; k++) { s += grid[i * 6 + k]; KEEP(s); } return s; }  // 1013
T(product_of_counters) { u64 s = 0; LOOP (u32 i = 0; i < 7; i++) LOOP (u32 k = 0; k < 7; k++) { u32 at = i * k; HIDE(at, 36); s += grid[at]; KEEP(s); } return s; }  // 1013
T(index_times_wraps) { u64 s = 0; LOOP (u32 i = 0; i < 16; i++) { u32 at = i * 0x20000001u; KEEP(at); at >>= 27; s += counts[at]; KEEP(s); } return s; }  // 1013
T(string_without_end) { u32 n = 0; WHILE (text[n]) { n++; KEEP(n); } return n; }  // 1013 1011 1042
T(after_the_loop) { u32 i = 0; LOOP (; i < 16; i++) if (table[i] == e->id) break; HIDE(i, 16); return table[i]; }  // 1013
T(histogram_wide) { u64 x = e->arg[0]; LOOP (u32 i = 0; i < 12; i++) { counts[x & 31]++; x >>= 5; KEEP(x); } return 0; }  // 1013
T(state_outside) { u32 s = 0; u64 x = e->arg[0]; LOOP (u32 i = 0; i < 32; i++) { s = next_state[s][x & 3]; x >>= 2; KEEP(x); HIDE(s, 3); } return s; }  // 1013 unseen
T(sieve_to_the_end) { LOOP (u32 i = 2; i < 7; i++) LOOP (u32 m = i * i; m <= 36; m += i) grid[m] = 0; return 0; }  // 1013
T(pointer_to_end_and_beyond) { u32 k = e->id & 3; u32 *v = bpf_map_lookup_elem(&values, &k); if (!v) return 0; u64 s = 0; LOOP (u32 *q = v; q <= v + 8; q++) { KEEP(q); s += *q; KEEP(s); } return s; }  // 1013 1009 1014
T(pointer_jumps_over_end) { u64 s = 0; const u32 *q = table, *stop = table + 15; KEEP(stop); WHILE (q != stop) { s += *q; q += 2; KEEP(s); } return s; }  // 1013 1042 1011
T(first_turn_checked) { u64 s = 0; u32 *v = 0; LOOP (u32 i = 0; i < 4; i++) { u32 k = e->id + i; v = bpf_map_lookup_elem(&some, &k); if (i == 0 && !v) return 0; s += v[i]; KEEP(s); } return s; }  // 1010 unseen
T(null_after_last_turn) { u32 *v = 0; LOOP (u32 i = 0; i < 4; i++) { u32 k = e->id + i; v = bpf_map_lookup_elem(&some, &k); if (v && v[0] == 7) break; KEEP(i); } return v[1]; }  // 1010 1026
T(checked_before_again) { u64 s = 0; u32 k = e->id; u32 *v = bpf_map_lookup_elem(&values, &k); if (!v) return 0; LOOP (u32 i = 0; i < 8; i++) { s += v[i]; k = i * 2; KEEP(s); v = bpf_map_lookup_elem(&values, &k); } return s; }  // 1010
T(values_side_by_side) { u32 k = 0; u32 *v = bpf_map_lookup_elem(&values, &k); if (!v) return 0; u64 s = 0; LOOP (u32 i = 0; i < 32; i++) { u32 at = i; HIDE(at, 31); s += v[at]; KEEP(s); } return s; }  // 1013 unseen
T(record_too_short) { u64 *r = bpf_ringbuf_reserve(&ring, 16, 0); if (!r) return 0; LOOP (u32 i = 0; i < 3; i++) { r[i] = i; KEEP(i); } bpf_ringbuf_submit(r, 0); return 0; }  // 1013
T(record_left_by_break) { LOOP (u32 i = 0; i < 5; i++) { u64 *r = bpf_ringbuf_reserve(&ring, 8, 0); if (!r) continue; r[0] = i; if (e->id == i) break; bpf_ringbuf_submit(r, 0); } return 0; }  // 1031 unseen
T(record_each_turn) { LOOP (u32 i = 0; i < 5; i++) { u64 *r = bpf_ringbuf_reserve(&ring, 8, 0); if (r) r[0] = i; KEEP(i); } return 0; }  // 1031 unseen
T(record_twice) { u64 *r = bpf_ringbuf_reserve(&ring, 8, 0); if (!r) return 0; LOOP (u32 i = 0; i < 2; i++) { u64 *q = r; KEEP(q); bpf_ringbuf_submit(q, 0); KEEP(i); } return 0; }  // 1008 1026 1029 1009
T(filled_in_part) { u8 a[16]; u32 n = e->id & 15; LOOP (u32 i = 0; i < n; i++) { u32 k = i; HIDE(k, 15); a[k] = (u8)i; } u64 s = 0; LOOP (u32 i = 0; i < 16; i++) { u32 k = i; HIDE(k, 15); s += a[k]; KEEP(s); } return s; }  // 1018
T(filled_unless_odd) { u64 a[4]; LOOP (u32 i = 0; i < 4; i++) { u32 k = i; HIDE(k, 3); if (e->arg[0] >> i & 1) continue; a[k] = i; } u64 s = 0; LOOP (u32 i = 0; i < 4; i++) { u32 k = i; HIDE(k, 3); s += a[k]; KEEP(s); } return s; }  // 1018
static __noinline u32 fill(u8 *a, u32 n) { if (n > 16) return 0; LOOP (u32 i = 0; i <= n; i++) { u32 k = i; KEEP(k); if (k > 16) break; a[k] = (u8)i; } return n; }
T(callee_fills_one_more) { u8 a[16] = {0}; u32 n = 16; KEEP(n); fill(a, n); return a[e->id & 15]; }  // 1017 1018
static __noinline u32 at_place(const u32 *a, u32 i) { return a[i]; }
T(callee_given_one_more) { u64 s = 0; LOOP (u32 i = 0; i < 16; i++) { s += at_place(counts, i + 1); KEEP(s); } return s; }  // 1013
C(frame_past_its_end) { u8 a[64] = {0}; u32 n = e->len, s = 0; LOOP (u32 i = 0; i <= n; i++) { u32 k = i; HIDE(k, 64); a[k] = 1; s += k; KEEP(s); } return (s + a[0]) & 1; }  // 1017
P(reply_grows) { u8 out[24] = {0}; LOOP (u32 n = 8; n <= 32; n += 8) bpf_coap_reply(69, out, n); return FILTER_PASS; }  // 1017 1018
X(returns_its_count) { DATA; u32 n = 0; LOOP (; n < 64; n++) { if (p + 1 > end || *p++ == 0) break; KEEP(n); } return n; }  // 1016 unseen
X(two_checked_four_read) { DATA; u32 s = 0; LOOP (u32 i = 0; i < 10; i++) { if (p + 2 > end) break; s += *(u32 *)p; p += 2; KEEP(s); } return VERDICT(s); }  // 1012
X(nine_of_eight) { DATA; u32 s = 0; if (p + 8 > end) return XDP_DROP; LOOP (u32 i = 0; i <= 8; i++) { s += p[i]; KEEP(s); } return VERDICT(s); }  // 1012
X(not_checked_again) { DATA; u32 s = 0; LOOP (u32 i = 0; i < 10; i++) { if (p + 2 > end) break; u32 n = p[1]; p += n + 2; s += p[0]; KEEP(s); } return VERDICT(s); }  // 1012
X(old_pointer_checked) { DATA; u8 *q = p; u32 s = 0; LOOP (u32 i = 0; i < 10; i++) { if (p + 16 > end) break; s += q[15]; q += 4; KEEP(s); } return VERDICT(s); }  // 1012
X(wrong_way_checked) { DATA; u32 s = 0; LOOP (u32 i = 0; i < 10; i++) { if (p + i < end) continue; s += p[i]; KEEP(s); } return VERDICT(s); }  // 1012
X(length_not_compared) { DATA; u32 s = 0; if (p + 1 > end) return XDP_DROP; u32 n = p[0]; LOOP (u32 i = 0; i < n; i++) { s += p[i + 1]; KEEP(s); } return VERDICT(s); }  // 1012
X(length_of_two_bytes) { DATA; u32 s = 0; if (p + 1 > end) return XDP_DROP; u32 n = p[0]; if (p + n > end) return XDP_DROP; LOOP (u32 i = 0; i < n; i++) { s += *(u16 *)(p + i); KEEP(s); } return VERDICT(s); }  // 1012 unseen
X(backwards_too_far) { DATA; if (p + 64 > end) return XDP_DROP; u32 s = 0; LOOP (int i = 63; i >= -1; i--) { long k = i; KEEP(k); if (k < -1 || k > 63) break; s += p[k]; KEEP(s); } return VERDICT(s); }  // 1012
X(written_past_the_end) { DATA; LOOP (u32 i = 0; i < 20; i++) { if (p + i >= end) break; p[i + 1] = 0; KEEP(i); if (i > 20) break; } return XDP_TX; }  // 1012
X(option_body_unchecked) { DATA; u32 s = 0; LOOP (u32 i = 0; i < 12; i++) { if (p + 2 > end) break; u32 n = p[1] & 7; LOOP (u32 k = 0; k < n; k++) { s += p[2 + k]; KEEP(s); } p += 2 + n; } return VERDICT(s); }  // 1012
X(wide_steps_narrow_check) { DATA; u32 s = 0; WHILE (p + 1 <= end) { s += *(u64 *)p; p += 8; KEEP(s); } return VERDICT(s); }  // 1012
T(one_more_than_is_left) { u32 at = 0, s = 0; LOOP (u32 r = 0; r < 16 && at + 2 <= 48; r++) { u32 n = text[at + 1]; if (n > 47 - at) break; LOOP (u32 k = 0; k < n; k++) { s += text[at + 2 + k]; KEEP(s); } at += 2 + n; } return s; }  // 1013 1011 1042 unseen
T(rest_not_counted_down) { const volatile u8 *p = text; u32 left = 48, s = 0; LOOP (u32 r = 0; r < 9 && left >= 2; r++) { u32 n = p[1]; p += 2; left -= 2; if (n > left) break; LOOP (u32 k = 0; k < n; k++) { s += p[k]; KEEP(s); } p += n; if (n & 1) left -= n; } return s; }  // 1013 1011 unseen
X(one_byte_more_than_checked) { u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; u32 s = 0; if (p + 2 > end) return XDP_DROP; u32 len = p[1]; p += 2; if (p + len > end) return XDP_DROP; LOOP (u32 i = 0; i <= len; i++) { s += p[i]; KEEP(s); } return s & 1 ? XDP_PASS : XDP_DROP; }  // 1012
X(place_moved_behind_check) { u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; u32 s = 0; if (p + 4 > end) return XDP_DROP; u32 len = p[1]; p += 2; if (p + len > end) return XDP_DROP; p += p[0] & 1; LOOP (u32 i = 0; i < len; i++) { s += p[i]; KEEP(s); } return s & 1 ? XDP_PASS : XDP_DROP; }  // 1012 unseen
T(ends_swapped_too_far) { u32 n = e->id % 49; LOOP (u32 i = 0; i < n / 2; i++) { u8 t = text[i]; text[i] = text[n - i]; text[n - i] = t; } return text[0]; }  // 1013 1011
T(heap_child_not_checked) { u32 i = e->id & 15, n = 0; LOOP (u32 r = 0; r < 4; r++) { u32 child = 2 * i + 1; if (counts[child] < counts[i]) n++; i = child & 15; KEEP(i); } return n; }  // 1013 1011
static __noinline u32 *cell_and_one(u32 *a, u32 n, u32 i) { return i <= n ? &a[i] : 0; }
T(cell_behind_the_last) { u32 s = 0; LOOP (u32 i = 0; i < 20; i++) { u32 *c = cell_and_one(counts, 16, e->id + i); if (!c) continue; s += ++*c; KEEP(s); } return s; }  // 1013 1011
T(cell_not_asked_for) { u32 s = 0; LOOP (u32 i = 0; i < 20; i++) { s += *cell_and_one(counts, 15, e->id + i); KEEP(s); } return s; }  // 1010
