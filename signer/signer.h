// SPDX-License-Identifier: Apache-2.0
// Keys and signatures. A package runs only with a signature of each role: `verifier` says this native code
// came from bytecode with a proof, `release` says run it. Signed bytes are a COSE Sig_structure over the
// package header, separated by role, so a signature for one role is never one for the other.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "linker/package.h"

namespace mbpf {

// What a key's signatures mean: MBPF_ROLE_* of mbpf/abi/package.h. `verifier`, `release` and `deploy` sign packages,
// `root` signs root records, `device` signs the device's own reports.
enum class Role : std::uint8_t { verifier = 1, release = 2, root = 3, deploy = 4, device = 5 };
std::optional<Role> parse_role(std::string_view text);
std::string_view role_name(Role role);

using KeyId = std::array<std::uint8_t, 8>;  // first bytes of SHA-256 of the public key
std::string key_id_text(const KeyId& id);   // 16 hexadecimal digits

struct PublicKey {
    Role role = Role::verifier;
    std::string label;  // for people: letters, digits, . _ - @; may be empty
    std::array<std::uint8_t, 32> bytes{};
    KeyId id() const;
};

// Whoever can sign: a key pair in memory (below), or one that never leaves its token (sdk/pkcs11).
class Signer {
  public:
    virtual ~Signer() = default;
    virtual const PublicKey& public_key() const = 0;
    virtual Result<std::array<std::uint8_t, 64>> sign(std::span<const std::uint8_t> bytes) const = 0;
};

// An Ed25519 key pair. The secret half lives in locked memory and is wiped when the object ends.
class SecretKey final : public Signer {
  public:
    static SecretKey generate(Role role, std::string label);
    static SecretKey from_seed(Role role, std::string label, std::span<const std::uint8_t, 32> seed);
    SecretKey(SecretKey&&) noexcept = default;
    SecretKey& operator=(SecretKey&&) noexcept = default;
    const PublicKey& public_key() const override { return public_key_; }
    Result<std::array<std::uint8_t, 64>> sign(std::span<const std::uint8_t> bytes) const override;
    // The private half, for provisioning a device's own key; the caller wipes it.
    std::array<std::uint8_t, 32> seed() const;

  private:
    friend Result<std::string> encode_secret_key(const SecretKey&, std::string_view, const struct KeyProtection&);
    struct Wipe {
        void operator()(std::uint8_t* p) const;
    };
    SecretKey() = default;
    PublicKey public_key_;
    std::unique_ptr<std::uint8_t[], Wipe> secret_;  // 64 bytes: seed and public key, as libsodium has them
};

// One line of text a person can paste: "mbpf-pub-v1 ROLE BASE64 LABEL".
std::string encode_public_key(const PublicKey& key);
Result<PublicKey> parse_public_key(std::string_view text);

// Cost of turning a passphrase into a key (Argon2id); stands in the file, bounded on reading.
struct KeyProtection {
    std::uint64_t operations = 3;
    std::uint64_t memory_bytes = 64u << 20;
};
// Encrypted with XChaCha20-Poly1305 under the passphrase. An empty passphrase is the caller's decision.
Result<std::string> encode_secret_key(const SecretKey& key, std::string_view passphrase, const KeyProtection& protection = {});
// Wrong passphrase: MBPF5001. Not a key file: MBPF3301.
Result<SecretKey> parse_secret_key(std::string_view text, std::string_view passphrase);

// A key in a PKCS#11 token: its file names it and says its role, and holds nothing secret.
struct TokenKey {
    PublicKey public_key;
    std::string uri;  // RFC 7512
};
std::string encode_token_key(const TokenKey& key);
// Nothing: the text is another kind of file, parse_secret_key() will say which.
std::optional<Result<TokenKey>> parse_token_key(std::string_view text);

// Whether Ed25519 holds; keys of small order never do.
bool signature_holds(const PublicKey& key, std::span<const std::uint8_t> bytes, std::span<const std::uint8_t, 64> signature);

// For whom a deploy key authorises a package: one device, or those of one group or class.
struct DeployScope {
    enum class Kind : std::uint8_t { device = 1, group = 2, device_class = 3 } kind = Kind::device;
    std::array<std::uint8_t, 16> id{};
};

// The bytes that a key of that role signs of a package; a scope goes with role deploy and no other. MBPF5009:
// keys of that role sign no packages.
Result<std::vector<std::uint8_t>> bytes_to_sign(const Package& package, Role role, const std::optional<DeployScope>& scope = {});
// Adds the key's signature, replacing one by the same key and role.
Status sign_package(Package& package, const Signer& key, const std::optional<DeployScope>& scope = {});
// Likewise one made elsewhere over bytes_to_sign(); one that does not hold is MBPF5010.
Status attach_signature(Package& package, const PublicKey& key, std::span<const std::uint8_t> signature, const std::optional<DeployScope>& scope = {});
// Takes the signatures by that key away; how many.
std::size_t drop_signatures(Package& package, const KeyId& key);

struct SignatureReport {
    PackageSignature signature;
    bool known = false;  // by one of the keys given, of the same role
    bool valid = false;
    std::string label;
};
// Every signature held against the keys given; deployment authorisations also against the scopes given, since a
// package does not name those it is for.
std::vector<SignatureReport> check_signatures(const Package& package, std::span<const PublicKey> keys, std::span<const DeployScope> scopes = {});
// Each of `roles` must have a valid signature by a key of that role, no key serving two roles. MBPF5002 to 5005.
Status require_roles(const Package& package, std::span<const PublicKey> keys, std::span<const Role> roles);

}  // namespace mbpf
