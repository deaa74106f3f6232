// SPDX-License-Identifier: Apache-2.0
// Objects as they are written for Linux: maps of maps in three notations, structures of the kernel's in map
// values, static programs, functions judged alone, symbols of older compilers.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/bytes.h"
#include "core/program.h"
#include "tests/core/compile_bpf.h"

namespace mbpf {
namespace {

using bpf::MapFieldKind;

constexpr const char* kHead = R"(
typedef unsigned int u32; typedef unsigned long long u64; typedef unsigned char u8;
#define SEC(n) __attribute__((section(n), used))
#define __uint(n, v) int (*n)[v]
#define __type(n, v) __typeof__(v) *n
#define __array(n, v) __typeof__(v) *n[]
static void *(*const lookup)(void *, const void *) = (void *)1;
)";

bpf::Object read(const std::string& name, const std::string& source, const bpf::ReadOptions& options = {}) {
    auto object = bpf::read_object(compile_bpf(name, kHead + source), options);
    EXPECT_TRUE(object) << (object ? "" : render_text(object.error()));
    return object ? std::move(*object) : bpf::Object{};
}

const bpf::Map& inner_of(const bpf::Object& object, const char* name) {
    static const bpf::Map none;
    const bpf::Map* outer = object.find_map(name);
    EXPECT_NE(outer, nullptr) << name;
    if (outer == nullptr || outer->inner_map < 0) return none;
    return object.maps[static_cast<std::size_t>(outer->inner_map)];
}

TEST(MapsOfMaps, declared_by_values) {
    const bpf::Object object = read("values", R"(
struct inner { __uint(type, 1); __uint(max_entries, 7); __type(key, u64); __type(value, u32); };
struct { __uint(type, 12); __uint(max_entries, 3); __type(key, u32); __array(values, struct inner); } outer SEC(".maps");
struct { __uint(type, 13); __uint(max_entries, 3); __type(key, u64); __type(value, u32); } alone SEC(".maps");
SEC("tc") int f(void *ctx) { u32 k = 0; return lookup(&outer, &k) != lookup(&alone, &k); }
)");
    EXPECT_EQ(object.find_map("outer")->value_size, 4u);
    const bpf::Map& inner = inner_of(object, "outer");
    EXPECT_EQ(inner.type, 1u);
    EXPECT_EQ(inner.key_size, 8u);
    EXPECT_EQ(inner.value_size, 4u);
    EXPECT_EQ(inner.max_entries, 7u);
    EXPECT_EQ(object.find_map("alone")->inner_map, -1);
}

TEST(MapsOfMaps, of_the_kernels_samples_name_theirs_by_index) {
    const bpf::Object object = read("samples", R"(
struct bpf_map_def { u32 type, key_size, value_size, max_entries, map_flags, inner_map_idx, numa_node; };
struct bpf_map_def SEC("maps") first = {2, 4, 4, 1};
struct bpf_map_def SEC("maps") second = {1, 8, 16, 5};
struct bpf_map_def SEC("maps") outer = {12, 4, 0, 9, 0, 1};
struct bpf_map_def SEC("maps") missing = {12, 4, 4, 9, 0, 77};
SEC("kprobe/f") int f(void *ctx) { u32 k = 0; return lookup(&outer, &k) != lookup(&missing, &k) || lookup(&first, &k) || lookup(&second, &k); }
)");
    EXPECT_EQ(inner_of(object, "outer").name, "second");
    EXPECT_EQ(object.find_map("outer")->value_size, 4u);
    EXPECT_EQ(object.find_map("missing")->inner_map, -1);
    EXPECT_EQ(object.find_map("first")->inner_map, -1);
}

TEST(MapsOfMaps, of_iproute2_name_theirs_by_id) {
    const bpf::Object object = read("iproute2", R"(
struct bpf_elf_map { u32 type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx; };
struct bpf_elf_map SEC("maps") one = {.type = 2, .size_key = 4, .size_value = 4, .max_elem = 1, .id = 5};
struct bpf_elf_map SEC("maps") two = {.type = 2, .size_key = 4, .size_value = 12, .max_elem = 2, .id = 6};
struct bpf_elf_map SEC("maps") outer = {.type = 12, .size_key = 4, .size_value = 4, .max_elem = 8, .inner_id = 6};
SEC("classifier") int f(void *ctx) { u32 k = 0; return lookup(&outer, &k) != lookup(&one, &k) || lookup(&two, &k); }
)");
    EXPECT_EQ(inner_of(object, "outer").name, "two");
}

TEST(MapDefaults, are_those_of_loaders) {
    const bpf::Object object = read("defaults", R"(
struct { __uint(type, 4); } events SEC(".maps");
struct { __uint(type, 3); __uint(max_entries, 8); __type(key, u32); __array(values, int(void *)); } calls SEC(".maps");
struct { __uint(type, 27); __uint(max_entries, 4096); __type(value, u64); } ring SEC(".maps");
SEC("tc") int f(void *ctx) { return lookup(&events, 0) != lookup(&calls, 0) || lookup(&ring, 0); }
)");
    const bpf::Map *events = object.find_map("events"), *calls = object.find_map("calls"), *ring = object.find_map("ring");
    ASSERT_TRUE(events && calls && ring);
    EXPECT_TRUE(events->key_size == 4 && events->value_size == 4 && events->max_entries == 1);
    EXPECT_TRUE(calls->key_size == 4 && calls->value_size == 4 && calls->max_entries == 8 && calls->inner_map == -1);
    EXPECT_TRUE(ring->key_size == 0 && ring->value_size == 0 && ring->max_entries == 4096);
}

TEST(KernelFields, are_found_wherever_they_are_in_a_value) {
    const bpf::Object object = read("fields", R"(
struct bpf_spin_lock { u32 val; };
struct bpf_timer { u64 a, b; };
struct bpf_rb_root { u64 a, b; };
struct file;
struct part { u32 x; struct bpf_timer timer; };
struct value { u64 count; struct bpf_spin_lock lock; struct part parts[2]; struct bpf_rb_root root; struct file __attribute__((btf_type_tag("kptr"))) *file; void *plain; };
struct { __uint(type, 1); __uint(max_entries, 8); __type(key, u32); __type(value, struct value); } fields SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 8); __type(key, u32); __type(value, u64); } none SEC(".maps");
SEC("tc") int f(void *ctx) { return lookup(&fields, 0) != lookup(&none, 0); }
)");
    const bpf::Map* map = object.find_map("fields");
    ASSERT_NE(map, nullptr);
    // count 0, lock 8, parts at 16 of 24 bytes each with the timer 8 in, root 64, file 80, plain 88.
    struct Wanted { MapFieldKind kind; std::uint32_t offset, size; };
    const Wanted wanted[] = {{MapFieldKind::spin_lock, 8, 4}, {MapFieldKind::timer, 24, 16}, {MapFieldKind::timer, 48, 16}, {MapFieldKind::other, 64, 16}, {MapFieldKind::other, 80, 8}};
    ASSERT_EQ(map->kernel_fields.size(), std::size(wanted));
    for (std::size_t i = 0; i < std::size(wanted); ++i) {
        EXPECT_EQ(map->kernel_fields[i].kind, wanted[i].kind) << i;
        EXPECT_EQ(map->kernel_fields[i].offset, wanted[i].offset) << i;
        EXPECT_EQ(map->kernel_fields[i].size, wanted[i].size) << i;
    }
    EXPECT_TRUE(object.find_map("none")->kernel_fields.empty());
}

