// SPDX-License-Identifier: Apache-2.0
// Root record and log of events in flash, with the device's own C: what is kept over resets, and the power cut at
// every unit of flash work, and once more from the boot that follows.
#include <gtest/gtest.h>

#include "kept_log.h"
#include "power.h"

namespace mbpf::test {
namespace {

// A device whose factory record has a root key, so that records can follow it.
class KeptTrust : public ::testing::Test {
  protected:
    Key root = make_key(MBPF_ROLE_ROOT, 31);
    StoredDevice d{3};
    RootSpec first;

    void SetUp() override {
        first.threshold = 1;
        first.keys = {root, d.verifier, d.release};
        d.factory = anchors(first);
        ASSERT_EQ(d.boot(), MBPF_OK);
    }
    // Version n has another release key than n - 1, which it revokes.
    std::vector<std::uint8_t> record(std::uint32_t n) const {
        RootSpec spec = first;
        spec.version = n;
        spec.keys[2] = make_key(MBPF_ROLE_RELEASE, static_cast<std::uint8_t>(100 + n));
        spec.revoked.push_back(d.release.id);
        for (std::uint32_t i = 2; i < n; ++i) spec.revoked.push_back(make_key(MBPF_ROLE_RELEASE, static_cast<std::uint8_t>(100 + i)).id);
        spec.signers = {root};
        return root_record(spec);
    }
    mbpf_status update(const std::vector<std::uint8_t>& bytes) {
        mbpf_verdict v;
        return mbpf_root_update(d.rt(), bytes.data(), static_cast<std::uint32_t>(bytes.size()), &v);
    }
    std::uint32_t version() { return d.rt()->trust.root.version; }
    int kind(std::uint32_t i) { return d.rt()->events.records[i % MBPF_EVENT_RECORDS][4]; }
};

TEST_F(KeptTrust, root_record_and_log_survive_resets) {
    EXPECT_EQ(d.rt()->events.count, 1u);
    ASSERT_EQ(update(record(2)), MBPF_OK);
    EXPECT_EQ(d.push(simple_package()).verdict.code, MBPF_ADMIT_KEY_UNKNOWN);
    const LogMark before = mark(d);
    EXPECT_EQ(before.count, 3u);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(version(), 2u);
    EXPECT_EQ(log_fault(d, before), "");
    EXPECT_EQ(d.rt()->events.count, 4u);
    EXPECT_EQ(kind(0), MBPF_EVENT_BOOT);
    EXPECT_EQ(kind(1), MBPF_EVENT_ROOT_REPLACED);
    EXPECT_EQ(kind(2), MBPF_EVENT_REFUSED);
    EXPECT_EQ(kind(3), MBPF_EVENT_BOOT);
    EXPECT_EQ(std::memcmp(d.rt()->events.records[3] + 16, d.rt()->trust.root.digest, 16), 0) << "a start says whom the device believes";
    EXPECT_EQ(d.push(simple_package()).verdict.code, MBPF_ADMIT_KEY_UNKNOWN) << "the revoked key stays revoked";
}

// A package that a revoked key released does not start again; one by the new key does.
// A chip of its own beside the device's: who writes there may put back what the device once wrote, and nothing else.
TEST_F(KeptTrust, a_record_written_by_who_does_not_know_the_seed_is_not_believed) {
    const auto put_copies = [&](const std::vector<std::uint8_t>& bytes, std::uint8_t seed) {
        for (std::uint32_t copy = 0; copy < 2; ++copy) write_root_copy(d.flash.bytes + d.store.root.begin + copy * d.store.root.copy_bytes, bytes, seed);
    };
    d.factory = anchors(first, ~std::uint64_t{0}, 7);
    ASSERT_EQ(d.boot(), MBPF_OK);
    ASSERT_EQ(update(record(2)), MBPF_OK);
    const std::vector<std::uint8_t> own = d.image();
    RootSpec thief;  // as newer than all to come, and signed by its own keys
    thief.version = 0xFFFFFFFF;
    thief.threshold = 1;
    thief.keys = {make_key(MBPF_ROLE_ROOT, 91), make_key(MBPF_ROLE_VERIFIER, 92), make_key(MBPF_ROLE_RELEASE, 93)};
    thief.signers = {thief.keys[0]};
    for (const std::uint8_t seed : {std::uint8_t{0}, std::uint8_t{8}}) {  // none, and another device's
        put_copies(root_record(thief), seed);
        ASSERT_EQ(d.boot(), MBPF_OK);
        EXPECT_EQ(version(), 1u) << int{seed};
        EXPECT_EQ(d.rt()->trust.root.count, first.keys.size());
    }
    put_copies(root_record(thief), 7);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(version(), 0xFFFFFFFFu) << "the test writes copies as the device does";
    // Each byte of what is believed counts, and so does each of the proof.
    const std::size_t body = 16 + first.keys.size() * MBPF_ROOT_KEY_BYTES + MBPF_KEY_ID_BYTES;
    for (std::size_t at = 8; at < MBPF_ROOT_COPY_BYTES; ++at) {
        if (at >= 8 + body && at < MBPF_ROOT_COPY_BYTES - MBPF_DIGEST_BYTES) continue;
        d.restore(own);
        for (std::uint32_t copy = 0; copy < 2; ++copy) d.flash.bytes[d.store.root.begin + copy * d.store.root.copy_bytes + at] ^= 1;
        ASSERT_EQ(d.boot(), MBPF_OK);
        EXPECT_EQ(version(), 1u) << at;
    }
    d.restore(own);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(version(), 2u);
}

TEST_F(KeptTrust, stored_packages_are_judged_by_the_record_that_was_replaced_since) {
    ASSERT_EQ(d.push(mbpf::test::version(1)).status, MBPF_OK);
    ASSERT_EQ(d.confirm(), MBPF_OK);
    ASSERT_EQ(update(record(2)), MBPF_OK);
    EXPECT_EQ(d.runs(), 1) << "what runs goes on";
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), -1);
    d.release = make_key(MBPF_ROLE_RELEASE, 102);
    ASSERT_EQ(d.push(mbpf::test::version(2)).status, MBPF_OK);
    ASSERT_EQ(d.confirm(), MBPF_OK);
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.runs(), 2);
}

