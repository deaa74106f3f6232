// SPDX-License-Identifier: Apache-2.0
// What a signature covers, what it does not say for the other role, and which keys satisfy which demand.
#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>

#include "tests/signer/example_package.h"

namespace mbpf {
namespace {

constexpr Role kBoth[] = {Role::verifier, Role::release};

std::string code_of(const Status& s) { return s ? "ok" : s.error().code; }

PublicKey pub(Role role, std::uint8_t seed) { return example_key(role, seed).public_key(); }

Package signed_package() {
    Package p = example_package();
    EXPECT_TRUE(sign_package(p, example_key(Role::verifier, 1)));
    EXPECT_TRUE(sign_package(p, example_key(Role::release, 2)));
    return p;
}
std::vector<PublicKey> both_keys() { return {example_key(Role::verifier, 1).public_key(), example_key(Role::release, 2).public_key()}; }

TEST(Signature, covers_the_cose_structure_any_tool_can_check) {
    const Package p = signed_package();
    std::string structure("\x84\x6a" "Signature1" "\x43\xa1\x01\x27\x53" "microbpf/release/v1" "\x59\x01\x00", 39);
    const auto header = p.header_bytes();
    ASSERT_EQ(header.size(), 256u);
    structure.append(header.begin(), header.end());
    const PublicKey key = example_key(Role::release, 2).public_key();
    EXPECT_EQ(crypto_sign_verify_detached(p.signatures[1].signature.data(), reinterpret_cast<const unsigned char*>(structure.data()), structure.size(), key.bytes.data()), 0);
}

TEST(Signature, survives_stripping_of_host_sections_and_a_round_trip) {
    const Package p = signed_package();
    for (bool stripped : {false, true}) {
        auto read = parse_package(p.serialize(stripped));
        ASSERT_TRUE(read);
        EXPECT_EQ(code_of(require_roles(*read, both_keys(), kBoth)), "ok");
    }
}

TEST(Signature, every_flipped_bit_of_the_header_breaks_both) {
    const Package p = signed_package();
    const auto header = p.header_bytes();
    for (std::size_t bit = 0; bit < header.size() * 8; ++bit) {
        auto changed = header;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << bit % 8));
        for (const PackageSignature& s : p.signatures) {
            const auto bytes = to_be_signed(s.role, changed);
            const PublicKey key = both_keys()[s.role - 1u];
            ASSERT_NE(crypto_sign_verify_detached(s.signature.data(), bytes.data(), bytes.size(), key.bytes.data()), 0) << "bit " << bit;
        }
    }
}

TEST(Signature, every_flipped_bit_of_the_file_is_noticed) {
    const Package p = signed_package();
    const auto bytes = p.serialize();
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto changed = bytes;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << bit % 8));
        auto read = parse_package(changed);
        ASSERT_TRUE(!read || !require_roles(*read, both_keys(), kBoth)) << "bit " << bit;
    }
}

TEST(Signature, of_one_role_is_none_of_the_other) {
    Package p = signed_package();
    std::swap(p.signatures[0].role, p.signatures[1].role);
    EXPECT_EQ(code_of(require_roles(p, both_keys(), kBoth)), "MBPF5003");
    // Nor with the same key bytes entered for both roles.
    Package q = example_package();
    ASSERT_TRUE(sign_package(q, example_key(Role::verifier, 1)));
    q.signatures.push_back(q.signatures[0]);
    q.signatures[1].role = MBPF_ROLE_RELEASE;
    const std::vector<PublicKey> same{example_key(Role::verifier, 1).public_key(), example_key(Role::release, 1).public_key()};
    EXPECT_EQ(code_of(require_roles(q, same, kBoth)), "MBPF5004");
}

TEST(Signature, unknown_algorithms_and_roles_count_for_nothing) {
    Package p = signed_package();
    p.signatures[0].algorithm = 2;
    EXPECT_EQ(code_of(require_roles(p, both_keys(), kBoth)), "MBPF5003");
    p = signed_package();
    p.signatures[0].role = 3;
    EXPECT_EQ(code_of(require_roles(p, both_keys(), kBoth)), "MBPF5002");
}

