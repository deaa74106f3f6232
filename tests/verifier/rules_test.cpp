// SPDX-License-Identifier: Apache-2.0
// Rules on C programs: for each, one that keeps it and one that breaks it, the code beside the line it is about.
// A rejection must name that line.
#include <gtest/gtest.h>

#include <algorithm>

#include "sdk/pipeline/build.h"
#include "tests/verifier/rules.h"

namespace mbpf {

std::set<std::string>& fired_codes() {
    static std::set<std::string> codes;
    return codes;
}

namespace {

constexpr std::string_view kHead = R"(#include <mbpf/microbpf.h>
#include <mbpf/net.h>
struct v { u64 a; u32 b[6]; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, struct v); } arr SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u64); __type(value, u32); } hash SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 256); } ring SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, u32); } jumps SEC(".maps");
struct rec { u64 a, b; };
#define DATA(c) ((void *)(long)(c)->data)
#define END(c) ((void *)(long)(c)->data_end)
)";

struct Rule {
    const char* name;
    const char* source;  // "// MBPF1012" stands on the line that must be rejected; nowhere: accepted
};

VerifyReport judge(const std::string& body, BuildResult& result) {
    const std::string text = std::string(kHead) + body;
    BuildOptions options;
    options.goal = BuildGoal::verified;
    options.platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
    result = build({{"rule.bpf.c", {text.begin(), text.end()}}}, options);
    return result.verification;
}

class Rules : public ::testing::TestWithParam<Rule> {};

TEST_P(Rules, are_enforced_at_the_line) {
    const std::string body = GetParam().source;
    BuildResult result;
    const VerifyReport report = judge(body, result);
    ASSERT_FALSE(report.verdicts.empty()) << result.messages;
    const std::size_t mark = body.find("// MBPF");
    if (mark == std::string::npos) {
        for (const ProgramVerdict& v : report.verdicts) EXPECT_TRUE(v.accepted) << (v.accepted ? "" : render_text(v.diagnostics.front()));
        return;
    }
    ASSERT_FALSE(report.accepted()) << "should have been rejected";
    const Diagnostic& d = report.verdicts.front().diagnostics.front();
    EXPECT_EQ(d.code, body.substr(mark + 3, 8)) << render_text(d);
    const auto lines = [](std::string_view t) { return static_cast<std::uint32_t>(std::count(t.begin(), t.end(), '\n')); };
    EXPECT_EQ(d.where.line, lines(kHead) + lines(std::string_view(body).substr(0, mark)) + 1) << render_text(d);
    EXPECT_NE(d.message, "");
    fired_codes().insert(d.code);
}

