// SPDX-License-Identifier: Apache-2.0
// The field and curve functions that the device has in place of libsodium's, beside libsodium's: random elements, and those
// where a carry could be lost: every limb at its bound, one apart from it, or zero.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "field_beside_libsodium.h"
#include "field_magnitudes.h"

namespace mbpf::test {
namespace {

using Element = std::array<std::int32_t, 10>;
using Bytes = std::array<unsigned char, 32>;

constexpr std::int32_t element_bound(std::uint32_t i) { return (i % 2 == 0 ? 1 << 25 : 1 << 24) / 10 * 11; }

class Inputs {
  public:
    template <class Bound>
    Element extreme(Bound bound) {
        Element f;
        for (std::uint32_t i = 0; i < f.size(); ++i) {
            const std::int32_t b = bound(i), values[] = {b, -b, b - 1, 1 - b, 0, 1, -1, 1 << 24, -(1 << 24)};
            f[i] = values[engine_() % (engine_() % 2 == 0 ? 2 : std::size(values))];
        }
        return f;
    }
    template <class Bound>
    Element random(Bound bound) {
        Element f;
        for (std::uint32_t i = 0; i < f.size(); ++i) f[i] = std::uniform_int_distribution<std::int32_t>(-bound(i), bound(i))(engine_);
        return f;
    }
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(engine_() % n); }
    Bytes bytes(unsigned top) {
        Bytes b;
        for (auto& x : b) x = static_cast<unsigned char>(engine_());
        b[31] = static_cast<unsigned char>(b[31] & top);
        return b;
    }

  private:
    std::mt19937_64 engine_{11};
};

TEST(Field, products_are_libsodiums) {
    Inputs inputs;
    for (const int sign_f : {1, -1})
        for (const int sign_g : {1, -1}) { // all limbs at their bounds, which makes the greatest sums
            Element f, g;
            for (std::uint32_t i = 0; i < f.size(); ++i) {
                f[i] = sign_f * mbpf_factor_bound(i);
                g[i] = sign_g * mbpf_factor_bound(i);
            }
            EXPECT_STREQ(mbpf_product_differs(f.data(), g.data()), nullptr);
        }
    for (int i = 0; i < 200000; ++i) {
        const bool hard = i % 2 == 0;
        const Element f = hard ? inputs.extreme(mbpf_factor_bound) : inputs.random(mbpf_factor_bound), g = i % 4 < 2 ? inputs.extreme(mbpf_factor_bound) : inputs.random(mbpf_factor_bound);
        ASSERT_STREQ(mbpf_product_differs(f.data(), g.data()), nullptr) << i;
    }
}

TEST(Field, all_else_is_libsodiums) {
    Inputs inputs;
    for (int i = 0; i < 4000; ++i) {
        const Element f = i % 2 == 0 ? inputs.extreme(element_bound) : inputs.random(element_bound), g = inputs.random(element_bound);
        ASSERT_STREQ(mbpf_element_differs(f.data(), g.data()), nullptr) << i;
    }
}

// Any number has bytes of one form alone. Those where it is decided are beside the modulus' multiples, in whatever limbs: what
// is taken from one is given to the next.
TEST(Field, numbers_become_bytes_as_libsodiums_do) {
    Inputs inputs;
    for (const int sign : {1, -1}) {
        Element f;
        for (std::uint32_t i = 0; i < f.size(); ++i) f[i] = sign * mbpf_number_bound(i);
        EXPECT_STREQ(mbpf_number_differs(f.data()), nullptr);
    }
    for (int i = 0; i < 20000; ++i) {
        const Element f = i % 2 == 0 ? inputs.extreme(mbpf_number_bound) : inputs.random(mbpf_number_bound);
        ASSERT_STREQ(mbpf_number_differs(f.data()), nullptr) << i;
    }
    for (int multiple = -1; multiple <= 1; ++multiple) // not below -p: there libsodium's errs, beyond what it promises, by an unsigned shift
        for (int more = multiple < 0 ? 0 : -40; more <= 40; ++more)
            for (int form = -1; form < 40; ++form) {
                Element f{};
                f[0] = more - 19 * multiple;
                f[9] = multiple * (1 << 25);
                for (std::uint32_t i = 0; i < 9; ++i) {
                    const int given = form <= 1 ? form : static_cast<int>(inputs.below(3)) - 1;
                    f[i] -= given * (1 << (26 - i % 2));
                    f[i + 1] += given;
                }
                ASSERT_STREQ(mbpf_number_differs(f.data()), nullptr) << multiple << ' ' << more << ' ' << form;
            }
}

// Around zero, one, the modulus and 2^255, with either sign bit; and the two of order 8 with their neighbours.
TEST(Field, bytes_are_read_as_libsodium_does) {
    Inputs inputs;
    Bytes eighth = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
          negative = {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};
    Bytes zero{}, modulus;
    modulus.fill(0xFF);
    modulus[31] = 0x7F;
    for (Bytes base : {zero, modulus, eighth, negative})
        for (unsigned low = 0; low < 256; ++low)
            for (const unsigned sign : {0u, 0x80u}) {
                base[0] = static_cast<unsigned char>(low);
                base[31] = static_cast<unsigned char>((base[31] & 0x7F) | sign);
                EXPECT_STREQ(mbpf_bytes_differ(base.data()), nullptr) << low;
            }
    for (int i = 0; i < 20000; ++i) ASSERT_STREQ(mbpf_bytes_differ(inputs.bytes(0xFF).data()), nullptr) << i;
}

TEST(Field, sums_of_multiples_are_libsodiums) {
    Inputs inputs;
    Bytes zero{}, one{}, top;
    one[0] = 1;
    top.fill(0xFF);
    top[31] = 0x1F;
    for (const Bytes& a : {zero, one, top})
        for (const Bytes& b : {zero, one, top})
            for (int i = 0; i < 8; ++i) EXPECT_STREQ(mbpf_sum_differs(a.data(), b.data(), inputs.bytes(0xFF).data()), nullptr);
    for (int i = 0; i < 400; ++i) ASSERT_STREQ(mbpf_sum_differs(inputs.bytes(0x1F).data(), inputs.bytes(0x1F).data(), inputs.bytes(0xFF).data()), nullptr) << i;
}

}  // namespace
}  // namespace mbpf::test