TEST(Sign, again_with_the_same_key_replaces) {
    Package p = signed_package();
    p.rollback_counter = 8;
    EXPECT_EQ(code_of(require_roles(p, both_keys(), kBoth)), "MBPF5004");
    ASSERT_TRUE(sign_package(p, example_key(Role::release, 2)));
    ASSERT_TRUE(sign_package(p, example_key(Role::verifier, 1)));
    EXPECT_EQ(p.signatures.size(), 2u);
    EXPECT_EQ(code_of(require_roles(p, both_keys(), kBoth)), "ok");
}

TEST(Sign, only_roles_that_packages_need) {
    for (Role role : {Role::root, Role::device}) {
        Package p = example_package();
        EXPECT_EQ(code_of(sign_package(p, example_key(role, 1))), "MBPF5009");
        EXPECT_TRUE(p.signatures.empty());
    }
}

TEST(Deploy, authorises_one_device_and_no_other) {
    Package p = signed_package();
    const SecretKey key = example_key(Role::deploy, 9);
    const std::vector<PublicKey> keys{key.public_key()};
    const DeployScope device{DeployScope::Kind::device, {1, 2, 3}}, other{DeployScope::Kind::device, {1, 2, 4}}, group{DeployScope::Kind::group, {1, 2, 3}};
    EXPECT_EQ(code_of(sign_package(p, key)), "MBPF5009") << "for whom?";
    EXPECT_EQ(code_of(sign_package(p, example_key(Role::release, 2), device)), "MBPF5009");
    ASSERT_TRUE(sign_package(p, key, device));
    const auto valid_for = [&](const DeployScope& scope) {
        const auto reports = check_signatures(p, keys, std::span(&scope, 1));
        return std::ranges::count_if(reports, [](const SignatureReport& r) { return r.valid; });
    };
    EXPECT_EQ(valid_for(device), 1);
    EXPECT_EQ(valid_for(other), 0);
    EXPECT_EQ(valid_for(group), 0) << "the same id, of another kind";
    ASSERT_TRUE(sign_package(p, key, other));
    EXPECT_EQ(valid_for(device) + valid_for(other), 2) << "both stand side by side";
    ASSERT_TRUE(sign_package(p, key, other));
    EXPECT_EQ(p.signatures.size(), 4u) << "the same again replaces";
    auto read = parse_package(p.serialize(true));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->serialize(true), p.serialize(true));
    p.rollback_counter++;
    EXPECT_EQ(valid_for(device), 0) << "of this package only";
}

TEST(Attach, takes_a_signature_made_elsewhere_if_it_holds) {
    Package p = example_package();
    const SecretKey key = example_key(Role::release, 2);
    const auto bytes = bytes_to_sign(p, Role::release);
    ASSERT_TRUE(bytes);
    auto signature = key.sign(*bytes);
    ASSERT_TRUE(signature);
    Package by_key = p;
    ASSERT_TRUE(sign_package(by_key, key));
    ASSERT_TRUE(attach_signature(p, key.public_key(), *signature));
    EXPECT_EQ(p.serialize(), by_key.serialize());

    Package q = example_package();
    EXPECT_EQ(code_of(attach_signature(q, pub(Role::release, 3), *signature)), "MBPF5010");
    EXPECT_EQ(code_of(attach_signature(q, pub(Role::verifier, 2), *signature)), "MBPF5010");
    EXPECT_EQ(code_of(attach_signature(q, key.public_key(), std::span(*signature).first(63))), "MBPF5010");
    (*signature)[5] ^= 1;
    EXPECT_EQ(code_of(attach_signature(q, key.public_key(), *signature)), "MBPF5010");
    EXPECT_TRUE(q.signatures.empty());
}

