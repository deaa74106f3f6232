// SPDX-License-Identifier: Apache-2.0
// Whom the device believes: root records and their store, deployment authorisations, grants of release keys.
#include <gtest/gtest.h>

#include <functional>

#include "device.h"
#include "mbpf/crypto.h"
#include "mbpf/events.h"
#include "signer/root.h"

namespace mbpf::test {
namespace {

struct Fleet : Device {
    Key root1 = make_key(MBPF_ROLE_ROOT, 11), root2 = make_key(MBPF_ROLE_ROOT, 12), root3 = make_key(MBPF_ROLE_ROOT, 13), root4 = make_key(MBPF_ROLE_ROOT, 14);
    Key new_release = make_key(MBPF_ROLE_RELEASE, 22);
    RootSpec first;

    Fleet() {
        first.threshold = 2;
        first.keys = {root1, root2, root3, verifier, release};
        provision(anchors(first));
    }
    // A good successor: root1 and the release key leave.
    RootSpec second() const {
        RootSpec s;
        s.version = 2;
        s.threshold = 2;
        s.keys = {root2, root3, root4, verifier, new_release};
        s.revoked = {root1.id, release.id};
        s.signers = {root2, root3};
        return s;
    }
    std::uint32_t update(const std::vector<std::uint8_t>& bytes) {
        mbpf_verdict v;
        const mbpf_status status = mbpf_root_update(rt(), bytes.data(), static_cast<std::uint32_t>(bytes.size()), &v);
        EXPECT_EQ(status, v.code == MBPF_ADMIT_OK ? MBPF_OK : MBPF_REFUSED);
        return v.code;
    }
    std::uint32_t update(const RootSpec& spec) { return update(root_record(spec)); }
    std::uint32_t version() { return rt()->trust.root.version; }
};

struct UpdateCase {
    const char* name;
    std::uint32_t code;
    std::function<void(RootSpec&, const Fleet&)> change;
};
const UpdateCase kUpdates[] = {
    {"good", MBPF_ADMIT_OK, [](RootSpec&, const Fleet&) {}},
    {"far_newer", MBPF_ADMIT_OK, [](RootSpec& s, const Fleet&) { s.version = 0xFFFFFFFF; }},
    {"same_version", MBPF_ADMIT_ROOT_VERSION, [](RootSpec& s, const Fleet&) { s.version = 1; }},
    {"version_zero", MBPF_ADMIT_ROOT_VERSION, [](RootSpec& s, const Fleet&) { s.version = 0; }},
    {"unsigned", MBPF_ADMIT_ROOT_OLD_THRESHOLD, [](RootSpec& s, const Fleet&) { s.signers.clear(); }},
    {"one_old_key_only", MBPF_ADMIT_ROOT_OLD_THRESHOLD, [](RootSpec& s, const Fleet& f) { s.signers = {f.root2, f.root4}; }},
    {"one_key_signing_twice", MBPF_ADMIT_ROOT_OLD_THRESHOLD, [](RootSpec& s, const Fleet& f) { s.signers = {f.root2, f.root2, f.root4}; }},
    {"verifier_key_is_no_root_key", MBPF_ADMIT_ROOT_OLD_THRESHOLD, [](RootSpec& s, const Fleet& f) { s.signers = {f.root2, f.verifier}; }},
    {"unknown_key", MBPF_ADMIT_ROOT_OLD_THRESHOLD, [](RootSpec& s, const Fleet& f) { s.signers = {f.root2, make_key(MBPF_ROLE_ROOT, 99)}; }},
    {"leaving_key_counts_for_the_old", MBPF_ADMIT_ROOT_NEW_THRESHOLD, [](RootSpec& s, const Fleet& f) { s.signers = {f.root1, f.root2}; }},
    {"leaving_key_and_two_of_its_own", MBPF_ADMIT_OK, [](RootSpec& s, const Fleet& f) { s.signers = {f.root1, f.root2, f.root4}; }},
    {"higher_threshold_of_its_own", MBPF_ADMIT_ROOT_NEW_THRESHOLD, [](RootSpec& s, const Fleet&) { s.threshold = 3; }},
    {"key_leaves_without_revocation", MBPF_ADMIT_ROOT_REVOKED, [](RootSpec& s, const Fleet& f) { s.revoked = {f.root1.id}; }},
    {"key_revoked_and_kept", MBPF_ADMIT_ROOT_REVOKED, [](RootSpec& s, const Fleet& f) { s.revoked.push_back(f.verifier.id); }},
    {"key_changes_its_role", MBPF_ADMIT_ROOT_REVOKED, [](RootSpec& s, const Fleet&) { s.keys[3].role = MBPF_ROLE_RELEASE; }},
    {"threshold_above_its_root_keys", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet&) { s.threshold = 4; }},
    {"root_keys_without_threshold", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet&) { s.threshold = 0; }},
    {"no_keys", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet&) { s.keys.clear(); s.threshold = 0; }},
    {"too_many_keys", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet&) { for (std::uint8_t i = 0; i < 4; ++i) s.keys.push_back(make_key(MBPF_ROLE_DEPLOY, static_cast<std::uint8_t>(50 + i))); }},
    {"too_many_revocations", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet&) { s.revoked.resize(17); }},
    {"one_key_in_two_roles", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet& f) { s.keys.push_back(f.new_release); s.keys.back().role = MBPF_ROLE_DEPLOY; }},
    {"device_key", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet&) { s.keys.push_back(make_key(MBPF_ROLE_DEVICE, 60)); }},
    {"no_verifiers", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet&) { s.verifiers = 0; }},
    {"three_verifiers", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet&) { s.verifiers = 3; }},
    {"unknown_flag", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet&) { s.flags = 2; }},
    {"longer_than_a_copy_holds", MBPF_ADMIT_ROOT_LAYOUT,
     [](RootSpec& s, const Fleet& f) {
         while (s.keys.size() < MBPF_TRUST_MAX_KEYS) s.keys.push_back(make_key(MBPF_ROLE_DEPLOY, static_cast<std::uint8_t>(50 + s.keys.size())));
         s.revoked.resize(MBPF_ROOT_MAX_REVOKED);
         s.signers = {f.root2, f.root3, f.root2, f.root3, f.root2, f.root3, f.root2, f.root3};
     }},
    {"more_signatures_than_a_record_has", MBPF_ADMIT_ROOT_LAYOUT, [](RootSpec& s, const Fleet& f) { s.signers.assign(9, f.root2); s.signers[8] = f.root3; s.keys.resize(3); s.revoked = {f.root1.id}; }},
};

