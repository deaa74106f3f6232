// SPDX-License-Identifier: Apache-2.0
// Runs after the optimiser, which knows signed division and memcpy and does better with them whole.
// Division by a constant is a multiplication, as the code generator would make it if it could.
#include "compiler/front_end/module_lowering.h"

#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/PatternMatch.h>
#include <llvm/Support/DivisionByConstantInfo.h>
#include <llvm/Transforms/Utils/LowerMemIntrinsics.h>

#include <optional>
#include <set>
#include <vector>

namespace mbpf::front_end {
namespace {

// |v| by v ^ s - s with s = v >> 63: branch-free, and right for the least number read as unsigned.
llvm::Value* absolute(llvm::IRBuilder<>& b, llvm::Value* v, llvm::Value* sign) { return b.CreateSub(b.CreateXor(v, sign), sign); }

// x / 2^k: the shift rounds down, C rounds towards zero, so negative dividends get 2^k - 1 added first.
llvm::Value* quotient_by_power(llvm::IRBuilder<>& b, llvm::Value* x, unsigned k) {
    const unsigned bits = x->getType()->getIntegerBitWidth();
    if (k == 0) return x;
    llvm::Value* bias = b.CreateLShr(b.CreateAShr(x, bits - 1), bits - k);
    return b.CreateAShr(b.CreateAdd(x, bias), k);
}

// x / d for 32 bits by a multiplication in 64: Hacker's Delight, 10-1; the numbers are LLVM's.
llvm::Value* quotient_by_magic(llvm::IRBuilder<>& b, llvm::Value* x, const llvm::APInt& d) {
    const llvm::SignedDivisionByConstantInfo info = llvm::SignedDivisionByConstantInfo::get(d);
    llvm::Value* product = b.CreateMul(b.CreateSExt(x, b.getInt64Ty()), b.getInt64(static_cast<std::uint64_t>(info.Magic.getSExtValue())));
    llvm::Value* q = b.CreateTrunc(b.CreateAShr(product, 32), b.getInt32Ty());
    if (d.isStrictlyPositive() && info.Magic.isNegative()) q = b.CreateAdd(q, x);
    if (d.isNegative() && info.Magic.isStrictlyPositive()) q = b.CreateSub(q, x);
    if (info.ShiftAmount > 0) q = b.CreateAShr(q, info.ShiftAmount);
    return b.CreateAdd(q, b.CreateLShr(q, 31));
}

// x / y, or x % y, with the signs taken off and put back. C: the quotient truncates towards zero, the
// remainder has the dividend's sign.
llvm::Value* divide_magnitudes(llvm::IRBuilder<>& b, llvm::Value* x, llvm::Value* y, bool quotient) {
    const unsigned bits = x->getType()->getIntegerBitWidth();
    llvm::Value* x_sign = b.CreateAShr(x, bits - 1);
    llvm::Value* y_sign = b.CreateAShr(y, bits - 1);
    llvm::Value* x_abs = absolute(b, x, x_sign);
    llvm::Value* y_abs = absolute(b, y, y_sign);
    llvm::Value* magnitude = quotient ? b.CreateUDiv(x_abs, y_abs) : b.CreateURem(x_abs, y_abs);
    llvm::Value* sign = quotient ? b.CreateXor(x_sign, y_sign) : x_sign;
    return b.CreateSub(b.CreateXor(magnitude, sign), sign);
}

void expand_division(llvm::BinaryOperator& division) {
    llvm::IRBuilder<> b(&division);
    llvm::Type* type = division.getType();
    const bool narrow = type->getIntegerBitWidth() < 32;
    llvm::Value* x = narrow ? b.CreateSExt(division.getOperand(0), b.getInt32Ty()) : division.getOperand(0);
    llvm::Value* y = narrow ? b.CreateSExt(division.getOperand(1), b.getInt32Ty()) : division.getOperand(1);
    const bool quotient = division.getOpcode() == llvm::Instruction::SDiv;
    const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(y);
    const llvm::APInt d = constant == nullptr ? llvm::APInt(64, 0) : constant->getValue();
    llvm::Value* q = nullptr;
    if (d.isPowerOf2() && !d.isNegative()) {
        q = quotient_by_power(b, x, d.exactLogBase2());
    } else if (d.isNegatedPowerOf2() && !d.isMinSignedValue()) {
        q = b.CreateNeg(quotient_by_power(b, x, (-d).exactLogBase2()));
    } else if (!d.isZero() && d.getBitWidth() == 32 && !d.isAllOnes() && !d.isMinSignedValue()) {
        q = quotient_by_magic(b, x, d);
    }
    llvm::Value* result = q == nullptr ? divide_magnitudes(b, x, y, quotient) : quotient ? q : b.CreateSub(x, b.CreateMul(q, y));
    division.replaceAllUsesWith(narrow ? b.CreateTrunc(result, type) : result);
    division.eraseFromParent();
}

// x, or x + more, lies in [low, high] as unsigned, or as signed, numbers; then `inside`, else `outside`.
struct RangeCheck {
    llvm::Value* x;
    llvm::Value* more;
    llvm::APInt low, high;
    bool is_signed;
    llvm::BasicBlock* inside;
    llvm::BasicBlock* outside;
};

// x + c < size, unsigned: x is one of the `size` numbers from -c on, counted around the end of the type. Where the program
// goes on with x + c, and not with x, the test is on the right one as it stands.
std::optional<RangeCheck> match_range_check(const llvm::BranchInst& branch) {
    using namespace llvm::PatternMatch;
    llvm::CmpInst::Predicate predicate{};
    llvm::Value *x = nullptr, *more = nullptr, *sum = nullptr;
    const llvm::APInt *c = nullptr, *limit = nullptr;
    if (!match(branch.getCondition(), m_ICmp(predicate, m_Value(sum), m_APInt(limit)))) return std::nullopt;
    // a + (x + c), as the optimiser orders it.
    if (!match(sum, m_Add(m_Value(x), m_APInt(c))) && !match(sum, m_OneUse(m_c_Add(m_OneUse(m_Add(m_Value(x), m_APInt(c))), m_Value(more))))) return std::nullopt;
    if (x->hasOneUse() && !sum->hasOneUse()) return std::nullopt;
    if (predicate != llvm::CmpInst::ICMP_ULT && predicate != llvm::CmpInst::ICMP_UGT) return std::nullopt;
    llvm::BasicBlock* inside = branch.getSuccessor(predicate == llvm::CmpInst::ICMP_ULT ? 0 : 1);
    llvm::BasicBlock* outside = branch.getSuccessor(predicate == llvm::CmpInst::ICMP_ULT ? 1 : 0);
    llvm::APInt low = -*c, size = predicate == llvm::CmpInst::ICMP_ULT ? *limit : *limit + 1;
    if (size.isZero()) return std::nullopt;
    if (size.isNegative()) {  // more than half of all numbers: speak of the others
        low += size;
        size = -size;
        std::swap(inside, outside);
    }
    const llvm::APInt high = low + size - 1;
    if (low.ule(high)) return RangeCheck{x, more, low, high, false, inside, outside};
    if (low.sle(high)) return RangeCheck{x, more, low, high, true, inside, outside};
    return std::nullopt;
}

// `branch` to `taken` if `first` is `when`, else to a new block that decides by `second` between inside and
// outside; `taken` is one of the two. Returns the two branches.
std::pair<llvm::BranchInst*, llvm::BranchInst*> decide_in_two_steps(llvm::BranchInst& branch, llvm::Value* first, bool when, llvm::BasicBlock* taken,
                                                                    llvm::Value* second, llvm::BasicBlock* inside, llvm::BasicBlock* outside) {
    llvm::BasicBlock* block = branch.getParent();
    auto* next = llvm::BasicBlock::Create(branch.getContext(), "", block->getParent(), block->getNextNode());
    llvm::BasicBlock* other = taken == inside ? outside : inside;
    other->replacePhiUsesWith(block, next);
    for (llvm::PHINode& phi : taken->phis()) phi.addIncoming(phi.getIncomingValueForBlock(block), next);
    auto* a = llvm::BranchInst::Create(when ? taken : next, when ? next : taken, first, branch.getIterator());
    auto* b = llvm::BranchInst::Create(inside, outside, second, next);
    a->setDebugLoc(branch.getDebugLoc());
    b->setDebugLoc(branch.getDebugLoc());
    branch.eraseFromParent();
    return {a, b};
}

void split(llvm::BranchInst& branch, const RangeCheck& check) {
    llvm::IRBuilder<> b(&branch);
    llvm::Type* type = check.x->getType();
    llvm::Value* x = check.more == nullptr ? check.x : b.CreateAdd(check.x, check.more);
    llvm::Value* below = b.CreateICmp(check.is_signed ? llvm::CmpInst::ICMP_SLT : llvm::CmpInst::ICMP_ULT, x, llvm::ConstantInt::get(type, check.low));
    llvm::Value* in = b.CreateICmp(check.is_signed ? llvm::CmpInst::ICMP_SLE : llvm::CmpInst::ICMP_ULE, x, llvm::ConstantInt::get(type, check.high));
    decide_in_two_steps(branch, below, true, check.outside, in, check.inside, check.outside);
}

// Needs the flag that says that the increment does not wrap; a test for equality needs none.
bool keeps_order(const llvm::BinaryOperator& increment, llvm::CmpInst::Predicate predicate) {
    if (llvm::CmpInst::isSigned(predicate)) return increment.hasNoSignedWrap();
    return llvm::CmpInst::isUnsigned(predicate) ? increment.hasNoUnsignedWrap() : true;
}

void test_next_counter(llvm::BranchInst& branch) {
    using namespace llvm::PatternMatch;
    llvm::CmpInst::Predicate predicate{};
    llvm::Value* counter = nullptr;
    const llvm::APInt* limit = nullptr;
    if (!match(branch.getCondition(), m_ICmp(predicate, m_Value(counter), m_APInt(limit)))) return;
    auto* phi = llvm::dyn_cast<llvm::PHINode>(counter);
    if (phi == nullptr) return;
    for (llvm::Value* incoming : phi->incoming_values()) {
        const llvm::APInt* step = nullptr;
        auto* next = llvm::dyn_cast<llvm::BinaryOperator>(incoming);
        if (next == nullptr || next->getParent() != branch.getParent() || !match(next, m_Add(m_Specific(phi), m_APInt(step))) || !keeps_order(*next, predicate)) continue;
        bool overflow = false;
        const llvm::APInt sum = llvm::CmpInst::isSigned(predicate) ? limit->sadd_ov(*step, overflow) : limit->uadd_ov(*step, overflow);
        if (overflow && !llvm::CmpInst::isEquality(predicate)) continue;
        llvm::IRBuilder<> b(&branch);
        branch.setCondition(b.CreateICmp(predicate, next, llvm::ConstantInt::get(phi->getType(), sum)));
        return;
    }
}

// A pointer that a context has in 32 bits: the whole of it, or of the pointer that it was cut from.
llvm::Value* whole_pointer(llvm::IRBuilder<>& b, llvm::Value* half) {
    using namespace llvm::PatternMatch;
    llvm::Value* pointer = nullptr;
    if (match(half, m_Trunc(m_PtrToInt(m_Value(pointer))))) return b.CreatePtrToInt(pointer, b.getInt64Ty());
    const auto* load = llvm::dyn_cast<llvm::LoadInst>(half);
    if (load == nullptr) return nullptr;
    const bool from_context = llvm::isa<llvm::Argument>(load->getPointerOperand()->stripInBoundsConstantOffsets());
    return from_context ? b.CreateZExt(half, b.getInt64Ty()) : nullptr;
}

// Stores an inline expansion would take: a word each, or less by the alignment.
constexpr std::uint64_t kMaxInlineStores = 64;

bool stays_inline(const llvm::MemIntrinsic& intrinsic) {
    const auto* length = llvm::dyn_cast<llvm::ConstantInt>(intrinsic.getLength());
    if (length == nullptr) return false;
    std::uint64_t align = intrinsic.getDestAlign().valueOrOne().value();
    if (const auto* transfer = llvm::dyn_cast<llvm::MemTransferInst>(&intrinsic)) {
        align = std::min<std::uint64_t>(align, transfer->getSourceAlign().valueOrOne().value());
    }
    return length->getValue().ule(kMaxInlineStores * std::min<std::uint64_t>(align, 8));
}

}  // namespace

void expand_signed_division(llvm::Module& module) {
    std::vector<llvm::BinaryOperator*> work;
    for (llvm::Function& f : module) {
        for (llvm::Instruction& i : llvm::instructions(f)) {
            auto* division = llvm::dyn_cast<llvm::BinaryOperator>(&i);
            if (division == nullptr || !division->getType()->isIntegerTy()) continue;
            const bool is_signed = division->getOpcode() == llvm::Instruction::SDiv || division->getOpcode() == llvm::Instruction::SRem;
            if (is_signed) work.push_back(division);
        }
    }
    for (llvm::BinaryOperator* division : work) expand_division(*division);
}

void widen_pointer_distances(llvm::Module& module) {
    std::vector<llvm::Instruction*> distances, comparisons;
    for (llvm::Function& f : module)
        for (llvm::Instruction& i : llvm::instructions(f)) {
            if (i.getOpcode() == llvm::Instruction::Sub && i.getType()->isIntegerTy(32)) distances.push_back(&i);
            if (llvm::isa<llvm::ICmpInst>(i) && i.getOperand(0)->getType()->isIntegerTy(32)) comparisons.push_back(&i);
        }
    // An empty assembler statement: the code generator would narrow the operation again.
    llvm::Type* word = llvm::Type::getInt64Ty(module.getContext());
    llvm::InlineAsm* kept = llvm::InlineAsm::get(llvm::FunctionType::get(word, {word}, false), "", "=r,0", false);
    std::set<llvm::Value*> halves;
    for (llvm::Instruction* distance : distances) {
        llvm::IRBuilder<> b(distance);
        llvm::Value *x = distance->getOperand(0), *y = distance->getOperand(1);
        llvm::Value* end = whole_pointer(b, x);
        llvm::Value* begin = end == nullptr ? nullptr : whole_pointer(b, y);
        if (begin == nullptr) continue;  // what was made for `end` is dead, and goes
        halves.insert({x, y});
        llvm::Value* whole = b.CreateCall(kept, {b.CreateSub(end, begin)});
        distance->replaceAllUsesWith(b.CreateTrunc(whole, b.getInt32Ty()));
        distance->eraseFromParent();
    }
    // The optimiser asks for a distance of 0 by comparing the two.
    for (llvm::Instruction* comparison : comparisons) {
        llvm::Value *x = comparison->getOperand(0), *y = comparison->getOperand(1);
        auto* test = llvm::cast<llvm::ICmpInst>(comparison);
        if (test->isSigned() || !halves.contains(x) || !halves.contains(y) || !llvm::isa<llvm::LoadInst>(x) || !llvm::isa<llvm::LoadInst>(y)) continue;
        llvm::IRBuilder<> b(comparison);
        llvm::Value* whole = b.CreateCall(kept, {b.CreateZExt(x, word)});
        comparison->replaceAllUsesWith(b.CreateICmp(test->getPredicate(), whole, b.CreateZExt(y, word)));
        comparison->eraseFromParent();
    }
}

// The ones of ~x & (x - 1) are the zeros below x's lowest one; all of them for x = 0.
void expand_trailing_zeros(llvm::Module& module) {
    std::vector<llvm::IntrinsicInst*> work;
    for (llvm::Function& f : module) {
        for (llvm::Instruction& i : llvm::instructions(f)) {
            auto* count = llvm::dyn_cast<llvm::IntrinsicInst>(&i);
            if (count != nullptr && count->getIntrinsicID() == llvm::Intrinsic::cttz && count->getType()->isIntegerTy()) work.push_back(count);
        }
    }
    for (llvm::IntrinsicInst* count : work) {
        llvm::IRBuilder<> b(count);
        llvm::Value* x = count->getArgOperand(0);
        llvm::Value* below = b.CreateAnd(b.CreateNot(x), b.CreateSub(x, llvm::ConstantInt::get(x->getType(), 1)));
        count->replaceAllUsesWith(b.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, below));
        count->eraseFromParent();
    }
}

