// SPDX-License-Identifier: Apache-2.0
// Root records on the host: what is written is read again, and a record that devices would refuse is refused
// before it is sent.
#include "signer/root.h"

#include <gtest/gtest.h>
#include <mbpf/abi/trust.h>
#include <sodium.h>

#include "tests/signer/example_package.h"

namespace mbpf {
namespace {

SecretKey root_key(std::uint8_t seed) { return example_key(Role::root, seed); }
PublicKey pub(Role role, std::uint8_t seed) { return example_key(role, seed).public_key(); }

template <class T>
std::string code_of(const T& s) { return s ? "ok" : s.error().code; }

RootRecord record(std::vector<std::uint8_t> roots, std::uint8_t threshold, std::vector<PublicKey> others = {}) {
    RootRecord r;
    for (std::uint8_t seed : roots) r.keys.push_back({pub(Role::root, seed)});
    for (const PublicKey& key : others) r.keys.push_back({key});
    r.threshold = threshold;
    return r;
}

TEST(Root, is_read_as_it_was_written) {
    RootRecord r = record({1, 2}, 2, {pub(Role::verifier, 3), pub(Role::release, 4), pub(Role::deploy, 5)});
    r.version = 0x01020304;
    r.verifiers = 2;
    r.demand_deployment = true;
    r.keys[3].capabilities = 0x55;
    r.keys[3].hooks = 0xaa00000000000000;
    r.revoked = {pub(Role::release, 6).id()};
    ASSERT_TRUE(sign_root(r, root_key(1)));
    ASSERT_TRUE(sign_root(r, root_key(2)));
    ASSERT_TRUE(sign_root(r, root_key(2)));
    const auto bytes = encode_root(r);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), sizeof(mbpf_root_header) + 5 * MBPF_ROOT_KEY_BYTES + 8 + 4 + 2 * sizeof(mbpf_root_signature));
    auto read = parse_root(*bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(*encode_root(*read), *bytes);
    EXPECT_EQ(code_of(check_root(nullptr, *read)), "ok");
    for (std::size_t n = 0; n < bytes->size(); ++n) EXPECT_EQ(code_of(parse_root(std::span(*bytes).first(n))), "MBPF3306") << n;
    for (std::size_t bit = 0; bit < bytes->size() * 8; ++bit) {
        auto changed = *bytes;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << bit % 8));
        auto other = parse_root(changed);
        EXPECT_TRUE(!other || !check_root(nullptr, *other)) << bit;
    }
}

TEST(Root, that_no_device_would_take_is_not_written) {
    EXPECT_EQ(code_of(encode_root(record({}, 0))), "MBPF5007");
    EXPECT_EQ(code_of(encode_root(record({1}, 2))), "MBPF5016");
    EXPECT_EQ(code_of(encode_root(record({1}, 0))), "MBPF5016");
    EXPECT_EQ(code_of(encode_root(record({1, 1}, 1))), "MBPF5005");
    EXPECT_EQ(code_of(encode_root(record({1}, 1, {pub(Role::release, 1)}))), "MBPF5005") << "one key, two roles";
    EXPECT_EQ(code_of(encode_root(record({1}, 1, {pub(Role::device, 2)}))), "MBPF5016");
    RootRecord three = record({1}, 1);
    three.verifiers = 3;
    EXPECT_EQ(code_of(encode_root(three)), "MBPF5016");
    RootRecord many = record({1}, 1);
    many.revoked.resize(17);
    EXPECT_EQ(code_of(encode_root(many)), "MBPF5016");
    RootRecord fat = record({1, 2, 3, 4, 5, 6, 7, 8}, 1);
    for (std::uint8_t i = 1; i <= 6; ++i) ASSERT_TRUE(sign_root(fat, root_key(i))) << int(i);
    EXPECT_EQ(code_of(sign_root(fat, root_key(7))), "MBPF5016") << "longer than a message";
    RootRecord r = record({1}, 1);
    EXPECT_EQ(code_of(sign_root(r, example_key(Role::release, 1))), "MBPF5009");
}

