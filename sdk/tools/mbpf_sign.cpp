// SPDX-License-Identifier: Apache-2.0
// mbpf-sign: keys, signatures, and what a package says of itself.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sdk/cli/cli.h"
#include "sdk/cli/command_line.h"
#include "sdk/sign/commands.h"

namespace {

using namespace mbpf;
using sign::Arguments;

constexpr const char* kExamples = R"(Examples:
  mbpf-sign keygen --role verifier -o ci             writes ci.key (encrypted) and ci.pub
  mbpf-sign keygen --role release --pkcs11 'pkcs11:token=hsm;object=rel' -o rel    the key stays in the token
  mbpf-sign sign filter.mbpf --key ci.key            verifies and compiles again first
  mbpf-sign sign filter.mbpf --key rel.key --policy signing.policy
  mbpf-sign tbs filter.mbpf --pub rel.pub -o tbs.bin     to be signed elsewhere, then
  mbpf-sign attach filter.mbpf --pub rel.pub --signature tbs.sig
  mbpf-sign verify filter.mbpf --pub ci.pub --pub rel.pub
  mbpf-sign inspect filter.mbpf --json
  mbpf-sign suit filter.mbpf --key rel.key --vendor UUID --class UUID --uri coap://[fd00::1]/f.mbpf -o f.suit
  mbpf-sign root make --pub r1.pub --pub r2.pub --pub ci.pub --pub rel.pub --grant rel.pub:iio:iio,timer -o root.bin
  mbpf-sign root sign root.bin --key r1.key --key r2.key
  mbpf-sign trust-anchors --root root.bin --device-id 01 --device-key dev1.key -o anchors.bin

The passphrase comes from MBPF_PASSPHRASE, --passphrase-file or the terminal, a token's PIN from MBPF_PIN,
--pin-file, the URI's pin-source or the terminal.
Exit codes: 0 done, 2 usage, 3 malformed input, 4 I/O, 5 policy.)";

using Command = int (*)(const Arguments&);
using Commands = std::vector<std::pair<CLI::App*, Command>>;

void package_option(CLI::App* c, Arguments& a) { c->add_option("package", a.package, ".mbpf file; - is stdin")->required()->type_name("PKG"); }
void platform_option(CLI::App* c, Arguments& a) { cli::or_environment(c->add_option("--platform", a.platform, "built-in name or .textproto file"), a.platform, "PLATFORM")->capture_default_str(); }
void pub_option(CLI::App* c, Arguments& a) { c->add_option("--pub", a.public_keys, "public key file")->type_name("FILE")->allow_extra_args(false); }
void policy_option(CLI::App* c, Arguments& a) { cli::or_environment(c->add_option("--policy", a.policy, "who may sign what, and who must"), a.policy, "SIGN_POLICY")->type_name("FILE"); }
void output_option(CLI::App* c, Arguments& a) { c->add_option("-o,--output", a.output, "file to write (default: in place)")->type_name("FILE"); }
void secret_options(CLI::App* c, Arguments& a) {
    c->add_option("--passphrase-file", a.passphrase_file, "file whose first line is the passphrase")->type_name("FILE");
    c->add_flag("--no-passphrase", a.no_passphrase, "the key is not protected: for tests only");
    cli::or_environment(c->add_option("--pkcs11-module", a.pkcs11_module, "the token vendor's library"), a.pkcs11_module, "PKCS11_MODULE")->type_name("FILE");
    c->add_option("--pin-file", a.pin_file, "file whose first line is the token's PIN")->type_name("FILE");
}

