// SPDX-License-Identifier: Apache-2.0
// The table itself (RFC 9669 §3–§5), built row by row from the encoding's own structure, and what reads it
// directly: look-up, decode, encode. disassemble() is in core/disassemble.cpp.
#include "core/isa.h"

#include <algorithm>
#include <array>

namespace mbpf::bpf {

namespace {

// Instruction classes (§3.1) and fields.
constexpr std::uint8_t kLd = 0x00, kLdx = 0x01, kSt = 0x02, kStx = 0x03, kAlu = 0x04, kJmp = 0x05, kJmp32 = 0x06, kAlu64 = 0x07;
constexpr std::uint8_t kSourceReg = 0x08;
constexpr std::uint8_t kImmMode = 0x00, kAbs = 0x20, kInd = 0x40, kMem = 0x60, kMemSx = 0x80, kAtomic = 0xc0;
constexpr std::uint8_t kSizeW = 0x00, kSizeH = 0x08, kSizeB = 0x10, kSizeDw = 0x18;

class TableBuilder {
  public:
    TableBuilder() {
        alu_rows();
        move_rows();
        swap_rows();
        memory_rows();
        atomic_rows();
        jump_rows();
        other_rows();
        std::stable_sort(ops_.begin(), ops_.end(), [](const Op& a, const Op& b) { return a.opcode < b.opcode; });
        for (std::size_t i = 0; i < ops_.size(); ++i) {
            auto& range = by_opcode_[ops_[i].opcode];
            if (range.second == 0) range.first = static_cast<std::uint16_t>(i);
            ++range.second;
        }
    }
    std::span<const Op> ops() const { return ops_; }
    std::span<const Op> with_opcode(std::uint8_t opcode) const {
        const auto [first, count] = by_opcode_[opcode];
        return std::span<const Op>(ops_).subspan(first, count);
    }

  private:
    Op& row(std::string_view name, Kind kind, std::uint8_t opcode, unsigned width, unsigned version) {
        Op op;
        op.name = name;
        op.kind = kind;
        op.opcode = opcode;
        op.width = static_cast<std::uint8_t>(width);
        op.isa_version = static_cast<std::uint8_t>(version);
        ops_.push_back(op);
        return ops_.back();
    }

