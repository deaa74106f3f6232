// SPDX-License-Identifier: Apache-2.0
// Loading, hooks, hot swap and unloading, with real code running.
#include <gtest/gtest.h>

#include "device.h"

namespace mbpf::test {
namespace {

Package counting_package(std::uint32_t rollback = 5) {
    Package p = simple_package("counter", code_count());
    p.rollback_counter = rollback;
    p.maps = {array_map("count"), {"seen", MBPF_MAP_HASH, 0, 4, 4, 8}};
    Import values;
    values.kind = MBPF_IMPORT_MAP_VALUES;
    p.imports = {values};
    finish(p);
    return p;
}

mbpf_hook_point* point(Device& d, const std::string& name) {
    for (std::uint32_t i = 0; i < d.rt()->point_count; ++i)
        if (name == d.rt()->points[i].name) return &d.rt()->points[i];
    return nullptr;
}

TEST(Loading, data_segment_is_initialised_and_zero_filled) {
    Device d;
    Package p = simple_package("data", {0x48, 0x8B, 0x06, 0x8B, 0x00, 0xC3});  // mov rax,[rsi]; mov eax,[rax]; ret
    p.data = {1, 2, 3, 4};
    p.data_ram_bytes = 16;
    Import data;
    data.kind = MBPF_IMPORT_DATA;
    p.imports = {data};
    finish(p);
    ASSERT_EQ(d.push(p).status, MBPF_OK);
    EXPECT_EQ(mbpf_program_run(d.program("data", "main"), nullptr), 0x04030201u);
    p.imports[0].value = 4;
    ASSERT_EQ(d.push(p).status, MBPF_OK);
    EXPECT_EQ(mbpf_program_run(d.program("data", "main"), nullptr), 0u);
}

TEST(Loading, helpers_are_called_through_the_import_table) {
    Device d;
    Package p = simple_package("call", {0x48, 0x83, 0xEC, 0x08, 0xFF, 0x16, 0x48, 0x83, 0xC4, 0x08, 0xC3});  // sub rsp,8; call [rsi]; add rsp,8; ret
    Import row;
    row.kind = MBPF_IMPORT_HELPER;
    row.index = 5;
    row.value = helper(5).abi_hash;
    p.imports = {row};
    finish(p);
    ASSERT_EQ(d.push(p).status, MBPF_OK);
    const std::uint64_t a = mbpf_program_run(d.program("call", "main"), nullptr), b = mbpf_program_run(d.program("call", "main"), nullptr);
    EXPECT_GT(a, 0u);
    EXPECT_GE(b, a);
}

TEST(HotSwap, keeps_maps_of_equal_layout_and_the_attachment) {
    Device d;
    ASSERT_EQ(d.push(counting_package()).status, MBPF_OK);
    for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), i);
    const std::uint32_t free_before = mbpf_ram_free(d.rt());
    const Device::Outcome o = d.push(counting_package(6), false);
    ASSERT_EQ(o.status, MBPF_OK);
    EXPECT_TRUE(o.result.replaced);
    EXPECT_EQ(o.result.maps_kept, 2u);
    EXPECT_TRUE(d.program("counter", "main")->attached);
    EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), 4u);
    EXPECT_EQ(mbpf_ram_free(d.rt()), free_before);
}

TEST(HotSwap, a_refused_version_leaves_the_old_one_running) {
    Device d;
    ASSERT_EQ(d.push(counting_package()).status, MBPF_OK);
    EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), 1u);
    Package bad = counting_package(6);
    bad.maps[0].value_size = 16;
    finish(bad);
    const Device::Outcome o = d.push(bad);
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_MAP_LAYOUT_CHANGED);
    EXPECT_STREQ(o.verdict.detail, "count");
    EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), 2u);
}

// counting_package() with values of 16 bytes, and a migrator that adds 100 to the count, or refuses.
Package migrating_package(bool refuses = false, std::uint32_t old_value_size = 8) {
    Package p = counting_package(6);
    p.maps[0].value_size = 16;
    p.maps.push_back(array_map("old_count", old_value_size));
    Import old_values;
    old_values.kind = MBPF_IMPORT_MAP_VALUES;
    old_values.index = 2;
    p.imports.push_back(old_values);
    PackageProgram migrator = p.programs[0];
    migrator.name = "migrate";
    migrator.attach = MBPF_MIGRATOR;
    p.text.resize(16);
    migrator.entry_offset = 16;
    const std::vector<std::uint8_t> moves{0x48, 0x8B, 0x46, 0x08, 0x8B, 0x00, 0x48, 0x8B, 0x16, 0x83, 0xC0, 0x64, 0x89, 0x02, 0x31, 0xC0, 0xC3};  // mov rax,[rsi+8]; mov eax,[rax]; mov rdx,[rsi]; add eax,100; mov [rdx],eax; xor eax,eax; ret
    const std::vector<std::uint8_t> code = refuses ? code_return(3) : moves;
    p.text.insert(p.text.end(), code.begin(), code.end());
    p.programs.push_back(migrator);
    finish(p);
    return p;
}

