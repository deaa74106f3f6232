// SPDX-License-Identifier: Apache-2.0
// Framing: what is encoded comes back, whatever lies between; garbage never becomes a message or a fault.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "mbpf/crc32.h"
#include "mbpf/frame.h"
#include "simulator/framing.h"

namespace mbpf::test {
namespace {

std::vector<std::uint8_t> encode(const std::vector<std::uint8_t>& message) {
    std::vector<std::uint8_t> frame(MBPF_MAX_FRAME_BYTES);
    frame.resize(mbpf_frame_encode(message.data(), static_cast<std::uint32_t>(message.size()), frame.data(), static_cast<std::uint32_t>(frame.size())));
    return frame;
}

std::vector<std::vector<std::uint8_t>> receive(mbpf_frame_receiver& r, const std::vector<std::uint8_t>& bytes) {
    std::vector<std::vector<std::uint8_t>> out;
    std::uint32_t n = 0;
    for (const std::uint8_t b : bytes)
        if (mbpf_frame_receive(&r, b, &n)) out.emplace_back(r.bytes, r.bytes + n);
    return out;
}

std::vector<std::uint8_t> random_message(std::mt19937& rng, std::size_t n) {
    std::vector<std::uint8_t> m(n);
    const bool sparse = rng() % 2 == 0;
    for (std::uint8_t& b : m) b = static_cast<std::uint8_t>(sparse && rng() % 3 != 0 ? 0 : rng());
    return m;
}

TEST(Frame, crc_is_the_standard_one) {
    const std::uint8_t digits[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
    EXPECT_EQ(mbpf_crc32(digits, 9), 0xCBF43926u);
}

TEST(Frame, every_length_comes_back_on_device_and_host_from_either_encoder) {
    std::mt19937 rng(1);
    mbpf_frame_receiver r{};
    for (std::size_t n = 0; n <= MBPF_MAX_MESSAGE_BYTES; ++n) {
        const std::vector<std::uint8_t> m = random_message(rng, n);
        const std::vector<std::uint8_t> frame = encode(m);
        ASSERT_FALSE(frame.empty());
        for (const auto& line : {frame, encode_frame(m)}) {
            ASSERT_EQ(receive(r, line), (std::vector<std::vector<std::uint8_t>>{m})) << n;
            std::vector<std::uint8_t> place(MBPF_MAX_FRAME_BYTES);
            std::copy(m.begin(), m.end(), place.begin() + MBPF_FRAME_HEADROOM);
            place.resize(mbpf_frame_encode(place.data() + MBPF_FRAME_HEADROOM, static_cast<std::uint32_t>(n), place.data(), MBPF_MAX_FRAME_BYTES));
            ASSERT_EQ(place, frame) << "in place, " << n;
            FrameReceiver host;
            ASSERT_EQ(host.receive(line), (std::vector<std::vector<std::uint8_t>>{m})) << n;
        }
    }
}

TEST(Frame, runs_of_254_bytes_come_back) {
    mbpf_frame_receiver r{};
    for (const std::size_t n : {249u, 250u, 251u, 253u, 254u, 255u, 504u, 508u, 509u, 1016u, 1020u}) {
        const std::vector<std::uint8_t> m(n, 7);
        const auto got = receive(r, encode(m));
        ASSERT_EQ(got.size(), 1u) << n;
        EXPECT_EQ(got[0], m);
    }
}

TEST(Frame, too_long_a_message_is_not_encoded) {
    std::vector<std::uint8_t> frame(4096);
    const std::vector<std::uint8_t> m(MBPF_MAX_MESSAGE_BYTES + 1, 1);
    EXPECT_EQ(mbpf_frame_encode(m.data(), static_cast<std::uint32_t>(m.size()), frame.data(), 4096), 0u);
    EXPECT_EQ(mbpf_frame_encode(m.data(), 100, frame.data(), 100), 0u);
}

TEST(Frame, console_text_between_frames_is_skipped) {
    mbpf_frame_receiver r{};
    const std::string text = "hello\r\n";
    std::vector<std::uint8_t> line(text.begin(), text.end());
    for (const auto& part : {encode({1, 0, 2}), std::vector<std::uint8_t>(text.begin(), text.end()), encode({3})}) line.insert(line.end(), part.begin(), part.end());
    const auto got = receive(r, line);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[1], (std::vector<std::uint8_t>{3}));
}

TEST(Frame, a_hundred_thousand_damaged_frames_never_pass_as_another_message) {
    std::mt19937 rng(2);
    mbpf_frame_receiver r{};
    std::size_t passed = 0;
    for (int i = 0; i < 100000; ++i) {
        const std::vector<std::uint8_t> m = random_message(rng, rng() % 40);
        std::vector<std::uint8_t> frame = encode(m);
        const std::uint32_t kind = static_cast<std::uint32_t>(rng() % 4);
        if (kind == 0) frame[rng() % frame.size()] ^= static_cast<std::uint8_t>(1 + rng() % 255);
        if (kind == 1) frame.erase(frame.begin() + static_cast<std::ptrdiff_t>(rng() % frame.size()));
        if (kind == 2) frame.insert(frame.begin() + static_cast<std::ptrdiff_t>(rng() % frame.size()), static_cast<std::uint8_t>(rng()));
        if (kind == 3) frame = random_message(rng, rng() % 2000);
        for (const auto& got : receive(r, frame)) {
            passed += got != m;
        }
        (void)receive(r, {0});
    }
    EXPECT_EQ(passed, 0u);
    EXPECT_EQ(receive(r, encode({9})).size(), 1u);
}

}  // namespace
}  // namespace mbpf::test
