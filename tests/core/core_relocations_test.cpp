// SPDX-License-Identifier: Apache-2.0
// CO-RE: each function of a program compiled here reads one thing of a type; relocated against other types it
// must hold what those say. The instructions themselves are compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "core/core_relocations.h"
#include "core/core_spec.h"
#include "core/elf_file.h"
#include "core/program.h"
#include "tests/core/compile_bpf.h"

namespace mbpf {
namespace {

// What both sides share; the program's types, then the target's.
constexpr const char* kProgram = R"(
#define CORE __attribute__((preserve_access_index))
#define PROGRAM __attribute__((section("t"), used))
#define FIELD(s, f, kind) __builtin_preserve_field_info(((struct s *)0)->f, kind)
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
struct inner { u32 x; u32 y; } CORE;
struct task {
    u32 flags;
    u32 pid;
    u64 start;
    struct task *parent;
    int priority;
    u16 small;
    struct inner in[4];
    u32 bits_a : 3, bits_b : 7;
    int signed_bits : 5;
    struct { u32 hidden; };
    u32 gone;
    char name[16];
    u32 widened;
    int resized_signed;
    struct inner other_kind;
} CORE;
struct task___old { u32 old_only; } CORE;
struct renamed___flavour { u32 value; } CORE;
struct absent { u32 a; } CORE;
struct two { u32 a; } CORE;
enum state { RUNNING, SLEEPING = 5, LOST = 9 };
enum big { HUGE = 0x123456789abcdefULL };
struct shape { u32 a; struct inner *p; } CORE;
struct other_shape { u32 a; u64 b; } CORE;
typedef int (*callback)(u32 a, struct task *t);
PROGRAM u64 load_pid(struct task *t) { return t->pid; }
PROGRAM u64 load_start(struct task *t) { return t->start; }
PROGRAM u64 load_parent(struct task *t) { return (u64)t->parent; }
PROGRAM u64 load_priority(struct task *t) { return t->priority; }
PROGRAM u64 load_element(struct task *t) { return t->in[2].y; }
PROGRAM u64 load_anonymous(struct task *t) { return t->hidden; }
PROGRAM u64 load_gone(struct task *t) { return t->gone; }
PROGRAM u64 load_widened(struct task *t) { return t->widened; }
PROGRAM u64 load_resized_signed(struct task *t) { return t->resized_signed; }
PROGRAM u64 load_second(struct inner *i) { return i[3].y; }
PROGRAM u64 load_old(struct task___old *t) { return t->old_only; }
PROGRAM u64 load_renamed(struct renamed___flavour *r) { return r->value; }
PROGRAM u64 load_absent(struct absent *a) { return a->a; }
PROGRAM u64 load_two(struct two *a) { return a->a; }
PROGRAM u64 load_other_kind(struct task *t) { return t->other_kind.x; }
PROGRAM void store_pid(struct task *t, u32 v) { t->pid = v; }
PROGRAM u64 offset_pid(void) { return FIELD(task, pid, 0); }
PROGRAM u64 size_start(void) { return FIELD(task, start, 1); }
PROGRAM u64 size_name(void) { return FIELD(task, name, 1); }
PROGRAM u64 exists_pid(void) { return FIELD(task, pid, 2); }
PROGRAM u64 exists_gone(void) { return FIELD(task, gone, 2); }
PROGRAM u64 exists_absent(void) { return FIELD(absent, a, 2); }
PROGRAM u64 exists_old(void) { return FIELD(task___old, old_only, 2); }
PROGRAM u64 signed_priority(void) { return FIELD(task, priority, 3); }
PROGRAM u64 signed_bits(void) { return FIELD(task, signed_bits, 3); }
PROGRAM u64 bits_offset(void) { return FIELD(task, bits_b, 0); }
PROGRAM u64 bits_size(void) { return FIELD(task, bits_b, 1); }
PROGRAM u64 bits_lshift(void) { return FIELD(task, bits_b, 4); }
PROGRAM u64 bits_rshift(void) { return FIELD(task, bits_b, 5); }
PROGRAM u64 gone_offset(void) { return FIELD(task, gone, 0); }
PROGRAM u64 type_exists_task(void) { return __builtin_preserve_type_info(*(struct task *)0, 0); }
PROGRAM u64 type_exists_absent(void) { return __builtin_preserve_type_info(*(struct absent *)0, 0); }
PROGRAM u64 type_size_inner(void) { return __builtin_preserve_type_info(*(struct inner *)0, 1); }
PROGRAM u64 type_size_absent(void) { return __builtin_preserve_type_info(*(struct absent *)0, 1); }
PROGRAM u64 type_matches_shape(void) { return __builtin_preserve_type_info(*(struct shape *)0, 2); }
PROGRAM u64 type_matches_other(void) { return __builtin_preserve_type_info(*(struct other_shape *)0, 2); }
PROGRAM u64 type_exists_callback(void) { return __builtin_preserve_type_info(*(callback *)0, 0); }
PROGRAM u64 enum_sleeping(void) { return __builtin_preserve_enum_value(*(enum state *)SLEEPING, 1); }
PROGRAM u64 enum_lost(void) { return __builtin_preserve_enum_value(*(enum state *)LOST, 1); }
PROGRAM u64 enum_exists_lost(void) { return __builtin_preserve_enum_value(*(enum state *)LOST, 0); }
PROGRAM u64 enum_exists_running(void) { return __builtin_preserve_enum_value(*(enum state *)RUNNING, 0); }
PROGRAM u64 enum_huge(void) { return __builtin_preserve_enum_value(*(enum big *)HUGE, 1); }
)";

constexpr const char* kTarget = R"(
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
struct inner { u64 pad; u32 y; u32 x; };
struct wrapped { u32 w; };
struct task {
    u64 added;
    u64 start;
    u32 pid;
    u32 before_bits : 1, bits_a : 3, bits_c : 26, bits_b : 9;
    u32 parent_pad;
    struct { u32 pad2; struct { struct task *parent; }; };
    int priority;
    u32 hidden;
    struct inner in[8];
    char name[32];
    u64 widened;
    long long resized_signed;
    long long signed_bits;
    u32 other_kind;
    u32 flags;
};
struct renamed { u8 pad[40]; u32 value; };
struct two { u32 a; };
struct two___b { u32 pad; u32 a; };
enum state { RUNNING = 3, SLEEPING = 77, WAKING };
enum big { HUGE = 0xfedcba9876543210ULL };
struct shape { u64 more; struct inner *p; u32 a; };
struct other_shape { u32 a; u32 b; };
typedef int (*callback)(u32 a, struct task *t);
struct task *task; struct renamed *renamed; struct two *two; struct two___b *two_b; enum state state; enum big big; struct shape *shape; struct other_shape *other_shape; callback cb; struct wrapped *wrapped;
)";

