// SPDX-License-Identifier: Apache-2.0
// Names of keys in tokens: the part of RFC 7512's pkcs11: URIs that says which key, which module, whose PIN.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mbpf {

struct Pkcs11Uri {
    std::string token, serial;  // of the token; empty: any
    std::string object;         // CKA_LABEL
    std::vector<std::uint8_t> id;  // CKA_ID
    std::string module_path;    // query attributes
    std::string pin_source;     // a file, "file:" in front or not
};

// MBPF2001. An attribute unknown here is refused: it would name another key than meant.
Result<Pkcs11Uri> parse_pkcs11_uri(std::string_view text);

}  // namespace mbpf
