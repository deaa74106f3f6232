// SPDX-License-Identifier: Apache-2.0
// Install, trial, confirmation and return, across resets, with real code running from simulated flash.
#include <gtest/gtest.h>

#include <unistd.h>

#include "stored_device.h"

namespace mbpf::test {
namespace {

class StoreTest : public testing::TestWithParam<bool> {  // mapped: code runs in place
  protected:
    StoreTest() : d(5, GetParam()) { EXPECT_EQ(d.boot(), MBPF_OK); }
    ~StoreTest() override { EXPECT_EQ(d.flash.refused, 0u); }
    void install(std::uint32_t n) {
        ASSERT_EQ(d.push(version(n)).status, MBPF_OK);
        ASSERT_EQ(d.confirm(), MBPF_OK);
    }
    void expire(const std::string& name = "demo") {
        d.package(name)->deadline_ns = 0;
        mbpf_store_poll(d.rt());
    }
    StoredDevice d;
};

TEST_P(StoreTest, a_confirmed_package_survives_any_number_of_resets) {
    install(1);
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(d.boot(), MBPF_OK);
        EXPECT_EQ(d.runs(), 1);
        EXPECT_FALSE(d.package("demo")->on_trial);
    }
}

TEST_P(StoreTest, code_runs_where_it_is_stored_if_the_part_is_mapped) {
    install(1);
    const std::uint8_t* at = d.package("demo")->bytes;
    const bool in_flash = at >= d.flash.bytes && at < d.flash.bytes + d.flash_bytes();
    EXPECT_EQ(in_flash, GetParam());
    EXPECT_EQ(d.package("demo")->slot == MBPF_NO_SLOT, GetParam());
    EXPECT_EQ(std::count(std::begin(d.rt()->slot_used), std::end(d.rt()->slot_used), true), GetParam() ? 0 : 1);
}

TEST_P(StoreTest, only_confirmation_raises_the_rollback_counter) {
    install(1);
    EXPECT_EQ(d.floor(), 10u);
    ASSERT_EQ(d.push(version(3)).status, MBPF_OK);
    EXPECT_EQ(d.runs(), 3);
    EXPECT_EQ(d.floor(), 10u);
    ASSERT_EQ(d.push(version(2)).status, MBPF_OK);  // lower than the trial's, not than what was confirmed
    EXPECT_EQ(d.runs(), 2);
    ASSERT_EQ(d.confirm(), MBPF_OK);
    EXPECT_EQ(d.floor(), 20u);
    const Device::Outcome o = d.push(version(1));
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_ROLLBACK);
    EXPECT_EQ(o.verdict.expected, 20u);
}

TEST_P(StoreTest, the_rollback_counter_outlives_the_package) {
    install(2);
    ASSERT_EQ(mbpf_unload(d.rt(), "demo"), MBPF_OK);
    EXPECT_EQ(d.runs(), -1);
    EXPECT_EQ(d.push(version(1)).verdict.code, MBPF_ADMIT_ROLLBACK);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), -1);
    EXPECT_EQ(d.push(version(1)).verdict.code, MBPF_ADMIT_ROLLBACK);
    install(2);
    EXPECT_EQ(mbpf_unload(d.rt(), "other"), MBPF_NOT_FOUND);
}

TEST_P(StoreTest, two_tries_without_confirmation_revert) {
    install(1);
    ASSERT_EQ(d.push(version(2)).status, MBPF_OK);  // first try
    ASSERT_EQ(d.boot(), MBPF_OK);                   // second
    EXPECT_EQ(d.runs(), 2);
    EXPECT_TRUE(d.package("demo")->on_trial);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), 1);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), 1);
    EXPECT_EQ(d.floor(), 10u);
}

