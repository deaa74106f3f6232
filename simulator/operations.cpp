// SPDX-License-Identifier: Apache-2.0
// Concrete results of single eBPF operations, straight from RFC 9669: division by zero yields 0 and modulo
// by zero the dividend (§4.1), shift amounts are masked, 32-bit results are zero-extended.
#include "simulator/interpreter.h"

namespace mbpf::sim {

using bpf::AluOp;
using bpf::Condition;

namespace {

// W unsigned, S its signed twin; arithmetic wraps in W.
template <class W, class S>
W alu(AluOp op, W dst, W src) {
    constexpr unsigned kBits = sizeof(W) * 8;
    const unsigned shift = static_cast<unsigned>(src & (kBits - 1));
    const S min = static_cast<S>(W{1} << (kBits - 1));
    const S sdst = static_cast<S>(dst);
    const S ssrc = static_cast<S>(src);
    switch (op) {
        case AluOp::add: return dst + src;
        case AluOp::sub: return dst - src;
        case AluOp::mul: return dst * src;
        case AluOp::div: return src == 0 ? 0 : dst / src;
        case AluOp::sdiv:
            if (src == 0) return 0;
            return sdst == min && ssrc == -1 ? dst : static_cast<W>(sdst / ssrc);
        case AluOp::mod: return src == 0 ? dst : dst % src;
        case AluOp::smod:
            if (src == 0) return dst;
            return sdst == min && ssrc == -1 ? 0 : static_cast<W>(sdst % ssrc);
        case AluOp::and_: return dst & src;
        case AluOp::or_: return dst | src;
        case AluOp::xor_: return dst ^ src;
        case AluOp::lsh: return static_cast<W>(dst << shift);
        case AluOp::rsh: return static_cast<W>(dst >> shift);
        case AluOp::arsh: return static_cast<W>(sdst >> shift);
        case AluOp::neg: return static_cast<W>(W{0} - dst);
        case AluOp::mov: return src;
        case AluOp::none: return dst;
    }
    return dst;
}

template <class W, class S>
bool holds(Condition condition, W a, W b) {
    const S sa = static_cast<S>(a);
    const S sb = static_cast<S>(b);
    switch (condition) {
        case Condition::eq: return a == b;
        case Condition::ne: return a != b;
        case Condition::gt: return a > b;
        case Condition::ge: return a >= b;
        case Condition::lt: return a < b;
        case Condition::le: return a <= b;
        case Condition::set: return (a & b) != 0;
        case Condition::sgt: return sa > sb;
        case Condition::sge: return sa >= sb;
        case Condition::slt: return sa < sb;
        case Condition::sle: return sa <= sb;
        case Condition::none: return false;
    }
    return false;
}

}  // namespace

std::uint64_t alu_result(AluOp op, unsigned width, std::uint64_t dst, std::uint64_t src) {
    if (width == 64) return alu<std::uint64_t, std::int64_t>(op, dst, src);
    return alu<std::uint32_t, std::int32_t>(op, static_cast<std::uint32_t>(dst), static_cast<std::uint32_t>(src));
}

bool condition_holds(Condition condition, unsigned width, std::uint64_t dst, std::uint64_t src) {
    if (width == 64) return holds<std::uint64_t, std::int64_t>(condition, dst, src);
    return holds<std::uint32_t, std::int32_t>(condition, static_cast<std::uint32_t>(dst),
                                              static_cast<std::uint32_t>(src));
}

std::uint64_t sign_extend(std::uint64_t value, unsigned from_bits) {
    if (from_bits >= 64) return value;
    const std::uint64_t sign = std::uint64_t{1} << (from_bits - 1);
    value &= (sign << 1) - 1;
    return (value ^ sign) - sign;
}

std::uint64_t byte_swap(std::uint64_t value, unsigned bits) {
    std::uint64_t result = 0;
    for (unsigned i = 0; i < bits / 8; ++i) result = (result << 8) | ((value >> (8 * i)) & 0xff);
    return result;
}

}  // namespace mbpf::sim
