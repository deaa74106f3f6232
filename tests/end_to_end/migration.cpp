// SPDX-License-Identifier: Apache-2.0
// A hot swap over a changed layout: the new version's migrator moves the old one's contents; going back finds them as
// they were.
#include <gtest/gtest.h>

#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {
namespace {

class Migration : public DeviceTest {
  protected:
    std::vector<std::uint8_t> version(const char* source, std::uint32_t rollback) {
        Package p = *build_program(source, target()).package;
        p.name = "counter";
        p.rollback_counter = rollback;
        return for_device(p);
    }
    std::vector<std::uint8_t> old_version() { return version("tests/end_to_end/programs/migrate_old.bpf.c", 1); }
    std::vector<std::uint8_t> new_version() { return version("tests/end_to_end/programs/migrate_new.bpf.c", 2); }
    std::uint64_t count(char id) {
        control::Request r;
        auto& t = *r.mutable_test_run();
        t.set_package("counter");
        t.set_program("count");
        std::string context(48, '\0');
        context[8] = id;
        t.set_context(context);
        return must(std::move(r)).test_run().result();
    }
};

TEST_P(Migration, contents_move_into_the_new_layout) {
    start();
    push(old_version());
    for (int i = 0; i < 5; ++i) count(3);
    EXPECT_EQ(count(1), 1u);
    update("counter", "limits", u32(7), u32(77));
    const control::Response r = push(new_version());
    EXPECT_TRUE(r.push().replaced());
    EXPECT_EQ(r.push().maps_kept(), 1u);
    EXPECT_EQ(lookup("counter", "limits", u32(7)), u32(77));
    EXPECT_EQ(lookup("counter", "counts", u32(3)), u32(5) + u32(0) + u32(15) + u32(0));
    EXPECT_EQ(count(3), 6u);
    EXPECT_EQ(count(1), 2u);
    EXPECT_EQ(count(5), 1u);
    const auto list = device().list();
    ASSERT_TRUE(static_cast<bool>(list));
    for (const auto& p : list->front().programs()) {
        if (p.name() != "migrate") continue;
        EXPECT_FALSE(p.attached());
        EXPECT_EQ(p.runs(), 1u);
    }
    // Once moved, a version of the same layout keeps them as ever.
    push(new_version());
    EXPECT_EQ(count(3), 7u);
}

TEST_P(Migration, without_a_migrator_the_swap_is_refused) {
    start();
    push(new_version());
    EXPECT_EQ(count(3), 1u);
    EXPECT_EQ(code_of_push(version("tests/end_to_end/programs/migrate_old.bpf.c", 3)), "MBPF5128");
    EXPECT_EQ(count(3), 2u);
}

TEST_P(Migration, going_back_finds_the_old_contents) {
    keep_flash();
    start();
    push(old_version());
    control::Request confirm;
    confirm.mutable_confirm()->set_package("counter");
    must(std::move(confirm));
    for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(count(2), i);
    push(new_version());
    EXPECT_EQ(count(2), 4u);
    control::Request revert;
    revert.mutable_revert()->set_package("counter");
    must(std::move(revert));
    EXPECT_EQ(count(2), 4u);  // three of its own
}

MBPF_ON_ALL_DEVICES(Migration);

}  // namespace
}  // namespace mbpf::end_to_end
