// SPDX-License-Identifier: Apache-2.0
// COBS as in Cheshire and Baker (1999); CRC-32 of IEEE 802.3 (reflected, 0xEDB88320).
#include "simulator/framing.h"

#include <utility>

namespace mbpf {

namespace {

// A piece without a delimiter this long is noise: kept bounded.
constexpr std::size_t kMaxPiece = 4 * kMaxMessageBytes;

std::optional<std::vector<std::uint8_t>> cobs_decode(std::span<const std::uint8_t> in) {
    std::vector<std::uint8_t> out;
    for (std::size_t at = 0; at < in.size();) {
        const std::size_t code = in[at++];
        if (code == 0 || code - 1 > in.size() - at) return std::nullopt;
        out.insert(out.end(), in.begin() + static_cast<std::ptrdiff_t>(at), in.begin() + static_cast<std::ptrdiff_t>(at + code - 1));
        at += code - 1;
        if (code != 255 && at < in.size()) out.push_back(0);
    }
    return out;
}

}  // namespace

std::string printable_text(std::string_view text) {
    std::string out;
    for (char c : text)
        if (c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f)) out.push_back(c);
    return out;
}

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
    std::uint32_t crc = 0xffffffffu;
    for (std::uint8_t byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

std::vector<std::uint8_t> encode_frame(std::span<const std::uint8_t> message) {
    std::vector<std::uint8_t> body(message.begin(), message.end());
    const std::uint32_t crc = crc32(message);
    for (int i = 0; i < 4; ++i) body.push_back(static_cast<std::uint8_t>(crc >> (8 * i)));
    std::vector<std::uint8_t> out{0};
    std::size_t code_at = out.size();
    out.push_back(1);
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] != 0) {
            out.push_back(body[i]);
            ++out[code_at];
        }
        if (body[i] == 0 || (out[code_at] == 255 && i + 1 < body.size())) {
            code_at = out.size();
            out.push_back(1);
        }
    }
    out.push_back(0);
    return out;
}

void FrameReceiver::end_piece(std::vector<std::vector<std::uint8_t>>& messages) {
    if (piece_.empty()) return;
    auto body = cobs_decode(piece_);
    if (body && body->size() >= 4 && body->size() - 4 <= kMaxMessageBytes) {
        const std::size_t n = body->size() - 4;
        std::uint32_t crc = 0;
        for (std::size_t i = 0; i < 4; ++i) crc |= std::uint32_t{(*body)[n + i]} << (8 * i);
        if (crc == crc32(std::span(*body).first(n))) {
            body->resize(n);
            messages.push_back(std::move(*body));
            piece_.clear();
            return;
        }
    }
    text_ += printable_text(std::string_view(reinterpret_cast<const char*>(piece_.data()), piece_.size()));
    piece_.clear();
}

std::vector<std::vector<std::uint8_t>> FrameReceiver::receive(std::span<const std::uint8_t> bytes) {
    std::vector<std::vector<std::uint8_t>> messages;
    for (std::uint8_t byte : bytes) {
        if (byte == 0 || piece_.size() >= kMaxPiece) end_piece(messages);
        if (byte != 0) piece_.push_back(byte);
    }
    return messages;
}

std::string FrameReceiver::take_text() { return std::exchange(text_, {}); }

}  // namespace mbpf