TEST(HotSwap, a_migrator_moves_what_changed_its_layout) {
    Device d;
    ASSERT_EQ(d.push(counting_package()).status, MBPF_OK);
    for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), i);
    const Device::Outcome o = d.push(migrating_package());
    ASSERT_EQ(o.status, MBPF_OK) << o.verdict.detail;
    EXPECT_EQ(o.result.maps_kept, 1u);  // seen
    EXPECT_EQ(mbpf_count_value(d.program("counter", "migrate")->runs), 1u);
    EXPECT_FALSE(d.program("counter", "migrate")->attached);
    EXPECT_TRUE(d.program("counter", "main")->attached);
    EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), 104u);
    // From itself to itself there is nothing to move.
    ASSERT_EQ(d.push(migrating_package()).status, MBPF_OK);
    EXPECT_EQ(mbpf_count_value(d.program("counter", "migrate")->runs), 0u);
    EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), 105u);
}

TEST(HotSwap, a_migrator_that_refuses_leaves_the_old_version_running) {
    Device d;
    ASSERT_EQ(d.push(counting_package()).status, MBPF_OK);
    EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), 1u);
    const std::uint32_t free_before = mbpf_ram_free(d.rt());
    for (int i = 0; i < 10; ++i) {
        const Device::Outcome o = d.push(migrating_package(true));
        EXPECT_EQ(o.status, MBPF_REFUSED);
        EXPECT_EQ(o.verdict.code, MBPF_ADMIT_MAP_LAYOUT_CHANGED);
        EXPECT_EQ(o.verdict.actual, 3u);
        EXPECT_STREQ(o.verdict.detail, "migrate");
        EXPECT_EQ(mbpf_ram_free(d.rt()), free_before);
    }
    EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), 2u);
    // A fresh device has nothing to migrate from.
    ASSERT_EQ(mbpf_unload(d.rt(), "counter"), MBPF_OK);
    EXPECT_EQ(d.push(migrating_package(true)).status, MBPF_OK);
}

TEST(HotSwap, a_migrator_needs_the_old_maps_layout) {
    Device d;
    ASSERT_EQ(d.push(counting_package()).status, MBPF_OK);
    const Device::Outcome o = d.push(migrating_package(false, 24));
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_MAP_LAYOUT_CHANGED);
    EXPECT_STREQ(o.verdict.detail, "count");
}

TEST(HotSwap, a_hundred_versions_use_no_more_than_two) {
    Device d;
    for (std::uint32_t i = 0; i < 100; ++i) {
        ASSERT_EQ(d.push(counting_package(5 + i)).status, MBPF_OK) << i;
        EXPECT_EQ(mbpf_program_run(d.program("counter", "main"), nullptr), i + 1);
    }
    ASSERT_EQ(mbpf_unload(d.rt(), "counter"), MBPF_OK);
    EXPECT_EQ(mbpf_ram_free(d.rt()), MBPF_ARENA_BYTES);
    EXPECT_EQ(mbpf_arena_largest_gap(d.rt()), MBPF_ARENA_BYTES);
}

TEST(Hooks, programs_run_by_priority_until_one_does_not_pass) {
    Device d;
    const std::tuple<const char*, std::uint8_t, std::uint32_t> wanted[] = {{"late", 9, 1}, {"first", 1, 1}, {"second", 5, 0}};
    for (const auto& [name, priority, result] : wanted) {
        Package p = simple_package(name, code_return(result));
        p.programs[0].priority = priority;
        place_on(p, 0, "iio", "iio/device0/accel_x");
        ASSERT_EQ(d.push(p).status, MBPF_OK);
    }
    mbpf_iio_event event{};
    const mbpf_hook_result r = mbpf_hook_run(point(d, "iio/device0/accel_x"), &event);
    EXPECT_EQ(r.verdict, 0);
    EXPECT_EQ(r.programs_run, 2u);
    EXPECT_EQ(mbpf_count_value(d.program("late", "main")->runs), 0u);
    ASSERT_EQ(mbpf_detach_program(d.program("second", "main")), MBPF_OK);
    EXPECT_EQ(mbpf_hook_run(point(d, "iio/device0/accel_x"), &event).programs_run, 2u);
    EXPECT_EQ(mbpf_count_value(d.program("late", "main")->runs), 1u);
    const mbpf_program &first = *d.program("first", "main"), &second = *d.program("second", "main");
    EXPECT_EQ(mbpf_count_value(first.runs), 2u);
    EXPECT_EQ(mbpf_count_value(first.drops), 0u);
    EXPECT_EQ(mbpf_count_value(second.runs), 1u);
    EXPECT_EQ(mbpf_count_value(second.drops), 1u);
    EXPECT_EQ(mbpf_count_value(second.total_ticks), second.worst_ticks);
    EXPECT_LE(first.worst_ticks, mbpf_count_value(first.total_ticks));
    EXPECT_LE(mbpf_count_value(first.total_ticks), std::uint64_t{2} * first.worst_ticks);
}

