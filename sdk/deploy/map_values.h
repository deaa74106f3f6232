// SPDX-License-Identifier: Apache-2.0
// Keys and values of maps as text: 1-, 2-, 4- and 8-byte ones as decimal numbers, all others (and any that
// begins with 0x) as bytes in hexadecimal, in memory order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"

namespace mbpf {

std::string bytes_text(std::span<const std::uint8_t> bytes);
std::string hex_text(std::span<const std::uint8_t> bytes);
// A decimal number (may be negative) of `size` bytes, little-endian; "a.b.c.d" as 4 bytes in network order; or
// 0x… with exactly `size` bytes; comma-separated numbers fill `size` in equal parts. MBPF2001.
Result<std::vector<std::uint8_t>> parse_value(const std::string& text, std::size_t size, const std::string& what);

}  // namespace mbpf