class RootUpdate : public testing::TestWithParam<UpdateCase> {};
TEST_P(RootUpdate, is_judged_whole) {
    Fleet f;
    RootSpec next = f.second();
    GetParam().change(next, f);
    const mbpf_root before = f.rt()->trust.root;
    EXPECT_EQ(f.update(next), GetParam().code);
    if (GetParam().code == MBPF_ADMIT_OK) EXPECT_EQ(f.version(), next.version);
    else EXPECT_EQ(std::memcmp(&before, &f.rt()->trust.root, sizeof before), 0) << "nothing changes";
}
INSTANTIATE_TEST_SUITE_P(Trust, RootUpdate, testing::ValuesIn(kUpdates), [](const auto& instance) { return std::string(instance.param.name); });

TEST(Root, every_flipped_bit_and_every_truncation_is_refused) {
    Fleet f;
    const auto good = root_record(f.second());
    for (std::size_t n = 0; n < good.size(); ++n) ASSERT_EQ(f.update({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)}), MBPF_ADMIT_ROOT_LAYOUT) << n;
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto flipped = good;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        ASSERT_NE(f.update(flipped), MBPF_ADMIT_OK) << bit;
        ASSERT_EQ(f.version(), 1u);
    }
    EXPECT_EQ(f.update(good), MBPF_ADMIT_OK);
}

TEST(Root, decides_which_keys_release_from_then_on) {
    Fleet f;
    EXPECT_EQ(f.push(simple_package("old")).status, MBPF_OK);
    ASSERT_EQ(f.update(f.second()), MBPF_ADMIT_OK);
    EXPECT_EQ(f.push(simple_package("late")).verdict.code, MBPF_ADMIT_KEY_UNKNOWN);
    f.release = f.new_release;
    EXPECT_EQ(f.push(simple_package("late")).status, MBPF_OK);
}

TEST(Root, a_revoked_key_never_returns_later_either) {
    Fleet f;
    ASSERT_EQ(f.update(f.second()), MBPF_ADMIT_OK);
    RootSpec third = f.second();
    third.version = 3;
    EXPECT_EQ(f.update(third), MBPF_ADMIT_OK);
    third.version = 4;
    third.revoked = {f.release.id};
    EXPECT_EQ(f.update(third), MBPF_ADMIT_ROOT_REVOKED) << "a revocation was dropped";
    third.revoked = {f.root1.id, f.release.id};
    third.keys.push_back(f.release);
    EXPECT_EQ(f.update(third), MBPF_ADMIT_ROOT_REVOKED);
}

TEST(Root, without_root_keys_is_never_replaced) {
    Device d;
    RootSpec next;
    next.version = 2;
    next.keys = {d.verifier, d.release};
    const auto bytes = root_record(next);
    mbpf_verdict v;
    EXPECT_EQ(mbpf_root_update(d.rt(), bytes.data(), static_cast<std::uint32_t>(bytes.size()), &v), MBPF_REFUSED);
    EXPECT_EQ(v.code, MBPF_ADMIT_ROOT_OLD_THRESHOLD);
    mbpf_set_trust_anchors(d.rt(), nullptr, 0);
    EXPECT_EQ(mbpf_root_update(d.rt(), bytes.data(), static_cast<std::uint32_t>(bytes.size()), &v), MBPF_REFUSED);
    EXPECT_EQ(v.code, MBPF_ADMIT_NO_TRUST_ANCHORS);
}