TEST(Hooks, one_program_alone_counts_like_one_of_many) {
    Device d;
    for (const auto& [name, result] : {std::pair{"drops", 0u}, std::pair{"passes", 1u}}) {
        Package p = simple_package(name, code_return(result));
        place_on(p, 0, "iio", "iio/device0/accel_x");
        ASSERT_EQ(d.push(p).status, MBPF_OK);
    }
    mbpf_hook_point* at = point(d, "iio/device0/accel_x");
    mbpf_program *drops = d.program("drops", "main"), *passes = d.program("passes", "main");
    mbpf_iio_event event{};
    EXPECT_EQ(mbpf_hook_run(at, &event).programs_run, 1u);  // the second is not asked
    ASSERT_EQ(mbpf_detach_program(drops), MBPF_OK);
    EXPECT_EQ(mbpf_hook_run(at, &event).verdict, 1);
    ASSERT_EQ(mbpf_attach_program(drops), MBPF_OK);  // behind the other now
    EXPECT_EQ(mbpf_hook_run(at, &event).programs_run, 2u);
    ASSERT_EQ(mbpf_detach_program(passes), MBPF_OK);
    const mbpf_hook_result alone = mbpf_hook_run(at, &event);
    EXPECT_EQ(alone.verdict, 0);
    EXPECT_EQ(alone.programs_run, 1u);
    EXPECT_EQ(mbpf_count_value(drops->drops), 3u);
    EXPECT_EQ(mbpf_count_value(drops->runs), 3u);
    EXPECT_EQ(mbpf_count_value(passes->drops), 0u);
    EXPECT_EQ(mbpf_count_value(at->fired), 4u);
    ASSERT_EQ(mbpf_detach_program(drops), MBPF_OK);
    EXPECT_EQ(mbpf_hook_run(at, &event).programs_run, 0u);
}

TEST(Hooks, where_results_are_no_verdicts_nothing_is_dropped) {
    Device d;
    ASSERT_EQ(d.push(simple_package("zero", code_return(0))).status, MBPF_OK);
    std::uint64_t event[6] = {};
    EXPECT_EQ(mbpf_hook_run(point(d, "trace/"), event).programs_run, 1u);
    EXPECT_EQ(mbpf_count_value(d.program("zero", "main")->drops), 0u);
}

TEST(HotSwap, keeps_the_priority_that_the_host_set_and_only_that) {
    Device d;
    Package p = simple_package();
    p.programs[0].priority = 3;
    ASSERT_EQ(d.push(p).status, MBPF_OK);
    p.programs[0].priority = 4;
    ASSERT_EQ(d.push(p).status, MBPF_OK);
    EXPECT_EQ(d.program("demo", "main")->priority, 4);
    d.program("demo", "main")->priority = 200;
    d.program("demo", "main")->priority_set = true;
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(d.push(p).status, MBPF_OK);
        EXPECT_EQ(d.program("demo", "main")->priority, 200);
        EXPECT_EQ(mbpf_count_value(d.program("demo", "main")->runs), 0u);  // counts begin anew
    }
}

TEST(Hooks, without_programs_the_descriptor_decides) {
    Device d;
    mbpf_iio_event event{};
    EXPECT_EQ(mbpf_hook_run(point(d, "iio/device0/accel_x"), &event).verdict, 1);  // fails open
    EXPECT_EQ(mbpf_hook_run(point(d, "pwm/chip0/"), &event).verdict, 0);           // fails closed
    EXPECT_EQ(mbpf_hook_run(point(d, "xdp"), &event).verdict, MBPF_XDP_PASS);
}

TEST(Attachments, are_not_doubled) {
    Device d;
    ASSERT_EQ(d.push(simple_package(), false).status, MBPF_OK);
    mbpf_program* p = d.program("demo", "main");
    EXPECT_FALSE(p->attached);
    EXPECT_EQ(mbpf_detach_program(p), MBPF_BAD_STATE);
    EXPECT_EQ(mbpf_attach_program(p), MBPF_OK);
    EXPECT_EQ(mbpf_attach_program(p), MBPF_BAD_STATE);
    EXPECT_EQ(mbpf_detach_program(p), MBPF_OK);
}

