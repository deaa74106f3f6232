// SPDX-License-Identifier: Apache-2.0
// Native code against the reference interpreter: every instruction, on operands whose proved ranges differ
// (those decide how code is generated), on inputs random and extreme; same r0, same memory. For 64-bit
// pointers and for 32-bit ones. Groups of programs share an object, so that one compilation serves many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "native_cases.h"
#include "native_host.h"
#include "simulator/interpreter.h"

namespace mbpf::test {
namespace {

constexpr int kRuns = 300;

// The conformance platform's world: helper 5, and global data.
class IsaWorld : public sim::World {
  public:
    explicit IsaWorld(const bpf::Object& object) {
        for (const bpf::Map& map : object.maps) {
            std::vector<std::uint8_t> bytes = map.initial;
            bytes.resize(std::size_t{(map.value_size + 7) & ~7u} * map.max_entries);
            regions_.push_back(memory_.add(sim::RegionKind::map_value, map.name, std::move(bytes), true, true));
        }
    }
    sim::Memory& memory() override { return memory_; }
    std::uint64_t map_handle(std::uint32_t) override { return 0; }
    std::uint64_t global_data(std::uint32_t index, std::uint32_t offset) override {
        return memory_.address(regions_[index]) + offset;
    }
    Result<std::uint64_t> call(const Helper&, const std::array<std::uint64_t, 5>& args, sim::Machine&) override {
        return args[0];
    }
    const std::vector<std::uint8_t>& map_bytes(std::size_t map) { return memory_.region(regions_[map]).bytes; }

  private:
    sim::Memory memory_;
    std::vector<std::size_t> regions_;
};

std::uint64_t interesting(std::mt19937_64& random) {
    static constexpr std::uint64_t kExtremes[] = {0,
                                                  1,
                                                  2,
                                                  0x7f,
                                                  0x80,
                                                  0xff,
                                                  0x7fff,
                                                  0x8000,
                                                  0x7fffffff,
                                                  0x80000000,
                                                  0xffffffff,
                                                  0x100000000,
                                                  0x7fffffffffffffff,
                                                  0x8000000000000000,
                                                  0xffffffff80000000,
                                                  0xfffffffffffffffe,
                                                  0xffffffffffffffff};
    const std::uint64_t choice = random();
    if (choice % 3 == 0) return kExtremes[(choice >> 8) % std::size(kExtremes)];
    return random() >> (choice >> 16) % 64;
}

std::vector<std::uint8_t> random_memory(std::mt19937_64& random) {
    std::vector<std::uint8_t> bytes;
    for (std::uint32_t i = 0; i < kMemoryBytes / 8; ++i) {
        const std::uint64_t value = interesting(random);
        for (unsigned k = 0; k < 8; ++k) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * k)));
    }
    return bytes;
}

void run_one(NativeHost& host, const VerifiedObject& verified, std::size_t p, std::string_view name,
             std::mt19937_64& random) {
    const bpf::Object& object = verified.object();
    IsaWorld world(object);
    for (std::size_t m = 0; m < object.maps.size(); ++m)
        if (std::uint8_t* bytes = host.map_bytes(m))
            std::copy(world.map_bytes(m).begin(), world.map_bytes(m).end(), bytes);
    for (int run = 0; run < kRuns; ++run) {
        sim::RunInput input;
        input.context = random_memory(random);
        std::vector<std::uint8_t> memory = input.context;
        sim::Machine machine(object, p, verified.platform(), world);
        const Result<sim::RunResult> expected = machine.run(input);
        ASSERT_TRUE(expected) << name << ": " << render_text(expected.error());
        ASSERT_EQ(host.run(p, memory), expected->r0) << name << ", run " << run;
        ASSERT_EQ(memory, expected->context) << name << ", run " << run;
    }
    for (std::size_t m = 0; m < object.maps.size(); ++m) {
        if (host.map_bytes(m) == nullptr || object.maps[m].read_only()) continue;
        const std::vector<std::uint8_t> native(host.map_bytes(m), host.map_bytes(m) + world.map_bytes(m).size());
        ASSERT_EQ(native, world.map_bytes(m)) << name << ", map " << object.maps[m].name;
    }
}

void expect_equal_results(const std::vector<Case>& cases, const std::vector<bpf::Map>& maps = {}) {
    const auto object = object_of(cases, maps);
    const VerifyReport report = verify_cases(object);
    for (const ProgramVerdict& verdict : report.verdicts)
        EXPECT_TRUE(verdict.accepted) << cases[verdict.program].name << "\n"
                                      << (verdict.diagnostics.empty() ? "" : render_text(verdict.diagnostics[0]));
    ASSERT_TRUE(report.verified.has_value());
    struct Way {
        const Target* target;
        AotOptions options;
    };
    for (const Way& way : {Way{find_target("x86_64"), {}}, Way{&kX32, {}},
                           Way{&kX32, {.optimize = Optimize::size, .concurrent_writers = true}}}) {
        const Result<NativeObject> native = compile_native(*report.verified, *way.target, way.options);
        ASSERT_TRUE(native) << render_text(native.error());
        auto host = NativeHost::load(*report.verified, *native);
        ASSERT_TRUE(host) << render_text(host.error());
        std::mt19937_64 random(1);
        for (std::size_t p = 0; p < cases.size(); ++p)
            run_one(**host, *report.verified, p, std::string(way.target->name) + " " + cases[p].name, random);
    }
}

class DifferentialShape : public testing::TestWithParam<std::size_t> {};
TEST_P(DifferentialShape, arithmetic_agrees) { expect_equal_results(arithmetic_cases(shapes()[GetParam()])); }
TEST_P(DifferentialShape, jumps_agree) { expect_equal_results(jump_cases(shapes()[GetParam()])); }
INSTANTIATE_TEST_SUITE_P(Shapes, DifferentialShape, testing::Range(std::size_t{0}, shapes().size()),
                         [](const auto& row) { return std::string(shapes()[row.param].name); });

class DifferentialMemory : public testing::TestWithParam<std::size_t> {};
TEST_P(DifferentialMemory, loads_and_stores_agree) { expect_equal_results(memory_cases(bases()[GetParam()])); }
INSTANTIATE_TEST_SUITE_P(Bases, DifferentialMemory, testing::Range(std::size_t{0}, bases().size()),
                         [](const auto& row) { return std::string(bases()[row.param].name); });

TEST(Differential, random_programs_agree) {
    const char* first = std::getenv("MBPF_TEST_SEED");
    std::vector<Case> cases;
    for (std::uint64_t i = 0; i < 40; ++i)
        cases.push_back(random_case((first != nullptr ? std::strtoull(first, nullptr, 0) : 0) + i));
    expect_equal_results(cases);
}

TEST(Differential, flows_agree) { expect_equal_results(flow_cases(), flow_maps()); }
TEST(Differential, values_of_several_kinds_agree) { expect_equal_results(kind_cases(), {}); }
TEST(Differential, ends_of_ranges_agree) { expect_equal_results(range_cases(), {}); }

}  // namespace
}  // namespace mbpf::test
