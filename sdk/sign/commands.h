// SPDX-License-Identifier: Apache-2.0
// What mbpf-sign does, one function a command. Data goes to stdout, messages to stderr; each returns the
// tool's exit code.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/platform.h"
#include "signer/signer.h"

namespace mbpf::sign {

struct Arguments {
    std::string package, output, role, label, platform = "microbpf", passphrase_file, capabilities = "all", device_id;
    std::string policy, pkcs11, pkcs11_module, pin_file, signature, drop;
    std::vector<std::string> keys, public_keys;
    bool json = false, no_passphrase = false, existing = false;
};

// Keys.
int keygen(const Arguments& a);
int trust_anchors(const Arguments& a);

// Packages.
int sign(const Arguments& a);
int tbs(const Arguments& a);
int attach(const Arguments& a);
int verify(const Arguments& a);
int inspect(const Arguments& a);

// Shared by them: each reads a file or says what is wrong with it.
Result<Package> read_package(const std::string& path);
Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths);
// The key of a .key file: in memory, or in the token the file names.
Result<std::unique_ptr<Signer>> open_key(const std::string& path, const Arguments& a);
Result<Role> role_of(const std::string& text, std::string_view choices);

}  // namespace mbpf::sign
