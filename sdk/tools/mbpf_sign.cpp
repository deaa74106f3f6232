// SPDX-License-Identifier: Apache-2.0
// mbpf-sign: keys, signatures, and what a package says of itself.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sdk/cli/cli.h"
#include "sdk/cli/command_line.h"
#include "sdk/cli/passphrase.h"
#include "sdk/pipeline/rebuild.h"
#include "signer/inspect.h"
#include "signer/signer.h"

namespace {

using namespace mbpf;

struct Arguments {
    std::string package, output, role, label, platform = "microbpf", passphrase_file, capabilities = "all", device_id;
    std::vector<std::string> keys, public_keys;
    bool json = false, no_passphrase = false;
};

constexpr const char* kExamples = R"(Examples:
  mbpf-sign keygen --role verifier -o ci             writes ci.key (encrypted) and ci.pub
  mbpf-sign sign filter.mbpf --key ci.key            verifies and compiles again first
  mbpf-sign sign filter.mbpf --key release.key
  mbpf-sign verify filter.mbpf --pub ci.pub --pub release.pub
  mbpf-sign inspect filter.mbpf --json
  mbpf-sign trust-anchors --pub ci.pub --pub release.pub -o anchors.bin

The passphrase comes from MBPF_PASSPHRASE, --passphrase-file or the terminal.
Exit codes: 0 done, 2 usage, 3 malformed input, 4 I/O, 5 policy.)";

Result<Package> read_package(const std::string& path) {
    auto bytes = cli::read_input(path);
    if (!bytes) return bytes.error();
    auto package = parse_package(*bytes);
    if (package) return package;
    Diagnostic d = package.error();
    if (d.where.file.empty()) d.where.file = path;
    return d;
}

Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths) {
    std::vector<PublicKey> keys;
    for (const std::string& path : paths) {
        auto text = cli::read_text(path);
        if (!text) return text.error();
        auto key = parse_public_key(*text);
        if (!key) {
            Diagnostic d = key.error();
            d.where.file = path;
            return d;
        }
        keys.push_back(*key);
    }
    return keys;
}

int keygen(const Arguments& a) {
    const auto role = parse_role(a.role);
    if (!role) return cli::report(cli::usage_error("'" + a.role + "' is no role", "use verifier or release"));
    auto passphrase = cli::new_passphrase(a.passphrase_file, a.no_passphrase);
    if (!passphrase) return cli::report(passphrase.error());
    const SecretKey key = SecretKey::generate(*role, a.label);
    auto text = encode_secret_key(key, *passphrase, a.no_passphrase ? KeyProtection{1, 8192} : KeyProtection{});
    if (!text) return cli::report(text.error());
    if (Status s = cli::write_key_pair(a.output, *text, encode_public_key(key.public_key())); !s) return cli::report(s.error());
    std::fprintf(stderr, "wrote %s.key (%s) and %s.pub: %s key %s\n", a.output.c_str(), a.no_passphrase ? "NOT protected: no passphrase" : "encrypted", a.output.c_str(), a.role.c_str(), key_id_text(key.public_key().id()).c_str());
    return 0;
}

// A verifier's signature says that native code came from verified bytecode: see for ourselves.
Status verify_before_signing(const Arguments& a, const Package& package) {
    auto platform = load_platform(a.platform);
    if (!platform) return platform.error();
    auto how = rebuild_package(package, std::make_shared<const Platform>(std::move(platform).value()));
    if (!how) return how.error();
    std::fprintf(stderr, "verified again and reproduced (%s)\n", how->c_str());
    return ok();
}

int sign(const Arguments& a) {
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    for (const std::string& path : a.keys) {
        auto text = cli::read_text(path);
        if (!text) return cli::report(text.error());
        auto passphrase = cli::passphrase(a.passphrase_file, a.no_passphrase, path);
        if (!passphrase) return cli::report(passphrase.error());
        auto key = parse_secret_key(*text, *passphrase);
        if (!key) {
            Diagnostic d = key.error();
            d.where.file = path;
            return cli::report(d);
        }
        const PublicKey& pub = key->public_key();
        if (pub.role == Role::verifier)
            if (Status s = verify_before_signing(a, *package); !s) return cli::report(s.error());
        if (Status s = sign_package(*package, *key); !s) return cli::report(s.error());
        std::fprintf(stderr, "signed as %s by key %s\n", std::string(role_name(pub.role)).c_str(), key_id_text(pub.id()).c_str());
    }
    const std::string output = a.output.empty() ? a.package : a.output;
    if (Status s = cli::write_output(output, package->serialize()); !s) return cli::report(s.error());
    return 0;
}

