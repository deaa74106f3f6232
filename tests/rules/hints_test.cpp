// SPDX-License-Identifier: Apache-2.0
// Hints work when followed: the check that a rejection's hint writes out is put where the program says HINT, word for
// word, and the program is then accepted. Its names are the hints' own where the C line does not show another: i for an
// index, n for a length, p for a pointer.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "sdk/pipeline/build.h"

namespace mbpf {
namespace {

constexpr std::string_view kHead = R"(#include <mbpf/microbpf.h>
#include <mbpf/net.h>
struct v { u64 a; u32 b[6]; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, struct v); } values SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
u32 table[10];
struct padded { u64 time; u8 edge; };
)";

struct Hint {
    const char* name;
    const char* code;
    const char* source;
    // What the message must say beside the hint.
    const char* why;
};

Diagnostic judge_text(const std::string& text, const char* platform, bool& accepted) {
    BuildOptions options;
    options.goal = BuildGoal::verified;
    options.platform = std::make_shared<const Platform>(*builtin_platform(platform));
    const BuildResult result = build({{"hint.bpf.c", {text.begin(), text.end()}}}, options);
    accepted = result.ok();
    EXPECT_FALSE(result.verification.verdicts.empty()) << result.messages;
    return accepted || result.verification.verdicts.empty() ? Diagnostic{} : result.verification.verdicts.front().diagnostics.front();
}

Diagnostic judge(std::string_view body, bool& accepted) { return judge_text(std::string(kHead) + std::string(body), "microbpf", accepted); }

Diagnostic judge_linux(std::string_view body) {
    bool accepted = true;
    return judge_text("#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n" + std::string(body), "linux", accepted);
}

class Hints : public ::testing::TestWithParam<Hint> {};

TEST_P(Hints, work_when_followed) {
    std::string body = GetParam().source;
    bool accepted = true;
    const Diagnostic d = judge(body, accepted);
    ASSERT_FALSE(accepted);
    EXPECT_EQ(d.code, GetParam().code) << render_text(d);
    EXPECT_NE(d.why.find(GetParam().why), std::string::npos) << render_text(d);
    // The check or initialiser that the hint writes out; in a loop that for loops.
    std::smatch found;
    ASSERT_TRUE(std::regex_search(d.fix, found, std::regex(R"(if \([^;]*\) break;)")) || std::regex_search(d.fix, found, std::regex(R"(if \(.*?\) return \w+;|&& i < \d+|= \{0\})"))) << d.fix;
    const std::size_t at = body.find("HINT");
    ASSERT_NE(at, std::string::npos);
    body.replace(at - 3, 10, found[0].str());  // with its comment marks
    const Diagnostic left = judge(body, accepted);
    EXPECT_TRUE(accepted) << render_text(d) << "followed by\n" << body << "\n" << render_text(left);
}