void add_key_commands(CLI::App& app, Arguments& a, Commands& commands) {
    CLI::App* keygen = app.add_subcommand("keygen", "make a key pair; never overwrites a key");
    keygen->add_option("--role", a.role, "what its signatures mean")->required()->type_name("verifier|release|deploy|root|device");
    keygen->add_option("-o,--output", a.output, "NAME.key and NAME.pub are written")->required()->type_name("NAME");
    keygen->add_option("--label", a.label, "who holds it, for people");
    keygen->add_option("--pkcs11", a.pkcs11, "make it in a token")->type_name("URI");
    keygen->add_flag("--existing", a.existing, "take the key that the token has")->needs("--pkcs11");
    secret_options(keygen, a);
    commands.emplace_back(keygen, sign::keygen);
    CLI::App* trust = app.add_subcommand("trust-anchors", "write the keys a device is provisioned with");
    pub_option(trust, a), platform_option(trust, a);
    trust->add_option("--capabilities", a.capabilities, "granted to packages: names with commas, or all")->capture_default_str();
    trust->add_option("--root", a.root, "the first root record, instead of --pub")->type_name("FILE");
    trust->add_option("--device-id", a.device_id, "up to 16 bytes in hexadecimal");
    trust->add_option("--group-id", a.group_id, "likewise: a group of devices it belongs to");
    trust->add_option("--class-id", a.class_id, "likewise: its class");
    trust->add_option("--device-key", a.device_key, "key file of role device: signs the device's reports")->type_name("FILE");
    secret_options(trust, a);
    trust->add_option("-o,--output", a.output, "file to write")->required()->type_name("FILE");
    commands.emplace_back(trust, sign::trust_anchors);
}

void add_root_commands(CLI::App& app, Arguments& a, Commands& commands) {
    CLI::App* root = app.add_subcommand("root", "root records: which keys devices believe, and how far")->require_subcommand(1);
    CLI::App* make = root->add_subcommand("make", "write a record of these keys; those that leave are revoked for ever");
    pub_option(make, a), platform_option(make, a);
    make->add_option("--previous", a.previous, "the record that it replaces")->type_name("FILE");
    make->add_option("--threshold", a.threshold, "root keys that must sign a successor (default: more than half)");
    make->add_option("--verifiers", a.verifiers, "verifier signatures a package needs")->check(CLI::Range(1u, 2u))->capture_default_str();
    make->add_flag("--demand-deployment", a.demand_deployment, "packages need a deploy key's authorisation");
    make->add_option("--grant", a.grants, "what a release key may grant: names with commas, or all")->type_name("FILE.pub:CAPABILITIES:HOOKS")->allow_extra_args(false);
    make->add_option("-o,--output", a.output, "file to write")->required()->type_name("FILE");
    commands.emplace_back(make, sign::root_make);
    CLI::App* sign_cmd = root->add_subcommand("sign", "add signatures of root keys");
    sign_cmd->add_option("record", a.root, "root record")->required()->type_name("FILE");
    sign_cmd->add_option("--key", a.keys, "root key file")->required()->type_name("FILE")->allow_extra_args(false);
    secret_options(sign_cmd, a), output_option(sign_cmd, a);
    commands.emplace_back(sign_cmd, sign::root_sign);
    CLI::App* show = root->add_subcommand("show", "print a record; ends with 5 if it lacks signatures");
    show->add_option("record", a.root, "root record")->required()->type_name("FILE");
    show->add_option("--previous", a.previous, "the record that it replaces")->type_name("FILE");
    show->add_flag("--json", a.json, "as JSON");
    platform_option(show, a);
    commands.emplace_back(show, sign::root_show);
}

void scope_option(CLI::App* c, Arguments& a) { c->add_option("--for", a.scope, "deploy keys: device:ID, group:ID or class:ID"); }

