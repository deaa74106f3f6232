// SPDX-License-Identifier: Apache-2.0
// Native code against the reference interpreter: every instruction, on operands whose proved ranges differ
// (those decide how code is generated), on inputs random and extreme; same r0, same memory. For 64-bit
// pointers and for 32-bit ones. Groups of programs share an object, so that one compilation serves many.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "native_host.h"
#include "simulator/interpreter.h"
#include "simulator/map_model.h"
#include "slots.h"

namespace mbpf::test {
namespace {

constexpr std::uint32_t kMemoryBytes = 64;
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

struct Case {
    std::string name;
    Slots slots;
};

std::shared_ptr<const bpf::Object> object_of(const std::vector<Case>& cases, const std::vector<bpf::Map>& maps) {
    auto object = std::make_shared<bpf::Object>();
    for (const Case& c : cases) {
        Result<bpf::Object> one = bpf::object_from_slots(c.slots, "isa", maps);
        EXPECT_TRUE(one) << c.name;
        if (!one) continue;
        object->maps = one->maps;
        object->programs.push_back(one->programs.front());
        object->programs.back().name = c.name;
    }
    return object;
}

std::uint64_t interesting(std::mt19937_64& random) {
    static constexpr std::uint64_t kExtremes[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000,
                                                  0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
                                                  0xffffffff80000000, 0xfffffffffffffffe, 0xffffffffffffffff};
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

VerifyReport verify_cases(const std::shared_ptr<const bpf::Object>& object) {
    const std::shared_ptr<const Platform> platform(builtin_platform("isa"), [](const Platform*) {});
    VerifyOptions options;
    options.memory_bytes = kMemoryBytes;
    return verify(object, platform, options);
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
    for (const Target* target : {find_target("x86_64"), &kX32}) {
        for (const Optimize optimize : {Optimize::speed, Optimize::size}) {
            const Result<NativeObject> native = compile_native(*report.verified, *target, {.optimize = optimize});
            ASSERT_TRUE(native) << render_text(native.error());
            auto host = NativeHost::load(*report.verified, *native);
            ASSERT_TRUE(host) << render_text(host.error());
            std::mt19937_64 random(1);
            for (std::size_t p = 0; p < cases.size(); ++p)
                run_one(**host, *report.verified, p, std::string(target->name) + " " + cases[p].name, random);
        }
    }
}

// Operand shapes: r6 and r7 with different proved ranges.
struct Shape {
    const char* name;
    Slots slots;
};
const std::vector<Shape>& shapes() {
    static const std::vector<Shape> kShapes = {
        {"whole", {}},
        {"unsigned32", {op("mov32", 6, 6), op("mov32", 7, 7)}},
        {"signed32", {op("movsx3264", 6, 6), op("movsx3264", 7, 7)}},
        {"unsigned_and_signed", {op("mov32", 6, 6), op("movsx3264", 7, 7)}},
        {"small", {op("and64_imm", 6, 0, 0, 0xffff), op("and64_imm", 7, 0, 0, 0x1f)}},
        {"small_signed", {op("movsx1664", 6, 6), op("movsx864", 7, 7)}},
        {"odd_right", {op("or64_imm", 7, 0, 0, 1)}},
        {"small_odd_right", {op("mov32", 6, 6), op("and64_imm", 7, 0, 0, 0xff), op("or64_imm", 7, 0, 0, 1)}},
    };
    return kShapes;
}

Slots load_operands() { return {op("ldxdw", 6, 1, 0), op("ldxdw", 7, 1, 8)}; }

std::vector<int> immediates(const bpf::Op& o) {
    if (o.alu == bpf::AluOp::lsh || o.alu == bpf::AluOp::rsh || o.alu == bpf::AluOp::arsh)
        return {1, 7, o.width == 64 ? 33 : 31};
    return {1, -1, 10, 0x7fffffff, static_cast<int>(0x80000000)};
}

std::vector<Case> arithmetic_cases(const Shape& shape) {
    std::vector<Case> cases;
    for (const bpf::Op& o : bpf::all_ops()) {
        const bool alu = o.kind == bpf::Kind::alu || o.kind == bpf::Kind::movsx;
        if (!alu && o.kind != bpf::Kind::to_le && o.kind != bpf::Kind::to_be && o.kind != bpf::Kind::bswap) continue;
        const bool by_immediate = o.kind == bpf::Kind::alu && !o.imm_is_key;
        for (const int imm : by_immediate ? immediates(o) : std::vector<int>{0}) {
            Slots slots = load_operands();
            slots += shape.slots;
            slots += op(o, 6, 7, 0, imm);
            slots += op("mov64", 0, 6);
            slots += op("exit");
            cases.push_back({std::string(o.name) + " " + shape.name + " " + std::to_string(imm), slots});
        }
    }
    return cases;
}

std::vector<Case> jump_cases(const Shape& shape) {
    std::vector<Case> cases;
    for (const bpf::Op& o : bpf::all_ops()) {
        if (o.kind != bpf::Kind::jump) continue;
        for (const int imm : o.uses_src ? std::vector<int>{0} : std::vector<int>{0, 1, -1, 5, 0x7fffffff}) {
            Slots slots = load_operands();
            slots += shape.slots;
            slots += op("mov64_imm", 0, 0, 0, 1);
            slots += op(o, 6, 7, 1, imm);
            slots += op("mov64_imm", 0, 0, 0, 2);
            slots += op("exit");
            cases.push_back({std::string(o.name) + " " + shape.name + " " + std::to_string(imm), slots});
        }
    }
    return cases;
}

class DifferentialShape : public testing::TestWithParam<std::size_t> {};
TEST_P(DifferentialShape, arithmetic_agrees) { expect_equal_results(arithmetic_cases(shapes()[GetParam()])); }
TEST_P(DifferentialShape, jumps_agree) { expect_equal_results(jump_cases(shapes()[GetParam()])); }
INSTANTIATE_TEST_SUITE_P(Shapes, DifferentialShape, testing::Range(std::size_t{0}, shapes().size()),
                         [](const auto& row) { return std::string(shapes()[row.param].name); });

// Each memory instruction on r8 + offset, r8 pointing into memory or the stack.
struct Base {
    const char* name;
    Slots slots;
    int offset;
};
const std::vector<Base>& bases() {
    static const std::vector<Base> kBases = {
        {"memory", {op("mov64", 8, 1)}, 16},
        {"memory_unaligned", {op("mov64", 8, 1)}, 19},
        {"memory_variable", {op("mov64", 8, 7), op("and64_imm", 8, 0, 0, 15), op("add64", 8, 1)}, 16},
        {"memory_variable_aligned",
         {op("mov64", 8, 7), op("and64_imm", 8, 0, 0, 3), op("lsh64_imm", 8, 0, 0, 3), op("add64", 8, 1)}, 16},
        {"stack", {op("stxdw", 10, 6, -16), op("stxdw", 10, 7, -8), op("mov64", 8, 10)}, -16},
        {"stack_variable",
         {op("stxdw", 10, 6, -16), op("stxdw", 10, 7, -8), op("mov64", 8, 7), op("and64_imm", 8, 0, 0, 7),
          op("add64", 8, 10)},
         -16},
    };
    return kBases;
}

std::vector<Case> memory_cases(const Base& base, bool aligned) {
    std::vector<Case> cases;
    for (const bpf::Op& o : bpf::all_ops()) {
        const bool plain = bpf::access_bytes(o) != 0 && o.kind != bpf::Kind::atomic;
        const bool atomic = o.kind == bpf::Kind::atomic && aligned;
        if (!plain && !atomic) continue;
        const bool load = o.kind == bpf::Kind::load || o.kind == bpf::Kind::load_sx;
        Slots slots = load_operands();
        slots += base.slots;
        slots += op("ldxdw", 0, 1, 24);                      // what cmpxchg expects:
        slots += op("and64_imm", 0, 0, 0, 1);                // half of the time what is there
        slots += op("jeq_imm", 0, 0, 1, 0);
        slots += op("ldxdw", 0, 8, base.offset);
        slots += op(o, load ? 9 : 8, load ? 8 : 7, base.offset, -77);
        if (!load) slots += op("ldxdw", 9, 8, base.offset);  // the stack is seen through r0
        slots += op("xor64", 0, 7);
        slots += op("mul64_imm", 0, 0, 0, 31);
        slots += op("add64", 0, 9);
        slots += op("exit");
        cases.push_back({std::string(o.name) + " " + base.name, slots});
    }
    return cases;
}

class DifferentialMemory : public testing::TestWithParam<std::size_t> {};
TEST_P(DifferentialMemory, loads_and_stores_agree) {
    const Base& base = bases()[GetParam()];
    const std::string_view name = base.name;
    expect_equal_results(memory_cases(base, name == "memory" || name == "stack" || name == "memory_variable_aligned"));
}
INSTANTIATE_TEST_SUITE_P(Bases, DifferentialMemory, testing::Range(std::size_t{0}, bases().size()),
                         [](const auto& row) { return std::string(bases()[row.param].name); });

bpf::Map global(const char* name, bpf::MapOrigin origin, std::uint32_t bytes) {
    bpf::Map map;
    map.name = name;
    map.type = static_cast<std::uint32_t>(bpf::MapType::array);
    map.key_size = 4;
    map.value_size = bytes;
    map.max_entries = 1;
    map.origin = origin;
    for (std::uint32_t i = 0; i < bytes && origin != bpf::MapOrigin::bss; ++i)
        map.initial.push_back(static_cast<std::uint8_t>(i * 7 + 3));
    return map;
}

// Shapes of code rather than of single instructions.
const std::vector<std::pair<std::string, std::function<Slots()>>>& flows() {
    static const std::vector<std::pair<std::string, std::function<Slots()>>> kFlows = {
        {"loop_sums_bytes", [] {
             return Slots{op("mov64_imm", 0), op("mov64_imm", 2), op("mov64", 3, 1), op("add64", 3, 2), op("ldxb", 4, 3, 0),
                          op("add64", 0, 4), op("add64_imm", 2, 0, 0, 1), op("jne_imm", 2, 0, -6, 64), op("exit")};
         }},
        {"loop_of_signed_32_bit_deltas", [] {
             return Slots{op("mov64_imm", 0), op("mov64_imm", 2), op("mov64", 3, 1), op("add64", 3, 2), op("ldxsb", 4, 3, 0),
                          op("sub64", 0, 4), op("arsh64_imm", 0, 0, 0, 1), op("add64_imm", 2, 0, 0, 4),
                          op("jlt_imm", 2, 0, -7, 64), op("exit")};
         }},
        {"pointer_spilled_and_reloaded", [] {
             return Slots{op("stxdw", 10, 1, -8), op("mov64_imm", 1), op("ldxdw", 2, 10, -8), op("ldxdw", 0, 2, 8), op("exit")};
         }},
        {"null_or_pointer_joined", [] {
             return Slots{op("ldxdw", 6, 1, 0), op("mov64_imm", 7), op("jset_imm", 6, 0, 1, 1), op("mov64", 7, 1),
                          op("stxdw", 10, 7, -8), op("ldxdw", 7, 10, -8), op("mov64_imm", 0, 0, 0, 9),
                          op("jeq_imm", 7, 0, 1, 0), op("ldxw", 0, 7, 4), op("exit")};
         }},
        {"null_returned_as_number", [] {
             return Slots{op("ldxdw", 6, 1, 0), op("mov64_imm", 0), op("jset_imm", 6, 0, 1, 1), op("mov64", 0, 1),
                          op("jeq_imm", 0, 0, 1, 0), op("mov64_imm", 0, 0, 0, 77), op("exit")};
         }},
        {"stack_halves_of_a_word", [] {
             return Slots{op("ldxdw", 6, 1, 0), op("stxdw", 10, 6, -8), op("ldxw", 0, 10, -8), op("ldxh", 2, 10, -2),
                          op("sth", 10, 0, -6, -2), op("ldxdw", 3, 10, -8), op("add64", 0, 2), op("xor64", 0, 3), op("exit")};
         }},
        {"helper_call_keeps_r6_to_r9", [] {
             return Slots{op("ldxdw", 6, 1, 0), op("ldxdw", 1, 1, 8), op("call", 0, 0, 0, 5), op("sub64", 0, 6), op("exit")};
         }},
        {"local_call_with_pointer_to_stack", [] {
             return Slots{op("ldxdw", 6, 1, 0), op("stxdw", 10, 6, -16), op("stdw", 10, 0, -8, 3), op("mov64", 1, 10),
                          op("add64_imm", 1, 0, 0, -16), op("mov64_imm", 2, 0, 0, 5), op("call_local", 0, 0, 0, 3),
                          op("ldxdw", 1, 10, -16), op("add64", 0, 1), op("exit"),
                          // callee: swaps what it was given with its argument
                          op("ldxdw", 0, 1, 0), op("stxdw", 1, 2, 0), op("exit")};
         }},
        {"local_call_returns_pointer_or_null", [] {
             return Slots{op("call_local", 0, 0, 0, 4), op("jne_imm", 0, 0, 1, 0), op("exit"), op("ldxdw", 0, 0, 8), op("exit"),
                          op("ldxdw", 2, 1, 0), op("mov64_imm", 0), op("jset_imm", 2, 0, 1, 4), op("mov64", 0, 1), op("exit")};
         }},
        {"local_calls_nest", [] {
             return Slots{op("ldxdw", 1, 1, 0), op("call_local", 0, 0, 0, 1), op("exit"),
                          op("stxdw", 10, 1, -8), op("add64_imm", 1, 0, 0, 3), op("call_local", 0, 0, 0, 3), op("ldxdw", 1, 10, -8),
                          op("xor64", 0, 1), op("exit"), op("mov64", 0, 1), op("mul64_imm", 0, 0, 0, 17), op("exit")};
         }},
        {"pointer_difference", [] {
             return Slots{op("ldxdw", 6, 1, 0), op("and64_imm", 6, 0, 0, 31), op("mov64", 2, 1), op("add64", 2, 6),
                          op("mov64", 0, 2), op("sub64", 0, 1), op("exit")};
         }},
        {"far_jump", [] {
             return Slots{op("ldxdw", 0, 1, 0), op("gotol", 0, 0, 0, 1), op("mov64_imm", 0), op("add64_imm", 0, 0, 0, 1), op("exit")};
         }},
        {"nested_loops", [] {
             return Slots{op("ldxw", 0, 1, 0), op("mov64_imm", 2), op("mov64_imm", 3), op("mul32_imm", 0, 0, 0, 33), op("xor32", 0, 3),
                          op("add32_imm", 3, 0, 0, 1), op("jlt32_imm", 3, 0, -4, 7), op("add32_imm", 2, 0, 0, 1),
                          op("jlt32_imm", 2, 0, -7, 5), op("exit")};
         }},
        {"global_data", [] {
             Slots s = lddw(6, 2, 0, 4);  // map value: map 0 (.data), offset 4
             s += Slots{op("ldxw", 7, 6, 0), op("add64_imm", 7, 0, 0, 1), op("stxw", 6, 7, 0)};
             s += lddw(6, 2, 1, 8);  // .bss
             s += Slots{op("ldxdw", 2, 1, 0), op("mov64_imm", 3, 0, 0, 1), op("lock_add64", 6, 3, 0, 0), op("ldxdw", 0, 6, 0)};
             s += Slots{op("and64_imm", 2, 0, 0, 31)};
             s += lddw(6, 2, 2, 0);  // .rodata, at a variable index
             s += Slots{op("add64", 6, 2), op("ldxb", 2, 6, 0), op("add64", 0, 2), op("add64", 0, 7), op("exit")};
             return s;
         }},
    };
    return kFlows;
}

TEST(Differential, flows_agree) {
    std::vector<Case> cases;
    for (const auto& [name, slots] : flows()) cases.push_back({name, slots()});
    expect_equal_results(cases, {global(".data", bpf::MapOrigin::data, 16), global(".bss", bpf::MapOrigin::bss, 24),
                                 global(".rodata", bpf::MapOrigin::rodata, 32)});
}

}  // namespace
}  // namespace mbpf::test