const Hint kHints[] = {
    {"null", "MBPF1010", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = e->id; struct v *p = bpf_map_lookup_elem(&values, &k); /* HINT */\n return p->a; }", "bpf_map_lookup_elem()"},
    {"null_of_another_name", "MBPF1010", "SEC(\"trace/x\") long f(struct trace_event *e) {\n u32 k = e->id;\n struct v *entry = bpf_map_lookup_elem(&values, &k);\n /* HINT */\n return entry->a; }", "bpf_map_lookup_elem()"},
    {"null_reservation", "MBPF1010", "SEC(\"trace/x\") long f(struct trace_event *e) {\n u64 *record;\n record = (u64 *)bpf_ringbuf_reserve(&ring, 8, 0);\n /* HINT */\n *record = e->id;\n bpf_ringbuf_submit(record, 0);\n return 1; }", "bpf_ringbuf_reserve()"},
    {"null_in_an_inlined_function", "MBPF1010", "static long at(u32 k) {\n u64 *value = bpf_map_lookup_elem(&values, &k);\n /* HINT */\n return *value; }\nSEC(\"trace/x\") long f(struct trace_event *e) { return at(e->id); }", "bpf_map_lookup_elem()"},
    {"null_argument", "MBPF1010", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = e->id; u64 *p = bpf_map_lookup_elem(&values, &k); /* HINT */\n bpf_ringbuf_output(&ring, p, 8, 0); return 1; }", "may be NULL"},
    {"index_of_global", "MBPF1013", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 i = e->id & 15; /* HINT */\n return table[i]; }", "10 elements of 4 bytes; the index is in [0, 15]"},
    {"index_of_member", "MBPF1013", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 0, i = e->id & 7; struct v *p = bpf_map_lookup_elem(&values, &k); if (!p) return 0; /* HINT */\n return p->b[i]; }", "6 elements of 4 bytes; the index is in [0, 7]"},
    {"index_unbounded", "MBPF1011", "SEC(\"trace/x\") long f(struct trace_event *e) { u64 i = e->arg[0]; /* HINT */\n return table[i]; }", "table"},
    {"index_of_array_behind_a_member", "MBPF1011", "static struct { u32 head; u32 ring[32]; } q; SEC(\"trace/x\") long f(struct trace_event *e) { u32 i = q.head++; /* HINT */\n q.ring[i] = e->id; return 1; }", "amount"},
    {"index_signed", "MBPF1011", "SEC(\"iio/device0/temp\") int f(struct iio_event *e) { int i = e->value; /* HINT */\n table[i] = 1; return 1; }", "the amount is in"},
    {"index_that_underflows", "MBPF1011", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 n = e->id & 7; /* HINT */\n return table[n - 1]; }", "the amount is in"},
    {"index_in_the_value_itself", "MBPF1011", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 k = 0; struct v *q = bpf_map_lookup_elem(&values, &k); if (!q) return 0; /* HINT */\n q->b[q->a] = e->id; return 1; }", "the amount is in"},
    {"index_in_parentheses", "MBPF1013", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 n = e->id & 7, m = e->arg[0] & 7; /* HINT */\n return table[(n + m)]; }", "the index is in [0, 14]"},
    {"index_masked", "MBPF1013", "SEC(\"trace/x\") long f(struct trace_event *e) { u32 n = e->id; /* HINT */\n return table[n & 15]; }", "the index is in [0, 15]"},
    {"index_on_stack", "MBPF1017", "SEC(\"trace/x\") long f(struct trace_event *e) { volatile u32 w[8] = {0}; u32 i = e->id & 15; /* HINT */\n return w[i]; }", "at most 8 elements of 4 bytes"},
    {"loop_past_the_end", "MBPF1013", "SEC(\"trace/x\") long f(struct trace_event *e) { u64 s = 0; u32 n = e->id; for (u32 i = 0; i < n /* HINT */; i++) s = s * 3 + table[i]; return s; }", "10 elements"},
    {"packet", "MBPF1012", "SEC(\"xdp\") int f(struct xdp_md *c) { void *data = (void *)(long)c->data, *data_end = (void *)(long)c->data_end; struct ethhdr *h = data; /* HINT */\n return h->h_proto == 8 ? XDP_DROP : XDP_PASS; }", "0 bytes"},
    {"packet_without_an_end", "MBPF1012", "SEC(\"xdp\") int f(struct xdp_md *ctx) { u8 *data = (void *)(long)ctx->data; void *data_end = (void *)(long)ctx->data_end; /* HINT */\n return data[23] == 17 ? XDP_DROP : XDP_PASS; }", "this needs 24"},
    {"packet_part", "MBPF1012", "SEC(\"xdp\") int f(struct xdp_md *c) { void *data = (void *)(long)c->data, *data_end = (void *)(long)c->data_end; u8 *b = data; if (data + 4 > data_end) return XDP_DROP; /* HINT */\n return b[6] & 1; }", "known to have 4 bytes here; this needs 7"},
    {"packet_in_a_loop", "MBPF1012", "SEC(\"xdp\") int f(struct xdp_md *c) { u8 *p = (void *)(long)c->data; void *data_end = (void *)(long)c->data_end; u64 s = 0; for (int k = 0; k < 64; k++, p++) { /* HINT */\n s += *p; } return s & 1; }", "0 bytes"},
    {"packet_behind_options", "MBPF1012",
     "SEC(\"xdp\") int f(struct xdp_md *c) { void *data = (void *)(long)c->data, *data_end = (void *)(long)c->data_end; struct iphdr *ip = data + 14; if ((void *)(ip + 1) > data_end) return XDP_DROP; struct udphdr *p = (void *)ip + ip->ihl * 4; /* HINT */\n return p->dest == 9 ? XDP_DROP : XDP_PASS; }", "[14, 74] bytes into the packet"},
    {"stack_padding", "MBPF1018", "SEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) { struct padded s /* HINT */; s.time = e->timestamp; s.edge = e->edge; bpf_ringbuf_output(&ring, &s, sizeof(s), 0); return 1; }", "9 to 15 are not written"},
    {"size_may_be_zero", "MBPF1030", "SEC(\"trace/x\") long f(struct trace_event *e) { char text[64] = {0}; u32 n = e->id & 63; /* HINT */\n return bpf_ringbuf_output(&ring, text, n, 0); }", "allowed is [1, "},
    {"size_of_another_name", "MBPF1030", "SEC(\"trace/x\") long f(struct trace_event *e) { char text[64] = {0}; u32 length = e->id & 63; /* HINT */\n return bpf_ringbuf_output(&ring, text, length, 0); }", "allowed is [1, "},
};

