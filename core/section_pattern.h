// SPDX-License-Identifier: Apache-2.0
// Section patterns of hooks: literal text with {u32}, {name} (letters, digits, - and _), {path} (the rest,
// not empty, printable ASCII without spaces) and {duration} (10us, 5ms, 1s).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mbpf {

bool is_valid_pattern(std::string_view pattern);
// The first number or duration (ns) in `section` if it matches, 0 if the pattern has none.
std::optional<std::uint64_t> match_pattern(std::string_view pattern, std::string_view section);

}  // namespace mbpf
