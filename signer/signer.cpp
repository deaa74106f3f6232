// SPDX-License-Identifier: Apache-2.0
// Ed25519 over the COSE Sig_structure of a package header.
#include "signer/signer.h"

#include <mbpf/abi/trust.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "core/bytes.h"
#include "core/make_diagnostic.h"

namespace mbpf {

namespace {

// libsodium must be initialised before its first use; doing so again costs nothing.
const bool kSodiumReady = sodium_init() >= 0;

}  // namespace

std::optional<Role> parse_role(std::string_view text) {
    if (text == "verifier") return Role::verifier;
    if (text == "release") return Role::release;
    if (text == "root") return Role::root;
    if (text == "deploy") return Role::deploy;
    if (text == "device") return Role::device;
    return std::nullopt;
}

std::string_view role_name(Role role) {
    switch (role) {
        case Role::verifier: return "verifier";
        case Role::release: return "release";
        case Role::root: return "root";
        case Role::deploy: return "deploy";
        case Role::device: return "device";
    }
    return "?";
}

std::string key_id_text(const KeyId& id) { return hex_digits(id); }

KeyId PublicKey::id() const {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest;
    crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
    KeyId id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

void SecretKey::Wipe::operator()(std::uint8_t* p) const { sodium_free(p); }

SecretKey SecretKey::from_seed(Role role, std::string label, std::span<const std::uint8_t, 32> seed) {
    SecretKey key;
    key.public_key_.role = role;
    key.public_key_.label = std::move(label);
    key.secret_.reset(static_cast<std::uint8_t*>(sodium_malloc(crypto_sign_SECRETKEYBYTES)));
    if (!kSodiumReady || key.secret_ == nullptr) __builtin_trap();  // no locked memory: nothing secret may be handled
    crypto_sign_seed_keypair(key.public_key_.bytes.data(), key.secret_.get(), seed.data());
    return key;
}

SecretKey SecretKey::generate(Role role, std::string label) {
    std::array<std::uint8_t, 32> seed;
    randombytes_buf(seed.data(), seed.size());
    SecretKey key = from_seed(role, std::move(label), seed);
    sodium_memzero(seed.data(), seed.size());
    return key;
}

Result<std::array<std::uint8_t, 64>> SecretKey::sign(std::span<const std::uint8_t> bytes) const {
    std::array<std::uint8_t, 64> signature;
    crypto_sign_detached(signature.data(), nullptr, bytes.data(), bytes.size(), secret_.get());
    return signature;
}

std::array<std::uint8_t, 32> SecretKey::seed() const {
    std::array<std::uint8_t, 32> seed;
    crypto_sign_ed25519_sk_to_seed(seed.data(), secret_.get());
    return seed;
}

bool signature_holds(const PublicKey& key, std::span<const std::uint8_t> bytes, std::span<const std::uint8_t, 64> signature) {
    return crypto_sign_verify_detached(signature.data(), bytes.data(), bytes.size(), key.bytes.data()) == 0;
}

namespace {

// MBPF_TBS_PREFIX_DEPLOY, the scope, the header: see mbpf/abi/trust.h.
std::vector<std::uint8_t> deployment_bytes(const DeployScope& scope, std::span<const std::uint8_t> header) {
    static constexpr char kPrefix[] = MBPF_TBS_PREFIX_DEPLOY, kHeader[] = MBPF_TBS_PAYLOAD_HEADER;
    std::vector<std::uint8_t> out(kPrefix, kPrefix + sizeof kPrefix - 1);
    out.push_back(static_cast<std::uint8_t>(scope.kind));
    out.insert(out.end(), scope.id.begin(), scope.id.end());
    out.insert(out.end(), kHeader, kHeader + sizeof kHeader - 1);
    out.insert(out.end(), header.begin(), header.end());
    return out;
}

}  // namespace

Result<std::vector<std::uint8_t>> bytes_to_sign(const Package& package, Role role, const std::optional<DeployScope>& scope) {
    if (role == Role::deploy && scope) return deployment_bytes(*scope, package.header_bytes());
    if (role == Role::deploy) return diagnostic(5009, "a deploy key authorises devices", "", "say for whom: mbpf-sign sign --for device:ID");
    if (scope) return diagnostic(5009, "a key of role " + std::string(role_name(role)) + " authorises no devices", "", "authorise them with a deploy key");
    if (role == Role::verifier || role == Role::release) return to_be_signed(static_cast<std::uint8_t>(role), package.header_bytes());
    return diagnostic(5009, "a key of role " + std::string(role_name(role)) + " signs no packages", "", "sign with a key of role verifier or release");
}

Status attach_signature(Package& package, const PublicKey& key, std::span<const std::uint8_t> signature, const std::optional<DeployScope>& scope) {
    auto bytes = bytes_to_sign(package, key.role, scope);
    if (!bytes) return bytes.error();
    PackageSignature s;
    if (signature.size() != s.signature.size()) return diagnostic(5010, "a signature has 64 bytes", std::to_string(signature.size()) + " given", "give the raw Ed25519 signature of what mbpf-sign tbs wrote");
    std::ranges::copy(signature, s.signature.begin());
    if (!signature_holds(key, *bytes, s.signature)) return diagnostic(5010, "the signature is not of this package by key " + key_id_text(key.id()), "", "sign exactly the bytes that mbpf-sign tbs wrote, with the key whose public half is given");
    s.role = static_cast<std::uint8_t>(key.role);
    s.algorithm = MBPF_SIGALG_ED25519;
    s.key_id = key.id();
    if (scope) s.scope = static_cast<std::uint8_t>(scope->kind);
    // Authorisations by one key for several devices stand side by side.
    std::erase_if(package.signatures, [&](const PackageSignature& other) { return other.role == s.role && other.key_id == s.key_id && (!scope || other.signature == s.signature); });
    if (package.signatures.size() >= MBPF_MAX_SIGNATURES) return diagnostic(5006, "package has " + std::to_string(MBPF_MAX_SIGNATURES) + " signatures already", "", "take one away: mbpf-sign sign --drop KEY-ID");
    package.signatures.push_back(s);
    return ok();
}

Status sign_package(Package& package, const Signer& key, const std::optional<DeployScope>& scope) {
    auto bytes = bytes_to_sign(package, key.public_key().role, scope);
    if (!bytes) return bytes.error();
    auto signature = key.sign(*bytes);
    if (!signature) return signature.error();
    return attach_signature(package, key.public_key(), *signature, scope);
}

std::size_t drop_signatures(Package& package, const KeyId& key) {
    return std::erase_if(package.signatures, [&](const PackageSignature& s) { return s.key_id == key; });
}

std::vector<SignatureReport> check_signatures(const Package& package, std::span<const PublicKey> keys, std::span<const DeployScope> scopes) {
    const auto header = package.header_bytes();
    std::vector<SignatureReport> reports;
    for (const PackageSignature& s : package.signatures) {
        SignatureReport r;
        r.signature = s;
        for (const PublicKey& key : keys) {
            if (key.id() != s.key_id || static_cast<std::uint8_t>(key.role) != s.role || s.algorithm != MBPF_SIGALG_ED25519) continue;
            r.known = true;
            r.label = key.label;
            if (key.role == Role::deploy) {
                for (const DeployScope& scope : scopes) r.valid |= static_cast<std::uint8_t>(scope.kind) == s.scope && signature_holds(key, deployment_bytes(scope, header), s.signature);
                continue;
            }
            const auto bytes = to_be_signed(s.role, header);
            r.valid = signature_holds(key, bytes, s.signature);
        }
        reports.push_back(std::move(r));
    }
    return reports;
}

namespace {

// The key whose signature of this role holds, or why there is none. As on the device, one that holds is
// enough, and keys that serve an earlier role do not count.
Result<const PublicKey*> signer_of(Role role, const Package& package, std::span<const SignatureReport> reports, std::span<const PublicKey> keys, std::span<const PublicKey* const> used) {
    const std::string name(role_name(role));
    const SignatureReport* present = nullptr;
    const SignatureReport* known = nullptr;
    const PublicKey* taken = nullptr;
    for (const SignatureReport& r : reports) {
        if (r.signature.role != static_cast<std::uint8_t>(role)) continue;
        present = &r;
        if (r.known && !r.valid) known = &r;
        if (!r.valid) continue;
        for (const PublicKey& key : keys) {
            if (key.role != role || key.id() != r.signature.key_id) continue;
            if (std::ranges::none_of(used, [&](const PublicKey* other) { return other->bytes == key.bytes; })) return &key;
            taken = &key;
        }
    }
    if (taken != nullptr) return diagnostic(5005, "one key signed for two roles", "key " + key_id_text(taken->id()), "roles must be held by different keys");
    if (present == nullptr) return diagnostic(5002, "package has no " + name + " signature", package.signatures.empty() ? "it has no signatures" : "it has signatures, but none of this role", "sign it: mbpf-sign sign --key with a key of role " + name);
    if (known == nullptr) return diagnostic(5003, "no " + name + " signature by a key given", "it is by key " + key_id_text(present->signature.key_id), "give the signer's public key with --pub");
    return diagnostic(5004, "the " + name + " signature by key " + key_id_text(known->signature.key_id) + " does not match the package", "", "the package was changed after signing: sign it again");
}

}  // namespace

Status require_roles(const Package& package, std::span<const PublicKey> keys, std::span<const Role> roles) {
    const auto reports = check_signatures(package, keys);
    std::vector<const PublicKey*> used;
    for (Role role : roles) {
        const auto by = signer_of(role, package, reports, keys, used);
        if (!by) return by.error();
        used.push_back(*by);
    }
    return ok();
}

}  // namespace mbpf
