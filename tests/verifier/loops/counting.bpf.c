// SPDX-License-Identifier: Apache-2.0
// Loops told by how they count: every width, direction and step, exits of every kind, counters in memory, nests.
// Behind each: `exact` where the bound is what a run costs, else how many times what the worst run costs it may
// be; `turns=N`: no loop's head runs more than N times an entry (N + 1 where the exit is at the head).
#include "loops.h"
static const u32 table[16] = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31};
static u32 cells[64];
static volatile u32 limit_from_memory;
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u32[8]); } limits SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 256); } ring SEC(".maps");

T(hundred_thousand) { u64 s = 0; LOOP (u32 i = 0; i < 100000; i++) { s += i; KEEP(s); } return s; }  // exact turns=100000
T(hundred_thousand_down) { u64 s = 0; LOOP (u64 i = 100000; i; i--) { s ^= i; KEEP(s); } return s; }  // exact turns=100000
T(hundred_thousand_not_equal) { u64 s = 0; LOOP (u64 i = 0; i != 300000; i += 3) { s ^= i; KEEP(s); } return s; }  // exact turns=100000
T(down_by_seven_not_equal) { u64 s = 0; LOOP (u64 i = 700005; i != 5; i -= 7) { s ^= i; KEEP(s); KEEP(i); } return s; }  // exact turns=100000
T(thousands_not_equal) { u64 s = 0; LOOP (u64 i = 0; i != 4200000000ull; i += 42000) { s ^= i; KEEP(s); } return s; }  // exact turns=100000
T(words_not_equal) { u64 s = 0; LOOP (u32 i = 1; i != 600001; i += 6) { s ^= i; KEEP(s); } return s; }  // exact turns=100000
T(signed_not_equal) { u64 s = 0; LOOP (s64 i = -300000; i != 450000; i += 5) { s ^= i; KEEP(s); KEEP(i); } return s; }  // exact turns=150000
T(not_equal_in_the_middle) { u64 s = 0, i = 0; for (;;) { KEEP(i); if (i == 300000) break; s ^= i; KEEP(s); i += 3; } return s; }  // exact turns=100000
M(not_equal_in_slot) { volatile u64 i = 0; u64 s = 0; LOOP (i = 0; i != 300000; i += 3) { s++; KEEP(s); } return s & 1; }  // exact turns=100000
M(not_equal_in_word_slot) { volatile u32 i = 0; u64 s = 0; LOOP (i = 1300; i != 0; i -= 13) { s++; KEEP(s); } return s & 1; }  // exact turns=100
T(nest_not_equal) { u64 s = 0; LOOP (u64 i = 0; i != 300; i += 3) LOOP (u64 j = 0; j != 7000; j += 7) { s ^= i; KEEP(s); KEEP(j); } return s; }  // exact turns=1000
T(two_steps_not_equal) { u64 s = 0; LOOP (u64 i = 0; i != 30000;) { s ^= i; KEEP(s); if (i < 15000 && (e->id & 1)) { i += 6; s += 77; KEEP(s); } else i += 3; KEEP(i); } return s; }  // 2.5 turns=10000
T(triangle_of_three_hundred) { u64 s = 0; LOOP (u32 i = 1; i < 300; i++) LOOP (u32 j = 0; j < i; j++) { s += j; KEEP(s); } return s; }  // exact turns=299
T(triangle_to_the_end) { u64 s = 0; LOOP (u32 i = 0; i < 299; i++) LOOP (u32 j = i + 1; j < 300; j++) { s += j; KEEP(s); } return s; }  // exact turns=299
T(triangle_down_to_zero) { u64 s = 0; LOOP (u32 i = 300; i > 0; i--) LOOP (u32 j = 0; j < i; j++) { s += j; KEEP(s); } return s; }  // exact turns=300
T(triangle_all_down) { u64 s = 0; LOOP (u32 i = 300; i > 0; i--) LOOP (u32 j = i; j > 0; j--) { s += j; KEEP(s); } return s; }  // exact turns=300
T(triangle_up_and_down) { u64 s = 0; LOOP (u32 i = 1; i < 300; i++) LOOP (u32 j = i; j > 0; j--) { s += j; KEEP(s); } return s; }  // exact turns=299
T(triangle_in_threes) { u64 s = 0; LOOP (u32 i = 0; i < 300; i += 3) LOOP (u32 j = 0; j < i; j++) { s += j; KEEP(s); } return s; }  // 1.02 turns=299
T(triangle_not_equal) { u64 s = 0; LOOP (u64 i = 1; i != 300; i++) LOOP (u64 j = 0; j != i; j++) { s += j; KEEP(s); } return s; }  // exact turns=299
M(triangle_in_slots) { volatile u32 i, j; u64 s = 0; LOOP (i = 1; i < 100; i++) LOOP (j = 0; j < i; j++) { s++; KEEP(s); } return s & 1; }  // exact turns=99
T(triangle_seven_times) { u64 s = 0; LOOP (u32 k = 0; k < 7; k++) LOOP (u32 i = 1; i < 40; i++) LOOP (u32 j = 0; j < i; j++) { s += j; KEEP(s); } return s; }  // exact turns=39
T(triangle_of_input) { u64 s = 0; u32 n = e->id & 63; LOOP (u32 i = 0; i < n; i++) LOOP (u32 j = 0; j < i; j++) { s += j; KEEP(s); } return s; }  // 1.1 turns=63
T(two_triangles) { u64 s = 0; LOOP (u32 i = 1; i < 300; i++) { LOOP (u32 j = 0; j < i; j++) { s += j; KEEP(s); } LOOP (u32 j = i; j < 300; j++) { s ^= j; KEEP(s); } } return s; }  // 1.2 turns=299
T(pyramid) { u64 s = 0; LOOP (u32 i = 0; i < 20; i++) LOOP (u32 j = 0; j < i; j++) LOOP (u32 k = 0; k < j; k++) { s += j; KEEP(s); } return s; }  // 3.5 turns=20
T(triangle_left_early) { u64 s = 0; LOOP (u32 i = 1; i < 100; i++) { u64 before = s; LOOP (u32 j = 0; j < i; j++) { s += e->arg[0] >> (j & 63) & 1; KEEP(s); } if (s == before) break; } return s; }  // 1.02 turns=100
T(insertion_of_words) { LOOP (u32 i = 1; i < 32; i++) { u32 v = cells[i], j = i; LOOP (; j > 0 && cells[(j - 1) & 31] > v; j--) cells[j & 31] = cells[(j - 1) & 31]; cells[j & 31] = v; } return cells[0]; }  // 3 turns=32
M(thousand_in_slot) { volatile u32 i = 0; u64 s = 0; LOOP (i = 0; i < 1000; i++) { s += e->timer_id; KEEP(s); } return s & 1; }  // exact turns=1000
M(ten_thousand_in_slot) { volatile u64 i = 0; u64 s = 0; LOOP (i = 10000; i > 0; i--) { s++; KEEP(s); } return s & 1; }  // exact turns=10000
M(thousand_by_fifty) { u64 s = 0; LOOP (u32 i = 0; i < 1000; i++) LOOP (u32 j = 0; j < 50; j++) { s += i ^ j; KEEP(s); } return s & 1; }  // exact turns=1000
M(hundred_by_hundred_in_slots) { volatile u32 i = 0, j = 0; u64 s = 0; LOOP (i = 0; i < 100; i++) LOOP (j = 0; j < 100; j++) { s++; KEEP(s); } return s & 1; }  // exact turns=100
T(up_by_large_step) { u64 s = 0; LOOP (u64 i = 5; i < 1ull << 40; i += 1ull << 36) { s += i; KEEP(s); } return s; }  // exact turns=16
T(near_the_top) { u64 s = 0; LOOP (u64 i = 0xffffffffffffff00ull; i < 0xfffffffffffffff0ull; i += 4) { s += i; KEEP(s); } return s; }  // exact turns=60
T(near_the_top_32) { u64 s = 0; LOOP (u32 i = 0xffffff00u; i <= 0xfffffffau; i += 5) { s += i; KEEP(s); } return s; }  // exact turns=51
T(down_by_seven_signed) { u64 s = 0; LOOP (int i = 100; i > -100; i -= 7) { s += i; KEEP(s); } return s; }  // exact turns=29
T(signed_less_or_equal) { u64 s = 0; LOOP (int i = -5; i <= 5; i++) { s += i; KEEP(s); } return s; }  // exact turns=11
T(signed_long) { u64 s = 0; LOOP (s64 i = -7000000000; i < 7000000000; i += 1000000000) { s += i; KEEP(s); } return s; }  // exact turns=14
T(down_to_below_zero) { u64 s = 0; LOOP (u32 i = 9; i != (u32)-1; i--) { s += table[i]; KEEP(s); } return s; }  // exact turns=10
T(not_equal_down) { u64 s = 0; LOOP (int i = 60; i != -12; i -= 4) { s += i; KEEP(s); } return s; }  // exact turns=18
T(not_equal_odd_step) { u64 s = 0; LOOP (u64 i = 2; i != 302; i += 3) { s += i; KEEP(s); } return s; }  // exact turns=100
T(wraps_to_zero_16) { u64 s = 0; u16 i = 60000; WHILE (i != 0) { s += i; KEEP(s); i += 8; } return s; }  // exact turns=692
T(wraps_to_zero_8) { u64 s = 0; u8 i = 1; ROLLED do { s += i; KEEP(s); } while (++i != 0); return s; }  // exact turns=255
T(wraps_to_zero_32) { u64 s = 0; LOOP (u32 i = 0xffffff00u; i; i++) { s += i; KEEP(s); } return s; }  // exact turns=256
T(eight_bits_down) { u64 s = 0; u8 i = 200; WHILE (i--) { s += i; KEEP(s); } return s; }  // exact turns=200
T(eight_bits_signed) { u64 s = 0; LOOP (s8 i = -128; i < 127; i++) { s += i; KEEP(s); } return s; }  // exact turns=255
T(sixteen_bits_signed) { u64 s = 0; LOOP (s16 i = -300; i <= 300; i += 3) { s += i; KEEP(s); } return s; }  // exact turns=201
T(byte_slot) { volatile u8 i = 0; u64 s = 0; LOOP (i = 0; i < 100; i++) { s++; KEEP(s); } return s; }  // exact turns=100
T(short_slot) { volatile u16 i = 0; u64 s = 0; LOOP (i = 500; i > 0; i -= 2) { s++; KEEP(s); } return s; }  // exact turns=250
T(signed_slot) { volatile int i = 0; u64 s = 0; LOOP (i = -40; i < 40; i += 2) { s++; KEEP(s); } return s; }  // exact turns=40
T(slot_beside_array) { struct { u8 a[9]; volatile u32 i; } v = {}; LOOP (v.i = 0; v.i < 30; v.i++) { u32 k = e->id % 9; v.a[k]++; } return v.a[0]; }  // exact turns=30
T(doubles) { u64 s = 0; LOOP (u64 i = 1; i < 1000000; i *= 2) { s += i; KEEP(s); KEEP(i); } return s; }  // exact turns=20
T(triples) { u64 s = 0; LOOP (u64 i = 1; i < 100000; i *= 3) { s += i; KEEP(s); KEEP(i); } return s; }  // exact turns=11
T(mask_moves_up) { u64 s = 0; LOOP (u32 m = 1; m; m <<= 1) { if (e->id & m) s++; KEEP(m); } return s; }  // 1.3 turns=32
T(mask_moves_down) { u64 s = 0; LOOP (u64 m = 1ull << 63; m; m >>= 2) { if (e->arg[0] & m) s++; KEEP(m); } return s; }  // 1.3 turns=32
T(shifts_by_three) { u64 x = e->arg[0], s = 0; WHILE (x) { s++; KEEP(s); x >>= 3; KEEP(x); } return s; }  // 1 turns=22
T(shifts_signed) { s64 x = (s64)e->arg[0]; u64 s = 0; WHILE (x != 0 && x != -1) { s++; KEEP(s); x >>= 1; KEEP(x); } return s; }  // 1.1 turns=64
T(shifts_by_variable) { u64 x = e->arg[0], d = (e->arg[1] & 7) + 1, s = 0; WHILE (x) { s++; KEEP(s); x >>= d; KEEP(x); } return s; }  // 1 turns=64
T(shifts_left_to_zero) { u32 x = e->id; u64 s = 0; WHILE (x) { s++; KEEP(s); x <<= 1; KEEP(x); } return s; }  // 1.5 turns=32
T(halves_signed) { int x = (int)e->id; u64 s = 0; if (x < 0) return 0; WHILE (x > 0) { s++; KEEP(s); x = (int)((u32)x / 2); KEEP(x); } return s; }  // 1.1 turns=31
T(divides_by_variable) { u64 x = e->arg[0], d = (e->arg[1] & 7) + 2, s = 0; WHILE (x) { s++; KEEP(s); x /= d; KEEP(x); } return s; }  // 1 turns=64
T(bit_surely_set) { u64 x = e->arg[0] | 1ull << 20, s = 0; WHILE (!(x & 1)) { s++; KEEP(s); x >>= 1; KEEP(x); } return s; }  // 1 turns=21
T(lowest_bits_off) { u32 x = e->id & 255; u64 s = 0; WHILE (x) { x &= x - 1; s++; KEEP(x); } return s; }  // 40 turns=255
T(lowest_bits_off_64) { u64 x = e->arg[0], s = 0; WHILE (x) { x &= x - 1; s++; KEEP(x); } return s; }  // 1.1 turns=64
T(lowest_bits_off_32) { u32 x = e->id; u64 s = 0; WHILE (x) { x &= x - 1; s++; KEEP(x); } return s; }  // 1.1 turns=32
T(each_bit_in_turn) { u64 x = e->arg[0], s = 0; WHILE (x) { u32 i = __builtin_ctzll(x) & 63; if (i & 1) s += i; x &= x - 1; if (s & 4) s *= 3; KEEP(s); } return s; }  // 1.2 turns=64
T(two_bits_at_a_time) { u64 x = e->arg[0], s = 0; WHILE (x) { x &= x - 1; if (x) { x &= x - 1; s++; } KEEP(s); } return s; }  // 2.2 turns=64
T(lowest_bits_off_in_slot) { volatile u64 x = e->arg[0]; u64 s = 0; WHILE (x) { u64 y = x; x = y & (y - 1); s++; KEEP(s); } return s; }  // 1.3 turns=64
T(euclid_16) { u32 a = e->id & 0xffff, b = e->cpu & 1023; WHILE (b) { u32 t = a % b; a = b; b = t; KEEP(b); } return a; }  // 400 turns=1023
T(euclid) { u32 a = e->id & 255, b = e->cpu & 255; WHILE (b) { u32 t = a % b; a = b; b = t; KEEP(b); } return a; }  // 40 turns=255
T(fold) { u32 s = e->id; WHILE (s >> 16) { s = (s & 0xffff) + (s >> 16); KEEP(s); } return s; }  // 1.5 turns=3
T(step_from_data) { u64 s = 0; LOOP (u32 i = 0; i < 100;) { i += 1 + (e->arg[0] >> (i & 63) & 7); s++; KEEP(s); } return s; }  // 1.1 turns=100
T(takes_pieces) { u32 n = e->id & 1023; u64 s = 0; WHILE (n > 0) { u32 k = (u32)bpf_get_prandom_u32() & 63; if (k < 16) k = 16; if (k > n) k = n; n -= k; s++; KEEP(s); } return s; }  // 3 turns=64
T(two_limits) { u64 n = e->arg[0], s = 0; LOOP (u64 i = 0; i < n && i < 32; i++) { s += i; KEEP(s); } return s; }  // 1.1 turns=32
T(smaller_of_input_and_constant) { u64 n = e->arg[0] < 24 ? e->arg[0] : 24, s = 0; LOOP (u64 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }  // 1.1 turns=24
T(signed_limit) { int n = (int)e->id; u64 s = 0; if (n > 50) n = 50; LOOP (int i = 0; i < n; i++) { s += i; KEEP(s); } return s; }  // 1.1 turns=50
T(range_of_input) { u32 from = e->id, to = e->cpu; u64 s = 0; if (to > 1000) return 0; if (from > to) return 1; if (to - from > 40) return 2; LOOP (u32 i = from; i < to; i++) { s += i; KEEP(s); } return s; }  // 30 turns=1000
T(starts_anywhere) { u64 from = e->arg[0], s = 0; LOOP (u64 i = from; i < 80; i++) { s += i; KEEP(s); } return s; }  // 1.1 turns=80
T(counts_below_start) { u32 from = e->id & 0xff; u64 s = 0; LOOP (u32 i = from; i > from / 2; i--) { s += i; KEEP(s); } return s; }  // 3 turns=255
T(limit_in_memory) { u64 s = 0; LOOP (u32 i = 0; i < 50 && i < limit_from_memory; i++) { s += i; KEEP(s); } return s; }  // 1.1 turns=50
T(limit_in_map) { u32 k = 0; u32 *v = bpf_map_lookup_elem(&limits, &k); if (!v) return 0; u32 n = v[2]; if (n > 12) n = 12; u64 s = 0; LOOP (u32 i = 0; i < n; i++) { s += v[i & 7]; KEEP(s); } return s; }  // 1.1 turns=12
T(exit_in_the_middle) { u64 s = 0, i = 0; for (;;) { s += i; KEEP(s); if (i >= 20) break; s ^= e->arg[1]; KEEP(s); i += 2; } return s; }  // exact turns=10
T(two_exits) { u64 s = 0; LOOP (u32 i = 0; i < 60; i++) { s += (e->arg[0] >> (i & 63)); if (s == 77) return 1; s ^= i; KEEP(s); if (s == 99) goto out; } return 0; out: return 2; }  // 1 turns=60
T(continue_in_for) { u64 s = 0; LOOP (u32 i = 0; i < 60; i++) { if ((e->arg[0] >> (i & 63)) & 1) continue; if ((e->arg[0] >> (i & 63)) & 2) continue; s += i; KEEP(s); } return s; }  // 1.1 turns=60
T(tries_again) { u32 tries = 0; u64 s = 0; again: LOOP (u32 i = 0; i < 10; i++) { s += (e->arg[0] >> (i & 63)); KEEP(s); if (s == 5 && tries < 3) { tries++; KEEP(tries); goto again; } } return s; }  // 6
T(inner_moves_outer) { u64 s = 0; u32 i = 0; WHILE (i < 40) { WHILE (i < 40 && (e->arg[0] >> i & 1)) { i++; KEEP(i); } s++; KEEP(s); i++; KEEP(i); } return s; }  // 2
T(up_then_down) { u64 s = 0; u32 up = 1, i = 0; WHILE (1) { s += i; KEEP(s); if (up) { if (++i == 20) up = 0; } else if (--i == 0) break; KEEP(up); } return s; }  // 2
T(phases) { u64 s = 0; u32 i = 0; LOOP (; i < 10; i++) { s += i; KEEP(s); } LOOP (; i < 30; i += 2) { s ^= i; KEEP(s); } LOOP (; i > 3; i -= 3) { s -= i; KEEP(s); } return s; }  // exact turns=10
T(two_meet) { u64 s = 0; LOOP (u32 i = 0, j = 100; i < j; i += 2, j -= 3) { s += j - i; KEEP(s); } return s; }  // 2.6
T(triangle_down) { u64 s = 0; LOOP (u32 i = 20; i > 0; i--) LOOP (u32 j = i; j > 0; j--) { s += j; KEEP(s); } return s; }  // exact turns=20
T(triangle_of_three) { u64 s = 0; LOOP (u32 i = 0; i < 8; i++) LOOP (u32 j = 0; j < i; j++) LOOP (u32 k = 0; k < j; k++) { s += k; KEEP(s); } return s; }  // 8 turns=8
T(powers_inside) { u64 s = 0; LOOP (u32 i = 1; i < 64; i <<= 1) { LOOP (u32 j = 0; j < i; j++) { s += j; KEEP(s); } KEEP(i); } return s; }  // 4
T(sieve) { LOOP (u32 i = 2; i < 8; i++) LOOP (u32 m = i * i; m < 64; m += i) cells[m] = 0; return cells[e->id & 63]; }  // 3
T(four_deep) { u64 s = 0; LOOP (u32 i = 0; i < 3; i++) LOOP (u32 j = 0; j < 4; j++) LOOP (u32 k = 0; k < 5; k++) LOOP (u32 l = 0; l < 6; l++) { s += i + j * k + l; KEEP(s); } return s; }  // exact turns=6
T(siblings_inside) { u64 s = 0; LOOP (u32 i = 0; i < 6; i++) { LOOP (u32 j = 0; j < 7; j++) { s += j; KEEP(s); } LOOP (u32 k = 9; k > 0; k--) { s ^= k; KEEP(s); } } return s; }  // exact turns=9
T(pointer_to_end) { u64 s = 0; LOOP (const u32 *q = table; q != table + 16; q++) { s += *q; KEEP(s); } return s; }  // exact turns=16
T(pointer_below_end) { u64 s = 0; LOOP (u32 *q = cells; q < cells + 60; q += 3) { s += *q; KEEP(s); } return s; }  // exact turns=20
T(pointer_over_value) { u32 k = 0; u32 *v = bpf_map_lookup_elem(&limits, &k); if (!v) return 0; u64 s = 0; LOOP (u32 *q = v; q < v + 8; q++) { s += *q; KEEP(s); } return s; }  // 1 turns=8
T(pointer_over_stack) { u64 a[6] = {1, 2, 3, 4, 5, e->id}; u64 s = 0; KEEP(s); LOOP (u64 *q = a; q != a + 6; q++) { s += *q; KEEP(s); } return s; }  // exact turns=6
I(tries_of_a_helper) { LOOP (u32 i = 0; i < 30; i++) if (bpf_gpio_get(0, e->channel) == 1) return FILTER_PASS; return FILTER_DROP; }  // 1.1 turns=30
T(records) { u32 sent = 0; LOOP (u32 i = 0; i < 5; i++) { u64 *r = bpf_ringbuf_reserve(&ring, 16, 0); if (!r) continue; r[0] = i; r[1] = e->id; bpf_ringbuf_submit(r, 0); sent++; KEEP(sent); } return sent; }  // 1.3 turns=5
T(records_dropped) { LOOP (u32 i = 0; i < 9; i++) { u64 *r = bpf_ringbuf_reserve(&ring, 8, 0); if (!r) break; r[0] = i; if (e->arg[0] & 1ull << i) { bpf_ringbuf_discard(r, 0); continue; } bpf_ringbuf_submit(r, 0); } return 0; }  // 1.4 turns=9
static __noinline u32 step_of(u32 x) { KEEP(x); return (x & 3) + 1; }
T(callee_gives_step) { u64 s = 0; LOOP (u32 i = 0; i < 64; i += step_of((u32)e->arg[0])) { s++; KEEP(s); } return s; }  // 1.1 turns=64
static __noinline void advance(u32 *at) { *at += 2; }
T(callee_counts) { u32 i = 0; u64 s = 0; WHILE (i < 40) { advance(&i); s++; KEEP(s); } return s; }  // exact turns=20
static __noinline u64 up_to(u64 n) { u64 s = 0; if (n > 20) n = 20; LOOP (u64 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }
T(callee_with_its_bound) { u64 s = 0; LOOP (u64 i = 0; i < 20; i++) { s += up_to(i); KEEP(s); } return s; }  // 2.2 turns=20
static __noinline u32 none(u32 x) { KEEP(x); return x == 7; }
static __noinline u32 search(const u32 *a, u32 n, u32 x) { LOOP (u32 i = 0; i < n; i++) if (none(a[i] ^ x)) return i; return n; }
T(calls_two_deep) { u64 s = 0; u32 a[8] = {1, 2, 3, 4, 5, 6, 7, e->id}; LOOP (u32 i = 0; i < 4; i++) { s += search(a, 8, i); KEEP(s); } return s; }  // 1.5
T(step_of_two_ways) { u64 i = 0; while (i < 40) { KEEP(i); u64 step = e->id & 1 ? 3 : 7; KEEP(step); i = step + i; } return i; }