TEST(Root, of_the_signer_is_the_one_the_device_reads) {
    Fleet f;
    const RootSpec spec = f.second();
    RootRecord record;
    record.version = spec.version;
    record.threshold = spec.threshold;
    for (const Key& key : spec.keys) {
        RootKey k;
        k.key.role = static_cast<Role>(key.role);
        k.key.bytes = key.public_key;
        record.keys.push_back(k);
    }
    for (const auto& id : spec.revoked) record.revoked.push_back(id);
    for (const std::uint8_t seed : {std::uint8_t{12}, std::uint8_t{13}}) {
        std::array<std::uint8_t, 32> bytes;
        bytes.fill(seed);
        ASSERT_TRUE(sign_root(record, SecretKey::from_seed(Role::root, "", bytes)));
    }
    EXPECT_EQ(*encode_root(record), root_record(spec));
    EXPECT_EQ(f.update(*encode_root(record)), MBPF_ADMIT_OK);
}

// A store that loses power after so many bytes of a save.
struct CutStore {
    mbpf_root_ram ram{};
    std::size_t left = SIZE_MAX;
    mbpf_root_store store{this,
                          [](void* self, std::uint32_t copy, std::uint8_t* bytes, std::uint32_t count) {
                              std::memcpy(bytes, static_cast<CutStore*>(self)->ram.copies[copy], count);
                              return true;
                          },
                          [](void* self, std::uint32_t copy, const std::uint8_t* bytes, std::uint32_t count) {
                              auto& s = *static_cast<CutStore*>(self);
                              const std::size_t n = std::min<std::size_t>(count, s.left);
                              std::memset(s.ram.copies[copy], 0xFF, count);  // flash is erased first
                              std::memcpy(s.ram.copies[copy], bytes, n);
                              s.left -= n;
                              return n == count;
                          }};
};

TEST(RootStore, outlives_a_reset) {
    CutStore s;
    {
        Fleet f;
        mbpf_root_attach_store(f.rt(), &s.store);
        EXPECT_EQ(f.version(), 1u) << "nothing in it yet";
        ASSERT_EQ(f.update(f.second()), MBPF_ADMIT_OK);
        RootSpec third = f.second();
        third.version = 3;
        ASSERT_EQ(f.update(third), MBPF_ADMIT_OK);
    }
    Fleet f;
    mbpf_root_attach_store(f.rt(), &s.store);
    EXPECT_EQ(f.version(), 3u);
    EXPECT_EQ(f.push(simple_package()).verdict.code, MBPF_ADMIT_KEY_UNKNOWN) << "the old release key stays revoked";
    // Damage to either copy takes nothing back, and is mended.
    for (auto& copy : s.ram.copies) {
        copy[100] ^= 1;
        Fleet g;
        mbpf_root_attach_store(g.rt(), &s.store);
        EXPECT_EQ(g.version(), 3u);
        EXPECT_EQ(std::memcmp(s.ram.copies[0], s.ram.copies[1], MBPF_ROOT_COPY_BYTES), 0);
    }
    // The factory's record is newer than what is stored.
    Fleet h;
    h.first.version = 9;
    h.provision(anchors(h.first));
    mbpf_root_attach_store(h.rt(), &s.store);
    EXPECT_EQ(h.version(), 9u);
}

// Its driver says yes and the copies stay as they are: the record that is there is sound, but it is not the new one.
TEST(RootStore, that_only_says_it_has_saved_is_not_believed) {
    CutStore s;
    Fleet f;
    mbpf_root_attach_store(f.rt(), &s.store);
    ASSERT_EQ(f.update(f.second()), MBPF_ADMIT_OK);
    s.store.save = [](void*, std::uint32_t, const std::uint8_t*, std::uint32_t) { return true; };
    RootSpec third = f.second();
    third.version = 3;
    EXPECT_EQ(f.update(third), MBPF_ADMIT_ROOT_STORE);
    EXPECT_EQ(f.version(), 2u);
}

TEST(Anchors, of_a_factory_that_says_what_this_firmware_does_not_know_count_as_none) {
    for (const auto& [at, what] : {std::pair{0u, "magic"}, {4u, "version"}, {6u, "flags"}, {98u, "reserved"}}) {
        Device d;
        auto blob = anchors({d.verifier, d.release});
        blob[at] ^= 2;
        std::uint8_t digest[32];
        crypto_hash_sha256(digest, blob.data(), blob.size() - 32);
        std::copy(digest, digest + 32, blob.end() - 32);
        d.provision(blob);
        EXPECT_EQ(d.push(simple_package()).verdict.code, MBPF_ADMIT_NO_TRUST_ANCHORS) << what;
    }
}

TEST(RootStore, power_lost_at_any_byte_leaves_the_old_record_or_the_new) {
    std::size_t old_left = 0, new_there = 0;
    for (std::size_t cut = 0; cut <= 2 * MBPF_ROOT_COPY_BYTES; ++cut) {
        CutStore s;
        Fleet before;
        mbpf_root_attach_store(before.rt(), &s.store);
        ASSERT_EQ(before.update(before.second()), MBPF_ADMIT_OK);
        s.left = cut;
        RootSpec third = before.second();
        third.version = 3;
        const std::uint32_t code = before.update(third);
        EXPECT_EQ(code, cut >= MBPF_ROOT_COPY_BYTES ? MBPF_ADMIT_OK : MBPF_ADMIT_ROOT_STORE);
        EXPECT_EQ(before.version(), code == MBPF_ADMIT_OK ? 3u : 2u);
        s.left = SIZE_MAX;
        Fleet after;
        mbpf_root_attach_store(after.rt(), &s.store);
        ASSERT_EQ(after.version(), code == MBPF_ADMIT_OK ? 3u : 2u) << cut;
        EXPECT_EQ(std::memcmp(s.ram.copies[0], s.ram.copies[1], MBPF_ROOT_COPY_BYTES), 0) << "both copies again";
        (after.version() == 2 ? old_left : new_there)++;
    }
    RecordProperty("cuts_old_record", static_cast<int>(old_left));
    EXPECT_EQ(new_there, MBPF_ROOT_COPY_BYTES + 1u);
}

