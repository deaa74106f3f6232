// SPDX-License-Identifier: Apache-2.0
// ALU operations, byte swaps, sign extensions. 64-bit results that are proved to fit 32 bits are computed in
// 32 bits on 32-bit targets: for operations whose low half depends on low halves alone the result's range is
// reason enough, for the others (division, right shifts) the operands' ranges are needed too.
#include <llvm/IR/Intrinsics.h>

#include "compiler/lift/function_lifter.h"
#include "compiler/lift/narrow_sums.h"

namespace mbpf {
namespace {

bool excludes(const ValueFact& fact, std::int64_t value) {
    if (value < fact.smin || value > fact.smax) return true;
    if (static_cast<std::uint64_t>(value) < fact.umin || static_cast<std::uint64_t>(value) > fact.umax) return true;
    return ((static_cast<std::uint64_t>(value) ^ fact.bits_value) & ~fact.bits_mask) != 0;
}

// Facts speak of the whole register; the low half is excluded from a value only if the whole fits.
bool low_excludes(const ValueFact& fact, std::int32_t value) {
    if (fit_of(fact) == Fit::unsigned32)
        return excludes(fact, static_cast<std::int64_t>(static_cast<std::uint32_t>(value)));
    if (fit_of(fact) == Fit::signed32) return excludes(fact, value);
    return ((static_cast<std::uint32_t>(value) ^ fact.bits_value) & ~fact.bits_mask & UINT32_MAX) != 0;
}

}  // namespace

ValueFact FunctionLifter::operand_fact(const bpf::Op& op) const {
    if (op.uses_src) return fact(insn().src);
    ValueFact constant;
    constant.kind = ValueKind::number;
    constant.smin = constant.smax = insn().imm;
    constant.umin = constant.umax = constant.bits_value = static_cast<std::uint64_t>(std::int64_t{insn().imm});
    constant.bits_mask = 0;
    return constant;
}

llvm::Value* FunctionLifter::operand_whole(const bpf::Op& op) {
    if (op.uses_src) return read_whole(insn().src);
    return b_.getInt64(static_cast<std::uint64_t>(std::int64_t{insn().imm}));
}

llvm::Value* FunctionLifter::operand_low(const bpf::Op& op) {
    if (op.uses_src) return read_low(insn().src);
    return b_.getInt32(static_cast<std::uint32_t>(insn().imm));
}

void FunctionLifter::lift_alu(const bpf::Op& op) {
    const unsigned dst = insn().dst;
    if (op.width == 64) return lift_alu64(op);
    if (op.alu == bpf::AluOp::mov) return write_low(dst, operand_low(op), false);
    llvm::Value* a = read_low(dst);
    llvm::Value* b = op.alu == bpf::AluOp::neg ? a : operand_low(op);
    // A divisor's fact must speak of its low half: keep it only where the low half is the whole.
    ValueFact divisor = operand_fact(op);
    if (divisor.kind == ValueKind::number) {
        const bool no_zero = low_excludes(divisor, 0), no_minus_one = low_excludes(divisor, -1);
        divisor = {};
        divisor.kind = ValueKind::number;
        if (no_zero) divisor.umin = 1;
        if (no_minus_one) divisor.smin = 0;  // only ever asked: is it zero, is it -1
        if (!no_zero) divisor.umin = 0;
    }
    write_low(dst, emit_alu(op.alu, a, b, divisor), false);
}

void FunctionLifter::lift_alu64(const bpf::Op& op) {
    const unsigned dst = insn().dst;
    if (op.alu == bpf::AluOp::mov) {
        if (op.uses_src) return copy_register(dst, insn().src);
        return write_whole(dst, operand_whole(op));
    }
    if (lift_pointer_arithmetic(op)) return;
    if (narrow_ && lift_alu64_narrow(op)) return;
    llvm::Value* a = read_whole(dst);
    llvm::Value* b = op.alu == bpf::AluOp::neg ? a : operand_whole(op);
    llvm::Value* result = emit_alu(op.alu, a, b, operand_fact(op));
    if ((op.alu == bpf::AluOp::add || op.alu == bpf::AluOp::sub) && fits_signed(fact_after(dst))) mark_fits_signed32(result);
    write_whole(dst, result);
}

// True if the operation was done in 32 bits.
bool FunctionLifter::lift_alu64_narrow(const bpf::Op& op) {
    const unsigned dst = insn().dst;
    const ValueFact& left = fact(dst);
    const ValueFact right = operand_fact(op);
    const Fit result = fit_of(fact_after(dst));
    const bool small_shift = right.kind == ValueKind::number && right.umax < 32;
    const bool both_unsigned = fit_of(left) == Fit::unsigned32 && fit_of(right) == Fit::unsigned32;
    bool sign_extend = result == Fit::signed32;
    bpf::AluOp alu = op.alu;
    switch (op.alu) {
        case bpf::AluOp::add:
        case bpf::AluOp::sub:
        case bpf::AluOp::mul:
        case bpf::AluOp::or_:
        case bpf::AluOp::and_:
        case bpf::AluOp::xor_:
        case bpf::AluOp::neg:
            if (result == Fit::whole) return false;
            break;
        case bpf::AluOp::lsh:
            if (result == Fit::whole || !small_shift) return false;
            break;
        case bpf::AluOp::rsh:
            if (fit_of(left) != Fit::unsigned32 || !small_shift) return false;
            sign_extend = false;
            break;
        case bpf::AluOp::arsh:
            if (!small_shift) return false;
            if (fit_of(left) == Fit::unsigned32)  // not negative as 64 bits
                alu = bpf::AluOp::rsh, sign_extend = false;
            else if (fits_signed(left))
                sign_extend = true;
            else
                return false;
            break;
        case bpf::AluOp::div:
        case bpf::AluOp::mod:
            if (!both_unsigned) return false;
            sign_extend = false;
            break;
        case bpf::AluOp::sdiv:
        case bpf::AluOp::smod:
            if (both_unsigned) {  // neither is negative
                alu = op.alu == bpf::AluOp::sdiv ? bpf::AluOp::div : bpf::AluOp::mod;
                sign_extend = false;
                break;
            }
            // INT32_MIN / -1 is the one quotient of 32-bit numbers that does not fit 32 bits.
            if (!fits_signed(left) || !fits_signed(right)) return false;
            if (!excludes(left, INT32_MIN) && !excludes(right, -1)) return false;
            sign_extend = true;
            break;
        case bpf::AluOp::none:
        case bpf::AluOp::mov:
            return false;
    }
    llvm::Value* a = read_low(dst);
    llvm::Value* b = op.alu == bpf::AluOp::neg ? a : operand_low(op);
    write_low(dst, emit_alu(alu, a, b, right), sign_extend);
    return true;
}

// Pointer plus or minus number, pointer minus pointer. No inbounds: a bounds check may compare pointers that
// lie outside, and LLVM would fold the check away.
bool FunctionLifter::lift_pointer_arithmetic(const bpf::Op& op) {
    const unsigned dst = insn().dst;
    const bool left = is_pointer(fact(dst));
    const bool right = op.uses_src && is_pointer(fact(insn().src));
    if (!left && !right) return false;
    if (op.alu == bpf::AluOp::sub && left && right) {
        auto* word = b_.getIntNTy(shared_.target.pointer_bytes * 8);
        llvm::Value* difference =
            b_.CreateSub(b_.CreatePtrToInt(read_pointer(dst), word), b_.CreatePtrToInt(read_pointer(insn().src), word));
        narrow_ ? write_low(dst, difference, true) : write_whole(dst, difference);
        return true;
    }
    // Of what the stack pointer's low bits lack (Machine::fills_gap), "or" is addition.
    const bool plus = op.alu == bpf::AluOp::add || op.alu == bpf::AluOp::or_, minus = op.alu == bpf::AluOp::sub;
    if ((!plus && !minus) || (left && right) || (minus && right)) {
        fail("MBPF9001", "verified program holds " + std::string(op.name) + " of a pointer",
             "only addition and subtraction keep a pointer a pointer");
        return true;
    }
    llvm::Value* pointer = read_pointer(left ? dst : insn().src);
    llvm::Value* number = nullptr;
    if (narrow_)  // addresses have 32 bits: the low half decides
        number = left ? operand_low(op) : read_low(dst);
    else
        number = left ? operand_whole(op) : read_whole(dst);
    if (minus) number = b_.CreateNeg(number);
    write_pointer(dst, b_.CreateGEP(b_.getInt8Ty(), pointer, number));
    return true;
}

llvm::Value* FunctionLifter::emit_alu(bpf::AluOp alu, llvm::Value* a, llvm::Value* b, const ValueFact& right) {
    const auto shift = [&] {
        const unsigned bits = a->getType()->getIntegerBitWidth();
        if (right.kind == ValueKind::number && right.umax < bits) return b;
        return b_.CreateAnd(b, llvm::ConstantInt::get(a->getType(), bits - 1));  // RFC 9669 §4.1
    };
    switch (alu) {
        case bpf::AluOp::add:
            return b_.CreateAdd(a, b);
        case bpf::AluOp::sub:
            return b_.CreateSub(a, b);
        case bpf::AluOp::mul:
            return b_.CreateMul(a, b);
        case bpf::AluOp::div:
        case bpf::AluOp::mod:
            return emit_unsigned_division(alu == bpf::AluOp::mod, a, b, !excludes(right, 0));
        case bpf::AluOp::sdiv:
        case bpf::AluOp::smod:
            return emit_signed_division(alu == bpf::AluOp::smod, a, b, right);
        case bpf::AluOp::or_:
            return b_.CreateOr(a, b);
        case bpf::AluOp::and_:
            return b_.CreateAnd(a, b);
        case bpf::AluOp::xor_:
            return b_.CreateXor(a, b);
        case bpf::AluOp::lsh:
            return b_.CreateShl(a, shift());
        case bpf::AluOp::rsh:
            return b_.CreateLShr(a, shift());
        case bpf::AluOp::arsh:
            return b_.CreateAShr(a, shift());
        case bpf::AluOp::neg:
            return b_.CreateNeg(a);
        case bpf::AluOp::mov:
        case bpf::AluOp::none:
            return b;
    }
    return b;
}

// RFC 9669 §4.1: x / 0 is 0, x % 0 is x.
llvm::Value* FunctionLifter::emit_unsigned_division(bool remainder, llvm::Value* a, llvm::Value* b, bool may_be_zero) {
    if (!may_be_zero) return remainder ? b_.CreateURem(a, b) : b_.CreateUDiv(a, b);
    llvm::Constant* zero = llvm::ConstantInt::get(a->getType(), 0);
    llvm::Value* is_zero = b_.CreateICmpEQ(b, zero);
    llvm::Value* safe = b_.CreateSelect(is_zero, llvm::ConstantInt::get(a->getType(), 1), b);
    llvm::Value* result = remainder ? b_.CreateURem(a, safe) : b_.CreateUDiv(a, safe);
    return b_.CreateSelect(is_zero, remainder ? a : zero, result);
}

// Likewise; and x / -1 is -x, also of the least number; x % -1 is 0.
llvm::Value* FunctionLifter::emit_signed_division(bool remainder, llvm::Value* a, llvm::Value* b,
                                                  const ValueFact& divisor) {
    llvm::Type* type = a->getType();
    llvm::Constant *zero = llvm::ConstantInt::get(type, 0), *one = llvm::ConstantInt::get(type, 1);
    llvm::Value *safe = b, *is_zero = nullptr, *is_minus_one = nullptr;
    if (!excludes(divisor, 0)) {
        is_zero = b_.CreateICmpEQ(b, zero);
        safe = b_.CreateSelect(is_zero, one, safe);
    }
    if (!excludes(divisor, -1)) {
        is_minus_one = b_.CreateICmpEQ(b, llvm::ConstantInt::getAllOnesValue(type));
        safe = b_.CreateSelect(is_minus_one, one, safe);
    }
    llvm::Value* result = remainder ? b_.CreateSRem(a, safe) : b_.CreateSDiv(a, safe);
    if (is_minus_one != nullptr) result = b_.CreateSelect(is_minus_one, remainder ? zero : b_.CreateNeg(a), result);
    if (is_zero != nullptr) result = b_.CreateSelect(is_zero, remainder ? a : zero, result);
    return result;
}

void FunctionLifter::lift_movsx(const bpf::Op& op) {
    llvm::Value* from = b_.CreateTrunc(read_low(insn().src), b_.getIntNTy(op.from_bits));
    write_low(insn().dst, b_.CreateSExt(from, b_.getInt32Ty()), op.width == 64);
}

void FunctionLifter::lift_swap(const bpf::Op& op) {
    const unsigned dst = insn().dst;
    llvm::Value* value = op.width == 64 ? read_whole(dst) : b_.CreateTrunc(read_low(dst), b_.getIntNTy(op.width));
    if (op.kind != bpf::Kind::to_le) value = b_.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, value);
    if (op.width == 64) return write_whole(dst, value);
    write_low(dst, b_.CreateZExt(value, b_.getInt32Ty()), false);
}

}  // namespace mbpf
