// SPDX-License-Identifier: Apache-2.0
// Atomic read-modify-writes: by the CPU's own instructions where it has them at that width, else by the
// runtime. On the program's own stack, and at unaligned addresses (for which no CPU here has any), plain
// accesses do: programs run to completion, and nobody else sees the stack. Monotonic order: single core.
#include <mbpf/abi/package.h>

#include "compiler/lift/function_lifter.h"
#include "compiler/marks.h"

namespace mbpf {
namespace {

std::uint32_t runtime_code(bpf::AtomicOp op) {
    switch (op) {
        case bpf::AtomicOp::add:
        case bpf::AtomicOp::fetch_add:
        case bpf::AtomicOp::none:
            return MBPF_RT_OP_ADD;
        case bpf::AtomicOp::or_:
        case bpf::AtomicOp::fetch_or:
            return MBPF_RT_OP_OR;
        case bpf::AtomicOp::and_:
        case bpf::AtomicOp::fetch_and:
            return MBPF_RT_OP_AND;
        case bpf::AtomicOp::xor_:
        case bpf::AtomicOp::fetch_xor:
            return MBPF_RT_OP_XOR;
        case bpf::AtomicOp::exchange:
            return MBPF_RT_OP_EXCHANGE;
        case bpf::AtomicOp::compare_exchange:
            return MBPF_RT_OP_COMPARE_EXCHANGE;
    }
    return MBPF_RT_OP_ADD;
}

bool returns_old_value(bpf::AtomicOp op) {
    switch (op) {
        case bpf::AtomicOp::none:
        case bpf::AtomicOp::add:
        case bpf::AtomicOp::or_:
        case bpf::AtomicOp::and_:
        case bpf::AtomicOp::xor_:
            return false;
        case bpf::AtomicOp::fetch_add:
        case bpf::AtomicOp::fetch_or:
        case bpf::AtomicOp::fetch_and:
        case bpf::AtomicOp::fetch_xor:
        case bpf::AtomicOp::exchange:
        case bpf::AtomicOp::compare_exchange:
            return true;
    }
    return false;
}

}  // namespace

void FunctionLifter::lift_atomic(const bpf::Op& op) {
    const bool wide = op.width == 64;
    const Place place = place_of(insn().dst, insn().offset, op.width / 8u);
    llvm::Value* operand = wide ? read_whole(insn().src) : read_low(insn().src);
    llvm::Value* expected = nullptr;
    if (op.atomic == bpf::AtomicOp::compare_exchange) expected = wide ? read_whole(0) : read_low(0);
    llvm::Value* old = atomic_old_value(op, place, operand, expected);
    if (!returns_old_value(op.atomic) || shared_.error()) return;
    const unsigned result = op.atomic == bpf::AtomicOp::compare_exchange ? 0u : insn().src;
    wide ? write_whole(result, old) : write_low(result, old, false);
}

llvm::Value* FunctionLifter::atomic_old_value(const bpf::Op& op, const Place& place, llvm::Value* operand,
                                              llvm::Value* expected) {
    const std::uint64_t bytes = op.width / 8u;
    if (place.region == Region::stack) return plain_update(op, place, operand, expected);
    const bool aligned = place.alignment.value() >= bytes;
    const auto update = [&] {
        return op.width <= shared_.target.atomic_rmw_bits ? native_update(op, place, operand, expected)
                                                          : runtime_update(op, place, operand, expected);
    };
    if (aligned) return update();
    // Not known here: ask at run time. LLVM drops the question where it can see the answer.
    llvm::Type* word = b_.getIntNTy(shared_.target.pointer_bytes * 8);
    llvm::Value* rest = b_.CreateAnd(b_.CreatePtrToInt(place.address, word), llvm::ConstantInt::get(word, bytes - 1));
    llvm::Function* f = signature_.function;
    llvm::BasicBlock* yes = llvm::BasicBlock::Create(b_.getContext(), "aligned", f);
    llvm::BasicBlock* no = llvm::BasicBlock::Create(b_.getContext(), "unaligned", f);
    llvm::BasicBlock* done = llvm::BasicBlock::Create(b_.getContext(), "done", f);
    b_.CreateCondBr(b_.CreateICmpEQ(rest, llvm::ConstantInt::get(word, 0)), yes, no);
    b_.SetInsertPoint(yes);
    llvm::Value* first = update();
    b_.CreateBr(done);
    b_.SetInsertPoint(no);
    llvm::Value* second = plain_update(op, place, operand, expected);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    llvm::PHINode* old = b_.CreatePHI(operand->getType(), 2);
    old->addIncoming(first, yes);
    old->addIncoming(second, no);
    return old;
}

llvm::Value* FunctionLifter::plain_update(const bpf::Op& op, const Place& place, llvm::Value* operand,
                                          llvm::Value* expected) {
    llvm::LoadInst* old = b_.CreateAlignedLoad(operand->getType(), place.address, place.alignment);
    llvm::Value* value = operand;
    switch (runtime_code(op.atomic)) {
        case MBPF_RT_OP_ADD:
            value = b_.CreateAdd(old, operand);
            break;
        case MBPF_RT_OP_OR:
            value = b_.CreateOr(old, operand);
            break;
        case MBPF_RT_OP_AND:
            value = b_.CreateAnd(old, operand);
            break;
        case MBPF_RT_OP_XOR:
            value = b_.CreateXor(old, operand);
            break;
        case MBPF_RT_OP_COMPARE_EXCHANGE:
            value = b_.CreateSelect(b_.CreateICmpEQ(old, expected), operand, old);
            break;
        default:
            break;
    }
    b_.CreateAlignedStore(value, place.address, place.alignment);
    return old;
}

llvm::Value* FunctionLifter::native_update(const bpf::Op& op, const Place& place, llvm::Value* operand,
                                           llvm::Value* expected) {
    const llvm::Align alignment(op.width / 8u);
    constexpr auto order = llvm::AtomicOrdering::Monotonic;
    if (expected != nullptr)
        return b_.CreateExtractValue(b_.CreateAtomicCmpXchg(place.address, expected, operand, alignment, order, order),
                                     0);
    auto operation = llvm::AtomicRMWInst::Add;
    switch (runtime_code(op.atomic)) {
        case MBPF_RT_OP_OR:
            operation = llvm::AtomicRMWInst::Or;
            break;
        case MBPF_RT_OP_AND:
            operation = llvm::AtomicRMWInst::And;
            break;
        case MBPF_RT_OP_XOR:
            operation = llvm::AtomicRMWInst::Xor;
            break;
        case MBPF_RT_OP_EXCHANGE:
            operation = llvm::AtomicRMWInst::Xchg;
            break;
        default:
            break;
    }
    return b_.CreateAtomicRMW(operation, place.address, operand, alignment, order);
}

llvm::Value* FunctionLifter::runtime_update(const bpf::Op& op, const Place& place, llvm::Value* operand,
                                            llvm::Value* expected) {
    llvm::Type* type = operand->getType();
    const auto routine = static_cast<std::uint16_t>(op.width == 64 ? MBPF_RT_ATOMIC64 : MBPF_RT_ATOMIC32);
    llvm::Value* callee = shared_.import(b_, imports_, {MBPF_IMPORT_RUNTIME, routine, 0}, 0);
    auto* function = llvm::FunctionType::get(type, {b_.getPtrTy(), b_.getInt32Ty(), type, type}, false);
    if (expected == nullptr) expected = llvm::ConstantInt::get(type, 0);
    llvm::CallInst* call =
        b_.CreateCall(function, callee, {place.address, b_.getInt32(runtime_code(op.atomic)), operand, expected});
    call->setDoesNotThrow();
    call->addParamAttr(0, llvm::Attribute::NoCapture);
    mark_call(*call, kRuntimeAtomicCost);
    return call;
}

}  // namespace mbpf
