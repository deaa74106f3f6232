// SPDX-License-Identifier: Apache-2.0
// The policy's text is protobuf's text format; everything in it is checked when it is read, so that a rule
// with a typing error fails then and not on the day it is needed.
#include "signer/policy.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "signing_policy.pb.h"

#include "core/make_diagnostic.h"

namespace mbpf {

namespace {

using signing::KeyRule;
using signing::Requirement;

Diagnostic malformed(std::string_view file, int line, int column, std::string message) {
    Diagnostic d;
    d.code = "MBPF3304";
    d.message = "signing policy is not valid: " + std::move(message);
    d.where.file = file;
    d.where.line = static_cast<std::uint32_t>(std::max(line, 0));
    d.where.column = static_cast<std::uint32_t>(std::max(column, 0));
    d.fix = "the schema is core/proto/signing_policy.proto; docs/decisions/0011-trust.md has an example";
    return d;
}

class FirstError : public google::protobuf::io::ErrorCollector {
  public:
    void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
        if (!message_.empty()) return;
        message_ = message;
        line_ = line + 1;
        column_ = column + 1;
    }
    Diagnostic diagnostic(std::string_view file) const { return malformed(file, line_, column_, message_); }

  private:
    std::string message_;
    int line_ = 0, column_ = 0;
};

using Version = std::tuple<unsigned, unsigned, unsigned>;
Version version_of(const Package& p) { return {p.version.major, p.version.minor, p.version.patch}; }
std::string version_text(const Package& p) { return std::to_string(p.version.major) + "." + std::to_string(p.version.minor) + "." + std::to_string(p.version.patch); }

std::optional<Version> parse_version(std::string_view text) {
    unsigned part[3] = {};
    const char *at = text.data(), *end = at + text.size();
    for (int i = 0; i < 3; ++i) {
        if (i > 0 && (at == end || *at++ != '.')) return std::nullopt;
        const auto [next, error] = std::from_chars(at, end, part[i]);
        if (error != std::errc() || part[i] > 65535) return std::nullopt;
        at = next;
    }
    if (at != end) return std::nullopt;
    return Version{part[0], part[1], part[2]};
}

bool is_key_id(std::string_view id) {
    return id.size() == 16 && std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool signs_packages(std::string_view role) { return role == "verifier" || role == "release" || role == "deploy"; }

// What is wrong with the rules, or nothing.
std::string mistake_in(const signing::SigningPolicy& rules) {
    std::set<std::string> seen;
    for (const KeyRule& rule : rules.key()) {
        if (!is_key_id(rule.id())) return "key id '" + rule.id() + "' is not 16 hexadecimal digits";
        if (!seen.insert(rule.id()).second) return "key " + rule.id() + " has two rules";
        if (!signs_packages(rule.role())) return "'" + rule.role() + "' is no role that signs packages";
        if (rule.has_min_version() && !parse_version(rule.min_version())) return "'" + rule.min_version() + "' is no version X.Y.Z";
        if (rule.has_max_version() && !parse_version(rule.max_version())) return "'" + rule.max_version() + "' is no version X.Y.Z";
    }
    for (const Requirement& need : rules.require()) {
        if (!signs_packages(need.role())) return "'" + need.role() + "' is no role that signs packages";
        if (need.count() < 1 || need.count() > 8) return "a package holds 1 to 8 signatures, not " + std::to_string(need.count());
        for (const std::string& id : need.key())
            if (!is_key_id(id)) return "key id '" + id + "' is not 16 hexadecimal digits";
    }
    return {};
}

template <class Patterns>
bool any_matches(const Patterns& patterns, std::string_view text) {
    return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches_pattern(pattern, text); });
}

template <class Strings>
std::string joined(const Strings& strings) {
    std::string out;
    for (const std::string& s : strings) out += (out.empty() ? "" : ", ") + s;
    return out;
}

