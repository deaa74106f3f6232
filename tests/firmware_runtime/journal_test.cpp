// SPDX-License-Identifier: Apache-2.0
// The journal by itself, and the strictness of the flash it is tested on.
#include <gtest/gtest.h>

#include <unistd.h>

#include "mbpf/crc32.h"
#include "stored_device.h"

namespace mbpf::test {
namespace {

constexpr std::uint32_t kLayout = 7;

class JournalTest : public testing::Test {
  protected:
    JournalTest() { EXPECT_TRUE(mbpf_flash_posix_open(&flash_, nullptr, kPageBytes, 16, kWriteBytes, true)); }
    ~JournalTest() override { mbpf_flash_posix_close(&flash_); }

    mbpf_status open(std::uint32_t layout = kLayout, std::uint8_t slots = 4) {
        journal_ = {};
        journal_.flash = &flash_.flash;
        journal_.page_bytes = kPageBytes;
        journal_.area_bytes = 8 * kPageBytes;
        journal_.slot_count = slots;
        return mbpf_journal_open(&journal_, layout);
    }
    mbpf_status append(std::uint8_t kind, std::uint8_t slot, const char* name, std::uint32_t counter, std::uint8_t tries = 0) {
        mbpf_record r{};
        r.kind = kind;
        r.slot = slot;
        r.tries = tries;
        r.counter = counter;
        std::strncpy(r.name, name, sizeof r.name - 1);
        return mbpf_journal_append(&journal_, &r);
    }
    std::string state() {
        std::string text;
        mbpf_record r;
        for (std::uint32_t i = 0; i < journal_.slot_count; ++i) {
            if (!mbpf_journal_slot(&journal_, i, &r)) text += "- ";
            else text += std::string(r.kind == MBPF_RECORD_CONFIRMED ? "C:" : "T" + std::to_string(r.tries) + ":") + r.name + " ";
        }
        return text;
    }

    mbpf_flash_posix flash_{};
    mbpf_journal journal_{};
};

TEST_F(JournalTest, a_slot_is_what_its_last_record_says) {
    ASSERT_EQ(open(), MBPF_OK);
    EXPECT_EQ(state(), "- - - - ");
    ASSERT_EQ(append(MBPF_RECORD_TRIAL, 1, "a", 3, 1), MBPF_OK);
    EXPECT_EQ(state(), "- T1:a - - ");
    ASSERT_EQ(append(MBPF_RECORD_TRIAL, 1, "a", 3, 2), MBPF_OK);
    EXPECT_EQ(state(), "- T2:a - - ");
    EXPECT_EQ(mbpf_journal_floor(&journal_, "a"), 0u);
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 1, "a", 3), MBPF_OK);
    EXPECT_EQ(state(), "- C:a - - ");
    EXPECT_EQ(mbpf_journal_floor(&journal_, "a"), 3u);
    ASSERT_EQ(append(MBPF_RECORD_EMPTY, 1, "a", 3), MBPF_OK);
    EXPECT_EQ(state(), "- - - - ");
    EXPECT_EQ(mbpf_journal_floor(&journal_, "a"), 3u);
    EXPECT_EQ(mbpf_journal_floor(&journal_, "b"), 0u);
}

TEST_F(JournalTest, one_record_confirms_the_new_version_and_retires_the_old) {
    ASSERT_EQ(open(), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 0, "a", 1), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 3, "b", 1), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_TRIAL, 2, "a", 2, 1), MBPF_OK);
    EXPECT_EQ(state(), "C:a - T1:a C:b ");
    ASSERT_EQ(append(MBPF_RECORD_TRIAL, 1, "a", 2, 1), MBPF_OK);  // another trial takes the place of the first
    EXPECT_EQ(state(), "C:a T1:a - C:b ");
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 1, "a", 2), MBPF_OK);
    EXPECT_EQ(state(), "- C:a - C:b ");
    ASSERT_EQ(open(), MBPF_OK);
    EXPECT_EQ(state(), "- C:a - C:b ");
}

