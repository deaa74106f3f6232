// SPDX-License-Identifier: Apache-2.0
// The division, shifts and memory functions that 32-bit programs carry with them, against the host's own.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

extern "C" {
std::uint64_t mbpf_test_udiv(std::uint64_t, std::uint64_t);
std::uint64_t mbpf_test_umod(std::uint64_t, std::uint64_t);
std::int64_t mbpf_test_div(std::int64_t, std::int64_t);
std::int64_t mbpf_test_mod(std::int64_t, std::int64_t);
std::uint64_t mbpf_test_shl(std::uint64_t, std::uint32_t);
std::uint64_t mbpf_test_shr(std::uint64_t, std::uint32_t);
std::uint64_t mbpf_test_sar(std::uint64_t, std::uint32_t);
std::uint64_t mbpf_test_mul(std::uint64_t, std::uint64_t);
int mbpf_test_clz64(std::uint64_t);
void* mbpf_test_memmove(void*, const void*, std::size_t);
}

namespace {

// Few leading bits, runs of ones, powers of two and their neighbours: where divisions go wrong.
std::uint64_t number(std::mt19937_64& random) {
    std::uint64_t x = random() >> random() % 64;
    if (random() % 8 == 0) x = ~x;
    if (random() % 4 == 0) x = std::uint64_t{1} << random() % 64;
    if (random() % 4 == 0) --x;
    return x;
}

TEST(Runtime, arithmetic_equals_the_hosts) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 1'000'000; ++i) {
        const std::uint64_t a = number(random), b = number(random);
        const auto sa = static_cast<std::int64_t>(a), sb = static_cast<std::int64_t>(b);
        const auto n = static_cast<std::uint32_t>(random() % 64);
        if (b != 0) {
            ASSERT_EQ(mbpf_test_udiv(a, b), a / b) << a << " / " << b;
            ASSERT_EQ(mbpf_test_umod(a, b), a % b) << a << " % " << b;
            if (sb != -1 || sa != INT64_MIN) {
                ASSERT_EQ(mbpf_test_div(sa, sb), sa / sb) << sa << " / " << sb;
                ASSERT_EQ(mbpf_test_mod(sa, sb), sa % sb) << sa << " % " << sb;
            }
        }
        ASSERT_EQ(mbpf_test_shl(a, n), a << n);
        ASSERT_EQ(mbpf_test_shr(a, n), a >> n);
        ASSERT_EQ(mbpf_test_sar(a, n), static_cast<std::uint64_t>(sa >> n));
        ASSERT_EQ(mbpf_test_mul(a, b), a * b);
        if (a == 0) continue;
        ASSERT_EQ(mbpf_test_clz64(a), __builtin_clzll(a));
    }
}

TEST(Runtime, memmove_copes_with_overlap) {
    for (const int shift : {-3, 0, 3}) {
        std::vector<std::uint8_t> bytes;
        for (int i = 0; i < 32; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
        std::vector<std::uint8_t> expected = bytes;
        for (int i = 0; i < 16; ++i)
            expected[static_cast<std::size_t>(8 + shift + i)] = static_cast<std::uint8_t>(8 + i);
        mbpf_test_memmove(bytes.data() + 8 + shift, bytes.data() + 8, 16);
        EXPECT_EQ(bytes, expected);
    }
}

}  // namespace