// What a migrator does may be what a trial is there to survive: its run belongs to a try that is recorded already.
TEST_P(StoreTest, a_migrator_runs_within_a_recorded_try) {
    Package first = version(1);
    first.maps = {array_map("x")};
    finish(first);
    ASSERT_EQ(d.push(first).status, MBPF_OK);
    ASSERT_EQ(d.confirm(), MBPF_OK);
    Package second = version(2);
    second.maps = {array_map("x", 16), array_map("old_x")};
    Import old_values;
    old_values.kind = MBPF_IMPORT_MAP_VALUES;
    old_values.index = 1;
    second.imports = {old_values};
    second.text.resize(16);
    const std::vector<std::uint8_t> code{0x48, 0x8B, 0x06, 0x8B, 0x00, 0x83, 0xE8, 0x01, 0xC3};  // mov rax,[rsi]; mov eax,[rax]; sub eax,1; ret
    second.text.insert(second.text.end(), code.begin(), code.end());
    second.programs.push_back(second.programs[0]);
    second.programs[1].name = "migrate";
    second.programs[1].attach = MBPF_MIGRATOR;
    second.programs[1].entry_offset = 16;
    finish(second);
    *mbpf_find_map(d.package("demo"), "x")->values = 1;
    ASSERT_EQ(d.push(second).status, MBPF_OK);  // first try
    const auto tries = [&] {
        int most = 0;
        for (const std::uint8_t* at = d.flash.bytes; at < d.flash.bytes + 2 * d.store.journal.area_bytes; at += MBPF_RECORD_BYTES)
            if (at[0] == MBPF_RECORD_TRIAL) most = std::max<int>(most, at[2]);
        return most;
    };
    EXPECT_EQ(tries(), 1);
    ASSERT_EQ(d.boot(), MBPF_OK);  // second, and its migrator refuses: the old map starts afresh
    EXPECT_EQ(tries(), 2);
    EXPECT_EQ(d.runs(), 1);
    EXPECT_FALSE(d.package("demo")->on_trial);
    EXPECT_EQ(std::count(std::begin(d.rt()->slot_used), std::end(d.rt()->slot_used), true), GetParam() ? 0 : 1);
}

TEST_P(StoreTest, a_first_version_that_fails_leaves_nothing) {
    ASSERT_EQ(d.push(version(1)).status, MBPF_OK);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), 1);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), -1);
    EXPECT_EQ(d.floor(), 0u);
    install(1);
}

TEST_P(StoreTest, a_deadline_without_failure_confirms) {
    install(1);
    ASSERT_EQ(d.push(version(2)).status, MBPF_OK);
    mbpf_store_poll(d.rt());
    EXPECT_TRUE(d.package("demo")->on_trial);
    expire();
    EXPECT_FALSE(d.package("demo")->on_trial);
    EXPECT_EQ(d.floor(), 20u);
    ASSERT_EQ(d.boot(), MBPF_OK);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), 2);
}

TEST_P(StoreTest, a_deadline_reverts_where_the_host_was_to_confirm) {
    install(1);
    const mbpf_commit_options options{.activate = true, .dry_run = false, .host_confirms = true, .probation_ms = 60'000};
    ASSERT_EQ(d.push_with(version(2), options).status, MBPF_OK);
    EXPECT_EQ(d.runs(), 2);
    ASSERT_EQ(d.boot(), MBPF_OK);  // the condition survives a reset
    EXPECT_EQ(d.runs(), 2);
    EXPECT_TRUE(d.package("demo")->host_confirms);
    expire();
    EXPECT_EQ(d.runs(), 1);
    EXPECT_EQ(d.floor(), 10u);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), 1);
}

TEST_P(StoreTest, a_failing_health_check_reverts_at_once) {
    install(1);
    d.rt()->healthy = [](mbpf_runtime*, const mbpf_package_state* p) { return p->version_minor != 2; };
    ASSERT_EQ(d.push(version(2)).status, MBPF_OK);
    EXPECT_EQ(d.runs(), 2);
    mbpf_store_poll(d.rt());
    EXPECT_EQ(d.runs(), 1);
    ASSERT_EQ(d.push(version(3)).status, MBPF_OK);
    mbpf_store_poll(d.rt());
    EXPECT_EQ(d.runs(), 3);
}

TEST_P(StoreTest, a_package_that_failed_is_reverted_on_trial_and_else_rests_until_the_next_reset) {
    install(1);
    ASSERT_EQ(d.push(version(2)).status, MBPF_OK);
    mbpf_package_failed(d.rt(), d.package("demo"));
    EXPECT_EQ(d.runs(), 1);
    mbpf_package_failed(d.rt(), d.package("demo"));
    EXPECT_EQ(d.runs(), -1);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), 1);
}

TEST_P(StoreTest, reverting_brings_back_the_maps_of_the_moment_of_the_switch) {
    Package counter = simple_package("demo", code_count());
    counter.maps = {array_map("count")};
    Import values;
    values.kind = MBPF_IMPORT_MAP_VALUES;
    counter.imports = {values};
    finish(counter);
    ASSERT_EQ(d.push(counter).status, MBPF_OK);
    ASSERT_EQ(d.confirm(), MBPF_OK);
    EXPECT_EQ(d.runs(), 1);
    EXPECT_EQ(d.runs(), 2);
    const Device::Outcome o = d.push(counter);
    ASSERT_EQ(o.status, MBPF_OK);
    EXPECT_EQ(o.result.maps_kept, 1u);
    EXPECT_EQ(d.runs(), 3);
    EXPECT_EQ(d.runs(), 4);
    ASSERT_EQ(d.revert(), MBPF_OK);
    EXPECT_EQ(d.runs(), 3);  // what the reverted version wrote is gone
}

