// SPDX-License-Identifier: Apache-2.0
// What inspect says, whole: a field that is added or lost shows here.
#include "signer/inspect.h"

#include <gtest/gtest.h>
#include <mbpf/abi/package.h>

#include <nlohmann/json.hpp>

#include "signer/provenance.h"
#include "tests/signer/example_package.h"

namespace mbpf {
namespace {

Package two_signatures() {
    Package p = example_package();
    EXPECT_TRUE(sign_package(p, example_key(Role::verifier, 1, "ci")));
    EXPECT_TRUE(sign_package(p, example_key(Role::release, 2)));
    return p;
}

TEST(Inspect, text_is_golden) {
    const std::vector<PublicKey> keys{example_key(Role::verifier, 1, "ci").public_key()};
    EXPECT_EQ(inspect_text(two_signatures(), nullptr, keys), R"(limit-switch 1.2.3, rollback counter 7, for thumbv7em, platform version 1
  sizes         text 37, data 24, RAM 208, to the device 632, file 683 bytes
  tables        header 256, imports 24, programs 104, maps 40, signatures 160 bytes
  payload       SHA-256 8697f42360734e3ec7aa5800b0a79450fb08480ad779e3acb75ddac6b4b54f21
  bounds        1234 eBPF instructions, 96 bytes of stack
  capabilities  bit 0, bit 2
  program       stop on gpio/chip0/line3/rising: 1234 instructions, 96 bytes of stack
  map           thresholds: type 2, key 4, value 12, entries 8
  import        helper 1000
  import        values of map thresholds
  import        data + 16
  signature     verifier by key 34750f98bd59fcfc: valid (ci)
  signature     release by key 6a3803d5f059902a: unknown key
  host section  bytecode, 3 bytes
)");
}

TEST(Inspect, says_when_a_signature_does_not_hold) {
    Package p = two_signatures();
    p.rollback_counter = 1;
    const std::vector<PublicKey> keys{example_key(Role::verifier, 1, "ci").public_key()};
    EXPECT_NE(inspect_text(p, nullptr, keys).find(": INVALID (ci)"), std::string::npos);
    EXPECT_NE(inspect_text(example_package(), nullptr, {}).find("signature     none"), std::string::npos);
}

// A reader of JSON has no trouble with it, but who writes or frees it level by level has.
TEST(Inspect, a_statement_nested_without_end_is_none) {
    for (const char* level : {"[", "{\"a\":"}) {
        std::string text;
        for (int i = 0; i < 1'000'000; ++i) text += level;
        text += "1";
        for (int i = 0; i < 1'000'000; ++i) text += level[0] == '[' ? ']' : '}';
        Package p = example_package();
        p.host_sections.push_back({MBPF_HOST_PROVENANCE, {text.begin(), text.end()}});
        const auto j = nlohmann::json::parse(inspect_json(p, nullptr, {}), nullptr, false);
        EXPECT_FALSE(j.contains("provenance"));
        EXPECT_EQ(j["host_sections"].size(), 2u);
        const Status s = check_provenance(p);
        ASSERT_FALSE(s);
        EXPECT_EQ(s.error().code, "MBPF3305");
    }
}

TEST(Inspect, json_has_the_header_and_all_rows) {
    const auto j = nlohmann::json::parse(inspect_json(two_signatures(), nullptr, {}), nullptr, false);
    ASSERT_TRUE(j.is_object());
    for (const char* name : {"name", "version", "rollback_counter", "isa", "isa_extensions", "flags", "platform_version", "header_bytes", "text_bytes", "data_bytes", "data_init_bytes", "data_align", "ram_bytes", "stack_bytes", "worst_case_instructions",
                             "capabilities", "payload_digest", "host_digest", "import_table_bytes", "program_table_bytes", "map_table_bytes", "signature_bytes", "device_bytes", "file_bytes"})
        EXPECT_TRUE(j.contains(name)) << name;
    EXPECT_EQ(j["programs"].size(), 1u);
    EXPECT_EQ(j["maps"].size(), 1u);
    EXPECT_EQ(j["imports"].size(), 3u);
    EXPECT_EQ(j["signatures"].size(), 2u);
    EXPECT_EQ(j["host_sections"].size(), 1u);
}

}  // namespace
}  // namespace mbpf