INSTANTIATE_TEST_SUITE_P(Programs, Hints, ::testing::ValuesIn(kHints), [](const auto& i) { return std::string(i.param.name); });

// The way to the refused line: each condition in C terms, with what it makes known.
TEST(Path, is_told_in_c_terms) {
    bool accepted = true;
    const Diagnostic d = judge(R"(SEC("gpio/chip0/line1/both") int f(struct gpio_event *e) {
    u32 k = e->line & 3;
    struct v *p = bpf_map_lookup_elem(&values, &k);
    if (!p)
        return 0;
    if (e->edge == 2)
        return 1;
    if (e->timestamp / 1000 > 77)
        return 1;
    p->b[e->chip_id & 15] = table[3];
    return 1;
})", accepted);
    ASSERT_FALSE(accepted);
    std::vector<std::string> notes;
    for (const DiagnosticNote& n : d.notes) notes.push_back(n.message);
    ASSERT_EQ(notes.size(), 3u) << render_text(d);
    EXPECT_EQ(notes[0], "here bpf_map_lookup_elem() != NULL, so on to line 13, not 19");
    EXPECT_EQ(notes[1], "here ctx->edge != 2 (it is 1), so on to line 15, not 19");
    EXPECT_EQ(notes[2].rfind("here ctx->timestamp ", 0), 0u) << notes[2];  // compared undivided: the compiler's choice
    EXPECT_EQ(d.notes[2].where.line, 15u);
}

TEST(Path, names_the_file_of_a_line_elsewhere) {
    bool accepted = true;
    const Diagnostic d = judge("#line 3 \"inc/kind.h\"\nstatic inline int kind(u8 *p) { return p[12]; }\n#line 20 \"main.bpf.c\"\nSEC(\"xdp\") int f(struct xdp_md *c) {\n u8 *p = (void *)(long)c->data;\n if (p + 12 > (u8 *)(long)c->data_end)\n return XDP_DROP;\n return kind(p) ? XDP_PASS : XDP_DROP; }", accepted);
    ASSERT_FALSE(d.notes.empty()) << render_text(d);
    EXPECT_EQ(d.where.line, 3u);
    EXPECT_NE(d.notes[0].message.find("so on to line kind.h:3, not 24"), std::string::npos) << d.notes[0].message;
}

TEST(Path, names_what_a_loop_does_not_change_only) {
    bool accepted = true;
    const Diagnostic d = judge("SEC(\"trace/x\") long f(struct trace_event *e) { u64 s = 0; u32 n = e->id;\n for (u32 i = 0; i < n; i++) { s = s * 3 + table[i]; asm volatile(\"\" : \"+r\"(s)); } return s; }", accepted);
    ASSERT_FALSE(accepted);
    for (const DiagnosticNote& n : d.notes) EXPECT_EQ(n.message.find("here 0 "), std::string::npos) << render_text(d);
    ASSERT_FALSE(d.notes.empty()) << render_text(d);
}

