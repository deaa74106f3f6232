// SPDX-License-Identifier: Apache-2.0
// Loops as programs have them: checksums, filters, sorting, searching, parsing, text, bit tricks, small matrices.
// The marks are those of counting.bpf.c.
#include "loops.h"
static const u32 sorted[64] = {1, 4, 9, 11, 15, 18, 22, 27, 30, 33, 37, 41, 46, 50, 53, 57, 60, 66, 71, 75, 78, 82, 87, 90, 94, 99, 103, 108, 111, 115, 120, 124, 129, 133, 138, 140, 147, 151, 155, 160, 162, 168, 171, 177, 180, 186, 190, 193, 199, 203, 207, 211, 216, 220, 224, 229, 233, 236, 241, 244, 248, 250, 253, 255};
static const u32 crc_nibble[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
static const u8 next_state[4][4] = {{1, 0, 2, 3}, {1, 2, 0, 3}, {3, 2, 1, 0}, {0, 1, 2, 3}};
static const s32 taps[8] = {-3, 5, 17, 40, 40, 17, 5, -3};
static volatile u8 text[48];
static s32 history[16];
static u32 counts[16], grid[36], queue[8];
static u32 position;
struct sample { u32 key; s32 low, high; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u32); __type(value, struct sample); } samples SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u8[64]); } buffer SEC(".maps");