// Why the rule forbids the package, or nothing.
std::string objection(const KeyRule& rule, const Package& p, const Platform& platform) {
    if (rule.package_size() > 0 && !any_matches(rule.package(), p.name)) return "the package is '" + p.name + "'; the rule covers " + joined(rule.package());
    if (rule.target_size() > 0 && std::ranges::find(rule.target(), isa_name(p.isa)) == rule.target().end()) return "it is for " + isa_name(p.isa) + "; the rule covers " + joined(rule.target());
    for (const PackageProgram& program : p.programs)
        if (rule.hook_size() > 0 && !any_matches(rule.hook(), program.attach)) return "program '" + program.name + "' attaches to " + program.attach + "; the rule covers " + joined(rule.hook());
    for (unsigned bit = 0; bit < 64 && rule.capability_size() > 0; ++bit) {
        if ((p.capabilities >> bit & 1) == 0) continue;
        const auto known = std::ranges::find_if(platform.capabilities, [&](const Capability& c) { return c.bit == bit; });
        const std::string name = known == platform.capabilities.end() ? "bit " + std::to_string(bit) : known->name;
        if (std::ranges::find(rule.capability(), name) == rule.capability().end()) return "it asks for capability " + name + "; the rule covers " + joined(rule.capability());
    }
    if (rule.has_min_version() && version_of(p) < *parse_version(rule.min_version())) return "its version is " + version_text(p) + "; the rule begins at " + rule.min_version();
    if (rule.has_max_version() && version_of(p) > *parse_version(rule.max_version())) return "its version is " + version_text(p) + "; the rule ends at " + rule.max_version();
    if (p.rollback_counter < rule.min_rollback_counter()) return "its rollback counter is " + std::to_string(p.rollback_counter) + "; the rule begins at " + std::to_string(rule.min_rollback_counter());
    return {};
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p, ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;  // the last star takes one character more
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

Policy::Policy() : rules_(std::make_unique<signing::SigningPolicy>()) {}
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;
Policy::~Policy() = default;

Result<Policy> Policy::parse(std::string_view text, std::string_view name) {
    Policy policy;
    FirstError error;
    google::protobuf::TextFormat::Parser parser;
    parser.RecordErrorsTo(&error);
    parser.SetRecursionLimit(8);
    if (!parser.ParseFromString(std::string(text), policy.rules_.get())) return error.diagnostic(name);
    if (std::string mistake = mistake_in(*policy.rules_); !mistake.empty()) return malformed(name, 0, 0, std::move(mistake));
    return policy;
}

Status Policy::allows(const PublicKey& key, const Package& package, const Platform& platform) const {
    const std::string id = key_id_text(key.id()), role(role_name(key.role));
    const auto rule = std::ranges::find_if(rules_->key(), [&](const KeyRule& r) { return r.id() == id && r.role() == role; });
    if (rule == rules_->key().end()) return diagnostic(5011, "the signing policy does not name " + role + " key " + id, std::to_string(rules_->key_size()) + " keys have rules", "sign with a key the policy names, or have a rule added");
    if (std::string why = objection(*rule, package, platform); !why.empty()) return diagnostic(5012, "the signing policy forbids " + role + " key " + id + " to sign this package", std::move(why), "sign with a key whose rule covers the package, or have the policy changed");
    return ok();
}

Status Policy::satisfied(const Package& package, const Platform& platform, std::span<const PublicKey> keys) const {
    const auto reports = check_signatures(package, keys);
    const auto has_signed = [&](const PublicKey& key) {
        return std::ranges::any_of(reports, [&](const SignatureReport& r) { return r.valid && r.signature.key_id == key.id() && r.signature.role == static_cast<std::uint8_t>(key.role); });
    };
    // A role is said only by signatures that the policy allows; others beside them do no harm.
    for (const PublicKey& key : keys) {
        if (!has_signed(key)) continue;
        const Status allowed = allows(key, package, platform);
        if (!allowed && std::ranges::none_of(keys, [&](const PublicKey& other) { return other.role == key.role && has_signed(other) && allows(other, package, platform); })) return allowed;
    }
    for (const Requirement& need : rules_->require()) {
        if (need.hook_size() > 0 && std::ranges::none_of(package.programs, [&](const PackageProgram& p) { return any_matches(need.hook(), p.attach); })) continue;
        std::set<std::string> signers;
        std::string why;
        for (const PublicKey& key : keys) {
            const std::string id = key_id_text(key.id());
            if (!has_signed(key) || role_name(key.role) != need.role()) continue;
            if (need.key_size() > 0 && std::ranges::find(need.key(), id) == need.key().end()) continue;
            const Status allowed = allows(key, package, platform);
            if (allowed) signers.insert(id);
            else why = "; " + allowed.error().message + (allowed.error().why.empty() ? "" : ": " + allowed.error().why);
        }
        if (signers.size() >= need.count()) continue;
        return diagnostic(5013, "the signing policy demands " + std::to_string(need.count()) + " " + need.role() + (need.count() == 1 ? " signature" : " signatures by different keys"), std::to_string(signers.size()) + " found" + (need.key_size() > 0 ? " by " + joined(need.key()) : "") + why, "have the missing party sign, and give its public key with --pub");
    }
    return ok();
}

}  // namespace mbpf