    void alu_pair(std::string_view k, std::string_view x, AluOp alu, unsigned code, unsigned width, int offset, unsigned version) {
        for (bool reg : {false, true}) {
            const std::uint8_t opcode = static_cast<std::uint8_t>((code << 4) | (width == 64 ? kAlu64 : kAlu) | (reg ? kSourceReg : 0));
            Op& op = row(reg ? x : k, Kind::alu, opcode, width, version);
            op.alu = alu;
            op.uses_src = reg;
            op.offset_key = static_cast<std::int16_t>(offset);
            op.src_is_key = !reg;
            op.imm_is_key = reg;
        }
    }
    void alu_rows() {
        struct Code { AluOp op; unsigned code; int offset; unsigned version; std::string_view k32, x32, k64, x64; };
        static constexpr Code kCodes[] = {
            {AluOp::add, 0x0, 0, 1, "add32_imm", "add32", "add64_imm", "add64"},
            {AluOp::sub, 0x1, 0, 1, "sub32_imm", "sub32", "sub64_imm", "sub64"},
            {AluOp::mul, 0x2, 0, 1, "mul32_imm", "mul32", "mul64_imm", "mul64"},
            {AluOp::div, 0x3, 0, 1, "div32_imm", "div32", "div64_imm", "div64"},
            {AluOp::sdiv, 0x3, 1, 4, "sdiv32_imm", "sdiv32", "sdiv64_imm", "sdiv64"},
            {AluOp::or_, 0x4, 0, 1, "or32_imm", "or32", "or64_imm", "or64"},
            {AluOp::and_, 0x5, 0, 1, "and32_imm", "and32", "and64_imm", "and64"},
            {AluOp::lsh, 0x6, 0, 1, "lsh32_imm", "lsh32", "lsh64_imm", "lsh64"},
            {AluOp::rsh, 0x7, 0, 1, "rsh32_imm", "rsh32", "rsh64_imm", "rsh64"},
            {AluOp::mod, 0x9, 0, 1, "mod32_imm", "mod32", "mod64_imm", "mod64"},
            {AluOp::smod, 0x9, 1, 4, "smod32_imm", "smod32", "smod64_imm", "smod64"},
            {AluOp::xor_, 0xa, 0, 1, "xor32_imm", "xor32", "xor64_imm", "xor64"},
            {AluOp::mov, 0xb, 0, 1, "mov32_imm", "mov32", "mov64_imm", "mov64"},
            {AluOp::arsh, 0xc, 0, 1, "arsh32_imm", "arsh32", "arsh64_imm", "arsh64"},
        };
        for (const Code& c : kCodes) {
            alu_pair(c.k32, c.x32, c.op, c.code, 32, c.offset, c.version == 1 ? 3 : c.version);
            alu_pair(c.k64, c.x64, c.op, c.code, 64, c.offset, c.version);
        }
        row("neg32", Kind::alu, 0x84, 32, 3).alu = AluOp::neg;
        row("neg64", Kind::alu, 0x87, 64, 1).alu = AluOp::neg;
    }
    void move_rows() {
        struct Code { std::string_view name; unsigned width, bits; };
        static constexpr Code kCodes[] = {{"movsx832", 32, 8}, {"movsx1632", 32, 16}, {"movsx864", 64, 8}, {"movsx1664", 64, 16}, {"movsx3264", 64, 32}};
        for (const Code& c : kCodes) {
            Op& op = row(c.name, Kind::movsx, c.width == 64 ? 0xbf : 0xbc, c.width, 4);
            op.alu = AluOp::mov;
            op.from_bits = static_cast<std::uint8_t>(c.bits);
            op.uses_src = true;
            op.src_is_key = false;
            op.offset_key = static_cast<std::int16_t>(c.bits);
        }
    }
    void swap_rows() {
        struct Code { std::string_view name; Kind kind; std::uint8_t opcode; unsigned version; };
        static constexpr Code kCodes[] = {
            {"le16", Kind::to_le, 0xd4, 1}, {"le32", Kind::to_le, 0xd4, 1}, {"le64", Kind::to_le, 0xd4, 1},
            {"be16", Kind::to_be, 0xdc, 1}, {"be32", Kind::to_be, 0xdc, 1}, {"be64", Kind::to_be, 0xdc, 1},
            {"bswap16", Kind::bswap, 0xd7, 4}, {"bswap32", Kind::bswap, 0xd7, 4}, {"bswap64", Kind::bswap, 0xd7, 4}};
        unsigned bits = 16;
        for (const Code& c : kCodes) {
            row(c.name, c.kind, c.opcode, bits, c.version).imm_key = static_cast<std::int32_t>(bits);
            bits = bits == 64 ? 16 : bits * 2;
        }
    }
    void memory_row(std::string_view name, Kind kind, std::uint8_t opcode, unsigned width, unsigned version) {
        Op& op = row(name, kind, opcode, width, version);
        op.offset_is_key = false;
        op.uses_src = kind == Kind::load || kind == Kind::load_sx || kind == Kind::store_reg;
        op.src_is_key = !op.uses_src;
        op.imm_is_key = kind != Kind::store_imm;
    }
    void memory_rows() {
        struct Size { std::uint8_t code; unsigned width; std::string_view load, load_sx, store, store_imm; };
        static constexpr Size kSizes[] = {{kSizeB, 8, "ldxb", "ldxsb", "stxb", "stb"}, {kSizeH, 16, "ldxh", "ldxsh", "stxh", "sth"},
                                          {kSizeW, 32, "ldxw", "ldxsw", "stxw", "stw"}, {kSizeDw, 64, "ldxdw", "", "stxdw", "stdw"}};
        for (const Size& s : kSizes) {
            memory_row(s.load, Kind::load, static_cast<std::uint8_t>(kLdx | kMem | s.code), s.width, 1);
            if (!s.load_sx.empty()) memory_row(s.load_sx, Kind::load_sx, static_cast<std::uint8_t>(kLdx | kMemSx | s.code), s.width, 4);
            memory_row(s.store, Kind::store_reg, static_cast<std::uint8_t>(kStx | kMem | s.code), s.width, 1);
            memory_row(s.store_imm, Kind::store_imm, static_cast<std::uint8_t>(kSt | kMem | s.code), s.width, 1);
        }
    }
    void atomic_rows() {
        struct Code { AtomicOp op; std::int32_t imm; unsigned version; std::string_view name32, name64; };
        static constexpr Code kCodes[] = {
            {AtomicOp::add, 0x00, 1, "lock_add32", "lock_add64"}, {AtomicOp::or_, 0x40, 3, "lock_or32", "lock_or64"},
            {AtomicOp::and_, 0x50, 3, "lock_and32", "lock_and64"}, {AtomicOp::xor_, 0xa0, 3, "lock_xor32", "lock_xor64"},
            {AtomicOp::fetch_add, 0x01, 3, "lock_fetch_add32", "lock_fetch_add64"}, {AtomicOp::fetch_or, 0x41, 3, "lock_fetch_or32", "lock_fetch_or64"},
            {AtomicOp::fetch_and, 0x51, 3, "lock_fetch_and32", "lock_fetch_and64"}, {AtomicOp::fetch_xor, 0xa1, 3, "lock_fetch_xor32", "lock_fetch_xor64"},
            {AtomicOp::exchange, 0xe1, 3, "lock_xchg32", "lock_xchg64"}, {AtomicOp::compare_exchange, 0xf1, 3, "lock_cmpxchg32", "lock_cmpxchg64"}};
        for (const Code& c : kCodes)
            for (unsigned width : {32u, 64u}) {
                Op& op = row(width == 32 ? c.name32 : c.name64, Kind::atomic, static_cast<std::uint8_t>(kStx | kAtomic | (width == 32 ? kSizeW : kSizeDw)), width, c.version);
                op.atomic = c.op;
                op.uses_src = true;
                op.src_is_key = op.offset_is_key = false;
                op.imm_key = c.imm;
            }
    }
    void jump_rows() {
        struct Code { Condition condition; unsigned code, version; std::string_view k64, x64, k32, x32; };
        static constexpr Code kCodes[] = {
            {Condition::eq, 0x1, 1, "jeq_imm", "jeq", "jeq32_imm", "jeq32"}, {Condition::gt, 0x2, 1, "jgt_imm", "jgt", "jgt32_imm", "jgt32"},
            {Condition::ge, 0x3, 1, "jge_imm", "jge", "jge32_imm", "jge32"}, {Condition::set, 0x4, 1, "jset_imm", "jset", "jset32_imm", "jset32"},
            {Condition::ne, 0x5, 1, "jne_imm", "jne", "jne32_imm", "jne32"}, {Condition::sgt, 0x6, 1, "jsgt_imm", "jsgt", "jsgt32_imm", "jsgt32"},
            {Condition::sge, 0x7, 1, "jsge_imm", "jsge", "jsge32_imm", "jsge32"}, {Condition::lt, 0xa, 2, "jlt_imm", "jlt", "jlt32_imm", "jlt32"},
            {Condition::le, 0xb, 2, "jle_imm", "jle", "jle32_imm", "jle32"}, {Condition::slt, 0xc, 2, "jslt_imm", "jslt", "jslt32_imm", "jslt32"},
            {Condition::sle, 0xd, 2, "jsle_imm", "jsle", "jsle32_imm", "jsle32"}};
        for (const Code& c : kCodes)
            for (unsigned width : {64u, 32u})
                for (bool reg : {false, true}) {
                    const std::uint8_t opcode = static_cast<std::uint8_t>((c.code << 4) | (width == 64 ? kJmp : kJmp32) | (reg ? kSourceReg : 0));
                    Op& op = row(width == 64 ? (reg ? c.x64 : c.k64) : (reg ? c.x32 : c.k32), Kind::jump, opcode, width, width == 32 ? 3 : c.version);
                    op.condition = c.condition;
                    op.uses_src = reg;
                    op.offset_is_key = false;
                    op.src_is_key = !reg;
                    op.imm_is_key = reg;
                }
    }
    Op& bare(std::string_view name, Kind kind, std::uint8_t opcode, unsigned width, unsigned version) {
        Op& op = row(name, kind, opcode, width, version);
        op.dst_is_key = true;
        return op;
    }
    void other_rows() {
        bare("ja", Kind::jump_always, 0x05, 64, 1).offset_is_key = false;
        bare("gotol", Kind::jump_always, 0x06, 32, 4).imm_is_key = false;
        bare("call", Kind::call_helper, 0x85, 64, 1).imm_is_key = false;
        Op& local = bare("call_local", Kind::call_local, 0x85, 64, 1);
        local.imm_is_key = false;
        local.src_key = 1;
        Op& btf = bare("call_btf", Kind::call_btf, 0x85, 64, 1);
        btf.imm_is_key = btf.offset_is_key = false;
        btf.src_key = 2;
        Op& indirect = row("callx", Kind::call_indirect, 0x8d, 64, 1);
        indirect.uses_src = true;
        indirect.src_is_key = indirect.imm_is_key = false;  // old compilers put the register into imm
        bare("exit", Kind::exit, 0x95, 64, 1);
        Op& lddw = row("lddw", Kind::load_imm64, kLd | kImmMode | kSizeDw, 64, 1);
        lddw.imm_is_key = lddw.src_is_key = false;
        struct Legacy { std::uint8_t size; unsigned width; std::string_view abs, ind; };
        for (const Legacy& l : {Legacy{kSizeB, 8, "ldabsb", "ldindb"}, Legacy{kSizeH, 16, "ldabsh", "ldindh"}, Legacy{kSizeW, 32, "ldabsw", "ldindw"}}) {
            bare(l.abs, Kind::load_abs, static_cast<std::uint8_t>(kLd | kAbs | l.size), l.width, 1).imm_is_key = false;
            Op& ind = bare(l.ind, Kind::load_ind, static_cast<std::uint8_t>(kLd | kInd | l.size), l.width, 1);
            ind.uses_src = true;
            ind.imm_is_key = ind.src_is_key = false;
        }
    }