// Where the platform has the thing but not here, the message says what it has.
TEST(Messages, tell_what_the_hook_has) {
    const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
    Diagnostic d = judge_linux("SEC(\"cgroup/connect4\") int f(struct bpf_sock_addr *c) { return c->user_ip6[0] == 0; }");
    EXPECT_EQ(d.message, "field user_ip6 of struct bpf_sock_addr may not be read on hook cgroup_connect4");
    EXPECT_TRUE(has(d.why, "user_ip4")) << d.why;
    d = judge_linux("SEC(\"kprobe/f\") int f(struct pt_regs *c) { return bpf_redirect(1, 0); }");
    EXPECT_EQ(d.code, "MBPF1035");
    EXPECT_TRUE(has(d.why, "xdp") && has(d.why, "tc")) << d.why;
    bool accepted = true;
    d = judge("SEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) { e->value = 0; return 1; }", accepted);
    EXPECT_EQ(d.why, "hook gpio lets programs write no field of struct gpio_event");
    d = judge("SEC(\"iio/device0/t\") int f(struct iio_event *e) { e->seq = 0; return 1; }", accepted);
    EXPECT_EQ(d.why, "hook iio lets programs write value of struct iio_event");
    d = judge_linux("SEC(\"kprobe/f\") int f(struct pt_regs *c) { char *name = *(char **)((char *)c + 104); return name[0] == '/'; }");
    EXPECT_TRUE(has(d.fix, "bpf_probe_read_kernel(&copy, sizeof(copy), p)")) << d.fix;
    EXPECT_TRUE(has(d.why, "any number")) << d.why;
}

TEST(Messages, tell_unsupported_things_by_their_names) {
    const Diagnostic kfunc = judge_linux("extern void bpf_rcu_read_lock(void) SEC(\".ksyms\");\nSEC(\"tc\") int f(struct __sk_buff *s) { bpf_rcu_read_lock(); return 0; }");
    EXPECT_EQ(kfunc.code, "MBPF1801");
    EXPECT_EQ(kfunc.message, "kernel function bpf_rcu_read_lock (kfunc) is not supported");
    const Diagnostic variable = judge_linux("extern const int bpf_prog_active SEC(\".ksyms\");\nSEC(\"tc\") int f(struct __sk_buff *s) { return bpf_prog_active; }");
    EXPECT_EQ(variable.code, "MBPF1805");
    EXPECT_EQ(variable.message, "extern variable bpf_prog_active is not supported");
    for (const Diagnostic& d : {kfunc, variable}) EXPECT_EQ(diagnostic_class(d), DiagnosticClass::unsupported);
}

TEST(Messages, tell_how_far_a_pointer_may_have_gone) {
    const std::string head = "SEC(\"xdp\") int f(struct xdp_md *c) {\n unsigned char *p = (void *)(long)c->data, *e = (void *)(long)c->data_end; __u32 h = 0, off = 0;\n for (int i = 0; i < 100000; i++) {\n if (p + 1 > e) break;\n";
    const std::string work = "if (*p & 1) h += 3; else h ^= 5;\n", end = "} return h & 1 ? XDP_DROP : XDP_PASS; }";
    const Diagnostic d = judge_linux(head + work + "p += 1 + (h & 0x3ffff);\n" + end);
    ASSERT_EQ(d.code, "MBPF1012") << render_text(d);
    ASSERT_NE(d.fix.find("if (off > 1500) break; with p = data + off"), std::string::npos) << d.fix;
    bool accepted = false;
    const Diagnostic left = judge_text("#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n" + head + "if (off > 1500) break;\n" + work + "if (*p & 2) off += 1; else off += 2;\n p = (unsigned char *)(long)c->data + off;\n" + end, "linux", accepted);
    EXPECT_TRUE(accepted) << render_text(left);
}

TEST(Messages, tell_which_functions_need_the_stack) {
    const Diagnostic d = judge_linux("static __noinline int g(int x) { volatile char b[300];\n for (int i = 0; i < 300; i++) b[i] = x;\n return b[x & 127]; }\nSEC(\"tc\") int f(struct __sk_buff *s) {\n volatile char b[300];\n for (int i = 0; i < 300; i++) b[i] = i;\n return g(b[s->len & 127]); }");
    EXPECT_EQ(d.code, "MBPF1041");
    ASSERT_EQ(d.notes.size(), 2u) << render_text(d);
    EXPECT_EQ(d.notes[0].message, "f has 304 bytes of it");
    EXPECT_EQ(d.notes[1].message, "g has 304 bytes of it");
    EXPECT_GT(d.where.column, 0u);
}

// A helper's 0 is no pointer, and a result that is one number is told as one.
TEST(Messages, call_numbers_numbers) {
    const Diagnostic d = judge_linux("SEC(\"xdp\") int f(struct xdp_md *c) {\n char *p = (void *)(long)c->data;\n if (p + 1 > (char *)(long)c->data_end) return 1;\n if (bpf_xdp_adjust_head(c, -4))\n return 1;\n return *p; }");
    EXPECT_TRUE(std::ranges::any_of(d.notes, [](const DiagnosticNote& n) { return n.message.starts_with("here bpf_xdp_adjust_head() == 0,"); })) << render_text(d);
    EXPECT_TRUE(std::ranges::any_of(d.notes, [](const DiagnosticNote& n) { return n.message.find("at least 1 byte)") != std::string::npos; })) << render_text(d);
    const Diagnostic callback = judge_linux("static long g(__u32 i, void *c) { return 2; }\nSEC(\"tc\") int f(struct __sk_buff *s) { return bpf_loop(4, g, 0, 0); }");
    EXPECT_EQ(callback.why, "it returns 2") << render_text(callback);
}