TEST_F(KeptTrust, the_log_is_one_chain_through_many_turns_of_its_areas) {
    LogMark told;
    for (int i = 0; i < 150; ++i) {
        mbpf_event(d.rt(), MBPF_EVENT_FAULT, static_cast<std::uint32_t>(i), "x", nullptr);
        if (i % 7 == 0) {
            told = mark(d);
            ASSERT_EQ(d.boot(), MBPF_OK);
        }
        ASSERT_EQ(log_fault(d, told), "") << i;
    }
    EXPECT_EQ(d.flash.refused, 0u);
}

TEST_F(KeptTrust, power_cut_anywhere_while_a_root_record_is_replaced) {
    ASSERT_EQ(update(record(2)), MBPF_OK);
    const std::vector<std::uint8_t> start = d.image(), third = record(3);
    Power power;
    d.flash.argument = &power;
    std::uint32_t single = 0, doubled = 0, old_left = 0;
    const auto cut = [&](std::uint32_t at, Tear tear, bool boot) {
        return power_fails(power, [&] {
            power.cut_at = at;
            power.tear = tear;
            power.seed = at + 1;
            d.flash.before = Power::before;
            if (boot) (void)d.boot();
            if (version() != 3) (void)update(third);
        });
    };
    const auto check = [&](const LogMark& told, bool done) {
        d.flash.before = nullptr;
        EXPECT_EQ(d.boot(), MBPF_OK);
        EXPECT_TRUE(version() == 3u || (version() == 2u && !done)) << version();
        old_left += version() == 2u;
        EXPECT_EQ(log_fault(d, told), "");
        EXPECT_NE(d.push(simple_package()).status, MBPF_OK) << "the first key stays revoked";
        (void)update(third);
        EXPECT_EQ(version(), 3u);
    };
    for (const Tear tear : kTears) {
        for (std::uint32_t at = 0;; ++at) {
            d.restore(start);
            d.flash.before = nullptr;
            ASSERT_EQ(d.boot(), MBPF_OK);
            const LogMark told = mark(d);
            const bool failed = cut(at, tear, false);
            ++single;
            const std::vector<std::uint8_t> after = d.image();
            check(told, !failed);
            if (!failed) break;
            for (std::uint32_t second = at % 61;; second += 61) {
                d.restore(after);
                const bool again = cut(second, tear, true);
                ++doubled;
                check(told, !again);
                if (!again) break;
                ASSERT_FALSE(HasFailure()) << at << " " << second;
            }
            ASSERT_FALSE(HasFailure()) << at << " " << static_cast<int>(tear);
        }
    }
    EXPECT_EQ(d.flash.refused, 0u);
    EXPECT_GT(single, 300u);
    EXPECT_GT(doubled, 700u);
    EXPECT_GT(old_left, 0u);
    std::printf("root record replaced: %u single cuts, %u double cuts\n", single, doubled);
}

