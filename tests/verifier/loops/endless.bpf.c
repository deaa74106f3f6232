// SPDX-License-Identifier: Apache-2.0
// Loops that do not end, or not within the hook's limit, though they look much like loops that do. Behind each the
// rules that may name it; `unseen` where no run alone can show it.
#include "loops.h"
static const u8 ring[8] = {3, 5, 1, 6, 2, 4, 1, 0};
static u8 chain[16];
static volatile u32 flag;
static volatile u8 text[48];
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u64); } cell SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 256); } records SEC(".maps");

T(byte_below_256) { u64 s = 0; u32 n = 256; KEEP(n); LOOP (u8 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }  // 1042
T(short_to_its_top) { u64 s = 0; u32 n = 65535; KEEP(n); LOOP (u16 i = 0; i <= n; i++) { s += i; KEEP(s); } return s; }  // 1042
T(int_to_its_top) { u64 s = 0; u32 n = 0xffffffff; KEEP(n); LOOP (u32 i = 0xfffffff0; i <= n; i++) { s += i; KEEP(s); } return s; }  // 1042
T(down_to_zero_unsigned) { u64 s = 0, z = 0; KEEP(z); LOOP (u64 i = 10; i >= z; i--) { s += i; KEEP(s); } return s; }  // 1042
T(signed_to_its_top) { u64 s = 0; s64 n = 0x7fffffffffffffff; KEEP(n); LOOP (s64 i = n - 5; i <= n;) { s += i; KEEP(s); i = (s64)((u64)i + 1); KEEP(i); } return s; }  // 1042
T(byte_in_slot) { volatile u8 i = 0; volatile u16 n = 256; u64 s = 0; LOOP (i = 0; i < n; i++) { s++; KEEP(s); } return s; }  // 1042
T(odd_never_even) { u64 s = 0; u64 i = e->arg[0] | 1; LOOP (; i != 100; i += 2) { s += i; KEEP(s); } return s; }  // 1042
T(steps_over_the_end) { u64 s = 0; LOOP (u64 i = 0; i != 300001; i += 3) { s ^= i; KEEP(s); KEEP(i); } return s; }  // 1042
T(steps_over_the_end_32) { u64 s = 0; LOOP (u32 i = 0; i != 300003; i += 6) { s ^= i; KEEP(s); KEEP(i); } return s; }  // 1042
T(steps_over_zero) { u64 s = 0; LOOP (u64 i = 300000; i != 1; i -= 3) { s ^= i; KEEP(s); KEEP(i); } return s; }  // 1042
T(two_starts) { u64 s = 0; LOOP (u64 i = e->id & 1; i != 300000; i += 3) { s ^= i; KEEP(s); KEEP(i); } return s; }  // 1042
T(begins_beyond) { u64 s = 0; LOOP (u64 i = 300003; i != 300000; i += 3) { s ^= i; KEEP(s); KEEP(i); } return s; }  // 1042
T(step_of_another_size) { u64 s = 0; LOOP (u64 i = 0; i != 300000;) { s ^= i; KEEP(s); i += 3; if (s & e->arg[0] & 8) i += 1; KEEP(i); } return s; }  // 1042
M(steps_over_in_slot) { volatile u32 i = 0; u64 s = 0; LOOP (i = 0; i != 300001; i += 3) { s++; KEEP(s); } return s & 1; }  // 1042
T(word_wraps_past_it) { u64 s = 0; u32 i = 0; ROLLED do { s ^= i; KEEP(s); i += 0x60000000; KEEP(i); } while (i != 0x10000000); return s; }  // 1042
T(parity_of_input) { u64 s = 0; u64 i = e->arg[0] & 63; LOOP (; i != 100; i += 2) { s += i; KEEP(s); } return s; }  // 1042
T(not_equal_from_above) { u64 s = 0; u64 i = e->arg[0] & 127; LOOP (; i != 100; i++) { s += i; KEEP(s); } return s; }  // 1042
T(three_over_hundred) { u64 s = 0; LOOP (u64 i = 0; i != 100; i += 3) { s += i; KEEP(s); KEEP(i); } return s; }  // 1042
T(both_limits_from_input) { u64 n = e->arg[0], m = e->arg[1], s = 0; if (m < n) n = m; LOOP (u64 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }  // 1042
T(limit_checked_too_late) { u64 n = e->arg[0], s = 0; u64 m = n; if (n > 10) n = 10; LOOP (u64 i = 0; i < m; i++) { s += i; KEEP(s); } return s + n; }  // 1042
T(limit_checked_in_half) { u64 n = e->arg[0], s = 0; if ((u32)n > 10) return 0; LOOP (u64 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }  // 1042
T(limit_checked_in_byte) { u64 n = e->arg[0], s = 0; if ((n & 255) > 10) return 0; LOOP (u64 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }  // 1042
T(limit_or_other) { u64 n = e->arg[0], m = e->arg[1], s = 0; LOOP (u64 i = 0; i < n || i < m; i++) { s += i; KEEP(s); } return s; }  // 1042
T(start_above_not_equal) { u64 n = e->arg[0], s = 0; if (n > 20) return 0; LOOP (u64 i = 5; i != n; i++) { s += i; KEEP(s); } return s; }  // 1042
T(difference_wraps) { u64 from = e->arg[0] & 255, to = e->arg[1] & 255, s = 0; LOOP (u64 n = to - from; n; n--) { s += n; KEEP(s); } return s; }  // 1042
T(step_may_be_zero) { u64 n = 200, s = 0; WHILE (n) { u64 k = (e->arg[0] >> (s & 63)) & 3; if (k > n) k = n; n -= k; s++; KEEP(s); } return s; }  // 1042
T(shift_may_be_zero) { u64 x = e->arg[0], d = e->arg[1] & 3, s = 0; WHILE (x) { s++; KEEP(s); x >>= d; KEEP(x); } return s; }  // 1042
T(divides_by_one) { u64 x = e->arg[0], d = (e->arg[1] & 3) + 1, s = 0; WHILE (x) { s++; KEEP(s); x /= d; KEEP(x); } return s; }  // 1042
T(shifts_minus_one) { s64 x = (s64)e->arg[0]; u64 s = 0; WHILE (x != 0) { s++; KEEP(s); x >>= 1; KEEP(x); } return s; }  // 1042
T(halves_upwards) { u64 x = e->arg[0] >> 1, s = 0; WHILE (x) { s++; KEEP(s); x = (x + 1) / 2; KEEP(x); } return s; }  // 1042
T(rotates) { u64 x = e->arg[0], s = 0; WHILE (!(x & 1)) { x = x << 1 | x >> 63; s++; KEEP(x); } return s; }  // 1042
T(no_bit_to_find) { u64 x = e->arg[0], s = 0; WHILE (!(x & 1)) { x >>= 1; s++; KEEP(x); } return s; }  // 1042
T(bit_shifted_out) { u64 m = 1, s = 0; WHILE (m != 1000) { m <<= 1; s++; KEEP(m); } return s; }  // 1042
T(doubles_zero) { u64 s = 0; u64 i = e->arg[0] & 3; WHILE (i < 100) { i *= 2; s++; KEEP(i); } return s; }  // 1042
T(saturates_early) { u64 s = 0; u32 i = 0; WHILE (i < 100) { i++; if (i > 50) i = 50; s++; KEEP(i); } return s; }  // 1042
T(masked_too_small) { u64 s = 0; u32 i = 0; WHILE (i < 100) { i = (i + 1) & 63; s++; KEEP(i); } return s; }  // 1042
T(flips_a_bit) { u64 s = 0; u32 i = 0; WHILE (i != 2) { i ^= 1; s++; KEEP(i); } return s; }  // 1042
T(forth_and_back) { u64 s = 0; u32 i = 0; WHILE (i < 20) { i++; KEEP(i); s += i; KEEP(s); if (s & e->arg[0]) i--; KEEP(i); } return s; }  // 1042
T(never_meet) { u64 s = 0, i = 0, k = 10; WHILE (i < k) { i++; k++; s++; KEEP(i); KEEP(k); } return s; }  // 1042
T(sometimes_ahead) { u64 s = 0, i = 0, k = 10; WHILE (i < k) { i++; if (e->arg[0] >> (i & 63) & 1) k++; s++; KEEP(i); KEEP(k); } return s; }  // 1042
T(outer_counter_inside) { u64 s = 0; u32 i; LOOP (u32 n = 0; n < 10; n = i) { LOOP (i = 0; i < 5; i++) { s += i; KEEP(s); } KEEP(i); } return s; }  // 1042
T(tries_without_count) { u64 s = 0; again: LOOP (u32 i = 0; i < 10; i++) { s += e->arg[0]; KEEP(s); if ((s & 255) == 5) goto again; } if (s & 1) goto again; return s; }  // 1042
T(skips_its_step) { u64 s = 0; u32 i = 0; WHILE (i < 50) { s++; KEEP(s); if (i == (e->id & 63)) continue; i++; KEEP(i); } return s; }  // 1042
T(ring_of_constants) { u64 at = 0, s = 0; ROLLED do { at = ring[at & 7]; s++; KEEP(s); } while (at != 7); return s; }  // 1042
T(chain_in_memory) { u64 at = e->arg[0] & 15, s = 0; WHILE (at) { at = ((volatile u8 *)chain)[at & 15]; s++; KEEP(s); } return s; }  // 1042
T(fixed_point) { u64 x = e->arg[0], n = e->arg[1] | 1, before, s = 0; ROLLED do { before = x; x = (x + n / (x | 1)) / 2 + 1; s++; KEEP(x); } while (x != before && s < 1ull << 60); return s; }  // 1042 unseen
T(fixed_point_that_swings) { u64 x = 0, before, s = 0; ROLLED do { before = x; x = (3 - x) ^ (e->arg[0] & 1); s++; KEEP(x); } while (x != before); return s; }  // 1042
T(sum_hits_a_value) { u64 s = 0, k = e->arg[0] | 2; ROLLED do { s += k; KEEP(s); } while (s != 1001); return s; }  // 1042
T(context_does_not_change) { u64 s = 0; WHILE (*(volatile u32 *)&e->id != 3) { s++; KEEP(s); } return s; }  // 1042
T(flag_of_others) { u64 s = 0; WHILE (!flag) { s++; KEEP(s); } return s; }  // 1042
T(counter_in_shared_memory) { flag = 0; u64 s = 0; WHILE (flag < 10) { flag++; s++; KEEP(s); } return s; }  // 1042 unseen
T(counter_in_map) { u32 k = 0; volatile u64 *v = bpf_map_lookup_elem(&cell, &k); if (!v) return 0; *v = 0; WHILE (*v < 10) (*v)++; return 1; }  // 1042 unseen
T(value_as_limit) { u32 k = 0; volatile u64 *v = bpf_map_lookup_elem(&cell, &k); if (!v) return 0; u64 i = 0; ROLLED do { i++; KEEP(i); } while (i != *v); return i; }  // 1042
M(waits_for_time) { u64 until = e->scheduled; WHILE (bpf_ktime_get_ns() < until) ; return 0; }  // 1042
M(waits_for_line) { WHILE (bpf_gpio_get(0, 1) != 1) ; return 0; }  // 1042
T(waits_for_room) { u64 *r; ROLLED do { r = bpf_ringbuf_reserve(&records, 8, 0); if (r) bpf_ringbuf_submit(r, 0); } while (r); ROLLED do { r = bpf_ringbuf_reserve(&records, 8, 0); } while (!r); bpf_ringbuf_discard(r, 0); return 0; }  // 1042
static __noinline u32 sets_back(u32 *i, u32 x) { if (x == 5) *i = 0; return x; }
T(callee_sets_back) { u32 i = 0; u64 s = 0; LOOP (; i < 20; i++) { s += sets_back(&i, e->id); KEEP(s); } return s; }  // 1042
static __noinline u32 may_stay(u32 x) { KEEP(x); return x & 1; }
T(callee_may_stay) { u32 i = 0; u64 s = 0; WHILE (i < 20) { i += may_stay((u32)(e->arg[0] >> (i & 63))); s++; KEEP(s); } return s; }  // 1042
T(low_byte_cleared) { volatile u32 i = 0; u64 s = 0; LOOP (i = 0; i < 1000; i++) { s++; KEEP(s); if (s & e->arg[0]) *(volatile u8 *)&i = 0; } return s; }  // 1042
T(array_reaches_counter) { struct { u8 a[8]; volatile u32 i; } v = {}; u32 k = e->id % 12; LOOP (v.i = 0; v.i < 30; v.i++) { *(volatile u8 *)((u8 *)&v + k) = 0; } return v.a[0]; }  // 1042
T(long_way_down) { u64 s = 0; LOOP (u64 i = 1ull << 40; i; i--) { s += i; KEEP(s); } return s; }  // 1040 1042
X(too_long_for_packets) { DATA; u32 s = 0; if (p + 1 > end) return XDP_DROP; LOOP (u32 i = 0; i < 50000; i++) { s += *p; KEEP(s); } return VERDICT(s); }  // 1040
M(too_long_together) { u64 s = 0; LOOP (u32 i = 0; i < 200000; i++) { s += i; KEEP(s); } LOOP (u32 i = 0; i < 200000; i++) { s ^= i; KEEP(s); } return s & 1; }  // 1040
M(too_long_by_helpers) { u64 s = 0; LOOP (u32 i = 0; i < 40000; i++) { s += bpf_ktime_get_ns(); KEEP(s); } return s & 1; }  // 1040 unseen
X(option_of_no_length) { DATA; u32 n = 0; WHILE (p + 1 <= end) { u32 k = *p & 7; if (k == 5) return XDP_PASS; p += k; n++; KEEP(n); } return VERDICT(n); }  // 1042 1012
X(offset_masked) { DATA; u32 at = 0, n = 0; WHILE (n < 100) { u8 *q = p + (at & 63); if (q + 2 > end) return XDP_DROP; at += q[1]; KEEP(at); if (q[0] == 0) n++; KEEP(n); } return VERDICT(at); }  // 1042
X(byte_below_wide) { DATA; if (p + 2 > end) return XDP_DROP; u32 n = *(u16 *)p, s = 0; LOOP (u8 i = 0; i < n; i++) { s += i; KEEP(s); } return VERDICT(s); }  // 1042
T(merge_that_may_stand) { u32 i = 0, j = 0, n = 0; WHILE (i < 12 && j < 12) { if (text[i] < text[24 + j]) i++; else if (text[i] > text[24 + j]) j++; n++; KEEP(n); } return n; }  // 1042
T(merge_that_goes_back) { u32 i = 0, j = 0, n = 0; WHILE (i < 12 && j < 12) { if (text[i] < text[24 + j]) i++; else { j++; i = 0; } if (j == 11) j = 3; n++; KEEP(n); KEEP(i); } return n; }  // 1042
T(length_may_be_nothing) { u32 at = 0, n = 0; WHILE (at < 47) { u32 len = text[at + 1]; at += len; if (len > 9) break; n++; KEEP(n); } return n; }  // 1042
T(other_length_checked) { u32 at = 0, n = 0; WHILE (at < 47) { u32 len = text[at + 1], next = text[at]; at += len; if (next == 0) break; n++; KEEP(n); } return n; }  // 1042 unseen
