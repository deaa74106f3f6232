// SPDX-License-Identifier: Apache-2.0
// On every device: it proves who it is and what runs, and its root record is replaced over the line.
#include <gtest/gtest.h>
#include <mbpf/abi/package.h>
#include <mbpf/abi/trust.h>
#include <sodium.h>

#include <algorithm>

#include "tests/end_to_end/attested.h"

namespace mbpf::end_to_end {
namespace {

class Trust : public AttestedTest {
  protected:
    std::string code_of_root(const RootRecord& record) {
        auto r = device().update_root(encode_root(record).value());
        return r ? "ok" : r.error().code;
    }
};

TEST_P(Trust, device_proves_what_runs_on_it) {
    start();
    const Package package = build_example("imu_filter/imu_filter.bpf.c", target());
    auto damaged = for_device(package);
    damaged[300] ^= 1;
    EXPECT_EQ(code_of_push(damaged), "MBPF5114");
    push(for_device(package));
    const control::AttestReply reply = attest();
    const auto report = checked(reply);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(std::string(report->device_id.begin(), report->device_id.begin() + 10), "under test");
    EXPECT_EQ(report->root_version, 1u);
    ASSERT_EQ(report->packages.size(), 1u);
    EXPECT_EQ(report->packages[0].name, "imu_filter");
    EXPECT_TRUE(report->packages[0].runs);
    EXPECT_EQ(report->packages[0].attached, 1u);
    const auto header = package.header_bytes();
    EXPECT_TRUE(std::equal(report->packages[0].payload_digest.begin(), report->packages[0].payload_digest.end(), header.begin() + offsetof(mbpf_package_header, payload_digest)));

    const auto log = events(*report, told());
    ASSERT_TRUE(log) << log.error().message << log.error().why;
    ASSERT_EQ(log->size(), 3u);
    EXPECT_EQ((*log)[0].kind, MBPF_EVENT_BOOT);
    EXPECT_EQ(event_text((*log)[1]), "refused (admission 14)");
    EXPECT_EQ((*log)[2].kind, MBPF_EVENT_ADMITTED);
    EXPECT_EQ((*log)[2].name, "imu_filter");
}

TEST_P(Trust, a_report_that_was_changed_or_is_old_or_anothers_is_refused) {
    start();
    const control::AttestReply good = attest();
    ASSERT_TRUE(checked(good));
    for (std::size_t bit = 0; bit < good.report().size() * 8; bit += 7) {
        control::AttestReply changed = good;
        (*changed.mutable_report())[bit / 8] = static_cast<char>((*changed.mutable_report())[bit / 8] ^ (1 << bit % 8));
        ASSERT_EQ(checked(changed).error().code, "MBPF5150") << bit;
    }
    control::AttestReply cut = good;
    cut.mutable_signature()->pop_back();
    EXPECT_EQ(checked(cut).error().code, "MBPF5150");
    nonce[0] ^= 1;
    EXPECT_EQ(checked(good).error().code, "MBPF5151");
    nonce[0] ^= 1;
    device_key = strange_key(Role::device).public_key();
    EXPECT_EQ(checked(good).error().code, "MBPF5150");
    control::Request short_nonce;
    short_nonce.mutable_attest()->set_nonce("abc");
    EXPECT_EQ(code_of(short_nonce), "MBPF3502");
}

TEST_P(Trust, events_are_chained_beyond_those_kept) {
    start();
    const auto package = for_device(build_example("imu_filter/imu_filter.bpf.c", target()));
    for (int i = 0; i < 10; ++i) push(package);
    const auto report = checked(attest());
    ASSERT_TRUE(report);
    EXPECT_EQ(report->event_count, 11u);
    const control::AttestReply kept = told();
    const auto log = events(*report, kept);
    ASSERT_TRUE(log) << log.error().why;
    EXPECT_EQ(log->size(), 8u);
    EXPECT_EQ(log->front().index, 3u);
    for (std::size_t byte = 0; byte < kept.events().size(); byte += 5) {
        control::AttestReply changed = kept;
        (*changed.mutable_events())[byte] = static_cast<char>((*changed.mutable_events())[byte] ^ 1);
        ASSERT_EQ(events(*report, changed).error().code, "MBPF5152") << byte;
    }
    control::AttestReply without_one = kept;
    without_one.mutable_events()->erase(0, MBPF_EVENT_BYTES);
    without_one.set_first(kept.first() + 1);
    EXPECT_EQ(events(*report, without_one).error().code, "MBPF5152");
    push(package);
    EXPECT_TRUE(events(*report, kept)) << "what happens later changes nothing";
}

TEST_P(Trust, root_record_is_replaced_over_the_line) {
    start();
    const Package package = build_example("imu_filter/imu_filter.bpf.c", target());
    RootRecord wanted = root_record();
    wanted.keys.back().key = strange_key(Role::release).public_key();
    RootRecord next = succeed_root(root_record(), wanted).value();
    EXPECT_EQ(code_of_root(next), "MBPF5139");
    ASSERT_TRUE(sign_root(next, strange_key(Role::root)));
    EXPECT_EQ(code_of_root(next), "MBPF5139") << "a key the device does not know";
    next.signatures.clear();
    ASSERT_TRUE(sign_root(next, trusted_key(Role::root)));
    EXPECT_EQ(code_of_root(next), "ok");
    EXPECT_EQ(code_of_root(next), "MBPF5137") << "not twice";
    EXPECT_EQ(hello().root_version(), 2u);
    EXPECT_EQ(code_of_push(for_device(package)), "MBPF5112") << "the old release key is revoked";
    Package again = package;
    ASSERT_TRUE(sign_package(again, trusted_key(Role::verifier)));
    ASSERT_TRUE(sign_package(again, strange_key(Role::release)));
    EXPECT_EQ(code_of_push(again.serialize(true)), "ok");
    const auto report = checked(attest());
    ASSERT_TRUE(report);
    EXPECT_EQ(report->root_version, 2u);
    control::Request rubbish;
    rubbish.mutable_root_update()->set_record("not a record");
    EXPECT_EQ(code_of(rubbish), "MBPF5136");
}

// As one does that is longer than the device's messages (of 512 bytes in test_end_to_end_small_line).
TEST_P(Trust, root_record_comes_as_packages_do_too) {
    start();
    RootRecord wanted = root_record();
    while (wanted.keys.size() < MBPF_TRUST_MAX_KEYS) {
        wanted.keys.push_back(wanted.keys.back());
        wanted.keys.back().key = SecretKey::generate(Role::release, "").public_key();
    }
    RootRecord next = succeed_root(root_record(), wanted).value();
    control::Request update;
    update.mutable_root_update()->set_transferred(true);
    EXPECT_EQ(code_of(update), "MBPF4105") << "nothing was transferred";
    const auto transfer = [&](std::span<const std::uint8_t> bytes) {
        std::string digest(32, '\0');
        crypto_hash_sha256(reinterpret_cast<std::uint8_t*>(digest.data()), bytes.data(), bytes.size());
        control::Request begin;
        begin.mutable_push_begin()->set_bytes(static_cast<std::uint32_t>(bytes.size()));
        begin.mutable_push_begin()->set_sha256(digest);
        must(begin);
        for (std::size_t at = 0; at < bytes.size(); at += 256) {
            const auto part = bytes.subspan(at, std::min<std::size_t>(256, bytes.size() - at));
            control::Request data;
            data.mutable_push_data()->set_offset(static_cast<std::uint32_t>(at));
            data.mutable_push_data()->set_data(part.data(), part.size());
            data.mutable_push_data()->set_transfer(to_u32(digest));
            must(data);
        }
    };
    transfer(encode_root(next).value());
    EXPECT_EQ(code_of(update), "MBPF5139") << "not signed";
    ASSERT_TRUE(sign_root(next, trusted_key(Role::root)));
    const auto bytes = encode_root(next).value();
    EXPECT_GT(bytes.size(), 500u) << "no room for the rest of a message of 512";
    transfer(bytes);
    EXPECT_EQ(code_of(update), "ok");
    EXPECT_EQ(code_of(update), "MBPF4105") << "its slot is given back";
    EXPECT_EQ(hello().root_version(), 2u);
    EXPECT_EQ(code_of_root(next), "MBPF5137") << "not twice";
}

// What a host was told before is part of what it is told after, and a revoked key stays revoked.
TEST_P(Trust, root_record_and_log_survive_a_reset) {
    keep_flash();
    start();
    const Package package = build_example("imu_filter/imu_filter.bpf.c", target());
    push(for_device(package));
    RootRecord wanted = root_record();
    wanted.keys.back().key = strange_key(Role::release).public_key();
    RootRecord next = succeed_root(root_record(), wanted).value();
    ASSERT_TRUE(sign_root(next, trusted_key(Role::root)));
    EXPECT_EQ(code_of_root(next), "ok");
    const auto before = checked(attest());
    ASSERT_TRUE(before);
    ASSERT_EQ(before->event_count, 3u);
    EXPECT_EQ(before->packages.size(), 1u) << "what runs goes on";

    start();  // switched off and on
    EXPECT_EQ(hello().root_version(), 2u);
    EXPECT_EQ(code_of_push(for_device(package)), "MBPF5112");
    const auto after = checked(attest());
    ASSERT_TRUE(after);
    EXPECT_EQ(after->root_digest, before->root_digest);
    EXPECT_TRUE(after->packages.empty()) << "released by a key that was revoked";
    const auto log = events(*after, told());
    ASSERT_TRUE(log) << log.error().why;
    ASSERT_EQ(log->size(), 6u);
    EXPECT_EQ((*log)[0].kind, MBPF_EVENT_BOOT);
    EXPECT_EQ((*log)[2].kind, MBPF_EVENT_ROOT_REPLACED);
    EXPECT_EQ((*log)[3].kind, MBPF_EVENT_BOOT);
    EXPECT_TRUE(std::equal((*log)[3].digest.begin(), (*log)[3].digest.end(), after->root_digest.begin()));
    EXPECT_EQ(event_text((*log)[4]), "refused (admission 12)");
    EXPECT_EQ((*log)[4].name, "imu_filter");
    Attestation then = *before;  // the head told before the reset, from the events told after it
    EXPECT_TRUE(events(then, told()));
}

MBPF_ON_ALL_DEVICES(Trust);

}  // namespace
}  // namespace mbpf::end_to_end