int verify_signatures(const Arguments& a) {
    auto package = read_package(a.package);
    if (!package) return cli::report(package.error());
    auto keys = read_public_keys(a.public_keys);
    if (!keys) return cli::report(keys.error());
    std::vector<Role> roles{Role::verifier, Role::release};
    if (!a.role.empty()) {
        const auto role = parse_role(a.role);
        if (!role) return cli::report(cli::usage_error("'" + a.role + "' is no role", "use verifier or release"));
        roles = {*role};
    }
    if (Status s = require_roles(*package, *keys, roles); !s) return cli::report(s.error());
    for (const SignatureReport& r : check_signatures(*package, *keys))
        if (r.valid) std::printf("%s signature by key %s%s: valid\n", r.signature.role == 1 ? "verifier" : "release", key_id_text(r.signature.key_id).c_str(), r.label.empty() ? "" : (" (" + r.label + ")").c_str());
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

int trust_anchors(const Arguments& a) {
    auto keys = read_public_keys(a.public_keys);
    if (!keys) return cli::report(keys.error());
    auto platform = load_platform(a.platform);
    if (!platform) return cli::report(platform.error());
    TrustAnchorOptions options;
    if (Status s = cli::parse_trust_options(a.capabilities, a.device_id, *platform, options.capabilities, options.device_id); !s) return cli::report(s.error());
    auto blob = encode_trust_anchors(*keys, options);
    if (!blob) return cli::report(blob.error());
    if (Status s = cli::write_output(a.output, *blob); !s) return cli::report(s.error());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    CLI::App app("Keys and signatures of MicroBPF packages.", "mbpf-sign");
    app.set_version_flag("--version", std::string("mbpf-sign ") + cli::kVersion);
    app.footer(kExamples);
    app.require_subcommand(1);
    const auto package = [&](CLI::App* c) { c->add_option("package", a.package, ".mbpf file; - is stdin")->required()->type_name("PKG"); };
    const auto platform = [&](CLI::App* c) { c->add_option("--platform", a.platform, "built-in name or .textproto file")->envname("MBPF_PLATFORM")->capture_default_str(); };
    const auto pub = [&](CLI::App* c) { c->add_option("--pub", a.public_keys, "public key file")->type_name("FILE")->allow_extra_args(false); };
    const auto secret = [&](CLI::App* c) {
        c->add_option("--passphrase-file", a.passphrase_file, "file whose first line is the passphrase")->type_name("FILE");
        c->add_flag("--no-passphrase", a.no_passphrase, "the key is not protected: for tests only");
    };
    CLI::App* keygen_cmd = app.add_subcommand("keygen", "make a key pair; never overwrites a key");
    keygen_cmd->add_option("--role", a.role, "what its signatures mean")->required()->type_name("verifier|release");
    keygen_cmd->add_option("-o,--output", a.output, "NAME.key and NAME.pub are written")->required()->type_name("NAME");
    keygen_cmd->add_option("--label", a.label, "who holds it, for people");
    secret(keygen_cmd);
    CLI::App* sign_cmd = app.add_subcommand("sign", "add signatures; a verifier key rebuilds the package first");
    package(sign_cmd), platform(sign_cmd), secret(sign_cmd);
    sign_cmd->add_option("--key", a.keys, "key file; its role decides what is signed")->required()->type_name("FILE")->allow_extra_args(false);
    sign_cmd->add_option("-o,--output", a.output, "file to write (default: in place)")->type_name("FILE");
    CLI::App* verify_cmd = app.add_subcommand("verify", "check that both roles have signed, or the one named");
    package(verify_cmd), pub(verify_cmd);
    verify_cmd->add_option("--role", a.role, "demand this role only")->type_name("verifier|release");
    CLI::App* inspect_cmd = app.add_subcommand("inspect", "print all a package says of itself");
    package(inspect_cmd), pub(inspect_cmd), platform(inspect_cmd);
    inspect_cmd->add_flag("--json", a.json, "as JSON");
    CLI::App* trust_cmd = app.add_subcommand("trust-anchors", "write the keys a device is provisioned with");
    pub(trust_cmd), platform(trust_cmd);
    trust_cmd->add_option("--capabilities", a.capabilities, "granted to packages: names with commas, or all")->capture_default_str();
    trust_cmd->add_option("--device-id", a.device_id, "up to 16 bytes in hexadecimal");
    trust_cmd->add_option("-o,--output", a.output, "file to write")->required()->type_name("FILE");
    if (const std::optional<int> end = cli::parse(app, argc, argv)) return *end;
    if (keygen_cmd->parsed()) return keygen(a);
    if (sign_cmd->parsed()) return sign(a);
    if (verify_cmd->parsed()) return verify_signatures(a);
    return inspect_cmd->parsed() ? inspect(a) : trust_anchors(a);
}
