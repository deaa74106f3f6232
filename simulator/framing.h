// SPDX-License-Identifier: Apache-2.0
// Frames on a byte stream shared with console text: 0x00, COBS(message ++ CRC-32 little-endian), 0x00. Zero
// bytes occur nowhere else, so whatever is lost or damaged, the next frame is found again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mbpf {

inline constexpr std::size_t kMaxMessageBytes = 1024;
inline constexpr std::size_t kLeastMessageBytes = 256;  // a device that takes less cannot even say so

std::uint32_t crc32(std::span<const std::uint8_t> bytes);
std::vector<std::uint8_t> encode_frame(std::span<const std::uint8_t> message);

// What a device says may be shown on a terminal: printable ASCII, newlines and tabs; the rest is left out.
std::string printable_text(std::string_view text);

// Splits a stream into messages and console text. What is no sound frame counts as text if it is printable,
// and is dropped otherwise.
class FrameReceiver {
  public:
    // Messages completed by these bytes.
    std::vector<std::vector<std::uint8_t>> receive(std::span<const std::uint8_t> bytes);
    // Console text since the last call.
    std::string take_text();

  private:
    void end_piece(std::vector<std::vector<std::uint8_t>>& messages);
    std::vector<std::uint8_t> piece_;
    std::string text_;
};

}  // namespace mbpf
