// SPDX-License-Identifier: Apache-2.0
// What mbpf-sign does, one function a command. Data goes to stdout, messages to stderr; each returns the
// tool's exit code.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/platform.h"
#include "signer/root.h"

namespace mbpf::sign {

struct Arguments {
    std::string package, output, role, label, platform = "microbpf", passphrase_file, capabilities = "all", device_id;
    std::string policy, pkcs11, pkcs11_module, pin_file, signature, drop;
    std::string scope, root, previous, group_id, class_id, device_key;
    std::vector<std::string> grants;
    unsigned threshold = 0, verifiers = 1;
    bool demand_deployment = false;
    std::string profile = "draft", vendor, device_class, component = "00", uri;
    std::vector<std::string> keys, public_keys;
    std::optional<std::uint32_t> sequence;
    bool json = false, no_passphrase = false, existing = false, integrated = false;
};

// Keys.
int keygen(const Arguments& a);
int trust_anchors(const Arguments& a);

// Root records.
int root_make(const Arguments& a);
int root_sign(const Arguments& a);
int root_show(const Arguments& a);
Result<RootRecord> read_root(const std::string& path);

// Packages.
int sign(const Arguments& a);
int tbs(const Arguments& a);
int attach(const Arguments& a);
int verify(const Arguments& a);
int inspect(const Arguments& a);
int provenance(const Arguments& a);
int suit(const Arguments& a);
int strip(const Arguments& a);

// Shared by them: each reads a file or says what is wrong with it.
Result<Package> read_package(const std::string& path);
Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths);
// The key of a .key file: in memory, or in the token the file names.
Result<std::unique_ptr<Signer>> open_key(const std::string& path, const Arguments& a);
// All that must be true before a key of that role says anything of the package. What is attached was proved
// when its bytes were written by tbs: `prove` false.
Status ready_to_sign(const Package& package, const PublicKey& key, const Arguments& a, bool prove = true);
// "device:ID", "group:ID" or "class:ID", the id at most 16 bytes in hexadecimal; nothing for "".
Result<std::optional<DeployScope>> scope_of(const std::string& text);
Result<Role> role_of(const std::string& text, std::string_view choices);

}  // namespace mbpf::sign
