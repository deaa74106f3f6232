// SPDX-License-Identifier: Apache-2.0
// What a signing policy lets a key sign, and whose signatures it demands.
#include "signer/policy.h"

#include <gtest/gtest.h>

#include "tests/signer/example_package.h"

namespace mbpf {
namespace {

PublicKey verifier() { return example_key(Role::verifier, 1).public_key(); }
PublicKey release() { return example_key(Role::release, 2).public_key(); }
PublicKey other() { return example_key(Role::release, 3).public_key(); }

std::string rule(const PublicKey& key, const std::string& more) { return "key { id: \"" + key_id_text(key.id()) + "\" role: \"" + std::string(role_name(key.role)) + "\" " + more + " }\n"; }

Platform capabilities() {
    Platform p;
    p.capabilities = {{"maps", 0, ""}, {"gpio", 2, ""}};
    return p;
}

std::string judged(const std::string& text, const PublicKey& key) {
    auto policy = Policy::parse(text, "p");
    EXPECT_TRUE(policy);
    const Status s = policy->allows(key, example_package(), capabilities());
    return s ? "ok" : s.error().code;
}

struct Pattern {
    const char *pattern, *text;
    bool matches;
};
TEST(Pattern, star_stands_for_any_characters_and_nothing_else_is_special) {
    for (const Pattern& p : {Pattern{"", "", true}, {"*", "", true}, {"*", "iio/x", true}, {"iio/*", "iio/device0/x", true}, {"iio/*", "iio", false}, {"*x", "aax", true}, {"*ab*", "aab", true}, {"a*b*c", "axxbyybzc", true}, {"a*b*c", "axxbyybz", false}, {"a", "ab", false}, {"ab", "a", false}, {"a?c", "abc", false}, {"**a", "a", true}, {"*aaab", "aaaaaaaaaaaaaab", true}})
        EXPECT_EQ(matches_pattern(p.pattern, p.text), p.matches) << p.pattern << " on " << p.text;
}

TEST(Policy, allows_what_the_keys_rule_covers) {
    struct Case {
        const char *name, *more, *code;
    };
    // The package: limit-switch 1.2.3, counter 7, thumbv7em, gpio/chip0/line3/rising, capabilities maps and gpio.
    for (const Case& c : {Case{"nothing said allows all", "", "ok"},
                          {"package named", "package: \"limit-switch\"", "ok"},
                          {"package by pattern", "package: \"a*\" package: \"limit-*\"", "ok"},
                          {"another package", "package: \"limit\"", "MBPF5012"},
                          {"target", "target: \"rv32\" target: \"thumbv7em\"", "ok"},
                          {"another target", "target: \"rv32\"", "MBPF5012"},
                          {"hook", "hook: \"gpio/*\"", "ok"},
                          {"another hook", "hook: \"gpio/chip1/*\"", "MBPF5012"},
                          {"capabilities", "capability: \"gpio\" capability: \"maps\" capability: \"net\"", "ok"},
                          {"one capability too many", "capability: \"gpio\"", "MBPF5012"},
                          {"version at both ends", "min_version: \"1.2.3\" max_version: \"1.2.3\"", "ok"},
                          {"version too old", "min_version: \"1.2.4\"", "MBPF5012"},
                          {"version compared by number", "max_version: \"1.10.0\"", "ok"},
                          {"version too new", "max_version: \"1.2.2\"", "MBPF5012"},
                          {"counter", "min_rollback_counter: 7", "ok"},
                          {"counter too low", "min_rollback_counter: 8", "MBPF5012"}})
        EXPECT_EQ(judged(rule(release(), c.more), release()), c.code) << c.name;
}

TEST(Policy, a_key_without_a_rule_signs_nothing) {
    EXPECT_EQ(judged("", release()), "MBPF5011");
    EXPECT_EQ(judged(rule(other(), ""), release()), "MBPF5011");
    PublicKey same_key_other_role = release();
    same_key_other_role.role = Role::verifier;
    EXPECT_EQ(judged(rule(release(), ""), same_key_other_role), "MBPF5011");
    Policy policy = Policy::parse(rule(release(), "target: \"rv32\""), "p").value();
    const Status s = policy.allows(release(), example_package(), capabilities());
    ASSERT_FALSE(s);
    EXPECT_EQ(exit_code(s.error()), 5);
    EXPECT_EQ(s.error().why, "it is for thumbv7em; the rule covers rv32");
}

TEST(Policy, demands_the_signatures_it_names) {
    Package p = example_package();
    ASSERT_TRUE(sign_package(p, example_key(Role::release, 2)));
    const std::vector<PublicKey> keys{verifier(), release(), other()};
    const std::string rules = rule(release(), "") + rule(other(), "") + rule(verifier(), "");
    const auto code = [&](const std::string& text, const Package& package) {
        auto policy = Policy::parse(text, "p");
        EXPECT_TRUE(policy) << text;
        const Status s = policy->satisfied(package, capabilities(), keys);
        return s ? "ok" : s.error().code;
    };
    EXPECT_EQ(code("", p), "MBPF5011") << "a policy without rules lets nobody sign";
    EXPECT_EQ(code(rules, p), "ok");
    EXPECT_EQ(code(rules + "require { role: \"release\" }", p), "ok");
    EXPECT_EQ(code(rules + "require { role: \"verifier\" }", p), "MBPF5013");
    EXPECT_EQ(code(rules + "require { role: \"release\" count: 2 }", p), "MBPF5013");
    EXPECT_EQ(code(rules + "require { role: \"release\" key: \"" + key_id_text(other().id()) + "\" }", p), "MBPF5013");
    EXPECT_EQ(code(rules + "require { role: \"release\" count: 2 hook: \"pwm/*\" }", p), "ok") << "no program on such a hook";
    EXPECT_EQ(code(rules + "require { role: \"release\" count: 2 hook: \"gpio/*\" }", p), "MBPF5013");
    // A signature that the signer's own rule forbids does not count; nor does a second by the same key.
    EXPECT_EQ(code(rule(release(), "package: \"x\""), p), "MBPF5012");
    EXPECT_EQ(code(rule(verifier(), ""), p), "MBPF5011");
    Package two = p;
    ASSERT_TRUE(sign_package(two, example_key(Role::release, 3)));
    EXPECT_EQ(code(rules + "require { role: \"release\" count: 2 }", two), "ok");
    EXPECT_EQ(code(rule(release(), "package: \"x\"") + rule(other(), ""), two), "ok") << "one whom it allows is enough";
    EXPECT_EQ(code(rule(release(), "package: \"x\"") + rule(other(), "") + "require { role: \"release\" count: 2 }", two), "MBPF5013");
    two.signatures[1] = two.signatures[0];
    EXPECT_EQ(code(rules + "require { role: \"release\" count: 2 }", two), "MBPF5013");
}

TEST(Policy, with_a_mistake_is_refused_when_it_is_read) {
    const std::string id = "\"0123456789abcdef\"";
    for (const std::string& text : {std::string("key {"), std::string("key { }"), "key { id: " + id + " }", std::string("key { id: \"0123\" role: \"release\" }"), std::string("key { id: \"0123456789ABCDEF\" role: \"release\" }"), "key { id: " + id + " role: \"admin\" }", "key { id: " + id + " role: \"root\" }", "key { id: " + id + " role: \"release\" min_version: \"1.2\" }", "key { id: " + id + " role: \"release\" max_version: \"1.2.65536\" }", "key { id: " + id + " role: \"release\" hooks: \"x\" }",
                                    "key { id: " + id + " role: \"release\" } key { id: " + id + " role: \"verifier\" }", std::string("require { role: \"release\" count: 0 }"), std::string("require { role: \"release\" count: 9 }"), std::string("require { role: \"release\" key: \"x\" }"), std::string(10000, '{')}) {
        auto policy = Policy::parse(text, "signing.policy");
        ASSERT_FALSE(policy) << text;
        EXPECT_EQ(policy.error().code, "MBPF3304") << text;
        EXPECT_EQ(policy.error().where.file, "signing.policy");
    }
}

}  // namespace
}  // namespace mbpf