T(crc32_bitwise) { u64 x = e->arg[0]; u32 crc = ~0u; LOOP (u32 i = 0; i < 8; i++) { crc ^= (u32)(x >> (8 * i)) & 255; LOOP (u32 b = 0; b < 8; b++) { crc = crc >> 1 ^ (0xedb88320u & -(crc & 1)); KEEP(crc); } } return ~crc; }  // exact turns=8
T(crc32_by_table) { u32 crc = ~0u; LOOP (u32 i = 0; i < 48; i++) { crc ^= text[i]; crc = crc >> 4 ^ crc_nibble[crc & 15]; crc = crc >> 4 ^ crc_nibble[crc & 15]; KEEP(crc); } return ~crc; }  // exact turns=48
C(crc16_of_frame) { u32 crc = 0xffff; LOOP (u32 i = 0; i < 8; i++) { crc ^= (u32)(e->timestamp >> (8 * i) & 255) << 8; LOOP (u32 b = 0; b < 8; b++) { if (crc & 0x8000) crc = crc << 1 ^ 0x1021; else crc <<= 1; KEEP(crc); } } return crc >> 15 & 1; }  // 1.2 turns=8
T(fletcher) { u32 a = 0, b = 0; LOOP (u32 i = 0; i < 48; i++) { a = (a + text[i]) % 255; b = (b + a) % 255; KEEP(b); } return b << 8 | a; }  // exact turns=48
T(adler) { u32 a = 1, b = 0; LOOP (u32 i = 0; i < 48; i++) { a += text[i]; if (a >= 65521) a -= 65521; b += a; if (b >= 65521) b -= 65521; KEEP(b); } return b << 16 | a; }  // 1.3 turns=48
T(fnv) { u64 h = 0xcbf29ce484222325ull; LOOP (u32 i = 0; i < 48; i++) { h ^= text[i]; h *= 0x100000001b3ull; KEEP(h); } return h; }  // exact turns=48
T(hash_of_string) { u32 h = 5381; LOOP (u32 i = 0; i < 48; i++) { u8 ch = text[i]; if (!ch) break; h = h * 33 + ch; KEEP(h); } return h; }  // 1.1 turns=48
#define ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define SIP do { v0 += v1; v1 = ROTL(v1, 13) ^ v0; v0 = ROTL(v0, 32); v2 += v3; v3 = ROTL(v3, 16) ^ v2; v0 += v3; v3 = ROTL(v3, 21) ^ v0; v2 += v1; v1 = ROTL(v1, 17) ^ v2; v2 = ROTL(v2, 32); } while (0)
T(siphash) { u64 v0 = 0x736f6d6570736575ull, v1 = 0x646f72616e646f6dull, v2 = 0x6c7967656e657261ull, v3 = 0x7465646279746573ull, m[2] = {e->arg[0], e->arg[1]}; LOOP (u64 *q = m; q != m + 2; q++) { v3 ^= *q; LOOP (u32 i = 0; i < 2; i++) { SIP; KEEP(v0); } v0 ^= *q; } v2 ^= 255; LOOP (u32 i = 0; i < 4; i++) { SIP; KEEP(v0); } return v0 ^ v1 ^ v2 ^ v3; }  // exact turns=4
T(speck) { u64 x = e->arg[0], y = e->arg[1], a = e->arg[2], b = e->arg[3]; LOOP (u64 i = 0; i < 32; i++) { x = (x >> 8 | x << 56) + y; x ^= a; y = (y << 3 | y >> 61) ^ x; b = ((b >> 8 | b << 56) + a) ^ i; a = (a << 3 | a >> 61) ^ b; KEEP(x); } return x ^ y; }  // exact turns=32
T(xtea) { u32 v = e->id, w = e->cpu, sum = 0; LOOP (u32 i = 0; i < 32; i++) { v += ((w << 4 ^ w >> 5) + w) ^ (sum + crc_nibble[sum & 3]); sum += 0x9e3779b9; w += ((v << 4 ^ v >> 5) + v) ^ (sum + crc_nibble[sum >> 11 & 3]); KEEP(w); } return v ^ w; }  // exact turns=32
T(lfsr) { u32 x = e->id | 1; LOOP (u32 i = 0; i < 1000; i++) { x = x >> 1 ^ (-(x & 1) & 0xd0000001u); KEEP(x); } return x; }  // exact turns=1000
T(bubble_sort) { u32 a[10]; LOOP (u32 i = 0; i < 10; i++) a[i] = sorted[(e->id >> i) & 63]; LOOP (u32 n = 9; n > 0; n--) LOOP (u32 j = 0; j < n; j++) { u32 x = a[j], y = a[j + 1]; if (x > y) { a[j] = y; a[j + 1] = x; } } return a[0]; }  // 1.2 turns=10
T(insertion_sort) { u32 a[8]; LOOP (u32 i = 0; i < 8; i++) a[i] = sorted[(e->id >> (4 * i)) & 15]; LOOP (u32 i = 1; i < 8; i++) { u32 x = a[i], j = i; WHILE (j > 0 && a[j - 1] > x) { a[j] = a[j - 1]; j--; } a[j] = x; } return a[0]; }  // 3 turns=8
T(insertion_sort_of_sixteen) { LOOP (u32 i = 1; i < 16; i++) { s32 x = history[i]; u32 j = i; WHILE (j > 0 && history[j - 1] > x) { history[j] = history[j - 1]; j--; } history[j] = x; } return history[0]; }  // 3 turns=16
T(selection_sort) { LOOP (u32 i = 0; i < 15; i++) { u32 least = i; LOOP (u32 j = i + 1; j < 16; j++) if (counts[j] < counts[least]) least = j; u32 t = counts[i]; counts[i] = counts[least]; counts[least] = t; } return counts[0]; }  // 2.5 turns=15
T(shell_sort) { LOOP (u32 gap = 8; gap > 0; gap /= 2) { LOOP (u32 i = gap; i < 16; i++) { u32 x = counts[i], j = i; WHILE (j >= gap && counts[j - gap] > x) { counts[j] = counts[j - gap]; j -= gap; } counts[j] = x; } KEEP(gap); } return counts[0]; }  // 40 turns=16
T(binary_search) { u32 at = 0; LOOP (u32 step = 32; step; step /= 2) { if (sorted[at + step - 1] < e->id) at += step; KEEP(step); } return at; }  // 1.2 turns=6
T(binary_search_by_count) { u32 lo = 0, hi = 64; LOOP (u32 i = 0; i < 7 && lo < hi; i++) { u32 m = lo + (hi - lo) / 2; if (m > 63) return -1; if (sorted[m] < e->id) lo = m + 1; else hi = m; KEEP(lo); } return lo; }  // 1.3 turns=7
T(linear_search) { LOOP (u32 i = 0; i < 64; i++) { u32 k = i; KEEP(k); if (sorted[i] == e->id) return k; } return -1; }  // 1 turns=64
T(matrix_product) { u32 a[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, e->id}; LOOP (u32 i = 0; i < 4; i++) LOOP (u32 j = 0; j < 4; j++) { u32 s = 0; LOOP (u32 k = 0; k < 4; k++) { s += a[i * 4 + k] * sorted[k * 4 + j]; KEEP(s); } grid[i * 4 + j] = s; } return grid[15]; }  // exact turns=4
T(transpose) { LOOP (u32 i = 0; i < 6; i++) LOOP (u32 j = i + 1; j < 6; j++) { u32 t = grid[i * 6 + j]; grid[i * 6 + j] = grid[j * 6 + i]; grid[j * 6 + i] = t; } return grid[1]; }  // 1.5 turns=6
T(shortest_ways) { LOOP (u32 k = 0; k < 6; k++) LOOP (u32 i = 0; i < 6; i++) LOOP (u32 j = 0; j < 6; j++) { u32 way = grid[i * 6 + k] + grid[k * 6 + j]; if (way < grid[i * 6 + j]) grid[i * 6 + j] = way; } return grid[5]; }  // 1.2 turns=6
T(fir_filter) { history[position & 15] = (s32)e->arg[0]; s64 s = 0; LOOP (u32 i = 0; i < 8; i++) { s += (s64)taps[i] * history[(position - i) & 15]; KEEP(s); } position++; return s >> 7; }  // exact turns=8
I(moving_average) { u32 at = position % 10; history[at] = e->value; position = at + 1; s64 s = 0; LOOP (u32 i = 0; i < 10; i++) { s += history[i]; KEEP(s); } e->value = (int)(s / 10); return FILTER_PASS; }  // exact turns=10
I(median) { s32 a[5]; LOOP (u32 i = 0; i < 4; i++) { history[i] = history[i + 1]; a[i] = history[i]; } a[4] = history[4] = e->value; LOOP (u32 i = 0; i < 3; i++) { u32 least = i; LOOP (u32 j = i + 1; j < 5; j++) if (a[j] < a[least]) least = j; s32 t = a[i]; a[i] = a[least]; a[least] = t; } e->value = a[2]; return FILTER_PASS; }  // 2.5 turns=4
T(histogram) { u64 x = e->arg[0]; LOOP (u32 i = 0; i < 16; i++) { counts[x & 15]++; x >>= 4; KEEP(x); } u32 most = 0; LOOP (u32 i = 1; i < 16; i++) { u32 k = i; KEEP(k); if (counts[i] > counts[most & 15]) most = k; } return most; }  // 1.1 turns=16
T(prefix_sums) { LOOP (u32 i = 1; i < 16; i++) counts[i] += counts[i - 1]; return counts[15]; }  // exact turns=15
T(reverse) { LOOP (u32 i = 0, j = 47; i < j; i++, j--) { u8 t = text[i]; text[i] = text[j]; text[j] = t; } return text[0]; }  // 2.2 turns=24
T(compare) { LOOP (u32 i = 0; i < 40; i++) if ((u32)text[i] != (sorted[i & 63] & 255)) return i < 20 ? -1 : 1; return 0; }  // 40 turns=40
T(copy_string) { u8 to[24]; u32 i = 0; LOOP (; i < 23; i++) { u8 ch = text[i]; if (!ch) break; to[i] = ch; } to[i] = 0; return to[0]; }  // 1.1 turns=23
T(clear_value) { u32 k = 0; u8 *v = bpf_map_lookup_elem(&buffer, &k); if (!v) return 0; LOOP (u32 i = 0; i < 64; i++) { v[i] = (u8)i; KEEP(i); } return v[e->id & 63]; }  // 1 turns=64
T(hex_text) { u8 out[16]; u64 x = e->arg[0]; LOOP (int i = 15; i >= 0; i--) { u32 d = x & 15; out[i] = (u8)(d < 10 ? '0' + d : 'a' + d - 10); x >>= 4; KEEP(x); } return out[0] == '0'; }  // 1.3 turns=16
T(decimal_text) { u8 out[20]; u32 at = 20; u64 x = e->arg[0]; ROLLED do { at--; if (at >= 20) return -1; out[at] = '0' + x % 10; x /= 10; KEEP(x); } while (x); return 20 - at; }  // 1.1 turns=20
P(decimal_number) { u64 x = e->timestamp; u32 n = 0; LOOP (u32 i = 0; i < 8; i++) { u32 d = (u32)(x & 255) - '0'; if (d > 9) break; n = n * 10 + d; x >>= 8; KEEP(n); } return n > 5; }  // 8 turns=8
P(reply_of_length) { u8 out[64] = {0}; u32 n = e->payload_len; LOOP (u32 i = 0; i < n; i++) { u32 k = i; KEEP(k); if (k >= 64) break; out[k] = (u8)k; } bpf_coap_reply(69, out, sizeof(out)); return FILTER_PASS; }  // 1.3 turns=64
T(counts_letters) { u32 n = 0; LOOP (const volatile u8 *q = text; q < text + 48 && *q; q++) if ((*q & 0xc0) != 0x80) { n++; KEEP(n); } return n; }  // 1.3 turns=48
T(leading_zeroes) { u64 x = e->arg[0]; u32 n = 0; LOOP (; n < 64; n++) { if (x & 1ull << 63) break; x <<= 1; KEEP(x); } return n; }  // 1.1 turns=64
T(longest_run_of_ones) { u64 x = e->arg[0], s = 0; WHILE (x) { x &= x << 1; s++; KEEP(x); if (s == 64) break; } return s; }  // 1.1 turns=64
T(square_root_by_bits) { u32 x = e->id, root = 0; LOOP (u32 b = 1u << 30; b; b >>= 2) { if (x >= root + b) { x -= root + b; root = root / 2 + b; } else root /= 2; KEEP(b); } return root; }  // 1.2 turns=16
T(square_root_by_newton) { u64 x = e->arg[0] >> 1, r = x; LOOP (u32 i = 0; i < 40; i++) { u64 n = (r + (r ? x / r : 0)) / 2; if (n >= r) break; r = n; KEEP(r); } return r; }  // 2 turns=40
T(power) { u64 b = e->arg[0], n = e->arg[1], r = 1; WHILE (n) { if (n & 1) r *= b; b *= b; n /= 2; KEEP(n); } return r; }  // 1.2 turns=64
T(power_modulo) { u64 m = (e->arg[2] & 0xffffffff) | 1, b = e->arg[0] % m, r = 1; u32 n = e->id & 0xffff; WHILE (n) { if (n & 1) r = r * b % m; b = b * b % m; n >>= 1; KEEP(n); } return r; }  // 1.2 turns=16
T(fibonacci) { u64 a = 0, b = 1; u32 n = e->id & 63; WHILE (n-- > 0) { u64 t = a + b; a = b; b = t; KEEP(b); } return a; }  // 1.1 turns=63
T(collatz_by_count) { u64 x = e->arg[0], n = 0; WHILE (x > 1 && n < 100) { x = x & 1 ? x * 3 + 1 : x / 2; n++; KEEP(n); } return n; }  // 1.2 turns=100
T(polynomial) { s64 x = (s64)e->arg[0], y = 0; LOOP (u32 i = 0; i < 8; i++) { y = y * x + taps[i]; KEEP(y); } return y; }  // exact turns=8
T(line_on_grid) { int dx = 20, dy = (int)(e->id % 20), err = dx / 2, y = 0; LOOP (int x = 0; x < dx; x++) { err -= dy; if (err < 0) { y++; err += dx; } KEEP(y); } return y; }  // 1.2 turns=20
T(states_from_table) { u32 s = 0; u64 x = e->arg[0]; LOOP (u32 i = 0; i < 32; i++) { s = next_state[s & 3][x & 3]; x >>= 2; KEEP(x); } return s; }  // 1.1 turns=32
T(quoted_text) { u32 mode = 0, n = 0; LOOP (u32 i = 0; i < 48; i++) { u8 ch = text[i]; switch (mode) { case 0: if (ch == '"') mode = 1; break; case 1: if (ch == '\\') mode = 2; else if (ch == '"') mode = 0; else n++; break; default: mode = 1; n++; } KEEP(n); } return n; }  // 2 turns=48
T(packs_runs) { u32 at = 0, n = 0; WHILE (at < 48) { u8 ch = text[at]; u32 run = 1; WHILE (at + run < 48 && run < 15) { u32 k = at + run; KEEP(k); if (k >= 48 || text[k] != ch) break; run++; KEEP(run); } at += run; n++; KEEP(n); } return n; }  // 30 turns=48
T(search_of_pattern) { LOOP (u32 i = 0; i + 4 <= 48; i++) { u32 j = 0; LOOP (; j < 4; j++) { u32 k = i + j; KEEP(k); if (k >= 48 || text[k] != (u8)sorted[j & 63]) break; } if (j == 4) return i; KEEP(i); } return -1; }  // 6 turns=48
T(ways_to_pay) { LOOP (u32 i = 0; i < 36; i++) { u32 k = i; KEEP(k); grid[i] = k == 0; } LOOP (u32 coin = 1; coin < 8; coin += 2) LOOP (u32 n = coin; n < 36; n++) grid[n] += grid[n - coin]; return grid[35]; }  // 1.2 turns=36
T(breadth_first) { u32 seen = 1, head = 0, tail = 1; queue[0] = 0; WHILE (head < tail && tail <= 8) { u32 at = queue[head & 7] & 7; LOOP (u32 n = 0; n < 8; n++) { u32 k = n; KEEP(k); if (grid[at] >> (k & 31) & 1 && !(seen >> (k & 31) & 1) && tail < 8) { seen |= 1u << (k & 31); queue[tail & 7] = k; tail++; } } head++; KEEP(head); } return seen; }  // 2 turns=8
T(ring_walk) { u32 at = position % 16; u64 s = 0; LOOP (u32 n = 0; n < 16; n++) { s += counts[at]; at = at + 1 == 16 ? 0 : at + 1; KEEP(s); } return s; }  // 1.2 turns=16
T(updates_of_a_map) { u32 failed = 0; LOOP (u32 i = 0; i < 6; i++) { u32 k = i; struct sample *v = bpf_map_lookup_elem(&samples, &k); if (v) { if (v->low > (s32)e->id) v->low = (s32)e->id; if (v->high < (s32)e->id) v->high = (s32)e->id; continue; } struct sample fresh = {k, (s32)e->id, (s32)e->id}; if (bpf_map_update_elem(&samples, &k, &fresh, BPF_ANY)) failed++; KEEP(failed); } return failed; }  // 1.3 turns=6
static __noinline u32 weight_of(const u32 *a, u32 n) { u32 s = 0; if (n > 16) n = 16; LOOP (u32 i = 0; i < n; i++) { s += a[i]; KEEP(s); } return s; }
T(sums_by_function) { u64 s = 0; LOOP (u32 i = 0; i < 16; i++) { s += weight_of(counts, i); KEEP(s); } return s; }  // 2.2 turns=16
M(debounce) { u32 same = 0, level = 0; LOOP (u32 i = 0; i < 200 && same < 8; i++) { u32 now = bpf_gpio_get(0, 3) == 1; same = now == level ? same + 1 : 0; level = now; KEEP(level); } return level & 1; }  // 25 turns=200
T(merge_of_two) { u32 i = 0, j = 0, n = 0; WHILE (i < 12 && j < 12) { if (text[i] < text[24 + j]) i++; else j++; n++; KEEP(n); } return n; }  // exact turns=23
T(two_ways_one_step) { u32 i = 0, j = 40; WHILE (i < j) { if (text[i & 15] & 1) { i++; KEEP(i); } else { j--; KEEP(j); } } return i; }  // 2 turns=79
T(type_length_value) { u32 at = 0, n = 0; WHILE (at + 2 <= 48) { u32 len = text[at + 1]; if (len < 2) break; at += len; n++; KEEP(n); } return n; }  // 9 turns=24
T(length_checked_after) { u32 at = 0, n = 0; WHILE (at < 47) { u32 len = text[at + 1]; at += len; if (len == 0) break; n++; KEEP(n); } return n; }  // 1.1 turns=47
T(length_of_what_is_left) { u32 at = 0, s = 0; WHILE (at + 2 <= 48) { u32 n = text[at + 1]; if (n > 46 - at) break; LOOP (u32 k = 0; k < n; k++) { s += text[at + 2 + k]; KEEP(s); } at += 2 + n; } return s; }  // 25
T(place_and_rest) { const volatile u8 *p = text; u32 left = 48, s = 0; WHILE (left >= 2) { u32 n = p[1]; p += 2; left -= 2; if (n > left) break; LOOP (u32 k = 0; k < n; k++) { s += p[k]; KEEP(s); } p += n; left -= n; } return s; }  // 25
T(sent_in_pieces) { u32 begin = e->id & 63, end = e->cpu & 63, s = 0; if (end > 48 || begin > end) return 0; LOOP (u32 k = 0; k < end - begin; k++) { s += text[begin + k]; KEEP(s); } return s; }  // 1.3 turns=48
T(spaces_off_both_ends) { u32 end = 48, begin = 0, s = 0; WHILE (end > 0 && text[end - 1] == 32) { end--; KEEP(s); } WHILE (begin < end && text[begin] == 32) { begin++; KEEP(s); } LOOP (u32 k = 0; k < end - begin; k++) { s += text[begin + k]; KEEP(s); } return s; }  // 25
T(ends_swapped) { u32 n = e->id % 49; LOOP (u32 i = 0; i < n / 2; i++) { u8 t = text[i]; text[i] = text[n - 1 - i]; text[n - 1 - i] = t; } return text[0]; }  // 1.3
T(heap_up) { u32 i = e->id & 15; counts[i] = e->cpu; WHILE (i > 0) { u32 up = (i - 1) / 2; if (counts[up] <= counts[i]) break; u32 t = counts[up]; counts[up] = counts[i]; counts[i] = t; i = up; } return i; }  // 5
static __noinline u32 *cell_of(u32 *a, u32 n, u32 i) { return i < n ? &a[i] : 0; }
T(cells_that_may_be_none) { u32 s = 0; LOOP (u32 i = 0; i < 20; i++) { u32 *c = cell_of(counts, 16, e->id + i); if (!c) continue; s += ++*c; KEEP(s); } return s; }  // 2
