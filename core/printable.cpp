// SPDX-License-Identifier: Apache-2.0
// One code point at a time, refused as a whole: a terminal that sees half of one may take the rest for control.
#include "core/printable.h"

#include <cstdint>

namespace mbpf {

namespace {

// Bytes of the printable code point that `text` begins with; 0: it begins with none.
std::size_t printable_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
    const std::size_t length = lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || length > text.size()) return 0;
    std::uint32_t point = lead & (0x7fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
        if (byte(k) >> 6 != 2) return 0;
        point = point << 6 | (byte(k) & 0x3fu);
    }
    constexpr std::uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000};
    return point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : length;
}

}  // namespace

bool is_printable(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = printable_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view text, std::string_view keep) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = printable_length(text);
        if (length != 0) out += text.substr(0, length);
        else out += keep.find(text[0]) == std::string_view::npos ? '?' : text[0];
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace mbpf
