// SPDX-License-Identifier: Apache-2.0
// See native_cases.h.
#include "native_cases.h"

#include <functional>
#include <random>

#include "core/assemble.h"
#include "core/diagnostic.h"

namespace mbpf::test {
namespace {

Slots load_operands() { return {op("ldxdw", 6, 1, 0), op("ldxdw", 7, 1, 8)}; }

std::vector<int> immediates(const bpf::Op& o) {
    if (o.alu == bpf::AluOp::lsh || o.alu == bpf::AluOp::rsh || o.alu == bpf::AluOp::arsh)
        return {1, 7, o.width == 64 ? 33 : 31};
    return {1, -1, 10, 0x7fffffff, static_cast<int>(0x80000000)};
}

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

// Low words times 2^32 - 2^k, and times numbers whose low half is that.
Slots low_words_by_all_but_a_power_of_two() {
    Slots slots = {op("mov64_imm", 0)};
    for (int k = 0; k < 31; ++k) {
        slots += Slots{op("ldxw", 2, 1, k % 16 * 4), op("mov32_imm", 3, 0, 0, -(1 << k)), op("mov64", 4, 2), op("mul64", 4, 3)};
        slots += Slots{op("mul64_imm", 2, 0, 0, -(1 << k)), op("mul64_imm", 0, 0, 0, 31), op("add64", 0, 4), op("mul64_imm", 0, 0, 0, 31), op("xor64", 0, 2)};
    }
    slots += op("exit");
    return slots;
}

// Leading zeros of a word of any length, as compilers have eBPF count them: the highest one spread over what is below
// it, the zeros above counted. `left_out`: the distance of a step that is missing, so that it counts something else.
Slots leading_zeros(unsigned bits, int left_out) {
    const auto of = [&](const char* name) { return std::string(name) + std::to_string(bits); };
    const auto alu = [&](const char* name, unsigned dst, unsigned src) { return op(of(name), dst, src); };
    const auto with = [&](const char* name, unsigned dst, int imm) { return op(of(name) + "_imm", dst, 0, 0, imm); };
    Slots slots = {op("ldxdw", 2, 1, 0), op("ldxdw", 3, 1, 8), alu("rsh", 2, 3)};
    for (int distance = 1; distance < static_cast<int>(bits); distance *= 2)
        if (distance != left_out) slots += Slots{alu("mov", 3, 2), with("rsh", 3, distance), alu("or", 2, 3)};
    slots += with("xor", 2, -1);
    // The ones of r2: of each two bits, each four, each byte; then the bytes' sum.
    const auto mask = [&](unsigned r, int byte) {
        return Slots{op("mov64_imm", r, 0, 0, byte * 0x01010101), op("lsh64_imm", r, 0, 0, 32), op("mov64_imm", 5, 0, 0, byte * 0x01010101),
                     op("lsh64_imm", 5, 0, 0, 32), op("rsh64_imm", 5, 0, 0, 32), op("or64", r, 5)};
    };
    slots += Slots{alu("mov", 3, 2), with("rsh", 3, 1)};
    slots += mask(4, 0x55);
    slots += Slots{alu("and", 3, 4), alu("sub", 2, 3), alu("mov", 3, 2), with("rsh", 3, 2)};
    slots += mask(4, 0x33);
    slots += Slots{alu("and", 3, 4), alu("and", 2, 4), alu("add", 2, 3), alu("mov", 3, 2), with("rsh", 3, 4), alu("add", 2, 3)};
    slots += mask(4, 0x0f);
    slots += alu("and", 2, 4);
    slots += mask(4, 0x01);
    slots += Slots{alu("mul", 2, 4), with("rsh", 2, static_cast<int>(bits) - 8), op("mov64", 0, 2), op("exit")};
    return slots;
}

// Shapes of code rather than of single instructions.
const std::vector<std::pair<std::string, std::function<Slots()>>>& flows() {
    static const std::vector<std::pair<std::string, std::function<Slots()>>> kFlows = {
        {"loop_sums_bytes",
         [] {
             return Slots{op("mov64_imm", 0),          op("mov64_imm", 2),          op("mov64", 3, 1),
                          op("add64", 3, 2),           op("ldxb", 4, 3, 0),         op("add64", 0, 4),
                          op("add64_imm", 2, 0, 0, 1), op("jne_imm", 2, 0, -6, 64), op("exit")};
         }},
        {"loop_of_signed_32_bit_deltas",
         [] {
             return Slots{op("mov64_imm", 0),
                          op("mov64_imm", 2),
                          op("mov64", 3, 1),
                          op("add64", 3, 2),
                          op("ldxsb", 4, 3, 0),
                          op("sub64", 0, 4),
                          op("arsh64_imm", 0, 0, 0, 1),
                          op("add64_imm", 2, 0, 0, 4),
                          op("jlt_imm", 2, 0, -7, 64),
                          op("exit")};
         }},
        {"low_words_by_all_but_a_power_of_two", [] { return low_words_by_all_but_a_power_of_two(); }},
        {"leading_zeros_32", [] { return leading_zeros(32, 0); }},
        {"leading_zeros_64", [] { return leading_zeros(64, 0); }},
        {"leading_zeros_but_for_a_step_of_4", [] { return leading_zeros(32, 4); }},
        {"pointer_spilled_and_reloaded",
         [] {
             return Slots{op("stxdw", 10, 1, -8), op("mov64_imm", 1), op("ldxdw", 2, 10, -8), op("ldxdw", 0, 2, 8),
                          op("exit")};
         }},
        {"frame_pointer_moved_twice_then_joined",  // made from the object at -10, used at -22 or -18
         [] {
             return Slots{op("ldxdw", 7, 1, 8),      op("ldxb", 8, 1, 0),         op("ldxdw", 9, 1, 16),
                          op("stxdw", 10, 7, -16),   op("stxdw", 10, 9, -24),     op("mov64", 3, 10),
                          op("add64_imm", 3, 0, 0, -10), op("mov64_imm", 4, 0, 0, 2), op("add64", 3, 4),
                          op("jset_imm", 9, 0, 1, 8), op("add64_imm", 3, 0, 0, 4), op("stxh", 3, 8, -14),
                          op("mov64", 0, 7),         op("ldxdw", 1, 10, -24),     op("xor64", 0, 1),
                          op("exit")};
         }},
        {"register_of_two_regions_in_turn",
         [] {
             Slots s{op("mov64", 6, 1), op("ldxdw", 7, 6, 8), op("ldxsh", 8, 6, 32), op("ldxh", 9, 6, 48), op("stxdw", 10, 7, -16),
                     op("stxdw", 10, 9, -32), op("add32_imm", 8, 0, 0, 1850222382), op("bswap64", 9), op("rsh32_imm", 8, 0, 0, 24),
                     op("mov64", 1, 9), op("call", 0, 0, 0, 5), op("jsle_imm", 9, 0, 4, 7)};
             s += lddw(2, 2, 1, 8);
             s += Slots{op("mov64", 3, 2), op("stxdw", 3, 9, 0), op("mov64", 3, 10), op("add64_imm", 3, 0, 0, -28), op("mov64", 4, 8),
                        op("and64_imm", 4, 0, 0, 15), op("add64", 3, 4), op("jsge_imm", 9, 0, 1, -2), op("add64_imm", 3, 0, 0, 4),
                        op("stxb", 3, 8, -30), op("exit")};
             return s;
         }},
        {"null_or_pointer_joined",
         [] {
             return Slots{op("ldxdw", 6, 1, 0),        op("mov64_imm", 7),
                          op("jset_imm", 6, 0, 1, 1),  op("mov64", 7, 1),
                          op("stxdw", 10, 7, -8),      op("ldxdw", 7, 10, -8),
                          op("mov64_imm", 0, 0, 0, 9), op("jeq_imm", 7, 0, 1, 0),
                          op("ldxw", 0, 7, 4),         op("exit")};
         }},
        {"null_returned_as_number",
         [] {
             return Slots{op("ldxdw", 6, 1, 0),
                          op("mov64_imm", 0),
                          op("jset_imm", 6, 0, 1, 1),
                          op("mov64", 0, 1),
                          op("jeq_imm", 0, 0, 1, 0),
                          op("mov64_imm", 0, 0, 0, 77),
                          op("exit")};
         }},
        {"stack_halves_of_a_word",
         [] {
             return Slots{op("ldxdw", 6, 1, 0),  op("stxdw", 10, 6, -8),   op("ldxw", 0, 10, -8),
                          op("ldxh", 2, 10, -2), op("sth", 10, 0, -6, -2), op("ldxdw", 3, 10, -8),
                          op("add64", 0, 2),     op("xor64", 0, 3),        op("exit")};
         }},
        {"helper_call_keeps_r6_to_r9",
         [] {
             return Slots{op("ldxdw", 6, 1, 0), op("ldxdw", 1, 1, 8), op("call", 0, 0, 0, 5), op("sub64", 0, 6),
                          op("exit")};
         }},
        {"local_call_with_pointer_to_stack",
         [] {
             return Slots{op("ldxdw", 6, 1, 0), op("stxdw", 10, 6, -16), op("stdw", 10, 0, -8, 3), op("mov64", 1, 10),
                          op("add64_imm", 1, 0, 0, -16), op("mov64_imm", 2, 0, 0, 5), op("call_local", 0, 0, 0, 3),
                          op("ldxdw", 1, 10, -16), op("add64", 0, 1), op("exit"),
                          // callee: swaps what it was given with its argument
                          op("ldxdw", 0, 1, 0), op("stxdw", 1, 2, 0), op("exit")};
         }},
        {"local_calls_nest",
         [] {
             return Slots{op("ldxdw", 1, 1, 0),
                          op("call_local", 0, 0, 0, 1),
                          op("exit"),
                          op("stxdw", 10, 1, -8),
                          op("add64_imm", 1, 0, 0, 3),
                          op("call_local", 0, 0, 0, 3),
                          op("ldxdw", 1, 10, -8),
                          op("xor64", 0, 1),
                          op("exit"),
                          op("mov64", 0, 1),
                          op("mul64_imm", 0, 0, 0, 17),
                          op("exit")};
         }},
        {"pointer_difference",
         [] {
             return Slots{op("ldxdw", 6, 1, 0),
                          op("and64_imm", 6, 0, 0, 31),
                          op("mov64", 2, 1),
                          op("add64", 2, 6),
                          op("mov64", 0, 2),
                          op("sub64", 0, 1),
                          op("exit")};
         }},
        {"far_jump",
         [] {
             return Slots{op("ldxdw", 0, 1, 0), op("gotol", 0, 0, 0, 1), op("mov64_imm", 0),
                          op("add64_imm", 0, 0, 0, 1), op("exit")};
         }},
        {"nested_loops",
         [] {
             return Slots{op("ldxw", 0, 1, 0),
                          op("mov64_imm", 2),
                          op("mov64_imm", 3),
                          op("mul32_imm", 0, 0, 0, 33),
                          op("xor32", 0, 3),
                          op("add32_imm", 3, 0, 0, 1),
                          op("jlt32_imm", 3, 0, -4, 7),
                          op("add32_imm", 2, 0, 0, 1),
                          op("jlt32_imm", 2, 0, -7, 5),
                          op("exit")};
         }},
        {"global_data",
         [] {
             Slots s = lddw(6, 2, 0, 4);  // map value: map 0 (.data), offset 4
             s += Slots{op("ldxw", 7, 6, 0), op("add64_imm", 7, 0, 0, 1), op("stxw", 6, 7, 0)};
             s += lddw(6, 2, 1, 8);  // .bss
             s += Slots{op("ldxdw", 2, 1, 0), op("mov64_imm", 3, 0, 0, 1), op("lock_add64", 6, 3, 0, 0),
                        op("ldxdw", 0, 6, 0)};
             s += Slots{op("and64_imm", 2, 0, 0, 31)};
             s += lddw(6, 2, 2, 0);  // .rodata, at a variable index
             s += Slots{op("add64", 6, 2), op("ldxb", 2, 6, 0), op("add64", 0, 2), op("add64", 0, 7), op("exit")};
             return s;
         }},
    };
    return kFlows;
}

}  // namespace

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

const std::vector<Base>& bases() {
    static const std::vector<Base> kBases = {
        {"memory", {op("mov64", 8, 1)}, 16, true},
        {"memory_unaligned", {op("mov64", 8, 1)}, 19, false},
        {"memory_variable", {op("mov64", 8, 7), op("and64_imm", 8, 0, 0, 15), op("add64", 8, 1)}, 16, false},
        {"memory_variable_aligned",
         {op("mov64", 8, 7), op("and64_imm", 8, 0, 0, 3), op("lsh64_imm", 8, 0, 0, 3), op("add64", 8, 1)},
         16,
         true},
        {"stack", {op("stxdw", 10, 6, -16), op("stxdw", 10, 7, -8), op("mov64", 8, 10)}, -16, true},
        {"stack_variable",
         {op("stxdw", 10, 6, -16), op("stxdw", 10, 7, -8), op("mov64", 8, 7), op("and64_imm", 8, 0, 0, 7),
          op("add64", 8, 10)},
         -16,
         false},
    };
    return kBases;
}

std::vector<Case> memory_cases(const Base& base) {
    std::vector<Case> cases;
    for (const bpf::Op& o : bpf::all_ops()) {
        const bool plain = bpf::access_bytes(o) != 0 && o.kind != bpf::Kind::atomic;
        const bool atomic = o.kind == bpf::Kind::atomic && base.atomics;
        if (!plain && !atomic) continue;
        const bool load = o.kind == bpf::Kind::load || o.kind == bpf::Kind::load_sx;
        Slots slots = load_operands();
        slots += base.slots;
        slots += op("ldxdw", 0, 1, 24);        // what cmpxchg expects:
        slots += op("and64_imm", 0, 0, 0, 1);  // half of the time what is there
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

namespace {

// Numbers live in r0 and r2 to r9; r1 stays the memory.
class RandomProgram {
  public:
    explicit RandomProgram(std::uint64_t seed) : random_(seed) {
        for (const bpf::Op& o : bpf::all_ops()) {
            if (o.kind == bpf::Kind::jump) jumps_.push_back(&o);
            const bool swap = o.kind == bpf::Kind::to_le || o.kind == bpf::Kind::to_be || o.kind == bpf::Kind::bswap;
            if (o.kind == bpf::Kind::alu || o.kind == bpf::Kind::movsx || swap) arithmetic_.push_back(&o);
            if (o.kind == bpf::Kind::load || o.kind == bpf::Kind::load_sx) loads_.push_back(&o);
            if (o.kind == bpf::Kind::store_reg) stores_.push_back(&o);
        }
    }
    Slots make() {
        Slots slots;
        for (unsigned r = 0; r < 10; ++r)
            if (r != 1) slots += op(pick(loads_), r, 1, static_cast<int>(r % 8 * 8));
        for (int slot = -32; slot < 0; slot += 8) slots += op("stxdw", 10, number(), slot);
        for (int i = 0; i < 40; ++i) slots += step();
        for (unsigned r = 2; r < 10; ++r) slots += Slots{op("mul64_imm", 0, 0, 0, 31), op("xor64", 0, r)};
        for (int slot = -32; slot < 0; slot += 8) slots += Slots{op("ldxdw", 2, 10, slot), op("add64", 0, 2)};
        slots += op("exit");
        return slots;
    }

  private:
    const bpf::Op& pick(const std::vector<const bpf::Op*>& from) { return *from[random_() % from.size()]; }
    unsigned number() {
        const unsigned r = static_cast<unsigned>(random_() % 9);
        return r == 0 ? 0 : r + 1;
    }
    int immediate(const bpf::Op& o) {
        const auto any = static_cast<std::int32_t>(static_cast<std::uint32_t>(random_() >> random_() % 32));
        if (o.alu == bpf::AluOp::lsh || o.alu == bpf::AluOp::rsh || o.alu == bpf::AluOp::arsh)
            return any & (o.width - 1);
        return any == 0 ? 1 : any;  // no division by a constant zero
    }
    bpf::Insn arithmetic() {
        const bpf::Op& o = pick(arithmetic_);
        return op(o, number(), number(), 0, immediate(o));
    }
    Slots step() {
        const std::uint64_t kind = random_() % 10;
        const int offset = -32 + static_cast<int>(random_() % 24);
        if (kind == 0) return {op(pick(loads_), number(), 10, offset)};
        if (kind == 1) return {op(pick(stores_), 10, number(), offset)};
        if (kind > 3) return {arithmetic()};
        const bpf::Op& o = pick(jumps_);
        Slots skipped;
        for (std::uint64_t i = 0; i <= random_() % 3; ++i) skipped += arithmetic();
        Slots slots = {op(o, number(), number(), static_cast<int>(skipped.size()), immediate(o))};
        slots += skipped;
        return slots;
    }

    std::mt19937_64 random_;
    std::vector<const bpf::Op*> jumps_, arithmetic_, loads_, stores_;
};

}  // namespace

Case random_case(std::uint64_t seed) { return {"seed " + std::to_string(seed), RandomProgram(seed).make()}; }

std::vector<Case> assembled(std::span<const CaseText> texts) {
    std::vector<Case> cases;
    for (const CaseText& text : texts) {
        const Result<Slots> slots = bpf::assemble(text.code, text.name);
        cases.push_back({slots ? text.name : render_text(slots.error()), slots ? *slots : Slots{}});
    }
    return cases;
}

std::vector<Case> flow_cases() {
    std::vector<Case> cases;
    for (const auto& [name, slots] : flows()) cases.push_back({name, slots()});
    return cases;
}

std::vector<bpf::Map> flow_maps() {
    return {global(".data", bpf::MapOrigin::data, 16), global(".bss", bpf::MapOrigin::bss, 24),
            global(".rodata", bpf::MapOrigin::rodata, 32)};
}

std::shared_ptr<const bpf::Object> object_of(const std::vector<Case>& cases, const std::vector<bpf::Map>& maps) {
    auto object = std::make_shared<bpf::Object>();
    for (const Case& c : cases) {
        Result<bpf::Object> one = bpf::object_from_slots(c.slots, "isa", maps);
        if (!one) continue;
        object->maps = one->maps;
        object->programs.push_back(one->programs.front());
        object->programs.back().name = c.name;
    }
    return object;
}

VerifyReport verify_cases(const std::shared_ptr<const bpf::Object>& object) {
    const std::shared_ptr<const Platform> platform(builtin_platform("isa"), [](const Platform*) {});
    VerifyOptions options;
    options.memory_bytes = kMemoryBytes;
    return verify(object, platform, options);
}

}  // namespace mbpf::test