TEST(RootStore, in_ram_holds_what_was_saved) {
    mbpf_root_ram ram{};
    const mbpf_root_store store = mbpf_root_ram_store(&ram);
    Fleet f;
    mbpf_root_attach_store(f.rt(), &store);
    ASSERT_EQ(f.update(f.second()), MBPF_ADMIT_OK);
    f.provision(anchors(f.first));
    EXPECT_EQ(f.version(), 1u);
    mbpf_root_attach_store(f.rt(), &store);
    EXPECT_EQ(f.version(), 2u);
}

// --- second verifier, deployment, grants ---

TEST(SecondVerifier, must_be_another_key) {
    Device d;
    const Key second = make_key(MBPF_ROLE_VERIFIER, 31);
    RootSpec root;
    root.verifiers = 2;
    root.keys = {d.verifier, second, d.release};
    d.provision(anchors(root));
    const auto code = [&](const std::vector<Key>& verifiers) {
        Package p = simple_package();
        for (const Key& key : verifiers) sign_with(p, key, MBPF_ROLE_VERIFIER);
        sign_with(p, d.release, MBPF_ROLE_RELEASE);
        return d.push_bytes(p.serialize(true), true, true).verdict.code;
    };
    EXPECT_EQ(code({d.verifier}), MBPF_ADMIT_SECOND_VERIFIER);
    EXPECT_EQ(code({d.verifier, d.verifier}), MBPF_ADMIT_SECOND_VERIFIER);
    EXPECT_EQ(code({d.verifier, make_key(MBPF_ROLE_VERIFIER, 77)}), MBPF_ADMIT_SECOND_VERIFIER);
    EXPECT_EQ(code({make_key(MBPF_ROLE_VERIFIER, 76), make_key(MBPF_ROLE_VERIFIER, 77)}), MBPF_ADMIT_KEY_UNKNOWN);
    EXPECT_EQ(code({d.verifier, second}), MBPF_ADMIT_OK);
    EXPECT_EQ(code({make_key(MBPF_ROLE_VERIFIER, 77), second, d.verifier}), MBPF_ADMIT_OK);
}

void authorise(Package& p, const Key& key, std::uint8_t scope, std::uint8_t first_id_byte, std::uint8_t said_scope = 0) {
    std::string message(MBPF_TBS_PREFIX_DEPLOY, sizeof(MBPF_TBS_PREFIX_DEPLOY) - 1);
    message += static_cast<char>(scope);
    for (int i = 0; i < 16; ++i) message += static_cast<char>(first_id_byte + i);
    message.append(MBPF_TBS_PAYLOAD_HEADER, 3);
    const auto header = p.header_bytes();
    message.append(header.begin(), header.end());
    PackageSignature s;
    s.role = MBPF_ROLE_DEPLOY;
    s.algorithm = MBPF_SIGALG_ED25519;
    s.scope = said_scope == 0 ? scope : said_scope;
    s.key_id = key.id;
    crypto_sign_detached(s.signature.data(), nullptr, reinterpret_cast<const unsigned char*>(message.data()), message.size(), key.secret.data());
    p.signatures.push_back(s);
}

TEST(Deployment, is_authorised_by_device_group_or_class) {
    Device d;
    const Key deploy = make_key(MBPF_ROLE_DEPLOY, 41);
    RootSpec root;
    root.flags = MBPF_ROOT_DEMAND_DEPLOYMENT;
    root.keys = {d.verifier, d.release, deploy};
    d.provision(anchors(root));
    const auto code = [&](const std::function<void(Package&)>& authorisation) {
        Package p = simple_package();
        sign_with(p, d.verifier, MBPF_ROLE_VERIFIER);
        sign_with(p, d.release, MBPF_ROLE_RELEASE);
        authorisation(p);
        return d.push_bytes(p.serialize(true), true, true).verdict.code;
    };
    EXPECT_EQ(code([](Package&) {}), MBPF_ADMIT_DEPLOYMENT);
    EXPECT_EQ(code([&](Package& p) { authorise(p, deploy, MBPF_SCOPE_DEVICE, 0); }), MBPF_ADMIT_OK);
    EXPECT_EQ(code([&](Package& p) { authorise(p, deploy, MBPF_SCOPE_GROUP, 100); }), MBPF_ADMIT_OK);
    EXPECT_EQ(code([&](Package& p) { authorise(p, deploy, MBPF_SCOPE_CLASS, 200); }), MBPF_ADMIT_OK);
    EXPECT_EQ(code([&](Package& p) { authorise(p, deploy, MBPF_SCOPE_DEVICE, 1); }), MBPF_ADMIT_DEPLOYMENT) << "another device";
    EXPECT_EQ(code([&](Package& p) { authorise(p, deploy, MBPF_SCOPE_GROUP, 0); }), MBPF_ADMIT_DEPLOYMENT) << "the device's id is no group's";
    EXPECT_EQ(code([&](Package& p) { authorise(p, deploy, MBPF_SCOPE_GROUP, 0, MBPF_SCOPE_DEVICE); }), MBPF_ADMIT_DEPLOYMENT) << "scope changed after signing";
    EXPECT_EQ(code([&](Package& p) { authorise(p, d.release, MBPF_SCOPE_DEVICE, 0); }), MBPF_ADMIT_DEPLOYMENT) << "by a key of another role";
    EXPECT_EQ(code([&](Package& p) { authorise(p, deploy, MBPF_SCOPE_DEVICE, 1), authorise(p, deploy, MBPF_SCOPE_DEVICE, 0); }), MBPF_ADMIT_OK) << "for several devices in one file";
    EXPECT_EQ(code([&](Package& p) { authorise(p, deploy, MBPF_SCOPE_DEVICE, 0, 4); }), MBPF_ADMIT_LAYOUT);
}

