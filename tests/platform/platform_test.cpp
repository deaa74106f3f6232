// SPDX-License-Identifier: Apache-2.0
// Descriptors: each thing that can be wrong in one, section patterns, hashes, and the pages made from them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/platform.h"

namespace mbpf {
namespace {

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

constexpr const char* kHook = "hook { id: 1 name: \"h\" section: \"h\" context_type: \"c\" context_size: 16 max_instructions: 9 returns { min: 0 max: 1 } ";
constexpr const char* kMap = "map_type { number: 2 name: \"array\" } ";

struct Bad {
    const char* name;
    const char* code;
    std::string text;
};

TEST(Descriptor, what_is_wrong_is_named) {
    const std::string hook = std::string("name: \"p\" ") + kHook;
    const std::string helper = hook + "} " + kMap + "helper { number: 5 name: \"f\" return_type: \"long\" ";
    const Bad cases[] = {
        {"syntax", "MBPF3101", "name: ("},
        {"unknown_field", "MBPF3101", "nonsense: 3"},
        {"wrong_type", "MBPF3101", "name: 3"},
        {"no_name", "MBPF3102", std::string(kHook) + "}"},
        {"no_hook", "MBPF3102", "name: \"p\""},
        {"hook_id_twice", "MBPF3103", hook + "} hook { id: 1 name: \"g\" section: \"g\" max_instructions: 9 }"},
        {"helper_twice", "MBPF3103", helper + "} helper { number: 5 name: \"g\" return_type: \"long\" }"},
        {"bad_name", "MBPF3104", "name: \"p\" hook { id: 1 name: \"a b\" section: \"h\" max_instructions: 9 }"},
        {"field_outside", "MBPF3105", hook + "field { name: \"a\" offset: 16 size: 4 } }"},
        {"field_misaligned", "MBPF3105", hook + "field { name: \"a\" offset: 2 size: 4 } }"},
        {"field_overlaps", "MBPF3105", hook + "field { name: \"a\" offset: 0 size: 8 } field { name: \"b\" offset: 4 size: 4 } }"},
        {"field_of_three_bytes", "MBPF3105", hook + "field { name: \"a\" offset: 0 size: 3 } }"},
        {"packet_field_writable", "MBPF3105", hook + "field { name: \"a\" offset: 0 size: 4 kind: PACKET_START writable: true } }"},
        {"empty_range", "MBPF3106", hook + "field { name: \"a\" offset: 0 size: 4 range { min: 3 max: 2 } } }"},
        {"range_on_writable", "MBPF3106", hook + "field { name: \"a\" offset: 0 size: 4 writable: true range { min: 0 max: 2 } } }"},
        {"no_budget", "MBPF3106", "name: \"p\" hook { id: 1 name: \"h\" section: \"h\" }"},
        {"empty_return_range", "MBPF3106", "name: \"p\" hook { id: 1 name: \"h\" section: \"h\" max_instructions: 9 returns { min: 2 max: 1 } }"},
        {"no_section", "MBPF3107", "name: \"p\" hook { id: 1 name: \"h\" max_instructions: 9 }"},
        {"bad_pattern", "MBPF3107", "name: \"p\" hook { id: 1 name: \"h\" section: \"h/{what}\" max_instructions: 9 }"},
        {"path_not_last", "MBPF3107", "name: \"p\" hook { id: 1 name: \"h\" section: \"{path}/x\" max_instructions: 9 }"},
        {"size_without_buffer", "MBPF3108", helper + "arg { name: \"n\" type: \"u32\" kind: ARG_MEMORY_SIZE } }"},
        {"buffer_without_size", "MBPF3108", helper + "arg { name: \"b\" type: \"void *\" kind: ARG_MEMORY_READ } }"},
        {"key_without_map", "MBPF3108", helper + "arg { name: \"k\" type: \"void *\" kind: ARG_MAP_KEY } }"},
        {"six_arguments", "MBPF3108", helper + "arg{name:\"a\" type:\"u\"} arg{name:\"b\" type:\"u\"} arg{name:\"c\" type:\"u\"} arg{name:\"d\" type:\"u\"} arg{name:\"e\" type:\"u\"} arg{name:\"f\" type:\"u\"} }"},
        {"value_without_map", "MBPF3108", helper + "returns: RETURN_MAP_VALUE_OR_NULL }"},
        {"unknown_capability", "MBPF3109", helper + "capability: \"fly\" }"},
        {"unknown_hook", "MBPF3109", helper + "hook: \"nope\" }"},
        {"unknown_map_type", "MBPF3109", helper + "map_type: 99 }"},
    };
    for (const Bad& c : cases) {
        auto platform = parse_platform(c.text, "bad.textproto");
        ASSERT_FALSE(platform) << c.name;
        EXPECT_EQ(platform.error().code, c.code) << c.name << ": " << render_text(platform.error());
        EXPECT_EQ(platform.error().where.file, "bad.textproto");
        EXPECT_NE(find_diagnostic_code(c.code), nullptr);
    }
    EXPECT_TRUE(parse_platform(helper + "}", "good.textproto"));
}

TEST(Descriptor, syntax_errors_have_line_and_column) {
    auto platform = parse_platform("name: \"p\"\nhook {\n  id: x\n}", "bad.textproto");
    ASSERT_FALSE(platform);
    EXPECT_EQ(platform.error().where.line, 3u);
    EXPECT_GT(platform.error().where.column, 0u);
}

TEST(Descriptor, truncation_at_every_byte_is_parsed_or_refused) {
    const std::string text = read(std::string(MBPF_SOURCE_DIR) + "/sdk/platforms/microbpf.textproto");
    ASSERT_GT(text.size(), 5000u);
    for (std::size_t n = 0; n < text.size(); ++n) {
        auto platform = parse_platform(std::string_view(text).substr(0, n), "cut");
        if (!platform) {
            EXPECT_EQ(diagnostic_class(platform.error()), DiagnosticClass::malformed);
        }
    }
}

TEST(Descriptor, unknown_platforms_are_a_usage_error) {
    auto platform = load_platform("no-such");
    ASSERT_FALSE(platform);
    EXPECT_EQ(platform.error().code, "MBPF3111");
    EXPECT_NE(builtin_platform("microbpf"), nullptr);
    EXPECT_NE(builtin_platform("isa"), nullptr);
}

struct Match {
    const char* section;
    const char* hook;  // null: none
    std::uint64_t parameter;
};

TEST(Sections, are_matched_by_pattern) {
    const Match cases[] = {
        {"xdp", "xdp", 0}, {"xdp/acl", "xdp", 0}, {"xdpx", nullptr, 0}, {"iio/device7/accel_x", "iio", 7}, {"iio/device/accel_x", nullptr, 0}, {"iio/device7/", nullptr, 0}, {"iio/batch", "iio", 0},
        {"gpio/chip0/line3/rising", "gpio", 0}, {"gpio/chip0/line3/up", nullptr, 0}, {"gpio/chip0/line99999999999/rising", nullptr, 0}, {"timer/10ms", "timer", 10'000'000}, {"timer/5us", "timer", 5'000},
        {"timer/2s", "timer", 2'000'000'000}, {"timer/0ms", nullptr, 0}, {"timer/10", nullptr, 0}, {"coap/a/b/c", "coap", 0}, {"coap/", nullptr, 0}, {"trace/x", "trace", 0}, {"trace/x/y", nullptr, 0}, {"", nullptr, 0},
    };
    for (const Match& m : cases) {
        const auto found = match_section(*builtin_platform("microbpf"), m.section);
        ASSERT_EQ(found.has_value(), m.hook != nullptr) << m.section;
        if (!found) continue;
        EXPECT_EQ(found->hook->name, m.hook) << m.section;
        EXPECT_EQ(found->parameter, m.parameter) << m.section;
    }
}

TEST(AbiHash, changes_with_what_a_proof_relies_on_and_with_nothing_else) {
    const Hook hook = *builtin_platform("microbpf")->find_hook("gpio");
    Hook other = hook;
    other.doc = "other words";
    other.max_instructions *= 2;
    EXPECT_EQ(hook.abi_hash(), other.abi_hash());
    other.fields[3].max += 1;
    EXPECT_NE(hook.abi_hash(), other.abi_hash());
    const Helper helper = *builtin_platform("microbpf")->find_helper(1003);
    Helper changed = helper;
    changed.name = "renamed";
    changed.cost += 1;
    EXPECT_EQ(helper.abi_hash(), changed.abi_hash());
    changed.args[0].width = 64;
    EXPECT_NE(helper.abi_hash(), changed.abi_hash());
}

TEST(Reference, page_is_the_generated_one) {
    for (const std::string name : {"microbpf", "linux"}) {
        const std::string path = std::string(MBPF_SOURCE_DIR) + "/docs/reference/" + name + ".md";
        const std::string page = reference_page(*builtin_platform(name));
        if (std::getenv("MBPF_BLESS") != nullptr) std::ofstream(path, std::ios::binary) << page;
        EXPECT_EQ(read(path), page) << "refresh it: MBPF_BLESS=1 platform_test --gtest_filter=Reference.*";
    }
}

TEST(Headers, name_every_hook_and_helper) {
    const Platform& p = *builtin_platform("microbpf");
    const std::string author = author_header(p), header = firmware_header(p), source = firmware_source(p);
    for (const Helper& h : p.helpers) {
        EXPECT_NE(author.find("(*const bpf_" + h.name + ")"), std::string::npos) << h.name;
        EXPECT_NE(header.find("mbpf_helper_" + h.name + "("), std::string::npos) << h.name;
        EXPECT_NE(source.find(std::to_string(h.abi_hash()) + "u"), std::string::npos) << h.name;
    }
    for (const Hook& h : p.hooks)
        { EXPECT_TRUE(h.fields.empty() || author.find("struct " + h.context_type + " {") != std::string::npos) << h.name; }
}

}  // namespace
}  // namespace mbpf