// "const N", "load OFFSET/BYTES", "store OFFSET/BYTES", "poison": the first instruction that says so.
std::string effect(const bpf::Program& program) {
    for (std::size_t s = 0; s < program.insns.size(); ++s) {
        const bpf::Insn& insn = program.insns[s];
        const bpf::Op* op = bpf::find_op(insn);
        if (insn.opcode == 0x85 && insn.imm == kPoisonedHelper) return "poison";
        if (op == nullptr) return "invalid";
        const std::string place = std::to_string(insn.offset) + "/" + std::to_string(bpf::access_bytes(*op));
        if (op->kind == bpf::Kind::load || op->kind == bpf::Kind::load_sx) return "load " + place;
        if (op->kind == bpf::Kind::store_imm || op->kind == bpf::Kind::store_reg) return "store " + place;
        if (op->kind == bpf::Kind::load_imm64) return "const " + std::to_string(static_cast<std::uint32_t>(insn.imm) | std::uint64_t{static_cast<std::uint32_t>(program.insns[s + 1].imm)} << 32);
        if (op->alu == bpf::AluOp::mov && !op->uses_src) return "const " + std::to_string(insn.imm);
        if (op->kind == bpf::Kind::alu && op->alu == bpf::AluOp::add && !op->uses_src) return "add " + std::to_string(insn.imm);
    }
    return "nothing";
}

