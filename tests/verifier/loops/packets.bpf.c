// SPDX-License-Identifier: Apache-2.0
// Loops over packets, each step checked against the end. The marks are those of counting.bpf.c.
#include "loops.h"
static const u8 signature[6] = {1, 2, 3, 1, 2, 0};
static u32 seen[16];

X(bytes_by_pointer) { DATA; u32 s = 0; LOOP (u32 n = 0; p + 1 <= end && n < 64; p++, n++) { s += *p; KEEP(s); } return VERDICT(s); }  // 1.1 turns=64
X(bytes_by_two_pointers) { DATA; u32 s = 0; if (p + 100 > end) return XDP_DROP; u8 *stop = p + 100; LOOP (; p < stop; p++) { s += *p; KEEP(s); } return VERDICT(s); }  // 1.1 turns=100
X(words_sum) { DATA; u32 s = 0; LOOP (u32 i = 0; i < 500; i++) { if (p + 2 > end) break; s += *(u16 *)p; p += 2; KEEP(s); } s = (s & 0xffff) + (s >> 16); s += s >> 16; return VERDICT(s); }  // 1.1 turns=500
X(large_steps_to_the_end) { DATA; u32 s = 0; WHILE (p + 32 <= end) { s += p[0] + p[31]; p += 32; KEEP(s); } return VERDICT(s); }  // 1.1
X(addresses_equal) { DATA; if (p + 12 > end) return XDP_DROP; LOOP (u32 i = 0; i < 6; i++) { if (p[i] != p[i + 6]) return XDP_PASS; KEEP(p); } return XDP_DROP; }  // 1.3 turns=6
X(addresses_swapped) { DATA; if (p + 12 > end) return XDP_DROP; LOOP (u32 i = 0; i < 6; i++) { u8 t = p[i]; p[i] = p[i + 6]; p[i + 6] = t; KEEP(p); } return XDP_TX; }  // exact turns=6
X(payload_inverted) { DATA; if (p + 78 > end) return XDP_DROP; LOOP (u32 i = 14; i < 78; i++) { p[i] = ~p[i]; KEEP(p); } return XDP_TX; }  // 1.1 turns=64
X(vlan_tags) { DATA; u32 at = 12; LOOP (u32 i = 0; i < 4; i++) { if (p + at + 2 > end) return XDP_DROP; u16 kind = *(u16 *)(p + at); if (kind != 0x0081 && kind != 0xa888 && kind != 0x0101) break; at += 4; KEEP(at); if (at > 28) return XDP_DROP; } return VERDICT(at >> 2); }  // 1.5 turns=4
X(label_stack) { DATA; p += 14; LOOP (u32 i = 0; i < 8; i++) { if (p + 4 > end) return XDP_DROP; if (p[2] & 1) return XDP_PASS; p += 4; } return XDP_DROP; }  // 1.2 turns=8
X(ip_options) { DATA; if (p + 34 > end) return XDP_DROP; u32 n = (p[14] & 15) * 4; if (n < 20) return XDP_DROP; u8 *at = p + 34, *stop = p + 14 + n; LOOP (u32 i = 0; i < 40; i++) { if (at >= stop || at + 2 > end) return XDP_PASS; if (at[0] == 0) return XDP_PASS; if (at[0] == 1) { at++; continue; } if (at[1] < 2) return XDP_DROP; at += at[1] & 63; } return XDP_DROP; }  // 8 turns=40
X(tcp_options) { DATA; u32 at = 0; LOOP (u32 i = 0; i < 20; i++) { if (at >= 40) return XDP_PASS; u8 *o = p + 54 + at; if (o + 2 > end) return XDP_DROP; if (o[0] == 0) break; if (o[0] == 1) at += 1; else if (o[1] < 2) return XDP_DROP; else at += o[1]; KEEP(at); } return XDP_PASS; }  // 2 turns=20
X(extension_headers) { DATA; u8 *at = p + 54; if (at > end) return XDP_DROP; u32 next = p[20]; LOOP (u32 i = 0; i < 8; i++) { if (next != 0 && next != 1 && next != 43 && next != 60) break; if (at + 8 > end) return XDP_DROP; next = at[0]; at += ((u32)at[1] + 1) * 8; KEEP(next); } return next == 6 ? XDP_PASS : XDP_DROP; }  // 2 turns=8
X(extension_headers_to_the_end) { DATA; u32 next = 0; WHILE (p + 8 <= end) { next = p[0]; if (next == 59) break; p += ((u32)p[1] + 1) * 8; KEEP(next); } return VERDICT(next); }  // 2.5
X(name_labels) { DATA; LOOP (u32 i = 0; i < 32; i++) { if (p + 1 > end) return XDP_DROP; u32 n = *p; if (n == 0) return XDP_PASS; if (n > 63) return XDP_DROP; p += n + 1; } return XDP_DROP; }  // 1.5 turns=32
X(name_labels_inside) { DATA; u32 h = 0; LOOP (u32 i = 0; i < 10; i++) { if (p + 1 > end) return XDP_DROP; u32 n = *p++; if (n == 0) break; if (n > 15) return XDP_DROP; LOOP (u32 k = 0; k < n; k++) { if (p + 1 > end) return XDP_DROP; h = h * 31 + *p++; KEEP(h); } } return VERDICT(h); }  // 3 turns=15
X(lldp_fields) { DATA; p += 14; LOOP (u32 i = 0; i < 16; i++) { if (p + 2 > end) return XDP_DROP; u32 kind = p[0] >> 1, n = (u32)(p[0] & 1) << 8 | p[1]; if (kind == 0) return XDP_PASS; p += 2 + n; if (p > end) return XDP_DROP; seen[kind & 15]++; } return XDP_DROP; }  // 1.5 turns=16
X(signature_search) { DATA; LOOP (u32 i = 0; i < 50; i++) { if (p + 6 > end) return XDP_PASS; u32 k = 0; LOOP (; k < 6; k++) { if (p[k] != signature[k]) break; KEEP(k); if (k > 5) return XDP_PASS; } if (k == 6) return XDP_DROP; p++; } return XDP_PASS; }  // 8 turns=50
X(first_zero) { DATA; u32 n = 0; LOOP (; n < 256; n++) { if (p + n + 1 > end || p[n] == 0) break; KEEP(n); if (n > 255) break; } return VERDICT(n); }  // 1.2 turns=256
X(length_field) { DATA; if (p + 2 > end) return XDP_DROP; u32 n = p[1]; u8 *body = p + 2; if (body + n > end) return XDP_DROP; u32 s = 0; LOOP (u32 i = 0; i < n; i++) { s += body[i]; KEEP(s); } return VERDICT(s); }  // 1.1 turns=255
X(length_field_wide) { DATA; if (p + 2 > end) return XDP_DROP; u64 n = bpf_ntohs(*(u16 *)p); if (n > 1024) return XDP_DROP; if (p + 2 + n > end) return XDP_DROP; u32 s = 0; LOOP (u64 i = 2; i < n + 2; i++) { s ^= p[i]; KEEP(s); } return VERDICT(s); }  // 3 turns=1024
X(chunks_then_bytes) { DATA; u32 s = 0; LOOP (u32 i = 0; i < 40; i++) { if (p + 8 > end) break; s ^= (u32)*(u64 *)p; p += 8; KEEP(s); } LOOP (u32 i = 0; i < 8; i++) { if (p + 1 > end) break; s ^= *p++; KEEP(s); } return VERDICT(s); }  // 1.2 turns=40
static __noinline u32 bytes_of(const u8 *p, const u8 *end) { u32 s = 0; LOOP (u32 i = 0; i < 20; i++) { if (p + 1 > end) break; s += *p++; KEEP(s); } return s; }
X(function_over_packet) { DATA; u32 s = 0; LOOP (u32 i = 0; i < 3; i++) { s += bytes_of(p, end); p += 20; KEEP(s); if (p > end) break; } return VERDICT(s); }  // 1.3 turns=20
X(backwards) { DATA; if (p + 64 > end) return XDP_DROP; u32 s = 0; LOOP (u8 *q = p + 63; q >= p + 1; q--) { s = s * 3 + *q; KEEP(s); } return VERDICT(s); }  // 1.1 turns=63
X(blocks_of_sixteen) { DATA; u32 s = 0; LOOP (u32 b = 0; b < 16; b++) { if (p + 16 > end) break; LOOP (u32 i = 0; i < 16; i++) { s += p[i]; KEEP(s); } p += 16; } return VERDICT(s); }  // 1.1 turns=16
X(bytes_until_the_end) { DATA; u32 s = 0; LOOP (; p != end && p < end; p++) { if (p + 8 > end) break; p += 7; s += *p; } return VERDICT(s); }  // 1.1
X(skips_of_two_lengths) { DATA; u32 s = 0; LOOP (u32 i = 0; i < 20; i++) { if (p + 4 > end) break; if (p[0] & 1) p += p[1] & 7; else p += (p[2] & 15) * 4; s += p + 1 > end ? 0 : *p; KEEP(s); } return VERDICT(s); }  // 1.5 turns=20
X(chunks_not_equal) { DATA; u32 s = 0, n = 0; u8 *q = p; LOOP (; q != end; q += 64) { if (q + 64 > end) { n++; break; } s += q[63]; KEEP(s); } return VERDICT(s + n); }  // 1.1
X(lengths_then_bytes) { DATA; u32 s = 0; LOOP (u32 n = 0; n < 16 && p + 2 <= end; n++) { u32 len = p[1]; p += 2; if (p + len > end) return XDP_DROP; LOOP (u32 i = 0; i < len; i++) { s += p[i]; KEEP(s); } p += len; } return VERDICT(s); }  // 2
X(offsets_then_bytes) { DATA; u32 at = 14, s = 0; LOOP (u32 n = 0; n < 16; n++) { if (p + at + 2 > end) return XDP_PASS; u32 len = p[at + 1]; if (p[at] == 0) break; if (p + at + 2 + len > end) return XDP_DROP; LOOP (u32 i = 0; i < len; i++) { s += p[at + 2 + i]; KEEP(s); } at += 2 + len; } return VERDICT(s); }  // 2
X(header_words) { DATA; if (p + 34 > end) return XDP_PASS; u32 n = (p[14] & 15) * 2, s = 0; u16 *w = (u16 *)(p + 14); LOOP (u32 i = 0; i < n; i++) { if ((u8 *)(w + i + 1) > end) return XDP_DROP; s += w[i]; } return VERDICT(s); }  // 1.2
X(lengths_within_a_budget) { DATA; u32 left = 1024, s = 0; WHILE (p + 2 <= end) { u32 len = p[1]; p += 2; if (len == 0 || len > left || p + len > end) break; left -= len; LOOP (u32 i = 0; i < len; i++) { s += p[i]; KEEP(s); } p += len; } return VERDICT(s); }  // 2.5
X(lengths_within_a_budget_downwards) { DATA; u32 left = 1024, s = 0; WHILE (p + 2 <= end) { u32 len = p[1]; p += 2; if (len == 0 || len > left) break; left -= len; WHILE (len-- > 0) { if (p + 1 > end) return XDP_DROP; s += *p++; KEEP(s); } } return VERDICT(s); }  // 2.5
X(records_of_a_frame) { DATA; if (p + 512 > end) return XDP_PASS; u32 at = 0, s = 0; WHILE (at + 2 <= 512) { u32 len = p[at + 1]; at += 2; if (at + len > 512) break; LOOP (u32 i = 0; i < len; i++) { s += p[at + i]; KEEP(s); } at += len; } return VERDICT(s); }  // 2.5
