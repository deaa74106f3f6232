// SPDX-License-Identifier: Apache-2.0
// Keys and signatures. A package runs only with a signature of each role: `verifier` says this native code
// came from bytecode with a proof, `release` says run it. Signed bytes are a COSE Sig_structure over the
// package header, separated by role, so a signature for one role is never one for the other.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "linker/package.h"

namespace mbpf {

enum class Role : std::uint8_t { verifier = 1, release = 2 };
std::optional<Role> parse_role(std::string_view text);
std::string_view role_name(Role role);

struct PublicKey {
    Role role = Role::verifier;
    std::string label;
    std::array<std::uint8_t, 32> bytes{};
    std::array<std::uint8_t, 8> id() const;  // first 8 bytes of SHA-256 of the key
};

// Holds the seed in locked memory, wiped on destruction. Move-only.
class SecretKey;

// Text forms: public key files are one line of text a person can paste; secret key files are encrypted with
// a passphrase (Argon2id, XChaCha20-Poly1305).
std::string encode_public_key(const PublicKey& key);
Result<PublicKey> parse_public_key(std::string_view text);

// Trust anchors as the device stores them (firmware_runtime/include/mbpf/abi/trust.h).
std::vector<std::uint8_t> encode_trust_anchors(std::span<const PublicKey> keys);

}  // namespace mbpf
