// SPDX-License-Identifier: Apache-2.0
// No call of a helper takes more than its stated cost, in instructions and in cycles, on either board, the gate
// included; and no run takes more than its package states. Maps' helpers are measured in tests/firmware_runtime/maps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "compiler/marks.h"
#include "linker/timing.h"
#include "sdk/cli/cli.h"
#include "sdk/pipeline/build.h"
#include "tests/firmware_runtime/calls/traced_board.h"

namespace mbpf::test {
namespace {

struct Arguments {
    std::vector<std::uint64_t> words;  // of the event
    std::uint64_t units = 0;           // the value of the argument that has a unit cost
};
struct Case {
    std::string program;
    std::vector<Arguments> events;
};
struct Source {
    const char* file;
    std::vector<Case> cases;
};

constexpr std::uint64_t kMost = UINT64_MAX, kLeast = std::uint64_t{1} << 63;
constexpr std::uint64_t kValues[] = {0, 1, 9, 1000000000, 2147483648, 4294967295, 4294967296, 9999999999999999999u, 0x8000000000000001u, kMost, kLeast, 0xff00000000u, 0x123456789abcdefu};

Source drivers() {
    std::vector<Arguments> samples;
    for (std::uint64_t size : {16, 17, 100, 4000})
        for (std::uint64_t at : {0, 1, 2, 3}) samples.push_back({{at == 3 ? 9 : at, size, at}, size});
    return {"drivers", {{"motor", {{{0}}, {{kMost}}}},
                        {"sensor", {{{0}}, {{3}}, {{4}}, {{kMost}}}},
                        {"set", {{{0, 0, 0}}, {{1, 31, 1}}, {{0, 5, kMost}}, {{2, 0, 0}}, {{0, 32, 1}}}},
                        {"get", {{{0, 0}}, {{1, 31}}, {{2, 0}}, {{0, 32}}}},
                        {"pwm", {{{0, 0, 0}}, {{0, 7, kMost}}, {{1, 0, 0}}, {{0, 8, 0}}}},
                        {"iio", samples},
                        // As words of the CoAP context: method, code as its message id; payload's length.
                        {"reply", {{{1 | 69ull << 32, 0}, 0}, {{1 | 69ull << 32, 1}, 1}, {{2 | 69ull << 32, 63}, 63}, {{3, 64}, 64}, {{4, 64}, 64}}}}};
}

Source basics() {
    std::vector<Arguments> numbers, texts, long_texts;  // fillers: x, %, %l, %ll
    const std::uint64_t format_bytes[] = {16, 13, 36, 83, 16, 3};  // of the program's constants
    for (std::uint64_t v : kValues)
        for (std::uint64_t decimals : {0, 5, 9})
            for (std::uint64_t size : {14, 64}) numbers.push_back({{v, size, decimals, v & 7}, size});
    for (std::uint64_t format = 0; format < 6; ++format)
        for (std::uint64_t v : kValues) texts.push_back({{format, v, ~v, v}, format_bytes[format]});
    for (std::uint64_t size : {1, 2, 7, 15, 64, 140, 512})
        for (std::uint64_t filler : {0x78, 0x25, 0x2006c25, 0x36c6c25}) long_texts.push_back({{size, filler, kLeast, kMost}, size});
    return {"basics", {{"now", {{{0}}}}, {"now_since_boot", {{{0}}}}, {"prandom", {{{0}}, {{0}}, {{0}}}}, {"processor", {{{0}}}}, {"decimal", numbers}, {"print", texts}, {"print_long", long_texts}, {"atomics", {{{1, 2, 3, 4}}, {{kMost, kMost, kMost, kMost}}}}}};
}

Source ring_buffers() {
    std::vector<Arguments> outputs;
    for (std::uint64_t size : {1, 3, 8, 63, 64, 65, 1000, 4000})
        for (std::uint64_t at : {0, 1, 2, 3}) outputs.push_back({{size, at, 8}, size});
    return {"ring_buffer", {{"output", outputs}, {"reserve", {{{0}}, {{0}}, {{0}}, {{0}}, {{0}}, {{0}}}}, {"query", {{{0}}, {{1}}, {{2}}, {{3}}, {{4}}}}}};
}

Source tail_calls() {
    return {"tail_calls", {{"jump", {{{0}}, {{1}}, {{2}}, {{3}}, {{kMost}}}}}};
}

BuildResult built(const std::string& path, const char* target) {
    BuildOptions options;
    options.platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
    options.target = target;
    const auto bytes = cli::read_input(path);
    return build({{path, bytes ? *bytes : std::vector<std::uint8_t>{}}}, options);
}

// A time stamp, and the words.
std::vector<std::uint8_t> context_of(const std::string& program, const std::vector<std::uint64_t>& words) {
    std::vector<std::uint8_t> context(48);
    std::memcpy(context.data() + (program == "reply" ? 8 : 16), words.data(), words.size() * 8);
    return context;
}

class Calls : public testing::TestWithParam<const char*> {};

TEST_P(Calls, take_no_more_than_the_descriptor_charges) {
    const Platform& platform = *builtin_platform("microbpf");
    std::map<std::string, std::pair<Call, std::uint64_t>> seen;  // by function: the call that came nearest to its charge
    for (const Source& source : {drivers(), basics(), ring_buffers(), tail_calls()}) {
        const BuildResult result = built(std::string(PROGRAMS_FOLDER) + "/" + source.file + ".bpf.c", GetParam());
        ASSERT_TRUE(result.package) << result.messages;
        std::vector<Event> events;
        std::vector<std::uint64_t> units;
        for (const Case& c : source.cases)
            for (const Arguments& a : c.events) {
                const auto program = std::ranges::find(result.package->programs, c.program, &PackageProgram::name);
                ASSERT_NE(program, result.package->programs.end()) << c.program;
                events.push_back({static_cast<std::size_t>(program - result.package->programs.begin()), context_of(c.program, a.words), {}});
                units.push_back(a.units);
            }
        std::string error;
        const std::vector<Trace> traces = trace_runs(GetParam(), FIRMWARE_FOLDER, *result.package, events, error);
        ASSERT_EQ(error, "") << source.file;
        for (std::size_t i = 0; i < traces.size(); ++i) {
            const PackageProgram& program = result.package->programs[events[i].program];
            EXPECT_TRUE(traces[i].returned) << program.name;
            EXPECT_LE(traces[i].all.instructions, program.native_instructions) << program.name << ", event " << i;
            EXPECT_LE(traces[i].all.cycles, program.native_cycles) << program.name << ", event " << i;
            EXPECT_FALSE(traces[i].calls.empty()) << program.name;
            for (const Call& call : traces[i].calls) {
                std::uint64_t charge = kRuntimeAtomicCost;
                if (call.function.starts_with("mbpf_helper_")) {
                    const auto helper = std::ranges::find(platform.helpers, call.function.substr(12), &Helper::name);
                    ASSERT_NE(helper, platform.helpers.end()) << call.function;
                    charge = platform.base_cost(*helper);
                    for (const HelperArg& arg : helper->args) charge += arg.unit_cost * units[i];
                }
                const std::string what = call.function + " in " + program.name + ", event " + std::to_string(i) + ", units " + std::to_string(units[i]);
                EXPECT_LE(call.instructions, charge) << what;
                EXPECT_LE(call.cycles, charge * kHelperCyclesPerInstruction) << what;
                const auto share = [](const Call& c, std::uint64_t of) { return static_cast<double>(std::max(c.instructions * kHelperCyclesPerInstruction, c.cycles)) / static_cast<double>(of); };
                if (const auto found = seen.find(call.function); found == seen.end() || share(call, charge) > share(found->second.first, found->second.second)) seen[call.function] = {call, charge};
            }
        }
    }
    for (const auto& [function, at] : seen) std::printf("  %-10s %-34s %6llu instructions %6llu cycles of %6llu\n", GetParam(), function.c_str(), static_cast<unsigned long long>(at.first.instructions), static_cast<unsigned long long>(at.first.cycles), static_cast<unsigned long long>(at.second));
    for (const Helper& helper : platform.helpers) EXPECT_TRUE(seen.contains("mbpf_helper_" + helper.name) || !helper.map_costs.empty()) << helper.name << " was never called: add it to programs/";
    EXPECT_TRUE(seen.contains("mbpf_rt_atomic64"));
}
// Words of a context, as its struct has them from byte 0.
std::vector<std::uint8_t> words32(const std::vector<std::uint32_t>& words) {
    std::vector<std::uint8_t> bytes(words.size() * 4);
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return bytes;
}

// The examples, helpers and the way to them included.
TEST_P(Calls, of_the_examples_leave_them_within_what_they_state) {
    const std::vector<std::uint8_t> frame{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 192, 168, 1, 2, 10, 0, 0, 1, 0x30, 0x39, 0, 53, 0, 30, 0, 0, 1, 2, 3, 4};
    struct Example {
        const char* name;
        std::vector<Event> events;
    };
    std::vector<Example> examples{{"estop", {}}, {"imu_filter", {}}, {"udp_acl", {{0, {}, frame}, {0, {}, {1, 2, 3}}}}, {"weather", {}}};
    for (std::uint32_t i = 1; i < 12; ++i) examples[0].events.push_back({0, words32({i * (i % 3 == 0 ? 1u : 9000000u), 0, 0, 3, 1, 1}), {}});
    for (std::uint32_t i = 1; i < 16; ++i) examples[1].events.push_back({0, words32({i * 1000, 0, 0, 0, i % 3 == 0 ? 0x40000000u : 100 + i, 1000, 0, i}), {}});
    for (std::uint32_t method = 1; method < 5; ++method)
        for (std::size_t program = 0; program < 3; ++program) examples[3].events.push_back({program, words32({1, 0, method, 7, 0, 0}), {}});
    for (const Example& example : examples) {
        const BuildResult result = built(std::string(MBPF_SOURCE_DIR) + "/sdk/examples/" + example.name + "/" + example.name + ".bpf.c", GetParam());
        ASSERT_TRUE(result.package) << result.messages;
        std::string error;
        const std::vector<Trace> traces = trace_runs(GetParam(), FIRMWARE_FOLDER, *result.package, example.events, error);
        ASSERT_EQ(error, "") << example.name;
        std::map<std::string, Work> most;
        for (std::size_t i = 0; i < traces.size(); ++i) {
            const PackageProgram& program = result.package->programs[example.events[i].program];
            EXPECT_TRUE(traces[i].returned) << program.name;
            EXPECT_LE(traces[i].all.instructions, program.native_instructions) << program.name << ", event " << i;
            EXPECT_LE(traces[i].all.cycles, program.native_cycles) << program.name << ", event " << i;
            Work& worst = most[program.name];
            worst.instructions = std::max(worst.instructions, traces[i].all.instructions);
            worst.cycles = std::max(worst.cycles, traces[i].all.cycles);
        }
        for (const PackageProgram& program : result.package->programs)
            std::printf("  %-10s %-14s instructions %6llu of %6u, %.2f; cycles %6llu of %6u, %.2f\n", GetParam(), program.name.c_str(), static_cast<unsigned long long>(most[program.name].instructions), program.native_instructions, program.native_instructions / static_cast<double>(std::max<std::uint64_t>(most[program.name].instructions, 1)), static_cast<unsigned long long>(most[program.name].cycles), program.native_cycles, program.native_cycles / static_cast<double>(std::max<std::uint64_t>(most[program.name].cycles, 1)));
    }
}
INSTANTIATE_TEST_SUITE_P(Emulated, Calls, testing::Values("cortex-m4", "rv32imac"), [](const auto& instance) { return std::string(instance.param).starts_with("cortex") ? "cortex_m4" : "rv32imac"; });

}  // namespace
}  // namespace mbpf::test