TEST(Sign, drops_the_signatures_of_a_key_that_rotates_out) {
    Package p = signed_package();
    ASSERT_TRUE(sign_package(p, example_key(Role::release, 3)));
    EXPECT_EQ(drop_signatures(p, pub(Role::release, 2).id()), 1u);
    EXPECT_EQ(drop_signatures(p, pub(Role::release, 2).id()), 0u);
    EXPECT_EQ(code_of(require_roles(p, both_keys(), kBoth)), "MBPF5003");
    const std::vector<PublicKey> rotated{pub(Role::verifier, 1), pub(Role::release, 3)};
    EXPECT_EQ(code_of(require_roles(p, rotated, kBoth)), "ok");
}

TEST(Sign, stops_at_eight_signatures) {
    Package p = example_package();
    for (std::uint8_t i = 0; i < MBPF_MAX_SIGNATURES; ++i) ASSERT_TRUE(sign_package(p, example_key(Role::release, i)));
    EXPECT_EQ(code_of(sign_package(p, example_key(Role::verifier, 99))), "MBPF5006");
    EXPECT_EQ(code_of(sign_package(p, example_key(Role::release, 3))), "ok");  // replaces its own
}

struct Demand {
    const char* name;
    std::vector<PublicKey> keys;
    std::vector<Role> roles;
    const char* code;
};
class Verify : public ::testing::TestWithParam<Demand> {};

TEST_P(Verify, answers) { EXPECT_EQ(code_of(require_roles(signed_package(), GetParam().keys, GetParam().roles)), GetParam().code); }

INSTANTIATE_TEST_SUITE_P(demands, Verify,
                         ::testing::Values(Demand{"both_roles_both_keys", both_keys(), {Role::verifier, Role::release}, "ok"}, Demand{"order_of_keys_does_not_matter", {pub(Role::release, 2), pub(Role::verifier, 1)}, {Role::verifier, Role::release}, "ok"},
                                           Demand{"one_role_one_key", {pub(Role::release, 2)}, {Role::release}, "ok"}, Demand{"more_keys_than_needed", {pub(Role::release, 9), pub(Role::release, 2), pub(Role::verifier, 1)}, {Role::verifier, Role::release}, "ok"},
                                           Demand{"key_of_verifier_missing", {pub(Role::release, 2)}, {Role::verifier, Role::release}, "MBPF5003"}, Demand{"no_keys", {}, {Role::release}, "MBPF5003"}, Demand{"another_key", {pub(Role::release, 3)}, {Role::release}, "MBPF5003"},
                                           Demand{"right_key_wrong_role", {pub(Role::verifier, 2)}, {Role::release}, "MBPF5003"}, Demand{"nothing_demanded", {}, {}, "ok"}),
                         [](const auto& demand) { return std::string(demand.param.name); });

TEST(RequireRoles, names_the_missing_role) {
    Package p = example_package();
    ASSERT_TRUE(sign_package(p, example_key(Role::verifier, 1)));
    Status s = require_roles(p, both_keys(), kBoth);
    ASSERT_FALSE(s);
    EXPECT_EQ(s.error().code, "MBPF5002");
    EXPECT_NE(s.error().message.find("release"), std::string::npos);
    EXPECT_EQ(exit_code(s.error()), 5);
}

TEST(RequireRoles, refuses_one_key_in_two_roles) {
    Package p = example_package();
    ASSERT_TRUE(sign_package(p, example_key(Role::verifier, 1)));
    ASSERT_TRUE(sign_package(p, example_key(Role::release, 1)));
    const std::vector<PublicKey> keys{pub(Role::verifier, 1), pub(Role::release, 1)};
    EXPECT_EQ(code_of(require_roles(p, keys, kBoth)), "MBPF5005");
}

TEST(RequireRoles, one_valid_signature_of_a_role_is_enough) {
    Package p = example_package();
    ASSERT_TRUE(sign_package(p, example_key(Role::release, 3)));
    p.rollback_counter = 9;  // that signature is stale now
    ASSERT_TRUE(sign_package(p, example_key(Role::verifier, 1)));
    ASSERT_TRUE(sign_package(p, example_key(Role::release, 2)));
    const std::vector<PublicKey> keys{pub(Role::verifier, 1), pub(Role::release, 3), pub(Role::release, 2)};
    EXPECT_EQ(code_of(require_roles(p, keys, kBoth)), "ok");
}

}  // namespace
}  // namespace mbpf
