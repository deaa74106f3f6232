// SPDX-License-Identifier: Apache-2.0
// Ed25519 keys that never leave a PKCS#11 token (smart card, HSM, SoftHSM): CKM_EDDSA through the vendor's
// module, loaded when it is needed.
#pragma once

#include <memory>
#include <string>

#include "sdk/pkcs11/uri.h"
#include "signer/signer.h"

namespace mbpf {

// An open, logged-in session. One at a time a process: modules are initialised once.
class Token {
  public:
    // MBPF4006: module or token. MBPF5014: the PIN.
    static Result<std::unique_ptr<Token>> open(const std::string& module, const Pkcs11Uri& uri, const std::string& pin);
    ~Token();
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;

    // Makes a key pair with the URI's object and id; the private half is sensitive and not extractable.
    // MBPF4002 when one of that name is there.
    Result<std::array<std::uint8_t, 32>> generate();
    // Its public half, of the one key of the URI. MBPF4007.
    Result<std::array<std::uint8_t, 32>> public_key() const;
    Result<std::array<std::uint8_t, 64>> sign(std::span<const std::uint8_t> bytes) const;

  private:
    struct Module;
    explicit Token(std::unique_ptr<Module> module);
    std::unique_ptr<Module> module_;
};

// The key as the signer's stages see it.
class TokenSigner final : public Signer {
  public:
    TokenSigner(PublicKey key, std::unique_ptr<Token> token) : key_(std::move(key)), token_(std::move(token)) {}
    const PublicKey& public_key() const override { return key_; }
    Result<std::array<std::uint8_t, 64>> sign(std::span<const std::uint8_t> bytes) const override { return token_->sign(bytes); }

  private:
    PublicKey key_;
    std::unique_ptr<Token> token_;
};

}  // namespace mbpf
