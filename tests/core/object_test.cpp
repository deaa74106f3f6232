// SPDX-License-Identifier: Apache-2.0
// Reading eBPF objects: what a real one holds, and that no damaged one does harm.
#include <gtest/gtest.h>

#include <random>

#include "core/program.h"
#include "sdk/pipeline/build.h"

namespace mbpf {
namespace {

constexpr std::string_view kSource = R"(#include <mbpf/microbpf.h>
struct pair { u32 a; u64 b; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 7); __type(key, u64); __type(value, struct pair); } table SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
static u32 counter = 5;
static u32 zeros[4];
static const u32 primes[4] = {2, 3, 5, 7};
static __noinline u64 helper(u64 x) { return x * 3 + counter; }
SEC("trace/one") long one(struct trace_event *e) { u64 k = e->arg[0]; struct pair *p = bpf_map_lookup_elem(&table, &k); counter++; zeros[e->id & 3]++; return p ? p->b : helper(primes[k & 3]); }
SEC("trace/two") long two(struct trace_event *e) { return helper(e->arg[1]) + (bpf_ringbuf_query(&events, 0) & 1); }
char _license[] SEC("license") = "Apache-2.0";
)";

const std::vector<std::uint8_t>& elf() {
    static const std::vector<std::uint8_t> bytes = [] {
        BuildOptions options;
        options.goal = BuildGoal::elf;
        options.platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
        BuildResult result = build({{"sample.bpf.c", {kSource.begin(), kSource.end()}}}, options);
        EXPECT_TRUE(result.ok()) << result.messages;
        return result.elf;
    }();
    return bytes;
}

TEST(ReadObject, gives_programs_maps_data_calls_and_lines) {
    auto object = bpf::read_object(elf(), {"sample.o"});
    ASSERT_TRUE(object) << render_text(object.error());
    EXPECT_EQ(object->license, "Apache-2.0");
    ASSERT_EQ(object->programs.size(), 2u);
    const bpf::Map* table = object->find_map("table");
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(table->type, 1u);
    EXPECT_EQ(table->key_size, 8u);
    EXPECT_EQ(table->value_size, 16u);
    EXPECT_EQ(table->max_entries, 7u);
    ASSERT_NE(object->find_map("events"), nullptr);
    EXPECT_EQ(object->find_map("events")->key_size, 0u);
    bool data = false, bss = false, rodata = false;
    for (const bpf::Map& map : object->maps) {
        data = data || (map.origin == bpf::MapOrigin::data && map.initial.size() >= 4 && map.initial[0] == 5);
        bss = bss || (map.origin == bpf::MapOrigin::bss && map.value_size >= 16);
        rodata = rodata || (map.read_only() && map.initial.size() >= 16 && map.initial[4] == 3);
    }
    EXPECT_TRUE(data && bss && rodata);
    for (const bpf::Program& program : object->programs) {
        ASSERT_EQ(program.functions.size(), 2u) << program.name;  // the entry and helper()
        EXPECT_EQ(program.functions[1].name, "helper");
        EXPECT_EQ(program.functions[1].end, program.insns.size());
        const SourceLocation where = object->location(program, 0);
        EXPECT_EQ(where.file, "sample.bpf.c");
        EXPECT_EQ(where.line, program.name == "one" ? 9u : 10u);
        EXPECT_EQ(object->location(program, program.functions[1].begin).line, 8u);
        for (std::size_t s = 0; s < program.insns.size(); ++s)
            if (program.insns[s].opcode == 0x85 && program.insns[s].src == 1) { EXPECT_EQ(static_cast<std::int64_t>(s) + 1 + program.insns[s].imm, program.functions[1].begin); }
    }
}

TEST(ReadObject, truncation_at_every_byte_is_a_diagnostic) {
    for (std::size_t n = 0; n < elf().size(); ++n) {
        auto object = bpf::read_object(std::span(elf()).first(n));
        ASSERT_FALSE(object) << "the section table is at the end, so " << n << " bytes cannot be whole";
        EXPECT_EQ(diagnostic_class(object.error()), DiagnosticClass::malformed);
        EXPECT_NE(find_diagnostic_code(object.error().code), nullptr);
    }
}

TEST(ReadObject, flipped_bytes_load_or_are_refused) {
    std::mt19937 random(1);
    unsigned refused = 0;
    for (int i = 0; i < 3000; ++i) {
        std::vector<std::uint8_t> bytes = elf();
        for (int flips = 0; flips < 1 + i % 4; ++flips) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
        auto object = bpf::read_object(bytes);
        if (object) continue;
        ++refused;
        EXPECT_EQ(diagnostic_class(object.error()), DiagnosticClass::malformed) << render_text(object.error());
    }
    EXPECT_GT(refused, 0u);
}

TEST(Build, for_a_platform_without_native_code_ends_at_the_verdict) {
    BuildOptions options;
    options.platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    const std::string source = "#include <linux/bpf.h>\nSEC(\"xdp\") int pass(struct xdp_md *ctx) { return XDP_PASS; }\n";
    options.goal = BuildGoal::verified;
    const BuildResult judged = build({{"pass.bpf.c", {source.begin(), source.end()}}}, options);
    EXPECT_TRUE(judged.ok()) << judged.messages;
    options.goal = BuildGoal::native;
    options.target = "x86_64";
    const BuildResult native = build({{"pass.bpf.c", {source.begin(), source.end()}}}, options);
    ASSERT_FALSE(native.ok());
    EXPECT_EQ(native.exit_code(), 2);
    EXPECT_NE(native.messages.find("linux"), std::string::npos);
}