    std::vector<Op> ops_;
    std::array<std::pair<std::uint16_t, std::uint16_t>, 256> by_opcode_{};
};

const TableBuilder& table() {
    static const TableBuilder kTable;
    return kTable;
}

bool matches(const Op& op, const Insn& insn) {
    if (op.offset_is_key && insn.offset != op.offset_key) return false;
    if (op.src_is_key && insn.src != op.src_key) return false;
    if (op.imm_is_key && insn.imm != op.imm_key) return false;
    if (op.dst_is_key && insn.dst != 0) return false;
    if (op.kind == Kind::load_imm64 && insn.src > 6) return false;
    return true;
}

bool writes_dst(const Op& op) {
    switch (op.kind) {
        case Kind::alu:
        case Kind::movsx:
        case Kind::to_le:
        case Kind::to_be:
        case Kind::bswap:
        case Kind::load:
        case Kind::load_sx:
        case Kind::load_imm64: return true;
        case Kind::store_reg:
        case Kind::store_imm:
        case Kind::atomic:
        case Kind::jump:
        case Kind::jump_always:
        case Kind::call_helper:
        case Kind::call_local:
        case Kind::call_btf:
        case Kind::call_indirect:
        case Kind::exit:
        case Kind::load_abs:
        case Kind::load_ind: return false;
    }
    return false;
}

}  // namespace

std::span<const Op> all_ops() { return table().ops(); }

const Op* find_op(const Insn& insn) {
    for (const Op& op : table().with_opcode(insn.opcode))
        if (matches(op, insn)) return &op;
    return nullptr;
}

std::string decode_error(const Insn& insn) {
    const auto candidates = table().with_opcode(insn.opcode);
    if (candidates.empty()) return "opcode " + std::to_string(insn.opcode) + " is not in the instruction set";
    const Op* op = find_op(insn);
    if (op == nullptr) {
        return std::string(candidates.front().name) + ": reserved combination of offset " + std::to_string(insn.offset) +
               ", src " + std::to_string(insn.src) + " and imm " + std::to_string(insn.imm);
    }
    if (insn.dst >= kRegisterCount) return "register r" + std::to_string(insn.dst) + " does not exist";
    if (op->kind != Kind::load_imm64 && !op->src_is_key && insn.src >= kRegisterCount)
        return "register r" + std::to_string(insn.src) + " does not exist";
    const bool fetches = op->atomic == AtomicOp::fetch_add || op->atomic == AtomicOp::fetch_or || op->atomic == AtomicOp::fetch_and ||
                         op->atomic == AtomicOp::fetch_xor || op->atomic == AtomicOp::exchange;
    if ((writes_dst(*op) && insn.dst == kFramePointer) || (fetches && insn.src == kFramePointer))
        return "r10 is read-only";
    return {};
}

Result<std::vector<Insn>> decode(std::span<const std::uint8_t> bytes) {
    if (bytes.size() % kSlotBytes != 0) {
        Diagnostic d;
        d.code = "MBPF3001";
        d.message = "bytecode of " + std::to_string(bytes.size()) + " bytes is not a whole number of 8-byte slots";
        return d;
    }
    std::vector<Insn> insns(bytes.size() / kSlotBytes);
    for (std::size_t i = 0; i < insns.size(); ++i) {
        const std::uint8_t* p = bytes.data() + i * kSlotBytes;
        Insn& insn = insns[i];
        insn.opcode = p[0];
        insn.dst = p[1] & 0x0f;
        insn.src = p[1] >> 4;
        insn.offset = static_cast<std::int16_t>(p[2] | p[3] << 8);
        insn.imm = static_cast<std::int32_t>(std::uint32_t{p[4]} | std::uint32_t{p[5]} << 8 | std::uint32_t{p[6]} << 16 | std::uint32_t{p[7]} << 24);
    }
    return insns;
}

std::vector<std::uint8_t> encode(std::span<const Insn> insns) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(insns.size() * kSlotBytes);
    for (const Insn& insn : insns) {
        const std::uint16_t offset = static_cast<std::uint16_t>(insn.offset);
        const std::uint32_t imm = static_cast<std::uint32_t>(insn.imm);
        for (unsigned b : {unsigned{insn.opcode}, unsigned{insn.dst} | unsigned{insn.src} << 4, offset & 0xffu, unsigned{offset} >> 8,
                           imm & 0xffu, (imm >> 8) & 0xffu, (imm >> 16) & 0xffu, imm >> 24})
            bytes.push_back(static_cast<std::uint8_t>(b));
    }
    return bytes;
}

}  // namespace mbpf::bpf
