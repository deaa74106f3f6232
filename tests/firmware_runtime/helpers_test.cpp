// SPDX-License-Identifier: Apache-2.0
// Helpers that format or compute, called as native code calls them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "device.h"
#include "mbpf/abi/native.h"
#include "mbpf/packet.h"

namespace mbpf::test {
namespace {

std::string decimal(std::int32_t value, std::uint32_t decimals, std::uint32_t size = 24) {
    std::vector<char> buffer(size, 'x');
    const std::int32_t n = mbpf_helper_format_decimal(buffer.data(), size, static_cast<std::uint32_t>(value), decimals);
    EXPECT_GE(n, 1);
    EXPECT_LE(n, 13);
    for (std::size_t i = static_cast<std::size_t>(n); i < size; ++i) EXPECT_EQ(buffer[i], '\0');
    return std::string(buffer.data());
}

TEST(FormatDecimal, writes_fixed_point_numbers) {
    EXPECT_EQ(decimal(2150, 2), "21.50");
    EXPECT_EQ(decimal(0, 0), "0");
    EXPECT_EQ(decimal(7, 0), "7");
    EXPECT_EQ(decimal(5, 2), "0.05");
    EXPECT_EQ(decimal(-5, 3), "-0.005");
    EXPECT_EQ(decimal(-2147483647 - 1, 9, 14), "-2.147483648");
    EXPECT_EQ(decimal(-1, 9, 14), "-0.000000001");
    EXPECT_EQ(decimal(2147483647, 0), "2147483647");
    EXPECT_EQ(decimal(100, 2), "1.00");
}

std::string printed(Device& d, const std::string& format, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0) {
    const std::uint32_t from = d.rt()->log.written;
    (void)mbpf_helper_trace_printk(format.data(), static_cast<std::uint32_t>(format.size()), a, b, c);
    std::string out;
    for (std::uint32_t i = from; i != d.rt()->log.written; ++i) out += static_cast<char>(d.rt()->log.bytes[i % MBPF_LOG_BYTES]);
    return out;
}

TEST(TracePrintk, formats_as_printf_does) {
    Device d;
    EXPECT_EQ(printed(d, "x=%d y=%u z=%x\n", static_cast<std::uint64_t>(-5), 7, 255), "x=-5 y=7 z=ff\n");
    EXPECT_EQ(printed(d, "%lld %llu %lx\n", static_cast<std::uint64_t>(-5), ~std::uint64_t{0}, 0x123456789AULL), "-5 18446744073709551615 123456789a\n");
    EXPECT_EQ(printed(d, "100%%\n"), "100%\n");
    EXPECT_EQ(printed(d, "no newline"), "no newline\r\n");
    EXPECT_EQ(printed(d, "\x1b[2J\x7f\x9b\xc2\x9b\t.\n"), ".[2J....\t.\n") << "nothing drives the terminal, whether char is signed or not";
}

TEST(TracePrintk, odd_formats_do_no_harm) {
    Device d;
    EXPECT_EQ(printed(d, "%"), "%\r\n");
    EXPECT_EQ(printed(d, "%l"), "%l\r\n");
    EXPECT_EQ(printed(d, "%s%n"), "%s%n\r\n");
    EXPECT_EQ(printed(d, "%d %d %d %d", 1, 2, 3), "1 2 3 %d\r\n");
    EXPECT_EQ(printed(d, std::string("a\x01\x1b[2J", 6)), "a..[2J\r\n");
    EXPECT_EQ(printed(d, std::string(5000, 'a')).size(), 130u);
    EXPECT_EQ(printed(d, ""), "\r\n");
}

TEST(DeviceHelpers, refuse_what_the_board_does_not_have) {
    Device d;
    std::uint8_t buffer[16];
    EXPECT_EQ(mbpf_helper_gpio_set(9, 0, 1), -MBPF_EINVAL);
    EXPECT_EQ(mbpf_helper_gpio_set(0, 32, 1), -MBPF_EINVAL);
    EXPECT_EQ(mbpf_helper_gpio_get(0, 99), -MBPF_EINVAL);
    EXPECT_EQ(mbpf_helper_pwm_write(0, 99, 1), -MBPF_EINVAL);
    EXPECT_EQ(mbpf_helper_iio_read(99, buffer, 16), -MBPF_EINVAL);
    EXPECT_EQ(mbpf_helper_sensor_last_timestamp(99), 0);
    EXPECT_EQ(mbpf_helper_gpio_set(0, 31, 5), 0);
    EXPECT_EQ(mbpf_helper_gpio_get(0, 31), 1);
    EXPECT_EQ(mbpf_helper_iio_read(1, buffer, 16), 16);
}

TEST(XdpContext, shows_at_most_what_proofs_count_on) {
    std::vector<std::uint8_t> packet(MBPF_PACKET_BYTES_MAX + 1);
    for (const std::uint32_t count : {0u, 60u, MBPF_PACKET_BYTES_MAX, MBPF_PACKET_BYTES_MAX + 1}) {
        mbpf_xdp_md_native64 md;
        ASSERT_EQ(mbpf_xdp_context(&md, packet.data(), count, 3), sizeof md);
        EXPECT_EQ(md.data, reinterpret_cast<std::uintptr_t>(packet.data()));
        EXPECT_EQ(md.data_end - md.data, std::min(count, MBPF_PACKET_BYTES_MAX));
    }
}

}  // namespace
}  // namespace mbpf::test
