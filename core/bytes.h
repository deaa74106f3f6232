// SPDX-License-Identifier: Apache-2.0
// Little-endian reads from borrowed bytes, and their digits. The caller of a read has checked the bounds, except for
// read_string.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mbpf {

inline std::uint16_t read_u16(std::span<const std::uint8_t> b, std::size_t at) {
    return static_cast<std::uint16_t>(b[at] | b[at + 1] << 8);
}
inline std::uint32_t read_u32(std::span<const std::uint8_t> b, std::size_t at) {
    return std::uint32_t{b[at]} | std::uint32_t{b[at + 1]} << 8 | std::uint32_t{b[at + 2]} << 16 | std::uint32_t{b[at + 3]} << 24;
}
inline std::uint64_t read_u64(std::span<const std::uint8_t> b, std::size_t at) {
    return read_u32(b, at) | static_cast<std::uint64_t>(read_u32(b, at + 4)) << 32;
}
// The NUL-terminated string at `at`, or nothing if it starts or runs outside.
// Longer ones are none: a file may name one long text many thousand times.
inline constexpr std::size_t kMaxStringBytes = 4096;

inline std::optional<std::string_view> read_string(std::span<const std::uint8_t> b, std::size_t at) {
    for (std::size_t end = at; end < b.size() && end - at <= kMaxStringBytes; ++end)
        if (b[end] == 0) return std::string_view(reinterpret_cast<const char*>(b.data()) + at, end - at);
    return std::nullopt;
}
inline std::string hex_digits(std::span<const std::uint8_t> bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t b : bytes) {
        text += kDigits[b >> 4];
        text += kDigits[b & 15];
    }
    return text;
}

}  // namespace mbpf
