// SPDX-License-Identifier: Apache-2.0
// Frames survive any splitting, and whatever a line does to one, the next is found.
#include "simulator/framing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace mbpf {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }
Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes out;
    for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}
Bytes random_bytes(std::mt19937& random, std::size_t count, std::size_t zero_in) {
    Bytes out(count);
    for (auto& b : out) b = random() % zero_in == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(random());
    return out;
}

TEST(Crc32, is_the_one_of_ieee_802_3) { EXPECT_EQ(crc32(bytes_of("123456789")), 0xcbf43926u); }

TEST(Frame, is_delimited_cobs_of_message_and_checksum) {
    // CRC-32 of the empty message is 0: four zero bytes.
    EXPECT_EQ(encode_frame({}), (Bytes{0, 1, 1, 1, 1, 1, 0}));
    const Bytes frame = encode_frame(Bytes{0x11, 0, 0x22});
    EXPECT_EQ(frame.front(), 0);
    EXPECT_EQ(frame.back(), 0);
    EXPECT_EQ(std::count(frame.begin() + 1, frame.end() - 1, 0), 0);
}

TEST(Frame, of_every_length_reads_back) {
    std::mt19937 random(1);
    for (std::size_t n = 0; n <= kMaxMessageBytes; ++n)
        for (const unsigned zero_in : {2u, 300u, 100000u}) {
            const Bytes message = random_bytes(random, n, zero_in);
            FrameReceiver receiver;
            const auto received = receiver.receive(encode_frame(message));
            ASSERT_EQ(received.size(), 1u) << n;
            ASSERT_EQ(received[0], message) << n;
            ASSERT_EQ(receiver.take_text(), "");
        }
}

TEST(Frame, of_full_groups_reads_back) {
    for (std::size_t n : {249u, 250u, 251u, 253u, 254u, 255u, 504u, 508u, 509u, 762u}) {
        const Bytes message(n, 0xaa);
        FrameReceiver receiver;
        const auto received = receiver.receive(encode_frame(message));
        ASSERT_EQ(received.size(), 1u) << n;
        EXPECT_EQ(received[0], message);
    }
}

TEST(Frame, longer_than_a_message_may_be_is_refused) {
    FrameReceiver receiver;
    EXPECT_TRUE(receiver.receive(encode_frame(Bytes(kMaxMessageBytes + 1, 7))).empty());
    EXPECT_EQ(receiver.receive(encode_frame(Bytes(3, 7))).size(), 1u);
}

TEST(FrameReceiver, parts_console_text_from_messages) {
    FrameReceiver receiver;
    const Bytes line = joined({bytes_of("boot\n"), encode_frame(Bytes{1, 0, 2}), bytes_of("tick\n"), encode_frame(Bytes{3}), bytes_of("end\n"), Bytes{0}});
    const auto messages = receiver.receive(line);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0], (Bytes{1, 0, 2}));
    EXPECT_EQ(messages[1], (Bytes{3}));
    EXPECT_EQ(receiver.take_text(), "boot\ntick\nend\n");
    EXPECT_EQ(receiver.take_text(), "");
}

TEST(FrameReceiver, text_cannot_drive_a_terminal) {
    FrameReceiver receiver;
    (void)receiver.receive(joined({bytes_of("\x1b[2Jhello\x7f\r\xc3\xa9\n"), Bytes{0}}));
    EXPECT_EQ(receiver.take_text(), "[2Jhello\n");
}

TEST(FrameReceiver, any_splitting_gives_the_same_messages) {
    std::mt19937 random(2);
    for (int round = 0; round < 200; ++round) {
        Bytes line;
        std::vector<Bytes> sent;
        for (int i = 0; i < 5; ++i) {
            sent.push_back(random_bytes(random, random() % 600, 1 + random() % 50));
            line = joined({line, bytes_of(round % 2 == 0 ? "log line\n" : ""), encode_frame(sent.back())});
        }
        FrameReceiver receiver;
        std::vector<Bytes> received;
        for (std::size_t at = 0; at < line.size();) {
            const std::size_t n = std::min<std::size_t>(1 + random() % 97, line.size() - at);
            for (Bytes& m : receiver.receive(std::span(line).subspan(at, n))) received.push_back(std::move(m));
            at += n;
        }
        ASSERT_EQ(received, sent);
    }
}

TEST(FrameReceiver, every_flipped_bit_loses_that_frame_only) {
    const Bytes message = bytes_of("a message of some length");
    const Bytes frame = encode_frame(message), after = encode_frame(Bytes{42});
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        Bytes line = joined({frame, after});
        line[bit / 8] = static_cast<std::uint8_t>(line[bit / 8] ^ (1u << bit % 8));
        FrameReceiver receiver;
        const auto received = receiver.receive(line);
        // A damaged delimiter before or after the frame may leave it whole; it is never another message.
        ASSERT_FALSE(received.empty()) << bit;
        ASSERT_EQ(received.back(), Bytes{42}) << bit;
        for (std::size_t i = 0; i + 1 < received.size(); ++i) ASSERT_EQ(received[i], message) << bit;
    }
}

TEST(FrameReceiver, noise_is_bounded_and_passes) {
    std::mt19937 random(3);
    FrameReceiver receiver;
    std::size_t messages = 0;
    for (int i = 0; i < 200; ++i) messages += receiver.receive(random_bytes(random, 4096, 20)).size();
    EXPECT_EQ(messages, 0u);  // 2^-32 a piece
    for (int i = 0; i < 64; ++i) (void)receiver.receive(Bytes(4096, 0xff));  // never a delimiter
    EXPECT_EQ(receiver.receive(encode_frame(Bytes{1, 2, 3})).size(), 1u);
}

}  // namespace
}  // namespace mbpf