TEST_F(JournalTest, turns_over_without_changing_what_it_says) {
    ASSERT_EQ(open(), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 0, "kept", 9), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 1, "gone", 4), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_EMPTY, 1, "gone", 4), MBPF_OK);
    for (std::uint32_t i = 0; i < 500; ++i) {
        ASSERT_EQ(append(MBPF_RECORD_TRIAL, 2, "kept", 10 + i, 1), MBPF_OK) << i;
        ASSERT_EQ(state(), "C:kept - T1:kept - ") << i;
        const mbpf_journal before = journal_;
        ASSERT_EQ(open(), MBPF_OK);
        ASSERT_EQ(state(), "C:kept - T1:kept - ") << i;
        ASSERT_EQ(journal_.next, before.next);
        ASSERT_EQ(mbpf_journal_floor(&journal_, "kept"), 9u);
        ASSERT_EQ(mbpf_journal_floor(&journal_, "gone"), 4u);
    }
    EXPECT_GT(journal_.sequence, 7u);
    EXPECT_EQ(flash_.refused, 0u);
}

TEST_F(JournalTest, a_torn_record_is_skipped_and_its_place_not_used_again) {
    ASSERT_EQ(open(), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 0, "a", 1), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_TRIAL, 1, "a", 2, 1), MBPF_OK);
    for (std::uint32_t bit = 0; bit < 8 * MBPF_RECORD_BYTES; ++bit) {
        if ((flash_.bytes[2 * MBPF_RECORD_BYTES + bit / 8] >> (bit % 8) & 1) == 0) continue;
        flash_.bytes[2 * MBPF_RECORD_BYTES + bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        ASSERT_EQ(open(), MBPF_OK);
        EXPECT_EQ(state(), "C:a - - - ") << bit;
        EXPECT_EQ(journal_.next, 3u);
        flash_.bytes[2 * MBPF_RECORD_BYTES + bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    }
}

TEST_F(JournalTest, a_place_that_takes_no_write_is_passed_over_for_good) {
    ASSERT_EQ(open(), MBPF_OK);
    flash_.bytes[MBPF_RECORD_BYTES + 40] = 0x7F;  // a worn cell
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 0, "a", 1), MBPF_OK);
    EXPECT_EQ(journal_.next, 3u);
    flash_.bytes[MBPF_RECORD_BYTES + 40] = 0xFF;  // reads blank at the next boot
    ASSERT_EQ(open(), MBPF_OK);
    EXPECT_EQ(state(), "C:a - - - ");
    EXPECT_EQ(journal_.next, 3u);
}

TEST_F(JournalTest, remembers_as_many_names_as_it_says_and_no_more) {
    ASSERT_EQ(open(), MBPF_OK);
    for (std::uint32_t i = 0; i < MBPF_STORE_NAMES; ++i) {
        const std::string name = "n" + std::to_string(i);
        EXPECT_TRUE(mbpf_journal_has_room_for_name(&journal_, name.c_str())) << i;
        ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 0, name.c_str(), 100 + i), MBPF_OK);
    }
    EXPECT_FALSE(mbpf_journal_has_room_for_name(&journal_, "one more"));
    EXPECT_TRUE(mbpf_journal_has_room_for_name(&journal_, "n3"));
    for (std::uint32_t i = 0; i < 200; ++i) ASSERT_EQ(append(MBPF_RECORD_TRIAL, 1, "n3", 200, 1), MBPF_OK);
    for (std::uint32_t i = 0; i < MBPF_STORE_NAMES; ++i) EXPECT_EQ(mbpf_journal_floor(&journal_, ("n" + std::to_string(i)).c_str()), 100 + i);
}

TEST_F(JournalTest, a_trial_of_a_new_name_reserves_its_place) {
    ASSERT_EQ(open(), MBPF_OK);
    for (std::uint32_t i = 0; i + 1 < MBPF_STORE_NAMES; ++i) ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 0, ("n" + std::to_string(i)).c_str(), 1), MBPF_OK);
    EXPECT_TRUE(mbpf_journal_has_room_for_name(&journal_, "new"));
    ASSERT_EQ(append(MBPF_RECORD_TRIAL, 1, "new", 1, 1), MBPF_OK);
    EXPECT_TRUE(mbpf_journal_has_room_for_name(&journal_, "new"));
    EXPECT_FALSE(mbpf_journal_has_room_for_name(&journal_, "newer"));
}

TEST_F(JournalTest, a_counter_never_falls_whatever_is_appended) {
    ASSERT_EQ(open(), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 0, "a", 9), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 1, "a", 3), MBPF_OK);
    EXPECT_EQ(mbpf_journal_floor(&journal_, "a"), 9u);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(append(MBPF_RECORD_TRIAL, 2, "b", 1, 1), MBPF_OK);
    EXPECT_EQ(mbpf_journal_floor(&journal_, "a"), 9u);
}