const Rule kRules[] = {
    {"loop_up", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 s = 0; for (int i = 0; i < 50; i++) s += e->arg[i & 3] >> i; return s; }"},
    {"loop_down", "SEC(\"trace/x\") long f(struct trace_event *e) { u64 s = e->arg[0]; for (int i = 50; i > 0; i -= 3) s = s * 3 + i; return s; }"},
    {"loop_not_equal_exit", "SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 s = 0; for (u32 i = 0; i != 24; i += 4) s += e->arg[1]; return s; }"},
    {"loop_nested", "SEC(\"trace/x\") long f(struct trace_event *e) { u64 s = e->arg[0]; for (int i = 0; i < 9; i++) for (int j = i; j < 12; j++) s = s * 5 + i * j; return s; }"},
    {"loop_shift_to_zero", "SEC(\"trace/x\") long f(struct trace_event *e) { u64 n = e->arg[0]; u32 bits = 0; while (n) { bits += n & 1; n >>= 1; } return bits; }"},
    {"loop_divides_to_zero", "SEC(\"trace/x\") long f(struct trace_event *e) { u64 n = e->arg[0]; u32 d = 0; while (n) { n /= 10; d++; } return d; }"},
    {"loop_early_exit", "SEC(\"trace/x\") long f(struct trace_event *e) { for (u32 i = 0; i < 100; i++) if ((e->arg[0] >> (i & 63)) == 5) return i; return 0; }"},
    {"loop_bounded_by_data", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 n = e->arg[0], s = 0; if (n > 200) return 0; for (u32 i = 0; i < n; i++) s = s * 7 + i; return s; }"},
    {"loop_counter_in_memory", "SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 i = 0; u64 s = e->arg[0]; for (i = 0; i < 20; i++) s = s * 3 + 1; return s; }"},
    {"loop_calls_function", "static __noinline u64 g(u64 x) { return x * 3 + 1; } SEC(\"trace/x\") long f(struct trace_event *e) { u64 s = e->arg[0]; for (int i = 0; i < 10; i++) s = g(s); return s; }"},
    {"loop_without_bound", "SEC(\"trace/x\") long f(struct trace_event *e) { volatile u64 s = 0;\n while (s != 1) { // MBPF1042\n s = e->arg[0] | 2; } return s; }"},
    {"loop_of_data_without_bound", "SEC(\"trace/x\") long f(struct trace_event *e) { volatile u64 s = 0; u64 n = e->arg[0] | 1;\n do { s += n; } while (s != 77); // MBPF1042\n return s; }"},
    {"packet_checked", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c); if ((void *)(p + 4) > END(c)) return XDP_DROP; return p[3] & 1; }"},
    {"packet_unchecked", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c); if ((void *)(p + 3) > END(c)) return XDP_DROP;\n return p[3] & 1; // MBPF1012\n }"},
    {"packet_checked_the_other_way", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c); if ((void *)(p + 4) <= END(c)) return p[3] & 1; return XDP_DROP; }"},
    {"packet_variable_offset", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c); if ((void *)(p + 1) > END(c)) return XDP_DROP; u32 n = p[0] & 63; u8 *q = p + n; if ((void *)(q + 8) > END(c)) return XDP_DROP; return q[7] & 1; }"},
    // The length itself compared, in 64 and in 32 bits.
    {"packet_length_long", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c), *end = END(c); long n = end - p; if (n < 20) return XDP_DROP; return p[19] & 1; }"},
    {"packet_length_long_too_short", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c), *end = END(c); long n = end - p; if (n < 19) return XDP_DROP;\n return p[19] & 1; // MBPF1012\n }"},
    {"packet_length_short", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c), *end = END(c); u32 n = end - p; if (n < 20) return XDP_DROP; return p[19] & 1; }"},
    {"packet_length_short_too_short", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c), *end = END(c); u32 n = end - p; if (n < 19) return XDP_DROP;\n return p[19] & 1; // MBPF1012\n }"},
    {"packet_length_of_fields", "SEC(\"xdp\") int f(struct xdp_md *c) { u32 n = c->data_end - c->data; return n > 60; }"},
    {"packet_length_loop", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c), *end = END(c); u32 n = end - p, s = 0; if (n > 1500) return XDP_DROP; for (u32 i = 0; i < n; i++) s += p[i]; return s & 1; }"},
    {"packet_length_loop_one_more", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c), *end = END(c); u32 n = end - p, s = 0; if (n > 1500) return XDP_DROP; for (u32 i = 0; i <= n; i++)\n s += p[i]; // MBPF1012\n return s & 1; }"},
    {"packet_length_behind_a_header", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c), *end = END(c); p += 14; long n = end - p; if (n < 6) return XDP_DROP; return p[5] & 1; }"},
    // Unsigned, a distance below nothing is large.
    {"packet_length_behind_an_unchecked_header", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c), *end = END(c); p += 14; u64 n = end - p; if (n < 6) return XDP_DROP;\n return p[5] & 1; // MBPF1012\n }"},
    {"packet_write", "SEC(\"xdp\") int f(struct xdp_md *c) { struct ethhdr *h = DATA(c); if ((void *)(h + 1) > END(c)) return XDP_DROP; __builtin_memcpy(h->h_dest, h->h_source, 6); return XDP_TX; }"},
    {"packet_moved_too_far", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c);\n u8 *q = p + c->rx_queue_index; // MBPF1011\n if ((void *)(q + 1) > END(c)) return XDP_DROP; return q[0] & 1; }"},
    {"null_checked", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = e->id; struct v *p = bpf_map_lookup_elem(&arr, &k); return p ? p->a : 0; }"},
    {"null_unchecked", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = e->id; struct v *p = bpf_map_lookup_elem(&arr, &k);\n return p->a; // MBPF1010\n }"},
    {"map_value_index_checked", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 0, i = e->arg[0]; struct v *p = bpf_map_lookup_elem(&arr, &k); if (!p || i >= 6) return 0; return p->b[i]; }"},
    {"map_value_index_masked", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 0, i = e->arg[0]; struct v *p = bpf_map_lookup_elem(&arr, &k); if (!p) return 0; return p->b[i & 3]; }"},
    {"map_value_index_off_by_one", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 0, i = e->arg[0]; struct v *p = bpf_map_lookup_elem(&arr, &k); if (!p || i > 6) return 0;\n return p->b[i]; // MBPF1013\n }"},
    {"map_value_index_unchecked", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 0; u64 i = e->arg[0]; struct v *p = bpf_map_lookup_elem(&arr, &k); if (!p) return 0;\n return p->b[i]; // MBPF1011\n }"},
    {"global_data", "static u32 counters[4]; SEC(\"trace/x\") long f(struct trace_event *e) { u32 i = e->arg[0]; if (i < 4) counters[i]++; return counters[0]; }"},
    {"constant_table", "static const u32 table[4] = {5, 6, 7, 8}; SEC(\"trace/x\") long f(struct trace_event *e) { return table[e->arg[0] & 3]; }"},
    // A constant table bounds what is read from it, whatever the index.
    {"index_from_a_table", "static const u8 table[4] = {7, 0, 3, 7}; SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 a[8] = {0}; return a[table[e->arg[0] & 3]]; }"},
    {"index_from_a_table_of_records", "static const struct { u16 a, b, c, d; } table[4] = {{9, 7, 9, 9}, {9, 1, 9, 9}, {9, 5, 9, 9}, {9, 0, 9, 9}}; SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 a[8] = {0}; return a[table[e->arg[0] & 3].b]; }"},
    {"index_from_a_signed_table", "static const s16 table[4] = {-1, 0, 2, -2}; SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 a[5] = {0}; return a[2 + table[e->arg[0] & 3]]; }"},
    {"index_from_a_table_too_large", "static const u8 table[4] = {7, 0, 8, 7}; SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 a[8] = {0};\n return a[table[e->arg[0] & 3]]; // MBPF1017\n }"},
    {"index_from_a_table_beyond_the_first", "static const u8 table[8] = {1, 1, 1, 1, 1, 1, 1, 9}; SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 a[8] = {0};\n return a[table[e->arg[0] & 7]]; // MBPF1017\n }"},
    {"index_from_data_that_changes", "static u8 table[4] = {1, 2, 3, 4}; SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 a[8] = {0}; table[e->id & 3]++;\n return a[table[e->arg[0] & 3]]; // MBPF1017\n }"},
    // Low halves compared, then extended by shifts.
    {"range_of_low_halves", "SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 a[8] = {0}; u32 lo = e->arg[0], hi = lo + (u32)e->arg[1], s = 0; if (hi > 8 || hi <= lo) return 0; for (u32 k = lo; k < hi; k++) s += a[k]; return s; }"},
    {"range_of_signed_low_halves", "struct pair { u32 a, b; }; SEC(\"trace/x\") long f(struct trace_event *e) { volatile struct pair a[6] = {0}; s32 i = (s32)e->arg[0]; if (i < -2 || i > 3) return 0; return a[i + 2].b; }"},
    {"range_of_signed_low_halves_too_large", "struct pair { u32 a, b; }; SEC(\"trace/x\") long f(struct trace_event *e) { volatile struct pair a[6] = {0}; s32 i = (s32)e->arg[0]; if (i < -2 || i > 4) return 0;\n return a[i + 2].b; // MBPF1017\n }"},
    {"range_of_low_halves_too_large", "SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 a[8] = {0}; u32 lo = e->arg[0], hi = lo + (u32)e->arg[1], s = 0; if (hi > 9 || hi <= lo) return 0; for (u32 k = lo; k < hi; k++)\n s += a[k]; // MBPF1017\n return s; }"},
    // The pointer is moved before the length is judged: how far it may lie behind the packet's end lasts to the next round.
    {"packet_lengths_checked_late", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c); u32 n = 0; while ((void *)(p + 2) <= END(c) && n < 900) { u32 len = p[1]; p += len; if (len < 2) break; n++; } return n & 1; }"},
    {"packet_lengths_checked_late_unread", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = DATA(c); u32 n = 0; while ((void *)(p + 2) <= END(c) && n < 900) {\n u32 len = p[2]; // MBPF1012\n p += len; if (len < 2) break; n++; } return n & 1; }"},
    {"constant_written", "static const volatile u32 limit = 5; SEC(\"trace/x\") long f(struct trace_event *e) {\n *(volatile u32 *)&limit = e->id; // MBPF1024\n return 0; }"},
    {"stack_array", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 a[8]; for (int i = 0; i < 8; i++) a[i] = e->arg[i & 3]; return a[e->id & 7]; }"},
    {"stack_index_unchecked", "SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 a[8] = {0}; u32 i = e->id; if (i > 8) return 0;\n return a[i]; // MBPF1017\n }"},
    // The compiler ors the index of an object of 8 bytes into its address.
    {"stack_bytes_of_a_word", "SEC(\"trace/x\") long f(struct trace_event *e) { union { u64 q; u8 b[8]; } u; u.q = e->arg[0]; u.b[e->id & 7] = 1; return u.b[e->arg[1] & 7]; }"},
    {"stack_bytes_of_a_word_too_far", "SEC(\"trace/x\") long f(struct trace_event *e) { volatile union { u64 q; u8 b[8]; } u; u.q = e->arg[0];\n u32 i = e->id; if (i > 8) return 0; return u.b[i]; // MBPF1017\n }"},
    {"stack_uninitialised", "SEC(\"trace/x\") long f(struct trace_event *e) { struct rec r; r.a = e->arg[0];\n bpf_ringbuf_output(&ring, &r, sizeof(r), 0); // MBPF1018\n return 0; }"},
    {"stack_initialised", "SEC(\"trace/x\") long f(struct trace_event *e) { struct rec r = {}; r.a = e->arg[0]; bpf_ringbuf_output(&ring, &r, sizeof(r), 0); return 0; }"},
    {"pointer_variable_given_as_buffer", "SEC(\"trace/x\") long f(struct trace_event *e) {\n bpf_ringbuf_output(&ring, &e, sizeof(e), 0); // MBPF1019\n return 0; }"},
    {"pointer_to_map", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 0; struct v *p = bpf_map_lookup_elem(&arr, &k); if (!p) return 0;\n p->a = (u64)(long)e; // MBPF1022\n return 0; }"},
    {"pointer_returned", "SEC(\"trace/x\") long f(struct trace_event *e) {\n return (long)e; // MBPF1015\n }"},
    // The pointer lives on the stack: what is compared is one copy, what is read through another.
    {"checked_through_a_copy_from_the_stack", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *volatile at = DATA(c); u8 *d = DATA(c); if (d + 60 > (u8 *)END(c)) return 2;\n if (d[0] == 4) at = d + 14; else at = d + 40 + (d[1] & 15);\n if (at + 20 > (u8 *)END(c)) return 2; return at[19] == 7 ? 1 : 2; }"},
    {"checked_through_a_copy_from_the_stack_too_short", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *volatile at = DATA(c); u8 *d = DATA(c); if (d + 60 > (u8 *)END(c)) return 2;\n if (d[0] == 4) at = d + 14; else at = d + 40 + (d[1] & 15);\n if (at + 20 > (u8 *)END(c)) return 2;\n return at[20] == 7 ? 1 : 2; // MBPF1012\n }"},
    {"context_write_read_only", "SEC(\"iio/device0/accel_x\") int f(struct iio_event *e) {\n e->seq = 5; // MBPF1023\n return 1; }"},
    {"context_write_allowed", "SEC(\"iio/device0/accel_x\") int f(struct iio_event *e) { e->value = 5; return 1; }"},
    {"context_out_of_range", "SEC(\"iio/device0/accel_x\") int f(struct iio_event *e) {\n return ((volatile u32 *)e)[8] & 1; // MBPF1021\n }"},
    {"context_as_buffer", "SEC(\"trace/x\") long f(struct trace_event *e) {\n bpf_ringbuf_output(&ring, e, 16, 0); // MBPF1033\n return 0; }"},
    {"context_range_is_known", "static const u32 t[3] = {1, 2, 3}; SEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) { return t[e->edge] > 9; }"},
    {"return_in_range", "SEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) { return e->edge > 1; }"},
    {"return_out_of_range", "SEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) {\n return e->edge; // MBPF1016\n }"},
    {"map_handle_read", "SEC(\"trace/x\") long f(struct trace_event *e) {\n return *(volatile u64 *)&arr + e->id; // MBPF1025\n }"},
    {"number_as_pointer", "SEC(\"trace/x\") long f(struct trace_event *e) {\n return *(volatile u32 *)(long)e->arg[0]; // MBPF1026\n }"},
    {"atomic_on_map", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 0; struct v *p = bpf_map_lookup_elem(&arr, &k); if (!p) return 0; return __sync_fetch_and_add(&p->a, e->id); }"},
    {"atomic_on_packet", "SEC(\"xdp\") int f(struct xdp_md *c) { u64 *p = DATA(c); if ((void *)(p + 1) > END(c)) return XDP_DROP;\n __sync_fetch_and_add(p, 1); // MBPF1027\n return XDP_PASS; }"},
    {"helper_wants_a_map", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = e->id;\n return bpf_map_lookup_elem(&k, &k) != 0; // MBPF1029\n }"},
    {"helper_size_too_small", "SEC(\"trace/x\") long f(struct trace_event *e) { char t[5] = {0};\n return bpf_format_decimal(t, sizeof(t), e->id, 0); // MBPF1030\n }"},
    {"helper_size_right", "SEC(\"trace/x\") long f(struct trace_event *e) { char t[16] = {0}; return bpf_format_decimal(t, sizeof(t), e->id, 0) + t[0]; }"},
    {"record_submitted", "SEC(\"trace/x\") long f(struct trace_event *e) { struct rec *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0); if (!r) return 0; r->a = e->id; r->b = 0; bpf_ringbuf_submit(r, 0); return 1; }"},
    {"record_leaked", "SEC(\"trace/x\") long f(struct trace_event *e) { struct rec *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0); if (!r) return 0; r->a = e->id; r->b = 0; if (e->id != 3) bpf_ringbuf_submit(r, 0); return 1;\n } // MBPF1031\n"},
    {"tail_call_with_a_record", "SEC(\"trace/x\") long f(struct trace_event *e) { struct rec *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0); if (!r) return 0; r->a = e->id; r->b = 0;\n bpf_tail_call(e, &jumps, 1); // MBPF1031\n bpf_ringbuf_submit(r, 0); return 1; }"},
    {"tail_call_without_it", "SEC(\"trace/x\") long f(struct trace_event *e) { struct rec *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0); if (!r) return 0; r->a = e->id; r->b = 0; bpf_ringbuf_submit(r, 0); bpf_tail_call(e, &jumps, e->id); return 1; }"},
    {"tail_call_through_another_map", "SEC(\"trace/x\") long f(struct trace_event *e) {\n bpf_tail_call(e, &arr, 1); // MBPF1032\n return 1; }"},
    {"program_array_read", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 1;\n return bpf_map_lookup_elem(&jumps, &k) != 0; // MBPF1032\n }"},
    {"verdict_out_of_range_after_a_tail_call", "SEC(\"iio/device0/x\") long f(struct iio_event *e) { bpf_tail_call(e, &jumps, 1);\n return 2; // MBPF1016\n }"},
    {"record_used_after_submit", "SEC(\"trace/x\") long f(struct trace_event *e) { struct rec *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0); if (!r) return 0; r->b = 0; bpf_ringbuf_submit(r, 0);\n r->a = e->id; // MBPF1008\n return 1; }"},
    {"record_past_its_end", "SEC(\"trace/x\") long f(struct trace_event *e) { u64 *r = bpf_ringbuf_reserve(&ring, 16, 0); if (!r) return 0;\n r[2] = e->id; // MBPF1013\n bpf_ringbuf_submit(r, 0); return 1; }"},
    {"record_of_variable_size", "SEC(\"trace/x\") long f(struct trace_event *e) { u64 n = (e->arg[0] & 7) + 8;\n void *r = bpf_ringbuf_reserve(&ring, n, 0); // MBPF1036\n if (r) bpf_ringbuf_discard(r, 0); return 1; }"},
    {"helper_on_wrong_map_type", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = e->id;\n return bpf_map_delete_elem(&arr, &k); // MBPF1032\n }"},
    {"helper_unknown", "static long (*const nope)(void) = (void *)999; SEC(\"trace/x\") long f(struct trace_event *e) {\n return nope() + e->id; // MBPF1034\n }"},
    {"helper_on_wrong_hook", "SEC(\"trace/x\") long f(struct trace_event *e) { char t[4] = {0}; (void)e;\n return bpf_coap_reply(69, t, 4); // MBPF1035\n }"},
    {"correlated_branches", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 0; struct v *p = 0; if (e->id > 5) { p = bpf_map_lookup_elem(&arr, &k); if (!p) return 1; } u64 x = e->arg[0] * 3; if (p) return p->a + x; return x; }"},
    {"callee_writes_callers_stack", "static __noinline long g(u64 *out, u64 x) { *out = x * 3; return x > 5; } SEC(\"trace/x\") long f(struct trace_event *e) { u64 v = 0; long r = g(&v, e->arg[0]); return v + r; }"},
    {"signed_index_checked_both_ways", "static u32 t[10]; SEC(\"trace/x\") long f(struct trace_event *e) { int i = (int)e->arg[0]; if (i < 0 || i >= 10) return 0; return t[i]; }"},
    {"division_by_zero_is_defined", "SEC(\"trace/x\") long f(struct trace_event *e) { return e->arg[0] / e->arg[1] + e->arg[0] % e->arg[1]; }"},
    {"hash_map", "SEC(\"trace/x\") long f(struct trace_event *e) { u64 k = e->arg[0]; u32 one = 1; u32 *v = bpf_map_lookup_elem(&hash, &k); if (v) { (*v)++; return *v; } return bpf_map_update_elem(&hash, &k, &one, BPF_ANY); }"},
};

INSTANTIATE_TEST_SUITE_P(C, Rules, ::testing::ValuesIn(kRules), [](const auto& i) { return std::string(i.param.name); });

TEST(WorstCase, is_exact_where_every_path_is) {
    BuildResult result;
    const VerifyReport report = judge("SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 s = 0; for (int i = 0; i < 10; i++) s += e->id; return s; }", result);
    ASSERT_TRUE(report.accepted()) << result.messages;
    // What one run of the only path costs: 4 before the loop, 10 times 5, and the exit.
    EXPECT_EQ(report.verdicts.front().worst_case_instructions, 55u);
    EXPECT_EQ(report.verdicts.front().stack_bytes, 8u);
    ASSERT_FALSE(report.verified->facts(0).loops.empty());
    EXPECT_EQ(report.verified->facts(0).loops.front().max_iterations, 10u);
}

// Of a cost by size the greatest size proved counts.
TEST(WorstCase, charges_what_an_argument_may_be_at_most) {
    const Platform& platform = *builtin_platform("microbpf");
    const Helper& output = *platform.find_helper(130);
    const HelperArg& size = output.args[2];
    ASSERT_GT(size.unit_cost, 0u);
    const auto worst = [](const std::string& lines) {
        BuildResult result;
        const VerifyReport report = judge("SEC(\"trace/x\") long f(struct trace_event *e) { u64 n = e->arg[0]; struct v *p; u32 k = 0; p = bpf_map_lookup_elem(&arr, &k); if (!p) return 0; " + lines + " return 0; }", result);
        EXPECT_TRUE(report.accepted()) << result.messages;
        return report.accepted() ? report.verdicts.front().worst_case_instructions : 0;
    };
    const std::uint64_t small = worst("bpf_ringbuf_output(&ring, p, 4, 0);"), large = worst("bpf_ringbuf_output(&ring, p, 24, 0);");
    EXPECT_EQ(large - small, 20u * size.unit_cost);
    EXPECT_GE(small, platform.base_cost(output) + 4u * size.unit_cost);
    const std::uint64_t bounded = worst("if (n < 1 || n > 24) return 0; bpf_ringbuf_output(&ring, p, n, 0);");
    EXPECT_GE(bounded, large);
    EXPECT_LE(bounded, large + 10);
    // In a loop, for each turn.
    EXPECT_GE(worst("for (u32 i = 0; i < 10; i++) bpf_ringbuf_output(&ring, p, 24, i);"), 10u * (platform.base_cost(output) + 24u * size.unit_cost));
    // The way into a helper with rights of its own is charged, into others not.
    EXPECT_EQ(platform.base_cost(*platform.find_helper(5)), platform.find_helper(5)->cost + platform.gate_cost);
    EXPECT_EQ(platform.base_cost(output), output.cost);
}

TEST(Budgets, are_named_when_exceeded) {
    BuildResult result;
    VerifyReport report = judge("SEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) { volatile u32 s = 0; for (int i = 0; i < 60000; i++) s += e->edge; return 1; }", result);
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1040");
    fired_codes().insert("MBPF1040");
    report = judge("SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 s = 0; for (u32 i = 0; i < 3000000; i++) s += e->id; return s; }", result);
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1040");
}

TEST(Placement, hooks_and_maps_must_exist) {
    BuildResult result;
    VerifyReport report = judge("SEC(\"nowhere/x\") int f(void *c) { return c != 0; }", result);
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1037");
    report = judge("struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u8[100]); __type(value, u32); } big SEC(\".maps\"); SEC(\"trace/x\") long f(struct trace_event *e) { static u8 k[100]; return bpf_map_lookup_elem(&big, k) != 0 || e->id; }", result);
    ASSERT_FALSE(report.accepted());
    EXPECT_EQ(report.verdicts.front().diagnostics.front().code, "MBPF1038");
    fired_codes().insert({"MBPF1037", "MBPF1038"});
}

}  // namespace
}  // namespace mbpf