TEST(KernelFields, are_found_among_global_variables) {
    const bpf::Object object = read("globals", R"(
struct bpf_spin_lock { u32 val; };
u64 before SEC(".bss.shared");
struct bpf_spin_lock lock SEC(".bss.shared");
u32 plain = 7;
SEC("tc") int f(void *ctx) { __atomic_fetch_add(&before, plain, __ATOMIC_RELAXED); return lock.val; }
)");
    const bpf::Map *shared = object.find_map(".bss.shared"), *data = object.find_map(".data");
    ASSERT_TRUE(shared != nullptr && data != nullptr);
    ASSERT_EQ(shared->kernel_fields.size(), 1u);
    EXPECT_EQ(shared->kernel_fields[0].kind, MapFieldKind::spin_lock);
    EXPECT_EQ(shared->kernel_fields[0].size, 4u);
    EXPECT_LE(shared->kernel_fields[0].offset + 4, shared->value_size);
    EXPECT_TRUE(data->kernel_fields.empty());
}

constexpr const char* kFunctions = R"(
__attribute__((noinline)) int helper(int x) { return x * 3; }
static __attribute__((noinline)) SEC("tc") int called(int x) { return x + 2; }
static SEC("tc") int tail(void *ctx) { return 1; }
SEC("tc") int entry(int *ctx) { return helper(*ctx) + called(*ctx); }
)";

