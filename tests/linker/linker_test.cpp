// SPDX-License-Identifier: Apache-2.0
// From verified bytecode to a package: what the device will be told about programs, maps, imports and bounds,
// and what is refused because the format or a device could not hold it.
#include <gtest/gtest.h>
#include <mbpf/abi/map_layout.h>
#include <mbpf/abi/package.h>

#include <algorithm>

#include "compiler/native.h"
#include "linker/package.h"
#include "tests/compiler/slots.h"

namespace mbpf::test {
namespace {

bpf::Map map_of(std::string name, bpf::MapType type, std::uint32_t key, std::uint32_t value, std::uint32_t entries) {
    bpf::Map map;
    map.name = std::move(name);
    map.type = static_cast<std::uint32_t>(type);
    map.key_size = key;
    map.value_size = value;
    map.max_entries = entries;
    return map;
}

bpf::Map data_map(bpf::MapOrigin origin, std::uint32_t bytes) {
    bpf::Map map = map_of(origin == bpf::MapOrigin::bss ? ".bss" : ".data", bpf::MapType::array, 4, bytes, 1);
    map.origin = origin;
    if (origin == bpf::MapOrigin::data) map.initial.assign(bytes, 0x11);
    return map;
}

// r0 = *value of map[0], or 0; as Clang writes a lookup.
Slots lookup(std::uint32_t map) {
    Slots s = {op("stw", 10, 0, -4, 0), op("mov64", 2, 10), op("add64_imm", 2, 0, 0, -4)};
    s += lddw(1, 1, map, 0);
    s += Slots{op("call", 0, 0, 0, 1), op("jeq_imm", 0, 0, 1, 0), op("ldxw", 0, 0, 0)};
    return s;
}
Slots pass() { return {op("mov64_imm", 0, 0, 0, 1), op("exit")}; }

struct Built {
    VerifyReport report;
    std::optional<Result<NativeObject>> native;
    std::optional<Result<Package>> package;
};

Built build(std::vector<std::pair<std::string, Slots>> programs, std::vector<bpf::Map> maps,
            const std::string& target = "cortex-m4", LinkOptions options = {.name = "test"}) {
    auto object = std::make_shared<bpf::Object>();
    unsigned number = 0;
    for (auto& [section, slots] : programs) {
        Result<bpf::Object> one = bpf::object_from_slots(slots, section, maps);
        if (!one) continue;
        object->maps = one->maps;
        object->programs.push_back(one->programs.front());
        object->programs.back().name = "program" + std::to_string(number++);
    }
    object->elf = {1, 2, 3};
    Built built;
    const std::shared_ptr<const Platform> platform(builtin_platform("microbpf"), [](const Platform*) {});
    built.report = verify(object, platform);
    for (const ProgramVerdict& v : built.report.verdicts)
        EXPECT_TRUE(v.accepted) << (v.diagnostics.empty() ? "" : render_text(v.diagnostics[0]));
    if (!built.report.verified) return built;
    built.native = compile_native(*built.report.verified, *find_target(target));
    EXPECT_TRUE(*built.native) << render_text(built.native->error());
    if (*built.native) built.package = link_package(*built.report.verified, **built.native, options);
    return built;
}

std::string code_of(const Built& built) {
    if (!built.package) return "not linked";
    return *built.package ? "linked" : built.package->error().code;
}

TEST(Link, package_states_what_the_program_needs_and_reads_back) {
    Slots slots = lookup(1);
    slots += pass();
    const Built built = build({{"gpio/chip2/line7/rising", slots}}, {map_of("unused", bpf::MapType::hash, 4, 4, 8),
                                                                     map_of("limits", bpf::MapType::array, 4, 12, 5)});
    ASSERT_EQ(code_of(built), "linked");
    const Package& p = **built.package;
    ASSERT_EQ(p.maps.size(), 1u) << "maps that no code names are left out";
    EXPECT_EQ(p.maps[0].name, "limits");
    ASSERT_EQ(p.programs.size(), 1u);
    EXPECT_EQ(p.programs[0].attach, "gpio/chip2/line7/rising");
    EXPECT_EQ(p.programs[0].parameter, 2u);
    const Hook& hook = built.report.verified->hook(0);
    EXPECT_EQ(p.programs[0].hook_id, hook.id);
    EXPECT_EQ(p.programs[0].hook_abi, hook.abi_hash());
    EXPECT_EQ(p.programs[0].fail_open, hook.fail_open);
    EXPECT_EQ(p.programs[0].worst_case_instructions, built.report.verified->facts(0).worst_case_instructions);
    EXPECT_EQ(p.isa, MBPF_ISA_THUMBV7EM);
    EXPECT_EQ(p.ram_bytes, p.required_ram_bytes());
    EXPECT_EQ(p.capabilities, 0u);
    const Result<Package> read = parse_package(p.serialize());
    ASSERT_TRUE(read) << render_text(read.error());
    EXPECT_EQ(read->serialize(), p.serialize());
    ASSERT_NE(read->find_host_section(MBPF_HOST_BYTECODE), nullptr);
}

TEST(Link, array_lookup_at_a_known_index_is_an_address_and_no_call) {
    Slots slots = lookup(0);
    slots += Slots{op("and64_imm", 0, 0, 0, 1), op("exit")};
    const Built built = build({{"iio/device0/x", slots}}, {map_of("limits", bpf::MapType::array, 4, 4, 4)});
    ASSERT_EQ(code_of(built), "linked");
    const Package& p = **built.package;
    ASSERT_EQ(p.imports.size(), 1u);
    EXPECT_EQ(p.imports[0].kind, MBPF_IMPORT_MAP_VALUES);
    EXPECT_LE(p.text.size(), 16u);
}

TEST(Link, hash_lookup_is_a_call_with_the_map_object) {
    Slots slots = lookup(0);
    slots += pass();
    const Built built = build({{"iio/device0/x", slots}}, {map_of("seen", bpf::MapType::hash, 4, 4, 4)}, "rv32imac");
    ASSERT_EQ(code_of(built), "linked");
    std::vector<unsigned> kinds;
    for (const Import& row : (*built.package)->imports) kinds.push_back(row.kind);
    std::sort(kinds.begin(), kinds.end());
    EXPECT_EQ(kinds, (std::vector<unsigned>{MBPF_IMPORT_HELPER, MBPF_IMPORT_MAP}));
}

TEST(Link, data_segment_holds_initialised_bytes_first) {
    Slots slots = lddw(1, 2, 0, 8);  // .bss + 8
    slots += lddw(2, 2, 1, 4);       // .data + 4
    slots += Slots{op("ldxw", 3, 2, 0), op("stxw", 1, 3, 0)};
    slots += pass();
    const Built built =
        build({{"iio/device0/x", slots}}, {data_map(bpf::MapOrigin::bss, 16), data_map(bpf::MapOrigin::data, 12)});
    ASSERT_EQ(code_of(built), "linked");
    const Package& p = **built.package;
    EXPECT_EQ(p.data, std::vector<std::uint8_t>(12, 0x11));
    EXPECT_EQ(p.data_ram_bytes, 32u);  // .bss begins at 16
    EXPECT_TRUE(p.maps.empty());
    EXPECT_EQ((*built.native)->data_offsets(), (std::vector<std::int64_t>{16, 0}));
}

TEST(Link, programs_of_one_object_share_maps_and_have_their_own_entries) {
    Slots slots = lookup(0);
    slots += pass();
    const Built built =
        build({{"iio/device0/x", slots}, {"iio/device0/y", slots}}, {map_of("shared", bpf::MapType::array, 4, 4, 4)});
    ASSERT_EQ(code_of(built), "linked");
    const Package& p = **built.package;
    EXPECT_EQ(p.maps.size(), 1u);
    ASSERT_EQ(p.programs.size(), 2u);
    EXPECT_NE(p.programs[0].entry_offset, p.programs[1].entry_offset);
}

TEST(Link, names_that_do_not_fit_the_format_are_refused) {
    const std::string long_channel(40, 'c');
    EXPECT_EQ(code_of(build({{"iio/device0/x", pass()}}, {}, "cortex-m4", {.name = std::string(31, 'n')})), "linked");
    EXPECT_EQ(code_of(build({{"iio/device0/x", pass()}}, {}, "cortex-m4", {.name = std::string(32, 'n')})), "MBPF1301");
    EXPECT_EQ(code_of(build({{"iio/device0/x", pass()}}, {}, "cortex-m4", {.name = ""})), "MBPF1301");
    EXPECT_EQ(code_of(build({{"iio/device0/x", pass()}}, {}, "cortex-m4", {.name = "a\nb"})), "MBPF1301");
    EXPECT_EQ(code_of(build({{"iio/device0/" + long_channel, pass()}}, {})), "MBPF1303");
    Slots slots = lookup(0);
    slots += pass();
    EXPECT_EQ(code_of(build({{"iio/device0/x", slots}}, {map_of(std::string(17, 'm'), bpf::MapType::array, 4, 4, 4)})),
              "MBPF1304");
}

TEST(Link, program_name_that_does_not_fit_is_refused) {
    auto object = std::make_shared<bpf::Object>();
    Result<bpf::Object> one = bpf::object_from_slots(pass(), "iio/device0/x");
    ASSERT_TRUE(one);
    *object = *one;
    object->programs[0].name = std::string(24, 'f');
    const std::shared_ptr<const Platform> platform(builtin_platform("microbpf"), [](const Platform*) {});
    const VerifyReport report = verify(object, platform);
    ASSERT_TRUE(report.verified);
    const Result<NativeObject> native = compile_native(*report.verified, *find_target("cortex-m4"));
    ASSERT_TRUE(native);
    const Result<Package> package = link_package(*report.verified, *native, {.name = "test"});
    ASSERT_FALSE(package);
    EXPECT_EQ(package.error().code, "MBPF1302");
}

TEST(Link, more_ram_than_the_platform_allows_is_refused) {
    Slots slots = lookup(0);
    slots += pass();
    const auto maps = [](std::uint32_t entries) {
        return std::vector<bpf::Map>{map_of("big", bpf::MapType::array, 4, 64, entries)};
    };
    EXPECT_EQ(code_of(build({{"iio/device0/x", slots}}, maps(500))), "linked");
    EXPECT_EQ(code_of(build({{"iio/device0/x", slots}}, maps(60000))), "MBPF1306");
}

// A tail call through map[0], and a result for when there is no such program.
Slots tail_call(std::int32_t element) {
    Slots s = lddw(2, 1, 0, 0);
    s += Slots{op("mov64_imm", 3, 0, 0, element), op("call", 0, 0, 0, 12)};
    s += pass();
    return s;
}

TEST(Link, tail_calls_fill_arrays_and_raise_bounds_to_the_costliest_run) {
    Slots long_way = {op("mov64_imm", 2)};
    for (int i = 0; i < 500; ++i) long_way += Slots{op("add64_imm", 2, 0, 0, 1)};
    long_way += pass();
    bpf::Map array = map_of("next", bpf::MapType::prog_array, 4, 4, 4);
    array.programs = {bpf::kNoProgram, 1, bpf::kNoProgram, 2};
    const Built built = build({{"iio/device0/a", tail_call(1)}, {"iio/device0/b", long_way}, {"gpio/chip0/line1/both", pass()}}, {array});
    ASSERT_EQ(code_of(built), "linked");
    const Package& p = **built.package;
    const VerifiedObject& verified = *built.report.verified;
    const std::uint64_t caller = verified.facts(0).worst_case_instructions, target = verified.facts(1).worst_case_instructions;
    EXPECT_EQ(p.programs[0].worst_case_instructions, verified.platform().max_tail_calls * caller + std::max(caller, target));
    EXPECT_EQ(p.programs[1].worst_case_instructions, target);
    // Likewise the machine code, where the target's additions are one: nine times the caller's own.
    const std::uint32_t machine = p.programs[0].native_instructions;
    ASSERT_NE(machine, MBPF_UNBOUNDED);
    EXPECT_EQ(machine % 9, 0u);
    EXPECT_GT(machine / 9, p.programs[1].native_instructions);
    EXPECT_GE(p.programs[0].stack_bytes, p.programs[1].stack_bytes);
    EXPECT_FALSE(p.programs[0].tail_only);
    EXPECT_TRUE(p.programs[1].tail_only);
    EXPECT_FALSE(p.programs[2].tail_only);  // no program of its hook could enter it
    std::vector<std::uint32_t> filled;
    for (const Import& row : p.imports)
        if (row.kind == MBPF_IMPORT_PROGRAM) filled.push_back(std::uint32_t{row.index} << 24 | row.value);
    EXPECT_EQ(filled, (std::vector<std::uint32_t>{1u << 24 | 1, 2u << 24 | 3}));
    const Result<Package> read = parse_package(p.serialize());
    ASSERT_TRUE(read) << render_text(read.error());
    EXPECT_TRUE(read->programs[1].tail_only);
    EXPECT_EQ(read->serialize(), p.serialize());
}

TEST(Link, element_that_is_no_program_is_refused) {
    bpf::Map array = map_of("next", bpf::MapType::prog_array, 4, 4, 4);
    array.programs = {bpf::kNotAProgram};
    EXPECT_EQ(code_of(build({{"iio/device0/a", tail_call(0)}}, {array})), "MBPF1310");
}

TEST(Link, run_over_the_hooks_budget_is_refused) {
    Slots long_way = {op("mov64_imm", 2)};
    for (int i = 0; i < 12000; ++i) long_way += Slots{op("add64_imm", 2, 0, 0, 1)};
    long_way += tail_call(0);
    const bpf::Map array = map_of("next", bpf::MapType::prog_array, 4, 4, 4);
    EXPECT_EQ(code_of(build({{"iio/device0/a", long_way}}, {array})), "MBPF1311");
}

TEST(Link, map_that_no_device_can_build_is_refused) {
    Slots slots = {op("stdw", 10, 0, -8, 0), op("mov64", 2, 10), op("add64_imm", 2, 0, 0, -8)};
    slots += lddw(1, 1, 0, 0);
    slots += Slots{op("mov64_imm", 3, 0, 0, 8), op("mov64_imm", 4), op("call", 0, 0, 0, 130)};  // ring buffer output
    slots += pass();
    const auto ring = [](std::uint32_t bytes) {
        return std::vector<bpf::Map>{map_of("events", bpf::MapType::ring_buffer, 0, 0, bytes)};
    };
    EXPECT_EQ(code_of(build({{"iio/device0/x", slots}}, ring(256))), "linked");
    EXPECT_EQ(code_of(build({{"iio/device0/x", slots}}, ring(8))), "MBPF1305");
}

TEST(Link, no_signature_and_no_host_section_when_not_asked_for) {
    const Built built =
        build({{"iio/device0/x", pass()}}, {}, "x86_64", {.name = "bare", .include_host_sections = false});
    ASSERT_EQ(code_of(built), "linked");
    EXPECT_TRUE((*built.package)->host_sections.empty());
    EXPECT_TRUE((*built.package)->signatures.empty());
}

}  // namespace
}  // namespace mbpf::test