TEST_P(StoreTest, a_newer_trial_takes_the_place_of_an_older_one) {
    install(1);
    for (std::uint32_t n = 2; n < 30; ++n) {
        ASSERT_EQ(d.push(version(n)).status, MBPF_OK) << n;
        EXPECT_EQ(d.runs(), n);
    }
    ASSERT_EQ(d.revert(), MBPF_OK);
    EXPECT_EQ(d.runs(), 1);
    EXPECT_EQ(d.revert(), MBPF_BAD_STATE);
    EXPECT_EQ(d.confirm(), MBPF_BAD_STATE);
    EXPECT_EQ(mbpf_ram_free(d.rt()), MBPF_ARENA_BYTES - d.package("demo")->ram_bytes);
}

TEST_P(StoreTest, attachments_are_as_they_were_when_the_version_was_pushed) {
    ASSERT_EQ(d.push(version(1), false).status, MBPF_OK);
    EXPECT_EQ(d.runs(), -1);
    ASSERT_EQ(d.confirm(), MBPF_OK);
    ASSERT_EQ(d.boot(), MBPF_OK);
    ASSERT_NE(d.package("demo"), nullptr);
    EXPECT_EQ(d.runs(), -1);
    ASSERT_EQ(mbpf_attach_program(d.program("demo", "main")), MBPF_OK);
    ASSERT_EQ(d.push(version(2), false).status, MBPF_OK);  // takes over the attachment
    EXPECT_EQ(d.runs(), 2);
    ASSERT_EQ(d.revert(), MBPF_OK);
    EXPECT_EQ(d.runs(), 1);
}

TEST_P(StoreTest, a_stored_package_that_changed_does_not_run) {
    install(1);
    const std::vector<std::uint8_t> good = d.image();
    mbpf_record r;
    std::uint32_t slot = 0;
    while (!mbpf_journal_slot(&d.store.journal, slot, &r)) ++slot;
    const std::uint32_t begin = d.store.first_slot + slot * d.store.slot_bytes;
    for (std::uint32_t at = 0; at < r.bytes; at += 5) {
        d.restore(good);
        d.flash.bytes[begin + at] ^= 0x10;
        ASSERT_EQ(d.boot(), MBPF_OK);
        EXPECT_EQ(d.runs(), -1) << at;
    }
    EXPECT_EQ(mbpf_unload(d.rt(), "demo"), MBPF_OK);  // still known by name
    EXPECT_EQ(d.floor(), 10u);
    install(1);
}

TEST_P(StoreTest, a_package_moved_into_another_slot_does_not_run_there) {
    install(1);
    ASSERT_EQ(d.push(version(2, "b")).status, MBPF_OK);
    ASSERT_EQ(d.confirm("b"), MBPF_OK);
    const auto slot_of = [&](const char* name) { return d.flash.bytes + d.store.first_slot + d.package(name)->stored * d.store.slot_bytes; };
    std::swap_ranges(slot_of("demo"), slot_of("demo") + d.store.slot_bytes, slot_of("b"));
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), -1);
    EXPECT_EQ(d.runs("b"), -1);
}

TEST_P(StoreTest, says_when_it_is_full_and_has_room_again) {
    for (std::uint32_t i = 0; i < 5; ++i) {
        const std::string name = "p" + std::to_string(i);
        ASSERT_EQ(d.push(version(i, name)).status, MBPF_OK);
        ASSERT_EQ(d.confirm(name), MBPF_OK);
    }
    const Device::Outcome o = d.push(version(9, "p9"));
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_NO_SLOT);
    ASSERT_EQ(mbpf_unload(d.rt(), "p3"), MBPF_OK);
    ASSERT_EQ(d.push(version(9, "p9")).status, MBPF_OK);
    ASSERT_EQ(d.confirm("p9"), MBPF_OK);
    ASSERT_EQ(d.boot(), MBPF_OK);
    for (const auto& [name, result] : {std::pair{"p0", 0}, {"p1", 1}, {"p2", 2}, {"p3", -1}, {"p4", 4}, {"p9", 9}}) EXPECT_EQ(d.runs(name), result) << name;
}