std::vector<std::string> names(const bpf::Object& object) {
    std::vector<std::string> result;
    for (const bpf::Program& program : object.programs) result.push_back(program.section + ":" + program.name);
    std::ranges::sort(result);
    return result;
}

TEST(Programs, static_ones_that_nobody_calls_count) {
    EXPECT_EQ(names(read("functions", kFunctions)), (std::vector<std::string>{"tc:entry", "tc:tail"}));
}

TEST(Programs, functions_can_be_asked_for_alone) {
    bpf::ReadOptions options;
    options.text_functions = true;
    EXPECT_EQ(names(read("functions", kFunctions, options)), (std::vector<std::string>{".text:helper", "tc:called", "tc:entry", "tc:tail"}));
}

TEST(Programs, externs_are_listed) {
    const bpf::Object object = read("externs", R"(
extern int bpf_some_kfunc(void *ctx) __attribute__((section(".ksyms")));
extern const int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
SEC("tc") int f(void *ctx) { return bpf_some_kfunc(ctx) + LINUX_KERNEL_VERSION; }
)");
    EXPECT_NE(std::ranges::find(object.externs, "bpf_some_kfunc"), object.externs.end());
    EXPECT_NE(std::ranges::find(object.externs, "LINUX_KERNEL_VERSION"), object.externs.end());
}

// The loader fills them in: a map of one entry that nobody writes, whose contents the object does not know.
TEST(Programs, read_the_kernels_configuration) {
    const bpf::Object object = read("configuration", R"(
extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
extern char CONFIG_TEXT[5] __attribute__((section(".kconfig"), weak));
extern _Bool CONFIG_BPF __attribute__((section(".kconfig")));
SEC("tc") int f(void *ctx) { return CONFIG_BPF + LINUX_KERNEL_VERSION + CONFIG_TEXT[3]; }
)");
    const bpf::Map* map = object.find_map(".kconfig");
    ASSERT_NE(map, nullptr);
    EXPECT_EQ(map->origin, bpf::MapOrigin::kconfig);
    EXPECT_EQ(map->value_size, 24u);
    EXPECT_TRUE(map->initial.empty());
    EXPECT_TRUE(map->values_read_only());
    EXPECT_TRUE(map->is_global_data());
    std::vector<std::int32_t> places;
    const auto& insns = object.programs.front().insns;
    for (std::size_t i = 0; i + 1 < insns.size(); ++i)
        if (insns[i].opcode == 0x18) {
            EXPECT_EQ(static_cast<bpf::Pseudo>(insns[i].src), bpf::Pseudo::map_value);
            EXPECT_EQ(&object.maps[static_cast<std::size_t>(insns[i].imm)], map);
            places.push_back(insns[i + 1].imm - insns[i + 1].imm % 8);
        }
    std::ranges::sort(places);
    EXPECT_EQ(places, (std::vector<std::int32_t>{0, 8, 16})) << "each has a place of its own";
}

// Makes every function symbol one without a type, as compilers before LLVM 7 wrote them.
std::vector<std::uint8_t> without_symbol_types(std::vector<std::uint8_t> bytes) {
    const std::uint64_t table = read_u64(bytes, 40);
    for (std::size_t i = 0; i < read_u16(bytes, 60); ++i) {
        const std::size_t header = static_cast<std::size_t>(table) + i * 64;
        if (read_u32(bytes, header + 4) != 2) continue;
        const std::size_t begin = static_cast<std::size_t>(read_u64(bytes, header + 24)), size = static_cast<std::size_t>(read_u64(bytes, header + 32));
        for (std::size_t at = begin; at + 24 <= begin + size; at += 24)
            if ((bytes[at + 4] & 15) == 2) {
                bytes[at + 4] &= 0xf0;
                std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 16, 8, std::uint8_t{0});
            }
    }
    return bytes;
}

TEST(Programs, of_untyped_symbols_are_named_by_their_section) {
    const auto bytes = compile_bpf("untyped", std::string(kHead) + R"(
SEC("kprobe/one") int first(void *ctx) { return 1; }
SEC("two") int second(void *ctx) { return 2; }
SEC("two") int third(void *ctx) { return 3; }
)");
    auto object = bpf::read_object(without_symbol_types(bytes));
    ASSERT_TRUE(object) << render_text(object.error());
    EXPECT_EQ(names(*object), (std::vector<std::string>{"kprobe/one:kprobe/one", "two:second", "two:third"}));
    for (const bpf::Program& program : object->programs) EXPECT_EQ(program.insns.size(), 2u) << program.name;
}

}  // namespace
}  // namespace mbpf
