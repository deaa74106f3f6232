// SPDX-License-Identifier: Apache-2.0
// Attestation's signing takes the same way through its code whatever the key is: a branch that depends on it would tell it,
// by time or power, to who watches.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <set>

#include "mbpf/crypto.h"

namespace {
std::uint64_t way, steps;
}

// At every edge of the code under test, compiled so: FNV-1a over where they are.
extern "C" void __sanitizer_cov_trace_pc() {
    way = (way ^ reinterpret_cast<std::uintptr_t>(__builtin_return_address(0))) * 0x100000001B3u;
    ++steps;
}

namespace mbpf::test {
namespace {

using Key = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

template <class Action>
std::uint64_t way_of(Action action) {
    way = 0xCBF29CE484222325u;
    steps = 0;
    action();
    EXPECT_GT(steps, 10000u);
    return way;
}

TEST(SigningSteps, are_the_same_for_every_key_and_message_of_a_length) {
    std::mt19937_64 random(3);
    std::array<std::uint8_t, 75> message{};
    std::set<std::uint64_t> deriving, signing, verifying;
    for (int i = 0; i < 24; ++i) {
        Key seed{}, key;
        if (i == 1) seed.fill(0xFF);
        if (i > 1)
            for (auto& b : seed) b = static_cast<std::uint8_t>(random());
        for (auto& b : message) b = static_cast<std::uint8_t>(random());
        Signature s;
        deriving.insert(way_of([&] { mbpf_ed25519_public_key(seed.data(), key.data()); }));
        signing.insert(way_of([&] { mbpf_ed25519_sign(seed.data(), message.data(), message.size(), s.data()); }));
        verifying.insert(way_of([&] { EXPECT_TRUE(mbpf_ed25519_verify(s.data(), message.data(), message.size(), key.data())); }));
    }
    EXPECT_EQ(deriving.size(), 1u);
    EXPECT_EQ(signing.size(), 1u);
    EXPECT_EQ(verifying.size(), 24u);  // of public numbers: its way goes by their bits, and is seen to
}

}  // namespace
}  // namespace mbpf::test