TEST(Grants, of_one_release_key_must_cover_the_package) {
    Device d;
    Key wide = make_key(MBPF_ROLE_RELEASE, 51), narrow = make_key(MBPF_ROLE_RELEASE, 52);
    wide.hooks = std::uint64_t{1} << hook("gpio").id;
    narrow.capabilities = 1;
    d.provision(anchors(std::vector<Key>{d.verifier, wide, narrow}, 7));
    const auto code = [&](const std::vector<Key>& releasers, std::uint64_t capabilities) {
        Package p = simple_package();  // on trace/t
        p.capabilities = capabilities;
        sign_with(p, d.verifier, MBPF_ROLE_VERIFIER);
        for (const Key& key : releasers) sign_with(p, key, MBPF_ROLE_RELEASE);
        return d.push_bytes(p.serialize(true), true, true).verdict.code;
    };
    EXPECT_EQ(code({narrow}, 1), MBPF_ADMIT_OK);
    EXPECT_EQ(code({narrow}, 2), MBPF_ADMIT_CAPABILITY);
    EXPECT_EQ(code({wide}, 2), MBPF_ADMIT_HOOK_NOT_GRANTED);
    EXPECT_EQ(code({wide}, 8), MBPF_ADMIT_CAPABILITY) << "the device grants no more than 7";
    EXPECT_EQ(code({wide, narrow}, 1), MBPF_ADMIT_OK) << "narrow alone covers it";
    EXPECT_EQ(code({wide, narrow}, 2), MBPF_ADMIT_HOOK_NOT_GRANTED) << "grants of two keys do not add up";
}

// Hook ids have no end, the grants' bits have: the last one stands for all that follow.
TEST(Grants, of_hooks_from_63_up_are_one_bit) {
    Device d;
    mbpf_hook_row late = hook("trace");
    for (std::uint32_t i = 0; i < d.rt()->point_count; ++i)
        if (d.rt()->points[i].row == &hook("trace")) d.rt()->points[i].row = &late;
    const auto code = [&](std::uint16_t id, std::uint64_t hooks) {
        late.id = id;
        Key key = d.release;
        key.hooks = hooks;
        d.provision(anchors({d.verifier, key}));
        Package p = simple_package();
        p.programs[0].hook_id = id;
        return d.push(p, true, true).verdict.code;
    };
    EXPECT_EQ(code(62, std::uint64_t{1} << 62), MBPF_ADMIT_OK);
    EXPECT_EQ(code(63, std::uint64_t{1} << 63), MBPF_ADMIT_OK);
    EXPECT_EQ(code(64, std::uint64_t{1} << 63), MBPF_ADMIT_OK);
    EXPECT_EQ(code(64, ~(std::uint64_t{1} << 63)), MBPF_ADMIT_HOOK_NOT_GRANTED);
    EXPECT_EQ(code(62, std::uint64_t{1} << 63), MBPF_ADMIT_HOOK_NOT_GRANTED);
}

// --- budgets over all programs ---

Package loaded(const std::string& name, const std::string& hook_name, const std::string& attach, std::uint64_t instructions, std::uint32_t stack) {
    Package p = simple_package(name);
    place_on(p, 0, hook_name, attach);
    p.programs[0].worst_case_instructions = p.worst_case_instructions = instructions;
    p.programs[0].stack_bytes = p.stack_bytes = stack;
    return p;
}

