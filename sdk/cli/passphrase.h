// SPDX-License-Identifier: Apache-2.0
// Where passphrases and provisioning options come from: environment, file, terminal, command line.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/platform.h"
#include "core/result.h"

namespace mbpf::cli {

// MBPF_PASSPHRASE, the first line of `file`, or the terminal without echo; "" with `none`.
Result<std::string> passphrase(const std::string& file, bool none, const std::string& what);
// Likewise, asked twice; an empty one is refused.
Result<std::string> new_passphrase(const std::string& file, bool none);

// A token's PIN: the first line of `file`, MBPF_PIN, or the terminal.
Result<std::string> pin(const std::string& file, const std::string& what);

// NAME.key, with mode 0600, and NAME.pub. A key once lost is lost: neither file is ever overwritten (MBPF4002).
Status write_key_pair(const std::string& name, std::string_view secret, std::string_view public_line);

// "all" or names with commas; hexadecimal digits.
Status parse_trust_options(const std::string& capabilities, const std::string& device_id, const Platform& platform, std::uint64_t& granted, std::array<std::uint8_t, 16>& id);
// Hexadecimal digits to bytes; an odd count or other characters give MBPF2001.
Result<std::vector<std::uint8_t>> parse_hex(const std::string& text);

}  // namespace mbpf::cli
