// SPDX-License-Identifier: Apache-2.0
// Text to bytes and back, with the size the device reports as the type.
#include "sdk/deploy/map_values.h"

#include <algorithm>
#include <charconv>

#include "core/bytes.h"
#include "sdk/cli/cli.h"
#include "sdk/cli/passphrase.h"

namespace mbpf {

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

// A decimal number that fits `size` bytes, signed or unsigned.
std::optional<std::uint64_t> number(const std::string& text, std::size_t size) {
    const char* end = text.data() + text.size();
    std::uint64_t u = 0;
    if (const auto r = std::from_chars(text.data(), end, u); r.ec == std::errc() && r.ptr == end) {
        if (size < 8 && u >> (8 * size) != 0) return std::nullopt;
        return u;
    }
    std::int64_t s = 0;
    if (const auto r = std::from_chars(text.data(), end, s); r.ec == std::errc() && r.ptr == end) {
        if (size < 8 && s < -(std::int64_t{1} << (8 * size - 1))) return std::nullopt;
        return static_cast<std::uint64_t>(s);
    }
    return std::nullopt;
}

}  // namespace

std::string hex_text(std::span<const std::uint8_t> bytes) { return "0x" + hex_digits(bytes); }

std::string bytes_text(std::span<const std::uint8_t> bytes) {
    if (bytes.size() != 1 && bytes.size() != 2 && bytes.size() != 4 && bytes.size() != 8) return hex_text(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
    return std::to_string(value);
}

Result<std::vector<std::uint8_t>> parse_value(const std::string& text, std::size_t size, const std::string& what) {
    const auto wrong = [&](const std::string& why) { return cli::usage_error(what + " '" + text + "' " + why, "it has " + std::to_string(size) + " bytes: write a decimal number, numbers with commas between, a.b.c.d, or 0x and " + std::to_string(2 * size) + " digits"); };
    if (text.starts_with("0x")) {
        auto bytes = cli::parse_hex(text);
        if (bytes && bytes->size() != size) return wrong("has " + std::to_string(bytes->size()) + " bytes");
        return bytes;
    }
    std::vector<std::uint8_t> out;
    const auto octets = split(text, '.');
    const bool address = octets.size() == 4 && size == 4;
    const auto parts = address ? octets : split(text, ',');
    if (size == 0 || size % parts.size() != 0) return wrong("does not divide into its size");
    const std::size_t each = size / parts.size();
    if (each > 8) return wrong("is not that long");
    for (const std::string& part : parts) {
        const auto value = number(part, each);
        if (!value) return wrong("is no number that fits");
        for (std::size_t i = 0; i < each; ++i) out.push_back(static_cast<std::uint8_t>(*value >> (8 * i)));
    }
    return out;
}

}  // namespace mbpf
