// SPDX-License-Identifier: Apache-2.0
// Loops that end and keep to their memory. Each must be accepted at every ISA version; behind each what its bound may
// be: `exact` where the one path through the program makes it so, else times what the worst run costs (1.5 if none
// is named). KEEP stops the compiler from solving the loop itself.
#include <mbpf/microbpf.h>
#include <mbpf/net.h>
#define KEEP(x) asm volatile("" : "+r"(x))
#define LOOP _Pragma("clang loop unroll(disable)") for
#define T(name) SEC("trace/" #name) long name(struct trace_event *e)
#define X(name) SEC("xdp") int name(struct xdp_md *c)
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 16); __type(key, u32); __type(value, u64); } cells SEC(".maps");
static const u32 table[16] = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31};
static u32 history[32];
static volatile u8 text[32];

T(up) { u64 s = 0; LOOP (u32 i = 0; i < 100; i++) { s += i; KEEP(s); } return s; }  // exact
T(down) { u64 s = 0; LOOP (u32 i = 100; i > 0; i--) { s += i; KEEP(s); } return s; }  // exact
T(down_signed) { u64 s = 0; LOOP (int i = 99; i >= 0; i--) { s += i; KEEP(s); } return s; }  // exact
T(step_three) { u64 s = 0; LOOP (u32 i = 0; i < 100; i += 3) { s += i; KEEP(s); } return s; }  // exact
T(not_equal) { u64 s = 0; u32 i = 0; LOOP (; i != 60; i += 4) { s += i; KEEP(s); } return s; }  // exact
T(from_negative) { u64 s = 0; LOOP (int i = -20; i < 20; i++) { s += i; KEEP(s); } return s; }  // exact
T(sixty_four_bits) { u64 s = 0; LOOP (u64 i = 0; i < 200; i++) { s += i; KEEP(s); } return s; }  // exact
T(eight_bits) { u64 s = 0; u8 i = 0; LOOP (; i < 200; i++) { s += i; KEEP(s); } return s; }
T(sixteen_bits) { u64 s = 0; u16 i = 0; LOOP (; i < 1000; i++) { s += i; KEEP(s); } return s; }
T(counter_in_slot) { volatile u32 i = 0; u64 s = 0; LOOP (i = 0; i < 50; i++) s += e->id; return s; }  // exact
T(counter_in_long_slot) { volatile u64 i = 0; u64 s = 0; LOOP (i = 0; i < 50; i++) s += e->id; return s; }  // exact
T(do_while) { u64 s = 0; u32 i = 0; do { s += i; KEEP(s); } while (++i < 77); return s; }  // exact
T(while_true) { u64 s = 0; u32 i = 0; while (1) { if (i == 40) break; s += i; KEEP(s); i++; } return s; }  // exact
T(by_goto) { u64 s = 0; u32 i = 0; again: s += i; KEEP(s); if (++i < 33) goto again; return s; }  // exact
T(thousand) { u64 s = 0; LOOP (u32 i = 0; i < 1000; i++) { s += i * e->id; KEEP(s); } return s; }  // exact
T(ten_thousand) { u64 s = 0; LOOP (u32 i = 0; i < 10000; i++) { s += i; KEEP(s); } return s; }  // exact
T(variable_bound) { u32 n = (u32)e->arg[0]; if (n > 64) n = 64; u64 s = 0; LOOP (u32 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }
T(variable_not_equal) { u32 n = e->id; if (n > 64) n = 64; u64 s = 0; LOOP (u32 i = 0; i != n; i++) { s += i; KEEP(s); } return s; }
T(masked_bound) { u64 n = e->arg[0] & 63, s = 0; LOOP (u64 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }
T(smaller_of_two) { u64 n = e->arg[0], m = e->arg[1]; if (n > 30) n = 30; if (m > 20) m = 20; if (m < n) n = m; u64 s = 0; LOOP (u64 i = 0; i < n; i++) { s += i; KEEP(s); } return s; }
T(early_break) { u64 s = 0; LOOP (u32 i = 0; i < 64; i++) { if ((e->arg[0] >> (i & 63)) & 1) break; s += i; KEEP(s); } return s; }
T(early_return) { LOOP (u32 i = 0; i < 16; i++) { u32 k = i; KEEP(k); if (table[i] == (u32)e->arg[0]) return k; } return -1; }
T(skips) { u64 s = 0; LOOP (u32 i = 0; i < 48; i++) { if (i & 1) continue; s += i; KEEP(s); } return s; }
T(nested) { u64 s = 0; LOOP (u32 i = 0; i < 10; i++) LOOP (u32 j = 0; j < 12; j++) { s += i ^ j; KEEP(s); } return s; }  // exact
T(three_deep) { u64 s = 0; LOOP (u32 i = 0; i < 5; i++) LOOP (u32 j = 0; j < 6; j++) LOOP (u32 k = 0; k < 7; k++) { s += i + j + k; KEEP(s); } return s; }  // exact
T(triangle) { u64 s = 0; LOOP (u32 i = 0; i < 20; i++) LOOP (u32 j = i; j < 20; j++) { s += j; KEEP(s); } return s; }  // exact
T(triangle_up) { u64 s = 0; LOOP (u32 i = 1; i < 20; i++) LOOP (u32 j = 0; j < i; j++) { s += j; KEEP(s); } return s; }  // exact
T(shift_to_zero) { u64 x = e->arg[0], s = 0; while (x) { s++; KEEP(s); x >>= 1; KEEP(x); } return s; }
T(divide_to_zero) { u64 x = e->arg[0], s = 0; while (x > 9) { s++; KEEP(s); x /= 10; KEEP(x); } return s; }
T(gcd) { u32 a = (u32)e->arg[0], b = (u32)e->arg[1]; LOOP (int i = 0; i < 48 && b; i++) { u32 t = a % b; a = b; b = t; KEEP(b); } return a; }  // 2
T(bits_by_mask) { u64 x = e->arg[0], s = 0; LOOP (u32 i = 0; i < 64 && x; i++) { x &= x - 1; s++; KEEP(x); } return s; }
T(search_in_halves) { u32 lo = 0, hi = 16; while (lo < hi) { u32 m = (lo + hi) / 2; if (table[m & 15] < (u32)e->arg[0]) lo = m + 1; else hi = m; KEEP(lo); } return lo; }
T(two_counters) { u64 s = 0; u32 j = 90; LOOP (u32 i = 0; i < j; i++, j--) { s += i * j; KEEP(s); } return s; }
T(fir) { u64 s = 0; LOOP (u32 i = 0; i < 16; i++) { s += (u64)table[i] * history[i + 8]; KEEP(s); } return s; }  // exact
T(move_history) { LOOP (u32 i = 31; i > 0; i--) { u32 k = i; KEEP(k); history[k & 31] = history[(k - 1) & 31]; } history[0] = e->id; return 0; }
T(ring_index) { u64 s = 0; u32 at = e->id % 32; LOOP (u32 i = 0; i < 32; i++) { s += history[at & 31]; at = (at + 1) % 32; KEEP(s); } return s; }
T(crc8) { u32 crc = e->id & 255; LOOP (u32 i = 0; i < 16; i++) { crc ^= table[i] & 255; LOOP (u32 b = 0; b < 8; b++) { crc = crc & 128 ? (crc << 1 ^ 7) & 255 : (crc << 1) & 255; KEEP(crc); } } return crc; }
T(sort) { u32 a[8]; LOOP (u32 i = 0; i < 8; i++) a[i] = table[(i * 7 + e->id) & 15]; LOOP (u32 i = 0; i < 7; i++) LOOP (u32 j = 0; j < 7; j++) { u32 x = a[j], y = a[j + 1]; if (x > y) { a[j] = y; a[j + 1] = x; } } return a[0]; }
T(fill_stack) { u8 a[40]; LOOP (u32 i = 0; i < 40; i++) { u32 k = i; KEEP(k); a[k < 40 ? k : 0] = (u8)i; } u64 s = 0; LOOP (u32 i = 0; i < 40; i++) { s += i; KEEP(s); } return s; }
T(string_length) { u32 n = 0; LOOP (; n < 31; n++) { u32 k = n; KEEP(k); if (k > 31) break; if (text[k] == 0) break; } return n; }
T(matrix) { u64 s = 0; LOOP (u32 i = 0; i < 4; i++) LOOP (u32 j = 0; j < 4; j++) LOOP (u32 k = 0; k < 4; k++) { s += (u64)table[i * 4 + k] * table[k * 4 + j]; KEEP(s); } return s; }
static __attribute__((noinline)) u64 weigh(u64 x, u32 i) { KEEP(x); return x * 3 + i; }
T(calls) { u64 s = 0; LOOP (u32 i = 0; i < 25; i++) { s = weigh(s, i); KEEP(s); } return s; }
static __attribute__((noinline)) u64 inner_loop(u64 x) { u64 s = 0; LOOP (u32 i = 0; i < 9; i++) { s += x ^ i; KEEP(s); } return s; }
T(calls_a_loop) { u64 s = 0; LOOP (u32 i = 0; i < 11; i++) { s += inner_loop(s); KEEP(s); } return s; }
T(map_values) { u64 s = 0; LOOP (u32 i = 0; i < 16; i++) { u32 k = i; u64 *v = bpf_map_lookup_elem(&cells, &k); if (!v) break; s += *v; } return s; }
T(states) { u32 mode = 0; u64 s = 0; LOOP (u32 i = 0; i < 40; i++) { if (mode == 0) mode = 1; else if (mode == 1) mode = 2; else mode = 0; s += mode; KEEP(s); } return s; }
T(last_index) { u64 s = 0; LOOP (u32 i = 15; i < 16; i--) { s += table[i]; KEEP(s); } return s; }
T(pieces) { u64 n = e->arg[0] & 1023, s = 0; while (n >= 16) { n -= 16; s++; KEEP(s); } return s; }
T(countdown_of_input) { u32 n = e->id & 255; u64 s = 0; while (n--) { s += n; KEEP(s); } return s; }
X(packet_sum) { u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; u32 s = 0; LOOP (u32 i = 0; i < 64; i++) { if (p + 1 > end) break; s += *p++; KEEP(s); } return s & 1 ? XDP_PASS : XDP_DROP; }
X(packet_options) { u8 *p = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; LOOP (u32 i = 0; i < 12; i++) { if (p + 2 > end) return XDP_DROP; if (p[0] == 0) return XDP_PASS; p += (p[1] & 31) + 2; } return XDP_DROP; }
X(packet_by_index) { u8 *data = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; u32 s = 0; if (data + 40 > end) return XDP_DROP; LOOP (u32 i = 0; i < 40; i++) { s += data[i]; KEEP(s); } return s & 1 ? XDP_PASS : XDP_DROP; }
X(packet_length_checked) { u8 *data = (u8 *)(long)c->data, *end = (u8 *)(long)c->data_end; if (data + 1 > end) return XDP_DROP; u64 n = data[0]; if (data + n > end) return XDP_DROP; u32 s = 0; LOOP (u64 i = 0; i < n; i++) { s += data[i]; KEEP(s); } return s & 1 ? XDP_PASS : XDP_DROP; }
