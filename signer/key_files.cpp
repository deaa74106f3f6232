// SPDX-License-Identifier: Apache-2.0
// Text forms of keys. Of one in a token: magic and role and label; its URI; the public key. A secret key file is three lines: magic and role and label; KDF parameters, salt and
// nonce; ciphertext. The first two lines are authenticated with the third.
#include <sodium.h>

#include <charconv>
#include <vector>

#include "core/make_diagnostic.h"
#include "signer/signer.h"

namespace mbpf {

namespace {

constexpr std::string_view kPublicMagic = "mbpf-pub-v1", kSecretMagic = "mbpf-key-v1";
// A file that asks for more is refused: it would take the machine's memory, or minutes.
constexpr std::uint64_t kMaxOperations = 16, kMaxMemory = std::uint64_t{256} << 20;

Diagnostic bad(unsigned code, std::string message, std::string fix) { return diagnostic(code, std::move(message), {}, std::move(fix)); }
Diagnostic no_public_key(std::string what) { return bad(3302, "not a MicroBPF public key: " + std::move(what), "give a .pub file written by mbpf-sign keygen"); }
Diagnostic no_secret_key(std::string what) { return bad(3301, "not a MicroBPF key file: " + std::move(what), "give a .key file written by mbpf-sign keygen"); }

std::string base64(std::span<const std::uint8_t> bytes) {
    std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // the NUL
    return text;
}

// Exactly `size` bytes or nothing.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text, std::size_t size) {
    std::vector<std::uint8_t> bytes(size + 3);
    std::size_t length = 0;
    const char* end = nullptr;
    if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, &end, sodium_base64_VARIANT_ORIGINAL) != 0) return std::nullopt;
    if (length != size || end != text.data() + text.size()) return std::nullopt;
    bytes.resize(size);
    // The decoder takes some bytes above 0x7f for digits: one text only stands for these bytes.
    if (base64(bytes) != text) return std::nullopt;
    return bytes;
}

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> out;
    while (!line.empty()) {
        const std::size_t space = line.find(' ');
        if (space != 0) out.push_back(line.substr(0, space));
        if (space == std::string_view::npos) break;
        line.remove_prefix(space + 1);
    }
    return out;
}

bool is_label(std::string_view label) {
    if (label.size() > 64) return false;
    for (char c : label)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '@')) return false;
    return true;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

// The encryption key in wiped memory, or nothing when there is not enough of it.
struct DerivedKey {
    std::uint8_t bytes[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    ~DerivedKey() { sodium_memzero(bytes, sizeof bytes); }
    bool derive(std::string_view passphrase, std::span<const std::uint8_t> salt, const KeyProtection& p) {
        return crypto_pwhash(bytes, sizeof bytes, passphrase.data(), passphrase.size(), salt.data(), p.operations, static_cast<std::size_t>(p.memory_bytes), crypto_pwhash_ALG_ARGON2ID13) == 0;
    }
};

}  // namespace

std::string encode_public_key(const PublicKey& key) {
    std::string line = std::string(kPublicMagic) + " " + std::string(role_name(key.role)) + " " + base64(key.bytes);
    if (!key.label.empty()) line += " " + key.label;
    return line + "\n";
}

Result<PublicKey> parse_public_key(std::string_view text) {
    if (text.size() > 1024) return no_public_key("too long");
    text = trimmed(text);
    if (text.find('\n') != std::string_view::npos) return no_public_key("more than one line");
    const auto parts = words(text);
    if (parts.size() < 3 || parts.size() > 4 || parts[0] != kPublicMagic) return no_public_key("it does not read mbpf-pub-v1 ROLE KEY [LABEL]");
    const auto role = parse_role(parts[1]);
    const auto bytes = from_base64(parts[2], 32);
    if (!role) return no_public_key("unknown role");
    if (!bytes) return no_public_key("the key is not 32 bytes of base64");
    PublicKey key;
    key.role = *role;
    if (parts.size() == 4) key.label = parts[3];
    if (!is_label(key.label)) return no_public_key("the label has characters it may not have");
    std::copy(bytes->begin(), bytes->end(), key.bytes.begin());
    if (crypto_core_ed25519_is_valid_point(key.bytes.data()) == 0) return no_public_key("the key is no point of the curve's main group");
    return key;
}