TEST_P(StoreTest, flash_that_takes_nothing_refuses_and_changes_nothing) {
    install(1);
    mbpf_flash* driver = &d.flash.flash;
    const mbpf_flash good = *driver;
    driver->program = [](void*, std::uint32_t, const std::uint8_t*, std::uint32_t) { return false; };
    EXPECT_EQ(d.push(version(2)).status, MBPF_FLASH_FAILED);
    EXPECT_EQ(d.runs(), 1);
    *driver = good;
    ASSERT_EQ(d.push(version(2)).status, MBPF_OK);
    driver->program = [](void*, std::uint32_t, const std::uint8_t*, std::uint32_t) { return true; };  // a liar
    EXPECT_EQ(d.confirm(), MBPF_FLASH_FAILED);
    EXPECT_TRUE(d.package("demo")->on_trial);
    *driver = good;
    d.flash.refused = 0;
    EXPECT_EQ(d.confirm(), MBPF_OK);
    EXPECT_EQ(d.runs(), 2);
}

TEST_P(StoreTest, refused_packages_and_dry_runs_touch_no_slot) {
    install(1);
    const std::vector<std::uint8_t> before = d.image();
    Package p = version(2);
    EXPECT_EQ(d.push_bytes(p.serialize(true)).status, MBPF_REFUSED);
    EXPECT_EQ(d.push(p, true, true).status, MBPF_OK);
    EXPECT_EQ(d.push(version(0)).status, MBPF_REFUSED);
    std::vector<std::uint8_t> after = d.image();
    std::memcpy(after.data() + d.store.events.begin, before.data() + d.store.events.begin, 2 * d.store.events.area_bytes);
    EXPECT_EQ(after, before) << "but the log of events";
}

// Each refusal is an entry of the log; but not as many as a host likes, or it could wear the flash.
TEST_P(StoreTest, a_host_without_keys_cannot_wear_the_flash) {
    install(1);
    const std::uint32_t before = d.rt()->events.count;
    const std::vector<std::uint8_t> unsigned_bytes = version(2).serialize(true);
    mbpf_verdict verdict;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(d.push_bytes(unsigned_bytes).status, MBPF_REFUSED);
        EXPECT_EQ(mbpf_root_update(d.rt(), unsigned_bytes.data(), 100, &verdict), MBPF_REFUSED);
    }
    EXPECT_EQ(d.rt()->events.count, before + MBPF_EVENT_BURST);
    install(2);  // what only holders of keys can cause is recorded at any time, and says what was left out
    EXPECT_EQ(d.rt()->events.count, before + MBPF_EVENT_BURST + 2);
    EXPECT_EQ(int(d.rt()->events.records[(before + MBPF_EVENT_BURST) % MBPF_EVENT_RECORDS][5]), 200 - int(MBPF_EVENT_BURST));
    EXPECT_EQ(int(d.rt()->events.records[(before + MBPF_EVENT_BURST + 1) % MBPF_EVENT_RECORDS][5]), 0);
}

INSTANTIATE_TEST_SUITE_P(Flash, StoreTest, testing::Bool(), [](const auto& instance) { return instance.param ? std::string("mapped") : std::string("copied_to_ram"); });

TEST(StoreFile, a_package_survives_the_process) {
    const std::string path = testing::TempDir() + "mbpf_store_" + std::to_string(::getpid());
    {
        StoredDevice d(3, false, path.c_str());
        ASSERT_EQ(d.boot(), MBPF_OK);
        ASSERT_EQ(d.push(version(1)).status, MBPF_OK);
        ASSERT_EQ(d.confirm(), MBPF_OK);
    }
    StoredDevice d(3, false, path.c_str());
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), 1);
    ::unlink(path.c_str());
}

TEST(StoreGeometry, parts_it_cannot_use_are_refused) {
    mbpf_store s;
    for (const auto& [page, count, unit, want] : {std::tuple{512u, pages_for(2), 16u, MBPF_OK}, {512u, pages_for(2), 1u, MBPF_OK}, {512u, pages_for(2), 64u, MBPF_OK}, {65536u, 8u, 4u, MBPF_OK}, {65536u, 7u, 4u, MBPF_OUT_OF_RANGE},
                                                  {512u, pages_for(1), 16u, MBPF_OUT_OF_RANGE}, {512u, pages_for(2), 128u, MBPF_OUT_OF_RANGE}, {512u, 0u, 16u, MBPF_OUT_OF_RANGE}}) {
        mbpf_flash_posix f;
        ASSERT_TRUE(mbpf_flash_posix_open(&f, nullptr, page, std::max(count, 1u), unit, true));
        f.geometry.page_count = count;
        EXPECT_EQ(mbpf_store_open(&s, &f.flash), want) << page << " " << count << " " << unit;
        f.geometry.page_count = std::max(count, 1u);
        mbpf_flash_posix_close(&f);
    }
}

}  // namespace
}  // namespace mbpf::test
