// SPDX-License-Identifier: Apache-2.0
// Keys and values as people write them, against the sizes the device reports.
#include "sdk/deploy/map_values.h"

#include <gtest/gtest.h>

namespace mbpf {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Value {
    const char* name;
    const char* text;
    std::size_t size;
    Bytes bytes;  // empty: refused
};
class ParseValue : public ::testing::TestWithParam<Value> {};

TEST_P(ParseValue, gives) {
    const Value& v = GetParam();
    auto bytes = parse_value(v.text, v.size, "value");
    if (v.bytes.empty()) {
        ASSERT_FALSE(bytes);
        EXPECT_EQ(bytes.error().code, "MBPF2001");
    } else {
        ASSERT_TRUE(bytes) << bytes.error().message;
        EXPECT_EQ(*bytes, v.bytes);
    }
}

INSTANTIATE_TEST_SUITE_P(
    values, ParseValue,
    ::testing::Values(Value{"decimal_u32", "258", 4, {2, 1, 0, 0}}, Value{"decimal_u8", "255", 1, {255}}, Value{"u8_overflow", "256", 1, {}}, Value{"negative_s16", "-2", 2, {0xfe, 0xff}}, Value{"least_s8", "-128", 1, {0x80}}, Value{"below_s8", "-129", 1, {}},
                      Value{"greatest_u64", "18446744073709551615", 8, Bytes(8, 0xff)}, Value{"above_u64", "18446744073709551616", 8, {}}, Value{"least_s64", "-9223372036854775808", 8, {0, 0, 0, 0, 0, 0, 0, 0x80}}, Value{"hex_in_memory_order", "0x01020304", 4, {1, 2, 3, 4}},
                      Value{"hex_of_odd_size", "0xAbcDef", 3, {0xab, 0xcd, 0xef}}, Value{"hex_too_short", "0x0102", 4, {}}, Value{"hex_too_long", "0x0102030405", 4, {}}, Value{"hex_half_a_byte", "0x123", 4, {}}, Value{"hex_no_digits", "0x", 4, {}},
                      Value{"hex_bad_digit", "0x0g", 1, {}}, Value{"address", "192.168.0.10", 4, {192, 168, 0, 10}}, Value{"address_out_of_range", "192.168.0.256", 4, {}}, Value{"address_elsewhere", "1.2.3.4", 8, {}}, Value{"two_u32", "1,2", 8, {1, 0, 0, 0, 2, 0, 0, 0}},
                      Value{"three_u16", "1,-1,3", 6, {1, 0, 0xff, 0xff, 3, 0}}, Value{"parts_that_do_not_divide", "1,2,3", 8, {}}, Value{"empty_part", "1,", 8, {}}, Value{"empty", "", 4, {}}, Value{"word", "fast", 4, {}}, Value{"trailing_text", "12x", 4, {}},
                      Value{"space", " 1", 4, {}}, Value{"too_long_for_a_number", "1", 16, {}}, Value{"size_zero", "1", 0, {}}),
    [](const auto& value) { return std::string(value.param.name); });

TEST(BytesText, shows_numbers_where_sizes_are_those_of_numbers) {
    EXPECT_EQ(bytes_text(Bytes{2, 1, 0, 0}), "258");
    EXPECT_EQ(bytes_text(Bytes(8, 0xff)), "18446744073709551615");
    EXPECT_EQ(bytes_text(Bytes{0xab, 1, 2}), "0xab0102");
    EXPECT_EQ(bytes_text(Bytes{}), "0x");
}

}  // namespace
}  // namespace mbpf