// One event wherever the log stands, so at each turn of its areas too; every cut of it and of the boot after.
TEST_F(KeptTrust, power_cut_anywhere_never_breaks_the_log_nor_takes_it_back) {
    Power power;
    d.flash.argument = &power;
    std::uint32_t cuts = 0;
    for (std::uint32_t stands = 0; stands < 3 * MBPF_EVENT_ENTRIES; ++stands) {
        d.flash.before = nullptr;
        const std::vector<std::uint8_t> start = d.image();
        const LogMark told = mark(d);
        for (const Tear tear : kTears) {
            for (std::uint32_t at = 0;; ++at) {
                d.restore(start);
                const mbpf_event_flash place = d.store.events;  // RAM as it was
                const mbpf_event_log log = d.rt()->events;
                const bool failed = power_fails(power, [&] {
                    power.cut_at = at;
                    power.tear = tear;
                    power.seed = stands * 977 + at;
                    d.flash.before = Power::before;
                    mbpf_event(d.rt(), MBPF_EVENT_FAULT, 7, "x", nullptr);
                    (void)d.boot();
                });
                d.flash.before = nullptr;
                ASSERT_EQ(d.boot(), MBPF_OK);
                ASSERT_EQ(log_fault(d, told), "") << stands << " cut " << at << " tear " << static_cast<int>(tear);
                ++cuts;
                d.store.events = place;
                d.rt()->events = log;
                if (!failed) break;
            }
        }
        d.restore(start);
        mbpf_event(d.rt(), MBPF_EVENT_FAULT, stands, "x", nullptr);
    }
    EXPECT_EQ(d.flash.refused, 0u);
    EXPECT_GT(cuts, 4000u);
    std::printf("log of events: %u cuts\n", cuts);
}

// A part that takes no more: the log goes on in RAM and what is kept stays whole.
TEST_F(KeptTrust, a_worn_part_never_takes_the_log_back) {
    for (int i = 0; i < 40; ++i) mbpf_event(d.rt(), MBPF_EVENT_FAULT, 0, "x", nullptr);
    const LogMark told = mark(d);
    const mbpf_flash sound = d.flash.flash;
    d.flash.flash.program = [](void*, std::uint32_t, const std::uint8_t*, std::uint32_t) { return false; };
    for (int i = 0; i < 100; ++i) mbpf_event(d.rt(), MBPF_EVENT_FAULT, 0, "x", nullptr);
    d.flash.flash = sound;
    ASSERT_EQ(d.boot(), MBPF_OK);
    EXPECT_EQ(d.rt()->events.count, told.count + 1);
    const auto entries = kept_entries(d);
    EXPECT_EQ(std::memcmp(entries.rbegin()->second + 64, told.head.data(), 32), 0);
}

}  // namespace
}  // namespace mbpf::test