TEST(Root, successor_needs_both_thresholds) {
    RootRecord first = record({1, 2, 3}, 2, {pub(Role::verifier, 10), pub(Role::release, 11)});
    auto next = succeed_root(first, record({2, 3, 4}, 2, {pub(Role::verifier, 10), pub(Role::release, 12)}));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->version, 2u);
    EXPECT_EQ(next->revoked.size(), 2u) << "root 1 and release 11 left";
    EXPECT_EQ(code_of(check_root(&first, *next)), "MBPF5018");
    ASSERT_TRUE(sign_root(*next, root_key(1)));
    ASSERT_TRUE(sign_root(*next, root_key(2)));
    const Status lacks_its_own = check_root(&first, *next);
    ASSERT_FALSE(lacks_its_own);
    EXPECT_EQ(lacks_its_own.error().message, "too few of the record's own root keys have signed");
    ASSERT_TRUE(sign_root(*next, root_key(4)));
    EXPECT_EQ(code_of(check_root(&first, *next)), "ok");
    EXPECT_EQ(code_of(check_root(&*next, *next)), "MBPF5018") << "not newer";
    RootRecord by_new_only = *next;
    std::erase_if(by_new_only.signatures, [&](const auto& s) { return s.key_id == pub(Role::root, 1).id() || s.key_id == pub(Role::root, 2).id(); });
    ASSERT_TRUE(sign_root(by_new_only, root_key(3)));
    EXPECT_EQ(code_of(check_root(&first, by_new_only)), "MBPF5018");
}

TEST(Root, revoked_keys_never_return) {
    RootRecord first = record({1}, 1, {pub(Role::release, 11)});
    auto second = succeed_root(first, record({1}, 1, {pub(Role::release, 12)}));
    ASSERT_TRUE(second);
    EXPECT_EQ(code_of(succeed_root(*second, record({1}, 1, {pub(Role::release, 11)}))), "MBPF5017");
    EXPECT_EQ(code_of(succeed_root(*second, record({1}, 1, {pub(Role::verifier, 12)}))), "MBPF5017") << "nor change their role";
    auto third = succeed_root(*second, record({1}, 1));
    ASSERT_TRUE(third);
    EXPECT_EQ(third->revoked.size(), 2u);
    third->revoked.pop_back();
    ASSERT_TRUE(sign_root(*third, root_key(1)));
    EXPECT_EQ(code_of(check_root(&*second, *third)), "MBPF5017");
}

TEST(TrustAnchors, have_the_layout_devices_read) {
    TrustAnchorOptions options;
    options.capabilities = 0x0102030405060708;
    options.device_id.fill(0xab);
    options.group_id.fill(0xac);
    options.class_id.fill(0xad);
    options.device_seed.emplace().fill(0xae);
    const std::vector<PublicKey> keys{pub(Role::verifier, 1), pub(Role::release, 2)};
    auto blob = encode_trust_anchors(keys, options);
    ASSERT_TRUE(blob);
    RootRecord root;
    for (const PublicKey& key : keys) root.keys.push_back({key});
    const auto record_bytes = encode_root(root);
    ASSERT_EQ(blob->size(), MBPF_TRUST_HEADER_BYTES + record_bytes->size() + 32);
    const std::uint8_t head[] = {'T', 'S', 'R', 'T', 2, 0, 1, 0, 8, 7, 6, 5, 4, 3, 2, 1, 0xab};
    EXPECT_TRUE(std::equal(std::begin(head), std::end(head), blob->begin()));
    EXPECT_EQ((*blob)[32], 0xac);
    EXPECT_EQ((*blob)[48], 0xad);
    EXPECT_EQ((*blob)[64], 0xae);
    EXPECT_EQ((*blob)[96], record_bytes->size());
    EXPECT_TRUE(std::equal(record_bytes->begin(), record_bytes->end(), blob->begin() + MBPF_TRUST_HEADER_BYTES));
    std::array<std::uint8_t, 32> digest;
    crypto_hash_sha256(digest.data(), blob->data(), blob->size() - 32);
    EXPECT_TRUE(std::equal(digest.begin(), digest.end(), blob->end() - 32));
}

TEST(TrustAnchors, hold_one_to_eight_different_keys) {
    std::vector<PublicKey> keys;
    EXPECT_EQ(code_of(encode_trust_anchors(keys)), "MBPF5007");
    for (std::uint8_t i = 0; i < 8; ++i) keys.push_back(pub(Role::release, i));
    EXPECT_TRUE(encode_trust_anchors(keys));
    keys.push_back(pub(Role::release, 8));
    EXPECT_EQ(code_of(encode_trust_anchors(keys)), "MBPF5007");
    const std::vector<PublicKey> twice{pub(Role::release, 1), pub(Role::verifier, 1)};
    EXPECT_EQ(code_of(encode_trust_anchors(twice)), "MBPF5005");
}

}  // namespace
}  // namespace mbpf
