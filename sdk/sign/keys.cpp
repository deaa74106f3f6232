// SPDX-License-Identifier: Apache-2.0
// Keys: made, opened, read, and written as what devices are provisioned with.
#include <cstdio>

#include "sdk/cli/cli.h"
#include "sdk/cli/passphrase.h"
#include "sdk/pkcs11/token.h"
#include "sdk/sign/commands.h"

namespace mbpf::sign {

namespace {

Diagnostic in_file(Diagnostic d, const std::string& path) {
    if (d.where.file.empty()) d.where.file = path;
    return d;
}

Result<std::unique_ptr<Token>> open_token(const Arguments& a, const std::string& text) {
    auto uri = parse_pkcs11_uri(text);
    if (!uri) return uri.error();
    const std::string module = !a.pkcs11_module.empty() ? a.pkcs11_module : uri->module_path;
    if (module.empty()) return cli::usage_error("no PKCS#11 module is named", "give --pkcs11-module, MBPF_PKCS11_MODULE, or module-path in the URI");
    auto pin = cli::pin(!a.pin_file.empty() ? a.pin_file : uri->pin_source, uri->token.empty() ? "the token" : "token " + uri->token);
    if (!pin) return pin.error();
    return Token::open(module, *uri, *pin);
}

// The private half of a device's key, which the device itself will hold.
Result<std::array<std::uint8_t, 32>> device_seed(const Arguments& a) {
    auto text = cli::read_text(a.device_key);
    if (!text) return text.error();
    auto passphrase = cli::passphrase(a.passphrase_file, a.no_passphrase, a.device_key);
    if (!passphrase) return passphrase.error();
    auto key = parse_secret_key(*text, *passphrase);
    if (!key) return in_file(key.error(), a.device_key);
    if (key->public_key().role == Role::device) return key->seed();
    Diagnostic d;
    d.code = "MBPF5009";
    d.message = "a key of role " + std::string(role_name(key->public_key().role)) + " is no device's own";
    d.where.file = a.device_key;
    d.fix = "make one: mbpf-sign keygen --role device";
    return d;
}

int keygen_in_token(const Arguments& a, Role role) {
    auto token = open_token(a, a.pkcs11);
    if (!token) return cli::report(token.error());
    auto bytes = a.existing ? (*token)->public_key() : (*token)->generate();
    if (!bytes) return cli::report(bytes.error());
    // The form of the public line refuses labels and points that no key may have.
    PublicKey made;
    made.role = role;
    made.label = a.label;
    made.bytes = *bytes;
    auto key = parse_public_key(encode_public_key(made));
    if (!key) return cli::report(key.error());
    if (Status s = cli::write_key_pair(a.output, encode_token_key({*key, a.pkcs11}), encode_public_key(*key)); !s) return cli::report(s.error());
    std::fprintf(stderr, "wrote %s.key (names the key in the token) and %s.pub: %s key %s\n", a.output.c_str(), a.output.c_str(), a.role.c_str(), key_id_text(key->id()).c_str());
    return 0;
}

}  // namespace

Result<Role> role_of(const std::string& text, std::string_view choices) {
    if (const auto role = parse_role(text)) return *role;
    return cli::usage_error("'" + text + "' is no role", "use " + std::string(choices));
}

Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths) {
    std::vector<PublicKey> keys;
    for (const std::string& path : paths) {
        auto text = cli::read_text(path);
        if (!text) return text.error();
        auto key = parse_public_key(*text);
        if (!key) return in_file(key.error(), path);
        keys.push_back(*key);
    }
    return keys;
}

Result<std::unique_ptr<Signer>> open_key(const std::string& path, const Arguments& a) {
    auto text = cli::read_text(path);
    if (!text) return text.error();
    if (auto named = parse_token_key(*text)) {
        if (!*named) return in_file(named->error(), path);
        auto token = open_token(a, named->value().uri);
        if (!token) return in_file(token.error(), path);
        auto there = (*token)->public_key();
        if (!there) return in_file(there.error(), path);
        const PublicKey& key = named->value().public_key;
        if (*there != key.bytes) {
            Diagnostic d;
            d.code = "MBPF4007";
            d.message = "the token's key is not the one this file was written for";
            d.fix = "plug in the right token, or adopt its key with mbpf-sign keygen --pkcs11 --existing";
            return in_file(d, path);
        }
        return std::unique_ptr<Signer>(new TokenSigner(key, std::move(token).value()));
    }
    auto passphrase = cli::passphrase(a.passphrase_file, a.no_passphrase, path);
    if (!passphrase) return passphrase.error();
    auto key = parse_secret_key(*text, *passphrase);
    if (!key) return in_file(key.error(), path);
    return std::unique_ptr<Signer>(new SecretKey(std::move(key).value()));
}

int keygen(const Arguments& a) {
    auto role = role_of(a.role, "verifier, release, deploy, root or device");
    if (!role) return cli::report(role.error());
    if (!a.pkcs11.empty()) return keygen_in_token(a, *role);
    auto passphrase = cli::new_passphrase(a.passphrase_file, a.no_passphrase);
    if (!passphrase) return cli::report(passphrase.error());
    const SecretKey key = SecretKey::generate(*role, a.label);
    auto text = encode_secret_key(key, *passphrase, a.no_passphrase ? KeyProtection{1, 8192} : KeyProtection{});
    if (!text) return cli::report(text.error());
    if (Status s = cli::write_key_pair(a.output, *text, encode_public_key(key.public_key())); !s) return cli::report(s.error());
    std::fprintf(stderr, "wrote %s.key (%s) and %s.pub: %s key %s\n", a.output.c_str(), a.no_passphrase ? "NOT protected: no passphrase" : "encrypted", a.output.c_str(), a.role.c_str(), key_id_text(key.public_key().id()).c_str());
    return 0;
}

int trust_anchors(const Arguments& a) {
    auto keys = read_public_keys(a.public_keys);
    if (!keys) return cli::report(keys.error());
    auto platform = load_platform(a.platform);
    if (!platform) return cli::report(platform.error());
    TrustAnchorOptions options;
    if (Status s = cli::parse_trust_options(a.capabilities, a.device_id, *platform, options.capabilities, options.device_id); !s) return cli::report(s.error());
    for (const auto& [text, id] : {std::pair{&a.group_id, &options.group_id}, std::pair{&a.class_id, &options.class_id}}) {
        auto bytes = cli::parse_hex(*text);
        if (!bytes) return cli::report(bytes.error());
        if (bytes->size() > id->size()) return cli::report(cli::usage_error("'" + *text + "' has more than 16 bytes", "shorten it"));
        std::copy(bytes->begin(), bytes->end(), id->begin());
    }
    if (!a.device_key.empty()) {
        auto seed = device_seed(a);
        if (!seed) return cli::report(seed.error());
        options.device_seed = *seed;
    }
    if (!a.root.empty() && !keys->empty()) return cli::report(cli::usage_error("the root record has its keys", "give --root or --pub, not both"));
    auto root = a.root.empty() ? Result<RootRecord>(RootRecord{}) : read_root(a.root);
    if (!root) return cli::report(root.error());
    if (!a.root.empty())
        if (Status s = check_root(nullptr, *root); !s) return cli::report(s.error());
    auto blob = a.root.empty() ? encode_trust_anchors(*keys, options) : encode_trust_anchors(*root, options);
    if (!blob) return cli::report(blob.error());
    // It holds the device's own secret.
    if (Status s = cli::write_output(a.output, *blob, options.device_seed ? 0600 : 0644); !s) return cli::report(s.error());
    return 0;
}

}  // namespace mbpf::sign