void split_range_checks(llvm::Module& module) {
    std::vector<llvm::BranchInst*> work;
    for (llvm::Function& f : module) {
        for (llvm::BasicBlock& block : f) {
            auto* branch = llvm::dyn_cast<llvm::BranchInst>(block.getTerminator());
            if (branch != nullptr && branch->isConditional() && branch->getSuccessor(0) != branch->getSuccessor(1)) work.push_back(branch);
        }
    }
    while (!work.empty()) {
        using namespace llvm::PatternMatch;
        llvm::BranchInst* branch = work.back();
        work.pop_back();
        llvm::BasicBlock* yes = branch->getSuccessor(0);
        llvm::BasicBlock* no = branch->getSuccessor(1);
        llvm::Value *a = nullptr, *b = nullptr;
        // The code generator would make two branches of `a || b` too, but only after us.
        if (match(branch->getCondition(), m_LogicalOr(m_Value(a), m_Value(b)))) {
            const auto [first, second] = decide_in_two_steps(*branch, a, true, yes, b, yes, no);
            work.insert(work.end(), {first, second});
        } else if (match(branch->getCondition(), m_LogicalAnd(m_Value(a), m_Value(b)))) {
            const auto [first, second] = decide_in_two_steps(*branch, a, false, no, b, yes, no);
            work.insert(work.end(), {first, second});
        } else if (const std::optional<RangeCheck> check = match_range_check(*branch)) {
            split(*branch, *check);
        }
    }
}

