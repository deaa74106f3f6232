// SPDX-License-Identifier: Apache-2.0
// A boot hashes every stored package again, but verifies signatures only of those that were not yet found good under
// the present root record. Whether it does shows by a signature that is damaged in flash: nothing else covers it.
#include <gtest/gtest.h>

#include "mbpf/crc32.h"
#include "stored_device.h"

namespace mbpf::test {
namespace {

class Verified : public ::testing::TestWithParam<bool> {
  protected:
    Key root = make_key(MBPF_ROLE_ROOT, 31);
    StoredDevice d{3, GetParam()};
    RootSpec first;

    void SetUp() override {
        first.threshold = 1;
        first.keys = {root, d.verifier, d.release};
        provision(7);
        ASSERT_EQ(d.boot(), MBPF_OK);
        ASSERT_EQ(d.push(version(1)).status, MBPF_OK);
        ASSERT_EQ(d.confirm(), MBPF_OK);
    }
    // `seed` of the device's key; 0: it has none.
    void provision(std::uint8_t seed) { d.factory = anchors(first, ~std::uint64_t{0}, seed); }
    std::uint8_t* stored(std::size_t offset) { return d.flash.bytes + d.store.first_slot + d.package("demo")->stored * d.store.slot_bytes + offset; }
    std::size_t bytes() { return d.signed_bytes(version(1)).size(); }
    void damage(std::size_t offset) { *stored(offset) ^= 1; }
    std::int64_t runs_after_boot() {
        EXPECT_EQ(d.boot(), MBPF_OK);
        return d.runs();
    }
    // The sound records of that kind, wherever they lie.
    std::vector<std::uint8_t*> records(mbpf_record_kind kind) {
        std::vector<std::uint8_t*> found;
        for (std::uint32_t at = 0; at < 2 * d.store.journal.area_bytes; at += MBPF_RECORD_BYTES)
            if (d.flash.bytes[at] == kind) found.push_back(d.flash.bytes + at);
        return found;
    }
    static void seal(std::uint8_t* record) {
        const std::uint32_t crc = mbpf_crc32(record, MBPF_RECORD_BYTES - 4);
        std::memcpy(record + MBPF_RECORD_BYTES - 4, &crc, 4);
    }
};

TEST_P(Verified, signatures_are_verified_at_the_first_boot_only) {
    EXPECT_TRUE(records(MBPF_RECORD_VERIFIED).empty());
    EXPECT_EQ(runs_after_boot(), 1);
    EXPECT_EQ(records(MBPF_RECORD_VERIFIED).size(), 1u);
    damage(bytes() - 5);
    EXPECT_EQ(runs_after_boot(), 1);
    EXPECT_EQ(runs_after_boot(), 1);
    EXPECT_EQ(records(MBPF_RECORD_VERIFIED).size(), 1u) << "no boot writes what is known";
}

TEST_P(Verified, the_first_boot_does_verify) {
    damage(bytes() - 5);
    EXPECT_EQ(runs_after_boot(), -1);
    EXPECT_TRUE(records(MBPF_RECORD_VERIFIED).empty());
}

TEST_P(Verified, signed_bytes_are_still_hashed_at_each_boot) {
    EXPECT_EQ(runs_after_boot(), 1);
    const std::vector<std::uint8_t> image = d.image();
    const std::size_t signed_bytes = bytes() - 2 * sizeof(mbpf_signature_entry) - MBPF_SIGNATURE_BLOCK_HEADER_BYTES;
    for (std::size_t at = 0; at < signed_bytes; at += 3) {
        d.restore(image);
        ASSERT_EQ(runs_after_boot(), 1);
        damage(at);
        EXPECT_EQ(runs_after_boot(), -1) << at;
    }
}

TEST_P(Verified, another_root_record_asks_again) {
    EXPECT_EQ(runs_after_boot(), 1);
    RootSpec second = first;
    second.version = 2;
    second.signers = {root};
    mbpf_verdict v;
    const auto record = root_record(second);
    ASSERT_EQ(mbpf_root_update(d.rt(), record.data(), static_cast<std::uint32_t>(record.size()), &v), MBPF_OK);
    EXPECT_EQ(runs_after_boot(), 1);
    EXPECT_EQ(records(MBPF_RECORD_VERIFIED).size(), 2u);
    const std::vector<std::uint8_t> image = d.image();
    damage(bytes() - 5);
    EXPECT_EQ(runs_after_boot(), 1) << "verified under the second too";
    d.restore(image);
    EXPECT_EQ(runs_after_boot(), 1);
    second.version = 3;
    const auto third = root_record(second);
    ASSERT_EQ(mbpf_root_update(d.rt(), third.data(), static_cast<std::uint32_t>(third.size()), &v), MBPF_OK);
    damage(bytes() - 5);
    EXPECT_EQ(runs_after_boot(), -1);
}

// The factory's blob says another record of the same version, another device, another seed, or no seed.
TEST_P(Verified, what_another_device_verified_counts_for_nothing) {
    EXPECT_EQ(runs_after_boot(), 1);
    damage(bytes() - 5);
    const std::vector<std::uint8_t> image = d.image();
    const auto refused = [&](const char* what) {
        EXPECT_EQ(runs_after_boot(), -1) << what;
        d.restore(image);
        provision(7);
        EXPECT_EQ(runs_after_boot(), 1) << what;
    };
    provision(8);
    refused("seed");
    provision(0);
    refused("no seed");
    first.keys.push_back(make_key(MBPF_ROLE_RELEASE, 77));
    d.factory = anchors(first, ~std::uint64_t{0}, 7);
    first.keys.pop_back();
    refused("root record");
    for (const std::size_t id : {16u, 32u, 48u}) {
        d.factory[id] ^= 1;
        std::uint8_t digest[32];
        crypto_hash_sha256(digest, d.factory.data(), d.factory.size() - 32);
        std::copy(digest, digest + 32, d.factory.end() - 32);
        refused("id");
    }
}

TEST_P(Verified, a_record_by_who_does_not_know_the_seed_counts_for_nothing) {
    EXPECT_EQ(runs_after_boot(), 1);
    damage(bytes() - 5);
    const std::vector<std::uint8_t> image = d.image();
    for (const std::size_t at : {1u, 2u}) {  // slot, keys
        std::uint8_t* record = records(MBPF_RECORD_VERIFIED).at(0);
        record[at] ^= 2;
        seal(record);
        EXPECT_EQ(runs_after_boot(), -1) << at;
        d.restore(image);
    }
    for (std::size_t at = 0; at < MBPF_PROOF_BYTES; ++at) {
        std::uint8_t* record = records(MBPF_RECORD_VERIFIED).at(0);
        record[16 + at] ^= 1;
        seal(record);
        EXPECT_EQ(runs_after_boot(), -1) << at;
        d.restore(image);
    }
    EXPECT_EQ(runs_after_boot(), 1);
}

TEST_P(Verified, a_slots_next_tenant_is_verified) {
    EXPECT_EQ(runs_after_boot(), 1);
    for (std::uint32_t n = 2; n < 6; ++n) {  // through all slots
        ASSERT_EQ(d.push(version(n)).status, MBPF_OK);
        ASSERT_EQ(d.confirm(), MBPF_OK);
        const std::vector<std::uint8_t> image = d.image();
        damage(bytes() - 5);
        EXPECT_EQ(runs_after_boot(), -1) << n;
        d.restore(image);
        EXPECT_EQ(runs_after_boot(), n);
    }
}

TEST_P(Verified, it_survives_the_journals_turn) {
    EXPECT_EQ(runs_after_boot(), 1);
    mbpf_record filler{};
    filler.kind = MBPF_RECORD_FLOOR;
    std::strcpy(filler.name, "long gone");
    for (int i = 0; i < 3 * d.store.journal.capacity; ++i) ASSERT_EQ(mbpf_journal_append(&d.store.journal, &filler), MBPF_OK);
    damage(bytes() - 5);
    EXPECT_EQ(runs_after_boot(), 1);
    EXPECT_EQ(d.floor("long gone"), 0u);
    EXPECT_EQ(d.floor(), 10u);
}

INSTANTIATE_TEST_SUITE_P(Flash, Verified, testing::Bool(), [](const auto& instance) { return instance.param ? std::string("mapped") : std::string("copied_to_ram"); });

}  // namespace
}  // namespace mbpf::test
