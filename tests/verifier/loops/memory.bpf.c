// SPDX-License-Identifier: Apache-2.0
// Loops on the conformance platform: r1 points to 64 bytes of memory, r2 holds their number, a run may take
// 10,000,000 instructions. The marks are those of counting.bpf.c.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define KEEP(x) asm volatile("" : "+r"(x))
#define LOOP _Pragma("clang loop unroll(disable)") for
#define R(name) SEC("isa") u64 name(u8 *mem, u64 len)

R(million) { u64 s = len; LOOP (u32 i = 0; i < 1000000; i++) { s += i; KEEP(s); } return s + mem[0]; }  // exact turns=1000000
R(thousand_squared) { u64 s = len; LOOP (u32 i = 0; i < 1000; i++) LOOP (u32 j = 0; j < 900; j++) { s += i ^ j; KEEP(s); } return s + mem[0]; }  // exact turns=1000
R(all_bytes) { u64 s = 0; LOOP (u64 i = 0; i < len; i++) { s += mem[i]; KEEP(s); } return s; }  // exact turns=64
R(all_bytes_down) { u64 s = 0; while (len--) { s += mem[len]; KEEP(s); } return s; }  // exact turns=64
R(words) { u64 s = 0; LOOP (u64 i = 0; i + 8 <= len; i += 8) { s ^= *(u64 *)(mem + i); KEEP(s); } return s; }  // exact turns=8
R(doubled_in_place) { LOOP (u32 i = 0; i < 32; i++) { mem[2 * i + 1] = mem[i]; KEEP(mem); } return mem[63]; }  // exact turns=32
R(moved_up) { LOOP (u64 i = 63; i > 0; i--) { u64 k = i; KEEP(k); if (k < 1 || k > 63) break; mem[k] = mem[k - 1]; } return mem[0]; }  // 1.1 turns=63
R(linked_by_index) { u64 at = 0, n = 0; LOOP (; n < 100; n++) { at = mem[at & 63]; if (at == 0) break; KEEP(at); } return n; }  // 1.2 turns=100