TEST(Budget, of_a_hook_is_for_all_programs_one_event_runs) {
    Device d;
    const std::uint64_t limit = hook("gpio").max_instructions;
    ASSERT_EQ(d.push(loaded("a", "gpio", "gpio/chip0/line1/rising", limit / 2, 64)).status, MBPF_OK);
    ASSERT_EQ(d.push(loaded("b", "gpio", "gpio/chip0/line1/rising", limit / 2, 64), false).status, MBPF_OK) << "not attached, but counted";
    const auto o = d.push(loaded("c", "gpio", "gpio/chip0/line1/rising", 1, 64));
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_HOOK_BUDGET);
    EXPECT_EQ(o.verdict.expected, limit);
    EXPECT_EQ(o.verdict.actual, limit + 1);
    EXPECT_EQ(d.push(loaded("c", "gpio", "gpio/chip0/line2/rising", 1, 64)).status, MBPF_OK) << "another line's event";
    EXPECT_EQ(d.push(loaded("a", "gpio", "gpio/chip0/line1/rising", limit / 2, 64)).status, MBPF_OK) << "a new version replaces its old one's share";
    EXPECT_EQ(d.push(loaded("a", "gpio", "gpio/chip0/line1/rising", limit / 2 + 1, 64)).verdict.code, MBPF_ADMIT_HOOK_BUDGET);
    (void)mbpf_unload(d.rt(), "b");
    EXPECT_EQ(d.push(loaded("d", "gpio", "gpio/chip0/line1/rising", 1, 64)).status, MBPF_OK) << "given back on unload";
}

// An edge runs what is attached to it and what is attached to both: whichever of the three comes last is refused.
TEST(Budget, of_an_edge_counts_what_runs_at_both) {
    const std::uint64_t limit = hook("gpio").max_instructions;
    const std::string line = "gpio/chip0/line1/";
    for (const char* last : {"rising", "falling", "both"}) {
        Device d;
        const auto push = [&](const std::string& edge, std::uint64_t instructions) { return d.push(loaded(edge, "gpio", line + edge, instructions, 64)); };
        const std::uint64_t both = 1000, one = limit - both;
        const auto share = [&](const std::string& edge) { return edge == "both" ? both : one; };
        for (const std::string edge : {"rising", "falling", "both"}) {
            if (edge == last) continue;
            ASSERT_EQ(push(edge, share(edge)).status, MBPF_OK) << edge;
        }
        const auto refused = push(last, share(last) + 1);
        EXPECT_EQ(refused.verdict.code, MBPF_ADMIT_HOOK_BUDGET) << last;
        EXPECT_EQ(refused.verdict.actual, limit + 1);
        EXPECT_EQ(std::string(refused.verdict.detail).substr(0, line.size()), line) << "the event that would take too long";
        EXPECT_NE(std::string(refused.verdict.detail), line + "both");
        EXPECT_EQ(push(last, share(last)).status, MBPF_OK) << "rising and falling are two events: " << last;
        EXPECT_EQ(d.push(loaded("elsewhere", "gpio", "gpio/chip0/line2/both", limit, 64)).status, MBPF_OK) << "another line's";
        EXPECT_EQ(d.push(loaded("longer", "gpio", "gpio/chip0/line10/both", limit, 64)).status, MBPF_OK) << "a line whose number begins so";
    }
    Device d; // in other hooks it is a name like any
    const std::uint64_t trace = hook("trace").max_instructions;
    ASSERT_EQ(d.push(loaded("a", "trace", "trace/both", trace, 64)).status, MBPF_OK);
    EXPECT_EQ(d.push(loaded("b", "trace", "trace/other", trace, 64)).status, MBPF_OK);
}

TEST(Budget, of_one_package_counts_its_own_programs_together) {
    Device d;
    Package p = loaded("a", "trace", "trace/t", hook("trace").max_instructions, 64);
    p.programs.push_back(p.programs[0]);
    p.programs[1].name = "second";
    finish(p);
    EXPECT_EQ(d.push(p).verdict.code, MBPF_ADMIT_HOOK_BUDGET);
}

TEST(Budget, of_the_device_is_for_all_hooks) {
    Device d;
    Package p = simple_package("many");
    p.programs.clear();
    for (int i = 0; i < 8; ++i) {
        Package one = loaded("x", "trace", "trace/" + std::to_string(i), hook("trace").max_instructions, 64);
        p.programs.push_back(one.programs[0]);
        p.programs.back().name = "p" + std::to_string(i);
    }
    p.worst_case_instructions = hook("trace").max_instructions;
    p.stack_bytes = 64;
    ASSERT_EQ(d.push(p).status, MBPF_OK);
    p.name = "more";
    for (auto& program : p.programs) program.attach += "b";
    const auto o = d.push(p);
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_DEVICE_INSTRUCTIONS);
    EXPECT_EQ(o.verdict.actual, 16 * hook("trace").max_instructions);
}

Package timed(const std::string& name, const std::string& attach, std::uint32_t cycles) {
    Package p = loaded(name, "gpio", attach, 1, 64);
    p.programs[0].native_cycles = cycles;
    return p;
}