struct Expected {
    const char* function;
    const char* own;     // relocated against the program's own types
    const char* target;  // against the others
};
constexpr Expected kExpected[] = {
    {"load_pid", "load 4/4", "load 16/4"},
    {"load_start", "load 8/8", "load 8/8"},
    {"load_parent", "load 16/8", "load 40/8"},           // inside two anonymous structs
    {"load_priority", "load 24/4", "load 48/4"},
    {"load_element", "load 52/4", "load 96/4"},          // in[2].y: 56 + 2 * 16 + 8
    {"load_anonymous", "load 68/4", "load 52/4"},
    {"load_gone", "load 72/4", "poison"},
    {"load_widened", "load 92/4", "load 216/8"},
    {"load_resized_signed", "load 96/4", "poison"},      // sign extension would be wrong
    {"load_second", "load 28/4", "load 56/4"},
    {"load_old", "load 0/4", "poison"},
    {"load_renamed", "load 0/4", "load 40/4"},
    {"load_absent", "load 0/4", "poison"},
    {"load_two", "load 0/4", "poison"},                  // two candidates disagree
    {"load_other_kind", "load 100/4", "poison"},         // a struct here, a number there
    {"store_pid", "store 4/4", "store 16/4"},
    {"offset_pid", "const 4", "const 16"},
    {"size_start", "const 8", "const 8"},
    {"size_name", "const 16", "const 32"},
    {"exists_pid", "const 1", "const 1"},
    {"exists_gone", "const 1", "const 0"},
    {"exists_absent", "const 1", "const 0"},
    {"exists_old", "const 1", "const 0"},
    {"signed_priority", "const 1", "const 1"},
    {"signed_bits", "const 1", "const 1"},
    {"bits_offset", "const 64", "const 24"},
    {"bits_size", "const 4", "const 4"},
    {"bits_lshift", "const 54", "const 55"},
    {"bits_rshift", "const 57", "const 55"},
    {"gone_offset", "const 72", "poison"},
    {"type_exists_task", "const 1", "const 1"},
    {"type_exists_absent", "const 1", "const 0"},
    {"type_size_inner", "const 8", "const 16"},
    {"type_size_absent", "const 4", "const 0"},
    {"type_matches_shape", "const 1", "const 1"},
    {"type_matches_other", "const 1", "const 0"},
    {"type_exists_callback", "const 1", "const 1"},
    {"enum_sleeping", "const 5", "const 77"},
    {"enum_lost", "const 9", "poison"},
    {"enum_exists_lost", "const 1", "const 0"},
    {"enum_exists_running", "const 1", "const 1"},
    {"enum_huge", "const 81985529216486895", "const 18364758544493064720"},
};

const std::vector<std::uint8_t>& program_elf() {
    static const auto bytes = compile_bpf("core_program", kProgram);
    return bytes;
}
const std::vector<std::uint8_t>& target_elf() {
    static const auto bytes = compile_bpf("core_target", kTarget);
    return bytes;
}

void check(const bpf::Object& object, const char* Expected::* column) {
    EXPECT_TRUE(object.has_core_relocations);
    EXPECT_EQ(object.programs.size(), std::size(kExpected));
    for (const Expected& e : kExpected) {
        const auto found = std::ranges::find(object.programs, e.function, &bpf::Program::name);
        ASSERT_NE(found, object.programs.end()) << e.function;
        EXPECT_EQ(effect(*found), e.*column) << e.function;
        const bool poisoned = std::string_view(e.*column) == "poison";
        const auto why = std::ranges::find(object.unresolved, static_cast<std::uint32_t>(found - object.programs.begin()), &bpf::UnresolvedRelocation::program);
        EXPECT_EQ(why != object.unresolved.end(), poisoned) << e.function;
        if (why != object.unresolved.end()) {
            EXPECT_EQ(found->insns[why->slot].imm, kPoisonedHelper);
            EXPECT_FALSE(why->why.empty());
        }
    }
}