void test_next_counters(llvm::Module& module) {
    for (llvm::Function& f : module) {
        for (llvm::BasicBlock& block : f) {
            auto* branch = llvm::dyn_cast<llvm::BranchInst>(block.getTerminator());
            if (branch != nullptr && branch->isConditional()) test_next_counter(*branch);
        }
    }
}

void expand_memory_intrinsics(llvm::Module& module, llvm::TargetMachine& machine) {
    for (llvm::Function& f : module) {
        if (f.isDeclaration()) continue;
        std::vector<llvm::MemIntrinsic*> work;
        for (llvm::Instruction& i : llvm::instructions(f)) {
            auto* intrinsic = llvm::dyn_cast<llvm::MemIntrinsic>(&i);
            if (intrinsic != nullptr && !stays_inline(*intrinsic)) work.push_back(intrinsic);
        }
        if (work.empty()) continue;
        const llvm::TargetTransformInfo tti = machine.getTargetTransformInfo(f);
        for (llvm::MemIntrinsic* intrinsic : work) {
            if (auto* copy = llvm::dyn_cast<llvm::MemCpyInst>(intrinsic)) {
                llvm::expandMemCpyAsLoop(copy, tti);
            } else if (auto* move = llvm::dyn_cast<llvm::MemMoveInst>(intrinsic)) {
                if (!llvm::expandMemMoveAsLoop(move, tti)) continue;
            } else if (auto* set = llvm::dyn_cast<llvm::MemSetInst>(intrinsic)) {
                llvm::expandMemSetAsLoop(set);
            } else {
                continue;
            }
            intrinsic->eraseFromParent();
        }
    }
}

}  // namespace mbpf::front_end
