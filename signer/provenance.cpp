// SPDX-License-Identifier: Apache-2.0
// https://in-toto.io/Statement/v1 and https://slsa.dev/provenance/v1, written and read as JSON.
#include "signer/provenance.h"

#include <mbpf/abi/package.h>
#include <nlohmann/json.hpp>

#include "core/bytes.h"
#include "core/make_diagnostic.h"
#include "linker/package_layout.h"
#include "signer/statement.h"

namespace mbpf {

namespace {

using nlohmann::json;

constexpr const char* kStatement = "https://in-toto.io/Statement/v1";
constexpr const char* kPredicate = "https://slsa.dev/provenance/v1";

json digest(std::span<const std::uint8_t> sha256) { return {{"sha256", hex_digits(sha256)}}; }

std::string payload_digest(const Package& package) {
    const auto header = package.header_bytes();
    return hex_digits(std::span(header).subspan(offsetof(mbpf_package_header, payload_digest), MBPF_DIGEST_BYTES));
}

Diagnostic wrong(unsigned code, std::string message, std::string why) { return diagnostic(code, std::move(message), std::move(why), "build the package again with mbpf-cc"); }

// The text at a path of keys and indices, or "".
std::string text_at(const json& statement, const char* pointer) {
    const json::json_pointer at(pointer);
    return statement.contains(at) && statement[at].is_string() ? statement[at].get<std::string>() : std::string();
}

}  // namespace

std::string provenance_statement(const Package& package, const ProvenanceFacts& facts) {
    json sources = json::array(), products = json::array(), tools = json::object(), parameters = json::object();
    for (const auto& [path, sum] : facts.files) sources.push_back({{"uri", path}, {"digest", digest(sum)}});
    for (const auto& [name, version] : facts.tools) tools[name] = version;
    for (const auto& [name, value] : facts.parameters) parameters[name] = value;
    parameters["defines"] = facts.defines;
    for (const auto& [tag, name] : {std::pair{MBPF_HOST_BYTECODE, "bytecode"}, std::pair{MBPF_HOST_CERTIFICATE, "certificate"}})
        if (const HostSection* section = package.find_host_section(tag)) products.push_back({{"name", name}, {"digest", digest(sha256(section->bytes))}});
    const json statement = {
        {"_type", kStatement},
        {"subject", json::array({{{"name", package.name}, {"digest", {{"sha256", payload_digest(package)}}}}})},
        {"predicateType", kPredicate},
        {"predicate",
         {{"buildDefinition", {{"buildType", "urn:microbpf:build:v1"}, {"externalParameters", parameters}, {"internalParameters", json::object()}, {"resolvedDependencies", sources}}},
          {"runDetails", {{"builder", {{"id", "urn:microbpf:mbpf-cc"}, {"version", tools}}}, {"byproducts", products}}}}},
    };
    return statement.dump(-1, ' ', true, json::error_handler_t::replace);
}

Status check_provenance(const Package& package) {
    const HostSection* section = package.find_host_section(MBPF_HOST_PROVENANCE);
    if (section == nullptr) return ok();
    const json statement = parse_statement(section->bytes);
    if (statement.is_discarded() || text_at(statement, "/_type") != kStatement || text_at(statement, "/predicateType") != kPredicate) return wrong(3305, "the package's provenance is no in-toto statement with SLSA's predicate", "");
    const std::string about = text_at(statement, "/subject/0/digest/sha256"), is = payload_digest(package);
    if (about != is || statement["subject"].size() != 1) return wrong(5015, "the package's provenance is of something else", "its subject has SHA-256 " + (about.empty() ? "none" : about.substr(0, 16)) + ", the payload " + is.substr(0, 16));
    return ok();
}

}  // namespace mbpf