TEST(Messages, tell_a_packet_pointer_that_a_helper_made_stale) {
    const std::string text = "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nSEC(\"tc\") int f(struct __sk_buff *skb) {\n unsigned char *p = (void *)(long)skb->data;\n if (p + 20 > (unsigned char *)(long)skb->data_end) return 0;\n bpf_skb_pull_data(skb, 20);\n return p[12]; }\n";
    BuildOptions options;
    options.goal = BuildGoal::verified;
    options.platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    const BuildResult result = build({{"hint.bpf.c", {text.begin(), text.end()}}}, options);
    ASSERT_FALSE(result.ok());
    ASSERT_FALSE(result.verification.verdicts.empty()) << result.messages;
    const Diagnostic& d = result.verification.verdicts.front().diagnostics.front();
    EXPECT_EQ(d.message, "packet pointer is used after the packet may have moved") << render_text(d);
    EXPECT_EQ(d.notes.back().where.line, 6u);
}

TEST(Messages, tell_which_loops_make_a_run_long) {
    bool accepted = true;
    const Diagnostic d = judge("SEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) {\n volatile u32 s = 0;\n for (int i = 0; i < 300; i++)\n for (int j = 0; j < 400; j++)\n s += e->edge;\n return s > 5; }", accepted);
    ASSERT_FALSE(accepted);
    EXPECT_EQ(d.code, "MBPF1040");
    ASSERT_EQ(d.notes.size(), 2u) << render_text(d);
    EXPECT_EQ(d.notes[0].message, "this loop runs up to 400 times");
    EXPECT_EQ(d.notes[0].where.line, 11u);
    EXPECT_EQ(d.notes[1].where.line, 10u);
}

TEST(Messages, tell_on_what_an_endless_loop_would_end) {
    bool accepted = true;
    const Diagnostic d = judge("SEC(\"timer/10ms\") int f(struct timer_event *t) {\n volatile u64 s = t->timestamp;\n while (s != 77)\n s += 2;\n return 0; }", accepted);
    ASSERT_FALSE(accepted);
    EXPECT_EQ(d.code, "MBPF1042");
    EXPECT_TRUE(std::ranges::any_of(d.notes, [](const DiagnosticNote& n) { return n.message.starts_with("it ends here if ") && n.message.ends_with(" == 77") && n.where.line == 10; })) << render_text(d);
}

TEST(Messages, tell_the_end_of_a_loop_in_c_terms) {
    bool accepted = true;
    const Diagnostic d = judge("SEC(\"trace/x\") long f(struct trace_event *e) {\n u32 k = e->id; long n = 0;\n while (k != 0) {\n u64 *v = bpf_map_lookup_elem(&values, &k);\n if (!v) break;\n k = *v; n++; }\n return n; }", accepted);
    EXPECT_EQ(d.code, "MBPF1042");
    const auto told = [&](std::string_view text) { return std::ranges::any_of(d.notes, [&](const DiagnosticNote& n) { return n.message == text; }); };
    EXPECT_TRUE(told("it ends here if bpf_map_lookup_elem() == NULL")) << render_text(d);
    EXPECT_TRUE(told("it ends here if values->a == 0")) << render_text(d);
}

TEST(Messages, tell_a_record_used_after_it_was_given_back) {
    bool accepted = true;
    const Diagnostic d = judge("SEC(\"trace/x\") long f(struct trace_event *e) {\n u64 *r = bpf_ringbuf_reserve(&ring, 16, 0);\n if (!r) return 0;\n bpf_ringbuf_submit(r, 0);\n r[1] = e->id;\n return 1; }", accepted);
    ASSERT_FALSE(accepted);
    EXPECT_EQ(d.message, "use of what bpf_ringbuf_reserve() returned after it was given back");
    EXPECT_EQ(d.why, "it was given back at line 11");
}

}  // namespace
}  // namespace mbpf
