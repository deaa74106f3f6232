// SPDX-License-Identifier: Apache-2.0
// Signatures of packages: made, made elsewhere and attached, demanded, shown.
#include <algorithm>
#include <cstdio>

#include "sdk/cli/cli.h"
#include "sdk/cli/passphrase.h"
#include "sdk/pipeline/rebuild.h"
#include "sdk/sign/commands.h"
#include "signer/inspect.h"
#include "signer/policy.h"
#include "signer/provenance.h"

namespace mbpf::sign {

namespace {

// A verifier's signature says that native code came from verified bytecode: see for ourselves.
Status verify_before_signing(const Package& package, const Platform& platform) {
    auto how = rebuild_package(package, std::make_shared<const Platform>(platform));
    if (!how) return how.error();
    std::fprintf(stderr, "verified again and reproduced (%s)\n", how->c_str());
    return ok();
}

Result<std::optional<Policy>> read_policy(const Arguments& a) {
    if (a.policy.empty()) return std::optional<Policy>();
    auto text = cli::read_text(a.policy);
    if (!text) return text.error();
    auto policy = Policy::parse(*text, a.policy);
    if (!policy) return policy.error();
    return std::optional<Policy>(std::move(policy).value());
}

Status write_package(const Arguments& a, const Package& package) {
    return cli::write_output(a.output.empty() ? a.package : a.output, package.serialize());
}

Result<std::vector<std::uint8_t>> signature_bytes(const std::string& path) {
    auto bytes = cli::read_input(path);
    if (!bytes || bytes->size() != 128) return bytes;
    return cli::parse_hex(std::string(bytes->begin(), bytes->end()));  // some tools write hexadecimal
}

}  // namespace

Result<Package> read_package(const std::string& path) {
    auto bytes = cli::read_input(path);
    if (!bytes) return bytes.error();
    auto package = parse_package(*bytes);
    if (package) return package;
    Diagnostic d = package.error();
    if (d.where.file.empty()) d.where.file = path;
    return d;
}

Status ready_to_sign(const Package& package, const PublicKey& key, const Arguments& a, bool prove) {
    if (Status s = check_provenance(package); !s) return s;
    auto platform = load_platform(a.platform);
    if (!platform) return platform.error();
    auto policy = read_policy(a);
    if (!policy) return policy.error();
    if (policy->has_value())
        if (Status s = (*policy)->allows(key, package, *platform); !s) return s;
    return prove && key.role == Role::verifier ? verify_before_signing(package, *platform) : ok();
}

Result<std::optional<DeployScope>> scope_of(const std::string& text) {
    if (text.empty()) return std::optional<DeployScope>();
    const std::size_t colon = text.find(':');
    const std::string kind = text.substr(0, colon);
    DeployScope scope;
    if (kind == "group") scope.kind = DeployScope::Kind::group;
    else if (kind == "class") scope.kind = DeployScope::Kind::device_class;
    else if (kind != "device" || colon == std::string::npos) return cli::usage_error("'" + text + "' names no devices", "write device:ID, group:ID or class:ID");
    auto id = cli::parse_hex(colon == std::string::npos ? "" : text.substr(colon + 1));
    if (!id) return id.error();
    if (id->empty() || id->size() > scope.id.size()) return cli::usage_error("'" + text + "' names no devices", "an id has 1 to 16 bytes in hexadecimal");
    std::copy(id->begin(), id->end(), scope.id.begin());
    return std::optional(scope);
}

int sign(const Arguments& a) {
    if (a.keys.empty() && a.drop.empty()) return cli::report(cli::usage_error("no key is given", "give --key FILE"));
    auto scope = scope_of(a.scope);
    if (!scope) return cli::report(scope.error());
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    if (!a.drop.empty()) {
        auto bytes = cli::parse_hex(a.drop);
        if (!bytes) return cli::report(bytes.error());
        KeyId id{};
        if (bytes->size() != id.size()) return cli::report(cli::usage_error("'" + a.drop + "' is no key id", "give the 16 digits that mbpf-sign inspect prints"));
        std::copy(bytes->begin(), bytes->end(), id.begin());
        std::fprintf(stderr, "%zu signatures by key %s taken away\n", drop_signatures(*package, id), a.drop.c_str());
    }
    for (const std::string& path : a.keys) {
        auto key = open_key(path, a);
        if (!key) return cli::report(key.error());
        const PublicKey& pub = (*key)->public_key();
        if (Status s = ready_to_sign(*package, pub, a); !s) return cli::report(s.error());
        if (Status s = sign_package(*package, **key, *scope); !s) return cli::report(s.error());
        std::fprintf(stderr, "signed as %s by key %s\n", std::string(role_name(pub.role)).c_str(), key_id_text(pub.id()).c_str());
    }
    if (Status s = write_package(a, *package); !s) return cli::report(s.error());
    return 0;
}

int tbs(const Arguments& a) {
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    auto keys = read_public_keys(a.public_keys);
    if (!keys) return cli::report(keys.error());
    if (keys->size() != 1) return cli::report(cli::usage_error("one public key must be given", "give the .pub file of the key that will sign with --pub"));
    const PublicKey& key = keys->front();
    auto scope = scope_of(a.scope);
    if (!scope) return cli::report(scope.error());
    auto bytes = bytes_to_sign(*package, key.role, *scope);
    if (!bytes) return cli::report(bytes.error());
    if (Status s = ready_to_sign(*package, key, a); !s) return cli::report(s.error());
    if (Status s = cli::write_output(a.output, *bytes); !s) return cli::report(s.error());
    std::fprintf(stderr, "sign these %zu bytes with pure Ed25519, then: mbpf-sign attach\n", bytes->size());
    return 0;
}

int attach(const Arguments& a) {
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    auto keys = read_public_keys(a.public_keys);
    if (!keys) return cli::report(keys.error());
    if (keys->size() != 1) return cli::report(cli::usage_error("one public key must be given", "give the .pub file of the key that signed with --pub"));
    if (Status s = ready_to_sign(*package, keys->front(), a, false); !s) return cli::report(s.error());
    auto signature = signature_bytes(a.signature);
    if (!signature) return cli::report(signature.error());
    auto scope = scope_of(a.scope);
    if (!scope) return cli::report(scope.error());
    if (Status s = attach_signature(*package, keys->front(), *signature, *scope); !s) return cli::report(s.error());
    if (Status s = write_package(a, *package); !s) return cli::report(s.error());
    std::fprintf(stderr, "attached: signed as %s by key %s\n", std::string(role_name(keys->front().role)).c_str(), key_id_text(keys->front().id()).c_str());
    return 0;
}

int verify(const Arguments& a) {
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    auto keys = read_public_keys(a.public_keys);
    if (!keys) return cli::report(keys.error());
    std::vector<Role> roles{Role::verifier, Role::release};
    if (!a.role.empty()) {
        auto role = role_of(a.role, "verifier or release");
        if (!role) return cli::report(role.error());
        roles = {*role};
    }
    auto policy = read_policy(a);
    if (!policy) return cli::report(policy.error());
    if (Status s = check_provenance(*package); !s) return cli::report(s.error());
    auto scope = scope_of(a.scope);
    if (!scope) return cli::report(scope.error());
    std::vector<DeployScope> scopes;
    if (scope->has_value()) scopes.push_back(**scope);
    const auto reports = check_signatures(*package, *keys, scopes);
    if (!scopes.empty() && std::ranges::none_of(reports, [](const SignatureReport& r) { return r.valid && r.signature.role == static_cast<std::uint8_t>(Role::deploy); })) {
        Diagnostic d;
        d.code = "MBPF5003";
        d.message = "no deployment authorisation for " + a.scope + " by a key given";
        d.fix = "authorise it: mbpf-sign sign --key with a deploy key, --for " + a.scope;
        return cli::report(d);
    }
    if (Status s = require_roles(*package, *keys, roles); !s) return cli::report(s.error());
    if (policy->has_value()) {
        auto platform = load_platform(a.platform);
        if (!platform) return cli::report(platform.error());
        if (Status s = (*policy)->satisfied(*package, *platform, *keys); !s) return cli::report(s.error());
    }
    for (const SignatureReport& r : reports)
        if (r.valid) std::printf("%s signature by key %s%s: valid\n", std::string(role_name(static_cast<Role>(r.signature.role))).c_str(), key_id_text(r.signature.key_id).c_str(), r.label.empty() ? "" : (" (" + r.label + ")").c_str());
    return 0;
}

int inspect(const Arguments& a) {
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    auto keys = read_public_keys(a.public_keys);
    if (!keys) return cli::report(keys.error());
    auto platform = load_platform(a.platform);
    if (!platform) return cli::report(platform.error());
    std::fputs((a.json ? inspect_json(*package, &*platform, *keys) : inspect_text(*package, &*platform, *keys)).c_str(), stdout);
    return 0;
}

}  // namespace mbpf::sign