mbpf_status commit(Device& d, mbpf_verdict* v, mbpf_commit_result* r) {
    const mbpf_commit_options options{.activate = true, .dry_run = false, .host_confirms = false, .probation_ms = 0};
    return mbpf_transfer_commit(d.rt(), &options, v, r);
}

TEST(Transfer, demands_order_and_completeness) {
    Device d;
    const std::vector<std::uint8_t> bytes = d.signed_bytes(simple_package());
    mbpf_verdict v;
    mbpf_commit_result r;
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 0, bytes.data(), 1), MBPF_BAD_STATE);
    EXPECT_EQ(commit(d, &v, &r), MBPF_BAD_STATE);
    ASSERT_EQ(mbpf_transfer_begin(d.rt(), static_cast<std::uint32_t>(bytes.size()), Device::digest_of(bytes).data(), &v), MBPF_OK);
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 10, bytes.data(), 1), MBPF_OUT_OF_RANGE);
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 0, bytes.data(), static_cast<std::uint32_t>(bytes.size()) + 1), MBPF_OUT_OF_RANGE);
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 0xFFFFFFFF, bytes.data(), 2), MBPF_OUT_OF_RANGE);
    EXPECT_EQ(commit(d, &v, &r), MBPF_BAD_STATE);
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 0, bytes.data(), 100), MBPF_OK);
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 0, bytes.data(), 100), MBPF_OK);  // repeated
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 100, bytes.data() + 100, static_cast<std::uint32_t>(bytes.size()) - 100), MBPF_OK);
    EXPECT_EQ(commit(d, &v, &r), MBPF_OK);
}

TEST(Transfer, goes_on_where_it_stopped_if_it_is_the_same) {
    Device d;
    const std::vector<std::uint8_t> bytes = d.signed_bytes(simple_package());
    const auto all = static_cast<std::uint32_t>(bytes.size());
    const auto digest = Device::digest_of(bytes);
    mbpf_verdict v;
    mbpf_commit_result r;
    ASSERT_EQ(mbpf_transfer_begin(d.rt(), all, digest.data(), &v), MBPF_OK);
    ASSERT_EQ(mbpf_transfer_data(d.rt(), 0, bytes.data(), 200), MBPF_OK);
    ASSERT_EQ(mbpf_transfer_begin(d.rt(), all, digest.data(), &v), MBPF_OK);
    EXPECT_EQ(d.rt()->transfer.received, 200u);
    // What is known already is skipped, whatever a late or hostile frame says it was; the rest of it is taken.
    const std::vector<std::uint8_t> other(200, 0xEE);
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 0, other.data(), 200), MBPF_OK);
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 150, bytes.data() + 150, 100), MBPF_OK);
    EXPECT_EQ(d.rt()->transfer.received, 250u);
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 250, bytes.data() + 250, all - 250), MBPF_OK);
    EXPECT_EQ(commit(d, &v, &r), MBPF_OK);
    EXPECT_NE(d.program("demo", "main"), nullptr);
    // Another length or digest begins anew.
    ASSERT_EQ(mbpf_transfer_begin(d.rt(), all, digest.data(), &v), MBPF_OK);
    ASSERT_EQ(mbpf_transfer_data(d.rt(), 0, bytes.data(), 200), MBPF_OK);
    ASSERT_EQ(mbpf_transfer_begin(d.rt(), all - 1, digest.data(), &v), MBPF_OK);
    EXPECT_EQ(d.rt()->transfer.received, 0u);
    ASSERT_EQ(mbpf_transfer_data(d.rt(), 0, bytes.data(), 200), MBPF_OK);
    ASSERT_EQ(mbpf_transfer_begin(d.rt(), all - 1, Device::digest_of(other).data(), &v), MBPF_OK);
    EXPECT_EQ(d.rt()->transfer.received, 0u);
}

TEST(Transfer, a_wrong_digest_of_the_whole_is_noticed) {
    Device d;
    const std::vector<std::uint8_t> bytes = d.signed_bytes(simple_package());
    const std::uint8_t digest[32] = {1};
    mbpf_verdict v;
    mbpf_commit_result r;
    ASSERT_EQ(mbpf_transfer_begin(d.rt(), static_cast<std::uint32_t>(bytes.size()), digest, &v), MBPF_OK);
    ASSERT_EQ(mbpf_transfer_data(d.rt(), 0, bytes.data(), static_cast<std::uint32_t>(bytes.size())), MBPF_OK);
    EXPECT_EQ(commit(d, &v, &r), MBPF_BAD_REQUEST);
    EXPECT_EQ(d.program("demo", "main"), nullptr);
}

}  // namespace
}  // namespace mbpf::test
