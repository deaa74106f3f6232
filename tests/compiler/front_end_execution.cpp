// SPDX-License-Identifier: Apache-2.0
// What C says and what the eBPF code computes: each expression is compiled here by the host's compiler and by
// ours, run in the reference interpreter, and compared for values that sit at the edges of the types.
#include <gtest/gtest.h>

#include <cstring>

#include "simulator/interpreter.h"
#include "tests/compiler/front_end_cases.h"

namespace mbpf::testing {
namespace {

class NoWorld : public sim::World {
  public:
    sim::Memory& memory() override { return memory_; }
    std::uint64_t map_handle(std::uint32_t) override { return 0; }
    std::uint64_t global_data(std::uint32_t, std::uint32_t) override { return 0; }
    Result<std::uint64_t> call(const Helper&, const std::array<std::uint64_t, 5>&, sim::Machine&) override { return std::uint64_t{0}; }

  private:
    sim::Memory memory_;
};

using Compute = std::int64_t (*)(std::int64_t, std::int64_t);
struct Expression {
    const char* type;
    const char* text;
    Compute native;
};

using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
// A range check that stays a branch; the source for eBPF has a macro of the same name.
template <class T>
T in(T x, T low, T high) {
    return x >= low && x <= high ? 2 : 1;
}
#define RANGES(T) \
    CASE(T, in(x, (T)1, (T)100)), CASE(T, in(x, (T)3, (T)3)), CASE(T, in(x, (T)7, (T)127)), CASE(T, in(x, (T)-100, (T)100)), CASE(T, in(x, (T)-128, (T)-5)), \
    CASE(T, in(x, (T)2, (T)-2)), CASE(T, in(x, (T)(y & 3), (T)100))
#define CASE(T, ...)                                                     \
    Expression {                                                         \
        #T, #__VA_ARGS__, [](std::int64_t a, std::int64_t b) -> std::int64_t { \
            const T x = static_cast<T>(a), y = static_cast<T>(b);        \
            (void)x, (void)y;                                            \
            return static_cast<std::int64_t>(static_cast<T>(__VA_ARGS__)); \
        }                                                                \
    }
#define DIVISIONS(T) \
    CASE(T, x / 1), CASE(T, x / 2), CASE(T, x / -2), CASE(T, x / 3), CASE(T, x / 7), CASE(T, x / -7), CASE(T, x / 10), CASE(T, x / 16), CASE(T, x / 100), \
    CASE(T, x / 127), CASE(T, x % 2), CASE(T, x % -2), CASE(T, x % 3), CASE(T, x % 7), CASE(T, x % -7), CASE(T, x % 10), CASE(T, x % 16), CASE(T, x % 100)
#define BY_VARIABLE(T) CASE(T, (y == 0 || y == -1) ? 5 : x / y), CASE(T, (y == 0 || y == -1) ? 5 : x % y)

const std::vector<Expression>& expressions() {
    static const std::vector<Expression> all = {
        DIVISIONS(s8), DIVISIONS(s16), DIVISIONS(s32), DIVISIONS(s64), BY_VARIABLE(s8), BY_VARIABLE(s16), BY_VARIABLE(s32), BY_VARIABLE(s64),
        RANGES(s8), RANGES(s16), RANGES(s32), RANGES(s64), RANGES(u32), RANGES(u64),
        CASE(s32, x / 641), CASE(s32, x / 1000000007), CASE(s32, x / 2147483647), CASE(s32, x % 65536), CASE(s32, x / -65536), CASE(s32, x / (-2147483647 - 1)),
        CASE(s64, x / 1000000000000), CASE(s64, x % 4294967296), CASE(s64, x / (-9223372036854775807 - 1)),
        CASE(u32, x / 10u), CASE(u32, x % 7u), CASE(u64, x / 10u), CASE(u64, y == 0 ? 1 : x / y), CASE(u64, x * y), CASE(u32, x * y),
        CASE(s64, x > y), CASE(u64, x > y), CASE(s32, x > y), CASE(u32, x > y), CASE(s32, x >> 3), CASE(s64, x >> 3), CASE(u32, x >> (y & 31)),
        CASE(s64, x >> (y & 63)), CASE(u64, x << (y & 63)), CASE(s64, (s8)x), CASE(s64, (s16)x), CASE(s64, (s32)x), CASE(u64, (u32)x),
        // Terms that the optimiser and we after it put otherwise.
        CASE(u32, y - 1 - x), CASE(u64, y - 1 - x), CASE(u32, ~x + y), CASE(s64, (s64)(~(u64)x + (u64)y)), CASE(u32, ((y - 1 - x) >> 1) * 3),
        CASE(u32, (x >> 1) == 0 ? y : (x >> 1) * 3), CASE(u64, (x - 1) / 2 == 0 ? y : (x - 1) / 2 + y), CASE(u32, (x >> 3) < 5 ? (x >> 3) * y : y),
        CASE(u64, (x >> 7) > 2 ? (x >> 7) * y : y), CASE(u32, x > 63 ? (x >> 6) * y : x >> 6), CASE(u32, x > 64 ? (x >> 6) * y : x >> 6), CASE(u64, x < 96 ? (x >> 5) * y : (x >> 6) + y),
        CASE(u64, __builtin_bswap64(x)), CASE(u32, __builtin_bswap32(x)), CASE(s32, x < 0 ? (s32)(0u - (u32)x) : x),
        CASE(u64, (u64)__builtin_popcountll(x)), CASE(u32, x == 0 ? 32u : (u32)__builtin_clz(x)), CASE(u64, x == 0 ? 64u : (u64)__builtin_ctzll(x)),
    };
    return all;
}

// All expressions as programs of one object: e0, e1, …
std::string source() {
    std::string text =
        "#define SEC(n) __attribute__((section(n), used))\n"
        "typedef signed char s8; typedef short s16; typedef int s32; typedef long long s64; typedef unsigned u32; typedef unsigned long long u64;\n"
        "#define in(x, low, high) ({ int r = 1; if (x >= low && x <= high) { asm volatile(\"\" ::: \"memory\"); r = 2; } r; })\n";
    std::size_t n = 0;
    for (const Expression& e : expressions()) {
        const std::string t = e.type;
        text += "SEC(\"isa\") s64 e" + std::to_string(n++) + "(s64 *m) { const " + t + " x = (" + t + ")m[0], y = (" + t + ")m[1]; (void)x; (void)y; return (s64)(" + t + ")(" +
                e.text + "); }\n";
    }
    return text;
}

constexpr std::int64_t kEdges[] = {0,     1,      -1,    2,     3,          7,           -7,         127,        -128,       255,
                                   32767, -32768, 65535, 1000, 2147483647, -2147483648, 4294967295, 4294967296, INT64_MAX, INT64_MIN,
                                   -99999999999, 1234567890123};

class Execution : public ::testing::TestWithParam<const char*> {};

TEST_P(Execution, agreesWithTheHostsCompiler) {
    FrontEndOptions options;
    options.cpu = GetParam();
    const FrontEndOutput output = compile_c({{"test.c", source()}}, options);
    ASSERT_FALSE(output.elf.empty()) << output.messages.substr(0, 2000);
    Result<bpf::Object> object = bpf::read_object(output.elf);
    ASSERT_TRUE(object) << render_text(object.error());
    const Platform* platform = builtin_platform("isa");
    ASSERT_NE(platform, nullptr);
    ASSERT_EQ(object->programs.size(), expressions().size());
    for (std::size_t p = 0; p < object->programs.size(); ++p) {
        const Expression& e = expressions()[std::stoul(object->programs[p].name.substr(1))];
        NoWorld world;
        for (const std::int64_t a : kEdges) {
            for (const std::int64_t b : kEdges) {
                sim::RunInput input;
                input.context.resize(16);
                std::memcpy(input.context.data(), &a, 8);
                std::memcpy(input.context.data() + 8, &b, 8);
                sim::Machine machine(*object, p, *platform, world);
                Result<sim::RunResult> result = machine.run(input);
                ASSERT_TRUE(result) << e.type << " " << e.text << "\n" << render_text(result.error());
                ASSERT_EQ(static_cast<std::int64_t>(result->r0), e.native(a, b)) << e.type << " " << e.text << " with " << a << " and " << b;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(cpu, Execution, ::testing::Values("v1", "v2", "v3", "v4"), [](const auto& cpu) { return std::string(cpu.param); });

}  // namespace
}  // namespace mbpf::testing