Result<std::string> encode_secret_key(const SecretKey& key, std::string_view passphrase, const KeyProtection& protection) {
    std::array<std::uint8_t, crypto_pwhash_SALTBYTES> salt;
    std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES> nonce;
    randombytes_buf(salt.data(), salt.size());
    randombytes_buf(nonce.data(), nonce.size());
    DerivedKey derived;
    if (!is_label(key.public_key_.label)) return bad(3303, "key label may have only letters, digits, . _ - @, at most 64", "choose another --label");
    if (!derived.derive(passphrase, salt, protection)) return bad(4005, "not enough memory to protect the key", "free some memory");
    std::string head = std::string(kSecretMagic) + " " + std::string(role_name(key.public_key_.role)) + (key.public_key_.label.empty() ? "" : " " + key.public_key_.label) + "\n";
    head += "argon2id " + std::to_string(protection.operations) + " " + std::to_string(protection.memory_bytes) + " " + base64(salt) + " " + base64(nonce) + "\n";
    std::array<std::uint8_t, 32 + crypto_aead_xchacha20poly1305_ietf_ABYTES> cipher;
    crypto_aead_xchacha20poly1305_ietf_encrypt(cipher.data(), nullptr, key.secret_.get(), 32, reinterpret_cast<const std::uint8_t*>(head.data()), head.size(), nullptr, nonce.data(), derived.bytes);
    return head + base64(cipher) + "\n";
}

std::string encode_token_key(const TokenKey& key) {
    std::string head = std::string(kSecretMagic) + " " + std::string(role_name(key.public_key.role)) + (key.public_key.label.empty() ? "" : " " + key.public_key.label) + "\n";
    return head + key.uri + "\n" + base64(key.public_key.bytes) + "\n";
}

std::optional<Result<TokenKey>> parse_token_key(std::string_view text) {
    const std::size_t first = text.find('\n'), second = first == std::string_view::npos ? first : text.find('\n', first + 1);
    if (second == std::string_view::npos || !text.substr(first + 1).starts_with("pkcs11:")) return std::nullopt;
    const auto name = words(text.substr(0, first));
    if (name.size() < 2 || name.size() > 3 || name[0] != kSecretMagic) return no_secret_key("it does not begin with mbpf-key-v1 ROLE");
    auto key = parse_public_key(std::string(kPublicMagic) + " " + std::string(name[1]) + " " + std::string(trimmed(text.substr(second + 1))) + (name.size() == 3 ? " " + std::string(name[2]) : std::string()));
    if (!key) return no_secret_key("role, label or public key is damaged");
    return TokenKey{*key, std::string(trimmed(text.substr(first + 1, second - first - 1)))};
}

Result<SecretKey> parse_secret_key(std::string_view text, std::string_view passphrase) {
    if (text.size() > 2048) return no_secret_key("too long");
    const std::size_t first = text.find('\n'), second = first == std::string_view::npos ? first : text.find('\n', first + 1);
    if (second == std::string_view::npos) return no_secret_key("it does not have three lines");
    const std::string_view head = text.substr(0, second + 1);
    const auto name = words(text.substr(0, first)), kdf = words(text.substr(first + 1, second - first - 1));
    if (name.size() < 2 || name.size() > 3 || name[0] != kSecretMagic) return no_secret_key("it does not begin with mbpf-key-v1 ROLE");
    const auto role = parse_role(name[1]);
    if (!role) return no_secret_key("unknown role");
    if (name.size() == 3 && !is_label(name[2])) return no_secret_key("the label has characters it may not have");
    if (kdf.size() != 5 || kdf[0] != "argon2id") return no_secret_key("unknown protection");
    const auto operations = number(kdf[1]), memory = number(kdf[2]);
    if (!operations || !memory || *operations < 1 || *operations > kMaxOperations || *memory < 8192 || *memory > kMaxMemory) return no_secret_key("protection parameters out of range");
    const auto salt = from_base64(kdf[3], crypto_pwhash_SALTBYTES), nonce = from_base64(kdf[4], crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    const auto cipher = from_base64(trimmed(text.substr(second + 1)), 32 + crypto_aead_xchacha20poly1305_ietf_ABYTES);
    if (!salt || !nonce || !cipher) return no_secret_key("salt, nonce or key is damaged");
    DerivedKey derived;
    if (!derived.derive(passphrase, *salt, {*operations, *memory})) return bad(4005, "not enough memory to open the key", "free some memory");
    std::array<std::uint8_t, 32> seed;
    const bool opened = crypto_aead_xchacha20poly1305_ietf_decrypt(seed.data(), nullptr, nullptr, cipher->data(), cipher->size(), reinterpret_cast<const std::uint8_t*>(head.data()), head.size(), nonce->data(), derived.bytes) == 0;
    if (!opened) return bad(5001, "wrong passphrase, or the key file was changed", "enter the passphrase given at keygen (MBPF_PASSPHRASE, --passphrase-file or the prompt)");
    SecretKey key = SecretKey::from_seed(*role, name.size() == 3 ? std::string(name[2]) : std::string(), seed);
    sodium_memzero(seed.data(), seed.size());
    return key;
}

}  // namespace mbpf