TEST(CoreRelocations, against_the_programs_own_types) {
    const auto object = bpf::read_object(program_elf());
    ASSERT_TRUE(object) << render_text(object.error());
    check(*object, &Expected::own);
}

TEST(CoreRelocations, against_other_types_in_an_elf_file) {
    bpf::ReadOptions options;
    options.target_btf = target_elf();
    const auto object = bpf::read_object(program_elf(), options);
    ASSERT_TRUE(object) << render_text(object.error());
    check(*object, &Expected::target);
}

TEST(CoreRelocations, against_other_types_as_raw_btf) {
    const auto section = read_elf_section(target_elf(), ".BTF");
    ASSERT_TRUE(section);
    bpf::ReadOptions options;
    options.target_btf = *section;
    const auto object = bpf::read_object(program_elf(), options);
    ASSERT_TRUE(object) << render_text(object.error());
    check(*object, &Expected::target);
}

TEST(CoreRelocations, a_target_that_is_no_btf_is_refused) {
    const std::vector<std::uint8_t> none = {1, 2, 3, 4, 5, 6, 7, 8};
    bpf::ReadOptions options;
    options.target_btf = none;
    const auto object = bpf::read_object(program_elf(), options);
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().code, "MBPF3006");
}

// Whatever the target's bytes say: loaded or refused, never a crash or a hang.
TEST(CoreRelocations, damaged_targets_are_refused_or_used) {
    const auto section = read_elf_section(target_elf(), ".BTF");
    ASSERT_TRUE(section);
    std::mt19937 random(7);
    unsigned used = 0;
    for (int round = 0; round < 2000; ++round) {
        std::vector<std::uint8_t> bytes(section->begin(), section->end());
        for (int flips = 0; flips < 1 + round % 6; ++flips) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : random() % 32);
        bpf::ReadOptions options;
        options.target_btf = bytes;
        const auto object = bpf::read_object(program_elf(), options);
        if (!object) {
            EXPECT_EQ(diagnostic_class(object.error()), DiagnosticClass::malformed);
            continue;
        }
        ++used;
    }
    EXPECT_GT(used, 100u);
}

TEST(CoreRelocations, damaged_programs_are_refused_or_loaded) {
    std::mt19937 random(11);
    unsigned loaded = 0;
    for (int round = 0; round < 2000; ++round) {
        std::vector<std::uint8_t> bytes = program_elf();
        for (int flips = 0; flips < 1 + round % 5; ++flips) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 32);
        bpf::ReadOptions options;
        if (round % 2 == 0) options.target_btf = target_elf();
        const auto object = bpf::read_object(bytes, options);
        if (!object) { EXPECT_EQ(diagnostic_class(object.error()), DiagnosticClass::malformed); }
        else ++loaded;
    }
    EXPECT_GT(loaded, 100u);
}

TEST(CoreNames, suffix_after_three_underscores_is_a_flavour) {
    EXPECT_EQ(essential_name("task_struct"), "task_struct");
    EXPECT_EQ(essential_name("task_struct___old"), "task_struct");
    EXPECT_EQ(essential_name("a___b"), "a");
    EXPECT_EQ(essential_name("a____b"), "a____b");
    EXPECT_EQ(essential_name("a___"), "a___");
    EXPECT_EQ(essential_name("___a"), "___a");
    EXPECT_EQ(essential_name("a___b___c"), "a___b");
    EXPECT_EQ(essential_name(""), "");
}

}  // namespace
}  // namespace mbpf