TEST(Budget, of_cycles_is_for_all_programs_one_event_runs) {
    Device d;
    const std::uint32_t limit = hook("gpio").max_cycles;
    ASSERT_NE(limit, 0u);
    ASSERT_EQ(d.push(timed("a", "gpio/chip0/line1/rising", limit / 2)).status, MBPF_OK);
    ASSERT_EQ(d.push(timed("b", "gpio/chip0/line1/rising", limit - limit / 2)).status, MBPF_OK);
    const auto o = d.push(timed("c", "gpio/chip0/line1/rising", 1));
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_CYCLES);
    EXPECT_EQ(o.verdict.expected, limit);
    EXPECT_EQ(o.verdict.actual, limit + 1u);
    EXPECT_EQ(d.push(timed("c", "gpio/chip0/line2/rising", 1)).status, MBPF_OK) << "another line's event";
    EXPECT_EQ(d.push(timed("a", "gpio/chip0/line1/rising", limit / 2)).status, MBPF_OK) << "a new version replaces its old one's share";
    (void)mbpf_unload(d.rt(), "b");
    EXPECT_EQ(d.push(timed("d", "gpio/chip0/line1/rising", 1)).status, MBPF_OK) << "given back on unload";
}

TEST(Budget, of_the_devices_cycles_is_for_all_hooks) {
    Device d;
    const std::uint32_t limit = hook("trace").max_cycles;
    ASSERT_LE(8ull * limit, MBPF_CYCLE_BUDGET);
    ASSERT_GT(16ull * limit, MBPF_CYCLE_BUDGET);
    Package p = loaded("many", "trace", "trace/t", 1, 64);
    p.programs[0].native_cycles = limit;
    const auto one = p.programs[0];
    p.programs.clear();
    for (int i = 0; i < 8; ++i) {
        p.programs.push_back(one);
        p.programs.back().name = "p" + std::to_string(i);
        p.programs.back().attach = "trace/" + std::to_string(i);
    }
    ASSERT_EQ(d.push(p).status, MBPF_OK);
    p.name = "more";
    for (auto& program : p.programs) program.attach += "b";
    const auto o = d.push(p);
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_CYCLES);
    EXPECT_EQ(o.verdict.expected, MBPF_CYCLE_BUDGET);
    EXPECT_EQ(o.verdict.actual, 16ull * limit);
}

TEST(Budget, of_stack_is_each_hooks_greatest_program) {
    Device d;
    const struct {
        const char *hook, *attach;
    } places[] = {{"trace", "trace/t"}, {"gpio", "gpio/chip0/line1/rising"}, {"timer", "timer/10ms"}, {"iio", "iio/device0/accel_x"}, {"coap", "coap/temperature"}, {"xdp", "xdp"}, {"pwm", "pwm/chip0/channel0"}};
    Package p = simple_package("many");
    p.programs.clear();
    std::uint64_t sum = 0;
    for (const auto& place : places) {
        p.programs.push_back(loaded("x", place.hook, place.attach, 10, hook(place.hook).max_stack + MBPF_NATIVE_STACK_MARGIN).programs[0]);
        p.programs.back().name = place.hook;
        p.stack_bytes = std::max(p.stack_bytes, p.programs.back().stack_bytes);
        sum += p.programs.back().stack_bytes;
        const auto o = d.push(p);
        EXPECT_EQ(o.verdict.code, sum > MBPF_STACK_BUDGET ? MBPF_ADMIT_DEVICE_STACK : MBPF_ADMIT_OK) << place.hook << o.verdict.detail;
        if (o.status == MBPF_OK) {
            EXPECT_EQ(d.push(loaded("small", place.hook, place.attach, 10, 64)).status, MBPF_OK) << "a smaller one at the same hook costs nothing";
        }
    }
    EXPECT_GT(sum, MBPF_STACK_BUDGET) << "the last one was refused";
}

// --- signing and the log ---

TEST(Signing, gives_the_very_signatures_of_libsodium) {
    for (std::uint32_t i = 0; i < 60; ++i) {
        std::array<std::uint8_t, 32> seed, key, expected_key;
        std::array<std::uint8_t, 64> secret, signature, expected;
        std::vector<std::uint8_t> message(i * 7);
        for (auto* bytes : {seed.data()}) crypto_hash_sha256(bytes, reinterpret_cast<const unsigned char*>(&i), sizeof i);
        for (std::size_t k = 0; k < message.size(); ++k) message[k] = static_cast<std::uint8_t>(k * i);
        crypto_sign_seed_keypair(expected_key.data(), secret.data(), seed.data());
        mbpf_ed25519_public_key(seed.data(), key.data());
        ASSERT_EQ(key, expected_key) << i;
        crypto_sign_detached(expected.data(), nullptr, message.data(), message.size(), secret.data());
        mbpf_ed25519_sign(seed.data(), message.data(), static_cast<std::uint32_t>(message.size()), signature.data());
        ASSERT_EQ(signature, expected) << i;
    }
}

TEST(Attestation, needs_a_device_key_and_room) {
    Device d;
    std::uint8_t report[MBPF_ATTEST_REPORT_BYTES], nonce[32] = {1}, signature[64];
    EXPECT_EQ(mbpf_attest(d.rt(), nonce, report, sizeof report, signature), 0u);
    RootSpec root;
    root.keys = {d.verifier, d.release};
    d.provision(anchors(root, ~std::uint64_t{0}, 7));
    EXPECT_EQ(mbpf_attest(d.rt(), nonce, report, sizeof(mbpf_attest_header) - 1, signature), 0u);
    EXPECT_EQ(mbpf_attest(d.rt(), nonce, report, sizeof report, signature), sizeof(mbpf_attest_header));
    ASSERT_EQ(d.push(simple_package()).status, MBPF_OK);
    EXPECT_EQ(mbpf_attest(d.rt(), nonce, report, sizeof report, signature), sizeof(mbpf_attest_header) + sizeof(mbpf_attest_package));
}

