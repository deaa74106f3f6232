// SPDX-License-Identifier: Apache-2.0
// Programs are put together slot by slot. r6 keeps the memory's address; results go to 8-byte cells. Operands
// come out of the memory, so that no compiler can know them.
#include "tests/conformance/cases.h"

namespace mbpf::conformance {

using bpf::Insn;
using bpf::Kind;
using bpf::Op;

namespace {

constexpr std::uint64_t kOperands[] = {0, 1, 2, 7, 31, 32, 63, 0x7f, 0x80, 0xff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x123456789abcdef0, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0xffffffff80000000};
constexpr std::int32_t kImmediates[] = {0, 1, -1, 31, 33, 64, 0x7f, 0x7fffffff, INT32_MIN, 12345};
constexpr std::size_t kMemoryBytes = 512;
constexpr int kCells = 30;           // results: bytes 0 to 239
constexpr int kOperandsAt = 240;     // kOperands: bytes 240 to 399
constexpr int kPlace = 440;          // from here on: what memory cases work on
constexpr unsigned kOperandCount = sizeof kOperands / sizeof kOperands[0];

class Assembler {
  public:
    void put(std::uint8_t opcode, unsigned dst, unsigned src, int offset, std::int32_t imm) {
        code_.push_back({opcode, static_cast<std::uint8_t>(dst), static_cast<std::uint8_t>(src), static_cast<std::int16_t>(offset), imm});
    }
    void load64(unsigned dst, std::uint64_t value) {
        put(0x18, dst, 0, 0, static_cast<std::int32_t>(static_cast<std::uint32_t>(value)));
        put(0, 0, 0, 0, static_cast<std::int32_t>(static_cast<std::uint32_t>(value >> 32)));
    }
    void operand(unsigned dst, unsigned index) { put(0x79, dst, 6, kOperandsAt + 8 * static_cast<int>(index % kOperandCount), 0); }
    // The operation itself with its key fields in place.
    void operation(const Op& op, unsigned dst, unsigned src, int offset, std::int32_t imm) {
        put(op.opcode, op.dst_is_key ? 0 : dst, op.src_is_key ? op.src_key : src, op.offset_is_key ? op.offset_key : offset, op.imm_is_key ? op.imm_key : imm);
    }
    void result(unsigned reg) { put(0x7b, 6, reg, 8 * (cell_++ % kCells), 0); }
    std::vector<Insn> finish(unsigned result_register) {
        put(0xbf, 0, result_register, 0, 0);
        put(0x95, 0, 0, 0, 0);
        return std::move(code_);
    }
    void begin() { put(0xbf, 6, 1, 0, 0); }
    int cell() const { return cell_; }

