// SPDX-License-Identifier: Apache-2.0
// The statement of where a package comes from: what stands in it, and that it is bound to its package.
#include "signer/provenance.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/signer/example_package.h"

namespace mbpf {
namespace {

ProvenanceFacts facts() {
    ProvenanceFacts f;
    f.files = {{"a.bpf.c", {0xab}}, {"microbpf.h", {0xcd}}};
    f.tools = {{"microbpf", "1.2.3"}};
    f.parameters = {{"target", "cortex-m4"}};
    f.defines = {"LIMIT=\"3\""};
    return f;
}

Package with_statement(std::string text) {
    Package p = example_package();
    p.host_sections.push_back({MBPF_HOST_PROVENANCE, {text.begin(), text.end()}});
    return p;
}

std::string code_of(const Status& s) { return s ? "ok" : s.error().code; }

TEST(Provenance, names_sources_tools_parameters_and_products_by_digest) {
    const std::string text = provenance_statement(example_package(), facts());
    const auto j = nlohmann::json::parse(text);
    const auto& definition = j["predicate"]["buildDefinition"];
    EXPECT_EQ(j["subject"][0]["name"], "limit-switch");
    EXPECT_EQ(definition["resolvedDependencies"].size(), 2u);
    EXPECT_EQ(definition["resolvedDependencies"][0]["digest"]["sha256"].get<std::string>().substr(0, 4), "ab00");
    EXPECT_EQ(definition["externalParameters"]["target"], "cortex-m4");
    EXPECT_EQ(definition["externalParameters"]["defines"][0], "LIMIT=\"3\"");
    EXPECT_EQ(j["predicate"]["runDetails"]["builder"]["version"]["microbpf"], "1.2.3");
    EXPECT_EQ(j["predicate"]["runDetails"]["byproducts"][0]["name"], "bytecode");
    EXPECT_EQ(text, provenance_statement(example_package(), facts())) << "the same facts, the same bytes";
}

TEST(Provenance, is_bound_to_the_payload_and_the_header_to_it) {
    const Package p = with_statement(provenance_statement(example_package(), facts()));
    EXPECT_EQ(code_of(check_provenance(p)), "ok");
    Package changed = p;
    changed.text[3] ^= 1;
    EXPECT_EQ(code_of(check_provenance(changed)), "MBPF5015");
    Package other_statement = p;
    other_statement.host_sections.back().bytes[5] ^= 1;
    EXPECT_NE(p.header_bytes(), other_statement.header_bytes());
    EXPECT_EQ(code_of(check_provenance(example_package())), "ok") << "none is no lie";
}

TEST(Provenance, that_is_no_statement_is_refused) {
    const std::string good = provenance_statement(example_package(), facts());
    for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("{}"), std::string(100000, '['), std::string(R"({"_type":1})"), std::string(R"({"_type":"https://in-toto.io/Statement/v1"})")}) EXPECT_EQ(code_of(check_provenance(with_statement(text))), "MBPF3305") << text.substr(0, 40);
    auto j = nlohmann::json::parse(good);
    j["subject"].push_back(j["subject"][0]);
    EXPECT_EQ(code_of(check_provenance(with_statement(j.dump()))), "MBPF5015") << "of two things";
    for (const auto& subject : {nlohmann::json::array(), nlohmann::json::object(), nlohmann::json(), nlohmann::json("x"), nlohmann::json::array({1})}) {
        j["subject"] = subject;
        EXPECT_EQ(code_of(check_provenance(with_statement(j.dump()))), "MBPF5015") << subject.dump();
    }
}

}  // namespace
}  // namespace mbpf