TEST(Build, judges_functions_of_text_alone_when_asked_for) {
    BuildOptions options;
    options.platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    options.goal = BuildGoal::verified;
    const std::string source = "#include <linux/bpf.h>\n__noinline int alone(struct xdp_md *ctx) { return ctx->ingress_ifindex; }\nSEC(\"xdp\") int entry(struct xdp_md *ctx) { return alone(ctx); }\n";
    const auto functions = [&] {
        const BuildResult result = build({{"xdp_alone.bpf.c", {source.begin(), source.end()}}}, options);
        std::vector<std::string> names;
        for (const ProgramVerdict& verdict : result.verification.verdicts) names.push_back(verdict.section + ":" + verdict.function + (verdict.accepted ? "" : " refused"));
        return names;
    };
    EXPECT_EQ(functions(), std::vector<std::string>{"xdp:entry"});
    options.verify.section = ".text";
    EXPECT_EQ(functions(), std::vector<std::string>{".text:alone"});
}

std::vector<std::uint8_t> changed(std::size_t at, std::vector<std::uint8_t> with) {
    std::vector<std::uint8_t> bytes = elf();
    std::copy(with.begin(), with.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    return bytes;
}

TEST(ReadObject, names_what_is_wrong) {
    const auto code = [](const std::vector<std::uint8_t>& bytes) {
        auto object = bpf::read_object(bytes);
        return object ? std::string("loaded") : object.error().code;
    };
    EXPECT_EQ(code({}), "MBPF3002");
    EXPECT_EQ(code({'M', 'Z', 0, 0}), "MBPF3002");
    EXPECT_EQ(code(changed(4, {1})), "MBPF3002");            // 32-bit
    EXPECT_EQ(code(changed(5, {2})), "MBPF3002");            // big-endian
    EXPECT_EQ(code(changed(18, {0x3e, 0})), "MBPF3002");     // x86-64
    EXPECT_EQ(code(changed(16, {2, 0})), "MBPF3002");        // executable
    EXPECT_EQ(code(changed(60, {0, 0})), "MBPF3004");        // no sections
    EXPECT_EQ(code(changed(62, {0xff, 0xff})), "MBPF3004");  // no section names
    EXPECT_EQ(code(changed(40, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})), "MBPF3003");
}

// Sections by name, from the ELF itself: (header offset, file offset, size).
struct Place {
    std::size_t header = 0, offset = 0, size = 0;
};
Place section(std::string_view name) {
    const auto& b = elf();
    const auto u64 = [&](std::size_t at) { std::uint64_t v = 0; for (unsigned i = 0; i < 8; ++i) v |= std::uint64_t{b[at + i]} << (8 * i); return v; };
    const auto u32 = [&](std::size_t at) { return static_cast<std::uint32_t>(u64(at)); };
    const std::size_t table = u64(40), count = b[60] | b[61] << 8, names = b[62] | b[63] << 8;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t header = table + i * 64;
        const char* text = reinterpret_cast<const char*>(b.data()) + u64(table + names * 64 + 24) + u32(header);
        if (name == text) return {header, u64(header + 24), u64(header + 32)};
    }
    return {};
}

TEST(ReadObject, names_damage_inside_sections) {
    const auto code = [](const std::vector<std::uint8_t>& bytes) {
        auto object = bpf::read_object(bytes);
        return object ? std::string("loaded") : object.error().code;
    };
    const Place btf = section(".BTF"), rel = section(".reltrace/one"), program = section("trace/one"), symbols = section(".symtab");
    ASSERT_NE(btf.size, 0u);
    ASSERT_NE(rel.size, 0u);
    EXPECT_EQ(code(changed(btf.offset, {0, 0})), "MBPF3006");
    EXPECT_EQ(code(changed(rel.offset + 12, {0xff, 0xff, 0, 0})), "MBPF3005");  // symbol that does not exist
    EXPECT_EQ(code(changed(rel.offset, {4})), "MBPF3010");                      // not at an instruction
    EXPECT_EQ(code(changed(program.header + 32, {static_cast<std::uint8_t>(program.size - 4)})), "MBPF3001");
    // No function symbol any more: no program.
    std::vector<std::uint8_t> none = elf();
    for (std::size_t at = symbols.offset; at + 24 <= symbols.offset + symbols.size; at += 24)
        if ((none[at + 4] & 15) == 2) none[at + 4] = 0x01;
    EXPECT_EQ(code(none), "MBPF3008");
    // A function that is longer than its section.
    std::vector<std::uint8_t> longer = elf();
    for (std::size_t at = symbols.offset; at + 24 <= symbols.offset + symbols.size; at += 24)
        if ((longer[at + 4] & 15) == 2) longer[at + 18] = 1;
    EXPECT_EQ(code(longer), "MBPF3009");
}

TEST(ReadObject, maps_need_their_types) {
    // The map section without BTF: strip by renaming .BTF.
    std::vector<std::uint8_t> bytes = elf();
    const Place btf = section(".BTF");
    for (unsigned i = 0; i < 8; ++i) bytes[btf.header + 32 + i] = 0;
    auto object = bpf::read_object(bytes);
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().code, "MBPF3007");
}

}  // namespace
}  // namespace mbpf