TEST(Events, are_recorded_for_every_verdict_but_not_for_dry_runs) {
    Device d;
    const auto kind = [&](std::uint32_t i) { return int(d.rt()->events.records[i % MBPF_EVENT_RECORDS][4]); };
    EXPECT_EQ(d.rt()->events.count, 1u);
    EXPECT_EQ(kind(0), MBPF_EVENT_BOOT);
    (void)d.push(simple_package(), true, true);
    EXPECT_EQ(d.rt()->events.count, 1u);
    (void)d.push(simple_package());
    (void)d.push_bytes({1, 2, 3});
    (void)mbpf_unload(d.rt(), "demo");
    ASSERT_EQ(d.rt()->events.count, 4u);
    EXPECT_EQ(kind(1), MBPF_EVENT_ADMITTED);
    EXPECT_EQ(kind(2), MBPF_EVENT_REFUSED);
    EXPECT_EQ(int(d.rt()->events.records[2][6]), MBPF_ADMIT_TRUNCATED);
    EXPECT_EQ(kind(3), MBPF_EVENT_UNLOADED);
    EXPECT_STREQ(reinterpret_cast<const char*>(d.rt()->events.records[3]) + 32, "demo");
}

// --- the order of the checks ---

TEST(Order, what_stands_earlier_in_the_table_is_said_first) {
    Device d;
    Key narrow = make_key(MBPF_ROLE_RELEASE, 61);
    narrow.capabilities = 0;
    narrow.hooks = 0;
    d.provision(anchors(std::vector<Key>{d.verifier, d.release, narrow}, 3));
    ASSERT_EQ(d.push(simple_package()).status, MBPF_OK);
    // A package wrong in everything after the signatures; each mistake mended shows the next.
    Package p = simple_package();
    p.rollback_counter = 1;
    p.capabilities = 4;
    p.programs[0].attach = "nowhere/x";
    p.programs[0].hook_abi ^= 1;
    p.imports = {{MBPF_IMPORT_HELPER, 9999, 0}, {99, 0, 0}};
    p.maps = {{"m", 11, 0, 4, 4, 4}};
    p.programs[0].stack_bytes = p.stack_bytes = 60000;
    p.programs[0].worst_case_instructions = p.worst_case_instructions = ~std::uint64_t{0};
    p.programs[0].entry_offset = 4096;
    finish(p);
    const std::vector<std::pair<std::uint32_t, std::function<void()>>> steps = {
        {MBPF_ADMIT_ROLLBACK, [&] { p.rollback_counter = 9; }},
        {MBPF_ADMIT_CAPABILITY, [&] { p.capabilities = 0; }},
        {MBPF_ADMIT_HOOK_UNKNOWN, [&] { p.programs[0].attach = "trace/t"; }},
        {MBPF_ADMIT_HOOK_ABI, [&] { p.programs[0].hook_abi ^= 1; }},
        {MBPF_ADMIT_HOOK_NOT_GRANTED, [&] { std::swap(narrow, d.release); }},
        {MBPF_ADMIT_HELPER_UNKNOWN, [&] { p.imports[0] = {MBPF_IMPORT_HELPER, 5, 1}; }},
        {MBPF_ADMIT_HELPER_ABI, [&] { p.imports[0].value = helper(5).abi_hash; }},
        {MBPF_ADMIT_MAP_TYPE, [&] { p.maps = {array_map("m", 4096, 65536)}; }},
        {MBPF_ADMIT_RAM, [&] { p.maps.clear(); }},
        {MBPF_ADMIT_STACK, [&] { p.programs[0].stack_bytes = p.stack_bytes = 64; }},
        {MBPF_ADMIT_INSTRUCTIONS, [&] { p.programs[0].worst_case_instructions = p.worst_case_instructions = 10; }},
        {MBPF_ADMIT_IMPORT, [&] { p.imports.pop_back(); }},
        {MBPF_ADMIT_ENTRY, [&] { p.programs[0].entry_offset = 0; }},
        {MBPF_ADMIT_OK, [] {}},
    };
    std::swap(narrow, d.release);  // released by the narrow key at first
    std::vector<std::uint32_t> table;
#define MBPF_ORDER_ROW(number, name, what, fix) table.push_back(number);
    MBPF_ADMISSION_TABLE(MBPF_ORDER_ROW)
    std::ptrdiff_t last = -1;
    for (const auto& [code, mend] : steps) {
        finish(p);
        const auto o = d.push(p, true, true);
        ASSERT_EQ(o.verdict.code, code) << o.verdict.detail << ": " << o.verdict.expected << ", " << o.verdict.actual;
        mend();
        if (code == MBPF_ADMIT_OK) continue;
        const std::ptrdiff_t place = std::find(table.begin(), table.end(), code) - table.begin();
        EXPECT_GT(place, last) << "row " << code << " stands out of order";
        last = place;
    }
}

}  // namespace
}  // namespace mbpf::test
