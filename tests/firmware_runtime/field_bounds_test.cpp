// SPDX-License-Identifier: Apache-2.0
// That no number of the device's curve arithmetic overflows: what reaches a multiplication is within its bounds, and within
// these its sums fit. field_test runs the multiplication itself there, where overflow traps.
#include <gtest/gtest.h>

#include <cstdint>

#include "field_magnitudes.h"

namespace mbpf::test {
namespace {

// All outcomes of the comparisons on the way; the greatest factor is a sum of three products.
TEST(FieldBounds, what_the_formulas_multiply_is_within_a_factors_bounds) {
    for (const unsigned char sign : {std::uint8_t{0x00}, std::uint8_t{0xFF}})
        for (std::uint32_t decisions = 0; decisions < 256; ++decisions) {
            std::int32_t greatest = 0;
            ASSERT_STREQ(mbpf_bound_exceeded(decisions, sign, &greatest), nullptr) << decisions;
            ASSERT_EQ(greatest, 3 * mbpf_product_bound(0)) << decisions;
        }
}

// Every coefficient is positive, and a carry grows with its sum: the greatest sums are those of the greatest limbs, and the
// least their negatives. The last carry, 19 times, is what exceeds half a limb in the result, in limb 1 alone.
TEST(FieldBounds, a_products_sums_fit_and_its_limbs_are_small) {
    std::int64_t carry = 0;
    const auto half = [](unsigned limb) { return std::int32_t{1} << (limb % 2 == 0 ? 25 : 24); };
    for (unsigned k = 0; k < 10; ++k) {
        std::int64_t sum = carry + half(k);
        for (unsigned i = 0; i < 10; ++i) {
            const unsigned j = (k + 10 - i) % 10;
            sum += static_cast<std::int64_t>(mbpf_factor_bound(i)) * mbpf_factor_bound(j) * (i + j == k ? 1 : 19) * (i % 2 == 1 && j % 2 == 1 ? 2 : 1);
        }
        ASSERT_LT(sum, std::int64_t{1} << 62) << k;
        ASSERT_LT(std::int64_t{19} * mbpf_factor_bound(k), std::int64_t{1} << 31) << k;
        carry = sum / (2 * half(k)) + 1;
        ASSERT_LE(half(k), mbpf_product_bound(k));
    }
    const std::int64_t around = (19 * carry + 2 * half(0)) / (2 * half(0)) + 1;
    EXPECT_LE(half(1) + around, mbpf_product_bound(1));
}

}  // namespace
}  // namespace mbpf::test
