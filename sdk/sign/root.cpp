// SPDX-License-Identifier: Apache-2.0
// Root records: made, signed, shown.
#include "signer/root.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "sdk/cli/cli.h"
#include "sdk/cli/passphrase.h"
#include "sdk/sign/commands.h"

namespace mbpf::sign {

namespace {

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

// Bit of a hook in a grant: by its number in the descriptor.
std::uint64_t hook_bit(const Hook& hook) { return std::uint64_t{1} << std::min<unsigned>(hook.id, 63); }

// "FILE.pub:capabilities:hooks", names with commas, or all.
Status apply_grant(RootRecord& record, const std::string& text, const Platform& platform) {
    const auto parts = split(text, ':');
    if (parts.size() != 3) return cli::usage_error("'" + text + "' is no grant", "write FILE.pub:CAPABILITIES:HOOKS, names with commas or all");
    auto keys = read_public_keys({parts[0]});
    if (!keys) return keys.error();
    RootKey* of = nullptr;
    for (RootKey& k : record.keys)
        if (k.key.bytes == keys->front().bytes) of = &k;
    if (of == nullptr || of->key.role != Role::release) return cli::usage_error("'" + parts[0] + "' is no release key of the record", "grants are for release keys given with --pub");
    std::array<std::uint8_t, 16> no_id{};
    if (Status s = cli::parse_trust_options(parts[1], "", platform, of->capabilities, no_id); !s) return s;
    if (parts[2] == "all") return ok();
    of->hooks = 0;
    for (const std::string& name : split(parts[2], ',')) {
        const auto hook = std::ranges::find_if(platform.hooks, [&](const Hook& h) { return h.name == name; });
        if (hook == platform.hooks.end()) return cli::usage_error("platform " + platform.name + " has no hook '" + name + "'", "see the platform reference");
        of->hooks |= hook_bit(*hook);
    }
    return ok();
}

std::string names_of(const RootKey& k, const Platform& platform) {
    std::string capabilities, hooks;
    for (const Capability& c : platform.capabilities)
        if ((k.capabilities >> c.bit & 1) != 0) capabilities += (capabilities.empty() ? "" : ",") + c.name;
    for (const Hook& h : platform.hooks)
        if ((k.hooks & hook_bit(h)) != 0) hooks += (hooks.empty() ? "" : ",") + h.name;
    const auto shown = [](std::uint64_t bits, const std::string& names) { return bits == ~std::uint64_t{0} ? "all" : names.empty() ? "none" : names; };
    return "capabilities " + shown(k.capabilities, capabilities) + ", hooks " + shown(k.hooks, hooks);
}

}  // namespace

Result<RootRecord> read_root(const std::string& path) {
    auto bytes = cli::read_input(path);
    if (!bytes) return bytes.error();
    auto record = parse_root(*bytes);
    if (record) return record;
    Diagnostic d = record.error();
    d.where.file = path;
    return d;
}

int root_make(const Arguments& a) {
    auto keys = read_public_keys(a.public_keys);
    if (!keys) return cli::report(keys.error());
    auto platform = load_platform(a.platform);
    if (!platform) return cli::report(platform.error());
    RootRecord record;
    for (const PublicKey& key : *keys) record.keys.push_back({key});
    record.threshold = a.threshold == 0 ? usual_threshold(record.keys) : static_cast<std::uint8_t>(a.threshold);
    record.verifiers = static_cast<std::uint8_t>(a.verifiers);
    record.demand_deployment = a.demand_deployment;
    for (const std::string& grant : a.grants)
        if (Status s = apply_grant(record, grant, *platform); !s) return cli::report(s.error());
    if (!a.previous.empty()) {
        auto previous = read_root(a.previous);
        if (!previous) return cli::report(previous.error());
        auto next = succeed_root(*previous, std::move(record));
        if (!next) return cli::report(next.error());
        record = std::move(next).value();
    }
    auto bytes = encode_root(record);
    if (!bytes) return cli::report(bytes.error());
    if (Status s = cli::write_output(a.output, *bytes); !s) return cli::report(s.error());
    std::fprintf(stderr, "root record version %u, %zu keys, %zu revoked: to be signed by %u of its root keys%s\n", record.version, record.keys.size(), record.revoked.size(), record.threshold, a.previous.empty() ? "" : " and by those of its predecessor");
    return 0;
}

int root_sign(const Arguments& a) {
    auto record = read_root(a.root);
    if (!record) return cli::report(record.error());
    for (const std::string& path : a.keys) {
        auto key = open_key(path, a);
        if (!key) return cli::report(key.error());
        if (Status s = sign_root(*record, **key); !s) return cli::report(s.error());
        std::fprintf(stderr, "signed by root key %s\n", key_id_text((*key)->public_key().id()).c_str());
    }
    auto bytes = encode_root(*record);
    if (!bytes) return cli::report(bytes.error());
    if (Status s = cli::write_output(a.output.empty() ? a.root : a.output, *bytes); !s) return cli::report(s.error());
    return 0;
}

int root_show(const Arguments& a) {
    auto record = read_root(a.root);
    if (!record) return cli::report(record.error());
    auto platform = load_platform(a.platform);
    if (!platform) return cli::report(platform.error());
    std::optional<RootRecord> previous;
    if (!a.previous.empty()) {
        auto read = read_root(a.previous);
        if (!read) return cli::report(read.error());
        previous = std::move(read).value();
    }
    const Status complete = check_root(previous ? &*previous : nullptr, *record);
    if (a.json) {
        nlohmann::json j = {{"version", record->version}, {"threshold", record->threshold}, {"verifiers", record->verifiers}, {"demand_deployment", record->demand_deployment}, {"complete", bool(complete)}};
        for (const char* list : {"keys", "revoked", "signed_by"}) j[list] = nlohmann::json::array();
        for (const RootKey& k : record->keys) j["keys"].push_back({{"role", role_name(k.key.role)}, {"key_id", key_id_text(k.key.id())}, {"capabilities", k.capabilities}, {"hooks", k.hooks}});
        for (const KeyId& id : record->revoked) j["revoked"].push_back(key_id_text(id));
        for (const RootRecord::Signature& s : record->signatures) j["signed_by"].push_back(key_id_text(s.key_id));
        std::printf("%s\n", j.dump(2).c_str());
        return complete ? 0 : exit_code(complete.error());
    }
    std::printf("root record version %u: %u root signatures to replace it, %u verifier%s, deployment %s\n", record->version, record->threshold, record->verifiers, record->verifiers == 1 ? "" : "s", record->demand_deployment ? "by authorisation only" : "free");
    for (const RootKey& k : record->keys) std::printf("  key     %s %s%s%s\n", key_id_text(k.key.id()).c_str(), std::string(role_name(k.key.role)).c_str(), k.key.role == Role::release ? ": " : "", k.key.role == Role::release ? names_of(k, *platform).c_str() : "");
    for (const KeyId& id : record->revoked) std::printf("  revoked %s\n", key_id_text(id).c_str());
    for (const RootRecord::Signature& s : record->signatures) std::printf("  signed  by key %s\n", key_id_text(s.key_id).c_str());
    return complete ? 0 : cli::report(complete.error());
}

}  // namespace mbpf::sign