void add_package_commands(CLI::App& app, Arguments& a, Commands& commands) {
    CLI::App* sign_cmd = app.add_subcommand("sign", "add signatures; a verifier key rebuilds the package first");
    package_option(sign_cmd, a), platform_option(sign_cmd, a), secret_options(sign_cmd, a), policy_option(sign_cmd, a), output_option(sign_cmd, a), scope_option(sign_cmd, a);
    sign_cmd->add_option("--key", a.keys, "key file; its role decides what is signed")->type_name("FILE")->allow_extra_args(false);
    sign_cmd->add_option("--drop", a.drop, "first take away the signatures by this key: 16 digits")->type_name("KEY-ID");
    commands.emplace_back(sign_cmd, sign::sign);
    CLI::App* tbs = app.add_subcommand("tbs", "write the bytes to be signed, for a key that is elsewhere");
    package_option(tbs, a), platform_option(tbs, a), pub_option(tbs, a), policy_option(tbs, a), scope_option(tbs, a);
    tbs->add_option("-o,--output", a.output, "file to write; - is stdout")->required()->type_name("FILE");
    commands.emplace_back(tbs, sign::tbs);
    CLI::App* attach = app.add_subcommand("attach", "add a signature made elsewhere, if it holds");
    package_option(attach, a), platform_option(attach, a), pub_option(attach, a), policy_option(attach, a), output_option(attach, a), scope_option(attach, a);
    attach->add_option("--signature", a.signature, "64 bytes, or 128 hexadecimal digits")->required()->type_name("FILE");
    commands.emplace_back(attach, sign::attach);
    CLI::App* verify = app.add_subcommand("verify", "check that both roles have signed, or the one named");
    package_option(verify, a), pub_option(verify, a), platform_option(verify, a), policy_option(verify, a), scope_option(verify, a);
    verify->add_option("--role", a.role, "demand this role only")->type_name("verifier|release");
    commands.emplace_back(verify, sign::verify);
    CLI::App* inspect = app.add_subcommand("inspect", "print all a package says of itself");
    package_option(inspect, a), pub_option(inspect, a), platform_option(inspect, a);
    inspect->add_flag("--json", a.json, "as JSON");
    commands.emplace_back(inspect, sign::inspect);
}

void add_exports(CLI::App& app, Arguments& a, Commands& commands) {
    CLI::App* provenance = app.add_subcommand("provenance", "print where the package comes from: an in-toto statement");
    package_option(provenance, a);
    provenance->add_option("-o,--output", a.output, "file to write (default: stdout)")->type_name("FILE");
    commands.emplace_back(provenance, sign::provenance);
    CLI::App* suit = app.add_subcommand("suit", "write the package as a SUIT update, signed by a release key");
    package_option(suit, a), platform_option(suit, a), secret_options(suit, a), policy_option(suit, a);
    suit->add_option("--key", a.keys, "release key file")->required()->type_name("FILE")->expected(1);
    suit->add_option("--profile", a.profile, "whom it is for")->check(CLI::IsMember({"draft", "riot"}))->capture_default_str();
    suit->add_option("--vendor", a.vendor, "of the devices it is for")->required()->type_name("UUID");
    suit->add_option("--class", a.device_class, "of the devices it is for")->required()->type_name("UUID");
    suit->add_option("--sequence", a.sequence, "devices take only greater ones (default: the rollback counter)");
    suit->add_option("--component", a.component, "its identifier: hexadecimal parts with colons between")->capture_default_str();
    suit->add_option("--uri", a.uri, "where devices fetch the package, host sections stripped");
    suit->add_flag("--integrated", a.integrated, "or put it into the envelope");
    suit->add_option("-o,--output", a.output, "file to write")->required()->type_name("FILE");
    commands.emplace_back(suit, sign::suit);
    CLI::App* strip = app.add_subcommand("strip", "write the package as devices get it, without host sections");
    package_option(strip, a);
    strip->add_option("-o,--output", a.output, "file to write")->required()->type_name("FILE");
    commands.emplace_back(strip, sign::strip);
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    CLI::App app("Keys and signatures of MicroBPF packages.", "mbpf-sign");
    app.set_version_flag("--version", std::string("mbpf-sign ") + cli::kVersion);
    app.footer(kExamples);
    app.require_subcommand(1);
    Commands commands;
    add_key_commands(app, a, commands);
    add_package_commands(app, a, commands);
    add_exports(app, a, commands);
    add_root_commands(app, a, commands);
    if (const std::optional<int> end = cli::parse(app, argc, argv)) return *end;
    for (const auto& [command, run] : commands)
        if (command->parsed()) return cli::finish(run(a));
    return cli::report(cli::usage_error("no command given"));
}