  private:
    std::vector<Insn> code_;
    int cell_ = 0;
};

std::vector<std::uint8_t> pattern() {
    std::vector<std::uint8_t> memory(kMemoryBytes);
    for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<std::uint8_t>(0x80 + 37 * i);
    for (std::size_t o = 0; o < kOperandCount; ++o)
        for (std::size_t i = 0; i < 8; ++i) memory[kOperandsAt + 8 * o + i] = static_cast<std::uint8_t>(kOperands[o] >> (8 * i));
    return memory;
}

// r0 mixes all results, so that a wrong one shows even in r0.
void mix(Assembler& a, unsigned reg) {
    a.put(0x27, 8, 0, 0, 31);   // r8 *= 31
    a.put(0xaf, 8, reg, 0, 0);  // r8 ^= reg
    a.result(reg);
}

Case arithmetic(const Op& op) {
    Assembler a;
    a.begin();
    a.load64(8, 1);
    for (unsigned x = 0; x < kOperandCount; ++x) {
        if (op.uses_src) {
            // Every operand with a third of the others, in turn: all pairs of kinds occur.
            for (unsigned y = x % 3; y < kOperandCount; y += 3) {
                a.operand(2, x);
                a.operand(3, y);
                a.operation(op, 2, 3, 0, 0);
                mix(a, 2);
            }
        } else {
            for (std::int32_t y : kImmediates) {
                a.operand(2, x);
                a.operation(op, 2, 0, 0, y);
                mix(a, 2);
                if (op.imm_is_key) break;
            }
        }
    }
    return {std::string(op.name), a.finish(8), pattern()};
}

Case jump(const Op& op) {
    Assembler a;
    a.begin();
    a.load64(8, 1);
    const auto judge = [&](unsigned x, unsigned y, std::int32_t imm) {
        a.operand(2, x);
        a.operand(3, y);
        a.put(0xb7, 4, 0, 0, 1);             // r4 = 1
        a.operation(op, 2, 3, 1, imm);       // taken: skip
        a.put(0xb7, 4, 0, 0, 0);             // r4 = 0
        mix(a, 4);
    };
    for (unsigned x = 0; x < kOperandCount; ++x) {
        if (op.uses_src)
            for (unsigned y : {0u, 1u, x, x + 1, x + kOperandCount - 1, 12u, 18u}) judge(x, y, 0);
        else
            for (std::int32_t y : kImmediates) judge(x, 0, y);
    }
    return {std::string(op.name), a.finish(8), pattern()};
}

// Aligned and unaligned places of the memory, and of the stack.
Case memory(const Op& op) {
    Assembler a;
    a.begin();
    a.load64(8, 1);
    const bool load = op.kind == Kind::load || op.kind == Kind::load_sx;
    for (int place : {kPlace, kPlace + 8, kPlace + 1, kPlace + 3, kPlace + 14}) {
        if (load) {
            a.operation(op, 2, 6, place, 0);
        } else {
            a.operand(3, 15);
            a.operation(op, 6, 3, place, -559038737);
            a.put(0x79, 2, 6, kPlace + 8, 0);  // read back
        }
        mix(a, 2);
    }
    a.operand(3, 15);
    a.put(0x7b, 10, 3, -16, 0);
    a.put(0x7b, 10, 3, -8, 0);
    if (load) a.operation(op, 2, 10, -16, 0);
    else a.operation(op, 10, 3, -16, 77);
    if (!load) a.put(0x79, 2, 10, -16, 0);
    mix(a, 2);
    return {std::string(op.name), a.finish(8), pattern()};
}

Case atomic(const Op& op) {
    Assembler a;
    a.begin();
    a.load64(8, 1);
    for (unsigned x : {0u, 1u, 11u, 13u, 15u, 18u})
        for (bool match : {false, true}) {
            a.operand(3, x);
            a.put(0x79, 0, 6, kPlace, 0);                  // r0 = what is there: cmpxchg matches
            if (op.width == 32) a.put(0x61, 0, 6, kPlace, 0);
            if (!match) a.put(0x07, 0, 0, 0, 1);
            a.operation(op, 6, 3, kPlace, 0);
            mix(a, 3);
            mix(a, 0);
            a.put(0x79, 2, 6, kPlace, 0);
            mix(a, 2);
            a.put(0x7b, 10, 2, -8, 0);
            a.operation(op, 10, 3, -8, 0);
            a.put(0x79, 2, 10, -8, 0);
            mix(a, 2);
        }
    return {std::string(op.name), a.finish(8), pattern()};
}

Case control(const Op& op) {
    Assembler a;
    a.begin();
    a.load64(8, 5);
    if (op.kind == Kind::jump_always) {
        a.operation(op, 0, 0, 1, 1);
        a.load64(8, 6);  // two slots: the jump lands in the middle unless it skips both
        return {std::string(op.name), [&] {
                    // Skip exactly the two slots.
                    auto code = a.finish(8);
                    for (Insn& insn : code)
                        if (insn.opcode == op.opcode) (op.width == 32 ? static_cast<void>(insn.imm = 2) : static_cast<void>(insn.offset = 2));
                    return code;
                }(), pattern()};
    }
    if (op.kind == Kind::call_helper) {
        a.load64(1, 0x123456789abcdef0);
        a.operation(op, 0, 0, 0, 5);
        a.put(0xbf, 8, 0, 0, 0);
    }
    if (op.kind == Kind::call_local) {
        // main: r1..r5 = 1..5; r0 = f(); f returns their weighted sum and clobbers r6..r9, which must survive.
        a.put(0xbf, 9, 6, 0, 0);
        for (unsigned r = 1; r <= 5; ++r) a.put(0xb7, r, 0, 0, static_cast<std::int32_t>(r * 10 + 1));
        a.operation(op, 0, 0, 0, 5);
        a.put(0xbf, 8, 0, 0, 0);
        a.put(0x1f, 9, 6, 0, 0);  // r9 - r6 == 0 if both survived
        a.put(0x0f, 8, 9, 0, 0);
        auto code = a.finish(8);
        Assembler f;
        f.put(0xb7, 0, 0, 0, 0);
        for (unsigned r = 1; r <= 5; ++r) {
            f.put(0x27, 0, 0, 0, 3);
            f.put(0x0f, 0, r, 0, 0);
            f.put(0x7b, 10, r, -8 * static_cast<int>(r), 0);
        }
        for (unsigned r = 6; r <= 9; ++r) f.put(0xb7, r, 0, 0, 99);
        f.put(0x95, 0, 0, 0, 0);
        std::vector<Insn> body = f.finish(0);
        body.resize(body.size() - 2);
        const std::size_t call = 1 + 2 + 1 + 5;
        code[call].imm = static_cast<std::int32_t>(code.size() - call - 1);
        code.insert(code.end(), body.begin(), body.end());
        return {std::string(op.name), std::move(code), pattern()};
    }
    return {std::string(op.name), a.finish(8), pattern()};
}

}  // namespace

bool is_not_run(const Op& op) {
    return op.kind == Kind::call_indirect || op.kind == Kind::call_btf || op.kind == Kind::load_abs || op.kind == Kind::load_ind;
}

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const Op& op : bpf::all_ops()) {
        if (is_not_run(op)) continue;
        switch (op.kind) {
            case Kind::alu:
            case Kind::movsx:
            case Kind::to_le:
            case Kind::to_be:
            case Kind::bswap: cases.push_back(arithmetic(op)); break;
            case Kind::jump: cases.push_back(jump(op)); break;
            case Kind::load:
            case Kind::load_sx:
            case Kind::store_reg:
            case Kind::store_imm: cases.push_back(memory(op)); break;
            case Kind::atomic: cases.push_back(atomic(op)); break;
            default: cases.push_back(control(op)); break;
        }
    }
    return cases;
}

}  // namespace mbpf::conformance