TEST_F(JournalTest, of_another_layout_is_left_alone) {
    ASSERT_EQ(open(), MBPF_OK);
    ASSERT_EQ(append(MBPF_RECORD_CONFIRMED, 0, "a", 9), MBPF_OK);
    EXPECT_EQ(open(kLayout + 1), MBPF_BAD_STATE);
    EXPECT_EQ(open(kLayout, 3), MBPF_BAD_STATE);
    ASSERT_EQ(open(), MBPF_OK);
    EXPECT_EQ(mbpf_journal_floor(&journal_, "a"), 9u);
}

TEST_F(JournalTest, any_bytes_in_flash_are_read_without_harm) {
    std::uint64_t seed = 1;
    const auto random = [&] { return static_cast<std::uint32_t>((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 33); };
    for (int round = 0; round < 300; ++round) {
        for (std::uint32_t i = 0; i < 16 * kPageBytes; ++i) flash_.bytes[i] = static_cast<std::uint8_t>(random());
        // Sound records with wild contents, by an attacker who can write the flash.
        for (std::uint32_t at = 0; at < 16 * kPageBytes; at += MBPF_RECORD_BYTES) {
            if (random() % 3 == 0) continue;
            flash_.bytes[at] = static_cast<std::uint8_t>(0xA1 + random() % 5);
            if (at % (8 * kPageBytes) == 0) {
                const std::uint8_t head[] = {0xA1, 0xFF, 0, 0, kLayout, 0, 0, 0, static_cast<std::uint8_t>(random()), 0, 0, 0, 4, 0};
                std::memcpy(flash_.bytes + at, head, sizeof head);
            }
            const std::uint32_t crc = mbpf_crc32(flash_.bytes + at, MBPF_RECORD_BYTES - 4);
            for (std::uint32_t i = 0; i < 4; ++i) flash_.bytes[at + MBPF_RECORD_BYTES - 4 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
        }
        ASSERT_EQ(open(), MBPF_OK);
        (void)state();
        ASSERT_EQ(append(MBPF_RECORD_TRIAL, 3, "after", 1, 1), MBPF_OK);
        mbpf_record r;
        ASSERT_TRUE(mbpf_journal_slot(&journal_, 3, &r));
        EXPECT_STREQ(r.name, "after");
    }
}

TEST(NorFlash, refuses_what_a_part_cannot_do) {
    mbpf_flash_posix f;
    ASSERT_TRUE(mbpf_flash_posix_open(&f, nullptr, kPageBytes, 4, 8, false));
    const std::uint8_t bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    EXPECT_TRUE(f.flash.program(&f, 8, bytes, 16));
    EXPECT_FALSE(f.flash.program(&f, 8, bytes, 8));              // not erased
    EXPECT_FALSE(f.flash.program(&f, 4, bytes, 8));              // unaligned
    EXPECT_FALSE(f.flash.program(&f, 32, bytes, 4));             // less than a unit
    EXPECT_FALSE(f.flash.program(&f, 4 * kPageBytes, bytes, 8)); // outside
    EXPECT_FALSE(f.flash.erase(&f, 8));
    EXPECT_FALSE(f.flash.erase(&f, 4 * kPageBytes));
    EXPECT_EQ(f.refused, 6u);
    EXPECT_TRUE(f.flash.erase(&f, 0));
    EXPECT_TRUE(f.flash.program(&f, 8, bytes, 8));
    mbpf_flash_posix_close(&f);
}

TEST(NorFlash, in_a_file_survives_being_closed) {
    const std::string path = testing::TempDir() + "mbpf_nor_" + std::to_string(::getpid());
    mbpf_flash_posix f;
    ASSERT_TRUE(mbpf_flash_posix_open(&f, path.c_str(), kPageBytes, 4, 8, false));
    EXPECT_EQ(f.bytes[100], 0xFF);
    const std::uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_TRUE(f.flash.program(&f, 96, bytes, 8));
    mbpf_flash_posix_close(&f);
    ASSERT_TRUE(mbpf_flash_posix_open(&f, path.c_str(), kPageBytes, 4, 8, false));
    EXPECT_EQ(f.bytes[100], 5);
    mbpf_flash_posix_close(&f);
    EXPECT_FALSE(mbpf_flash_posix_open(&f, path.c_str(), kPageBytes, 8, 8, false));  // not that part
    ::unlink(path.c_str());
}

}  // namespace
}  // namespace mbpf::test
