// SPDX-License-Identifier: Apache-2.0
// Jumps, exits, calls of helpers and of subprograms.
#include <mbpf/abi/native.h>
#include <mbpf/abi/package.h>

#include "compiler/lift/function_lifter.h"
#include "compiler/marks.h"

namespace mbpf {
namespace {

constexpr std::uint32_t kMapLookup = 1;  // Linux's number

bpf::Condition as_unsigned(bpf::Condition condition) {
    switch (condition) {
        case bpf::Condition::sgt:
            return bpf::Condition::gt;
        case bpf::Condition::sge:
            return bpf::Condition::ge;
        case bpf::Condition::slt:
            return bpf::Condition::lt;
        case bpf::Condition::sle:
            return bpf::Condition::le;
        case bpf::Condition::none:
        case bpf::Condition::eq:
        case bpf::Condition::ne:
        case bpf::Condition::gt:
        case bpf::Condition::ge:
        case bpf::Condition::lt:
        case bpf::Condition::le:
        case bpf::Condition::set:
            return condition;
    }
    return condition;
}

}  // namespace

void FunctionLifter::lift_jump(const bpf::Op& op) {
    const bool far = op.kind == bpf::Kind::jump_always && op.width == 32;
    llvm::BasicBlock* taken = blocks_[static_cast<std::uint32_t>(slot_ + 1 + (far ? insn().imm : insn().offset))];
    if (op.kind == bpf::Kind::jump_always) {
        b_.CreateBr(taken);
        return;
    }
    llvm::BasicBlock* next = blocks_[slot_ + 1];
    const bool may_take = here().may_take_branch, may_fall = here().may_fall_through;
    if (may_take && may_fall)
        b_.CreateCondBr(condition(op), taken, next);
    else if (may_take)
        b_.CreateBr(taken);
    else if (may_fall)
        b_.CreateBr(next);
    else
        b_.CreateUnreachable();
}

llvm::Value* FunctionLifter::condition(const bpf::Op& op) {
    const ValueFact& left = fact(insn().dst);
    const ValueFact right = operand_fact(op);
    if (is_pointer(left) || is_pointer(right)) {
        llvm::Value* b = nullptr;
        if (op.uses_src)
            b = read_pointer(insn().src);
        else if (insn().imm == 0)
            b = llvm::ConstantPointerNull::get(b_.getPtrTy());
        if (b == nullptr) {
            fail("MBPF9001", "verified program holds a comparison of a pointer with a number");
            return b_.getFalse();
        }
        llvm::Value* a = read_pointer(insn().dst);
        if (op.condition == bpf::Condition::set) {
            llvm::Type* word = b_.getIntNTy(shared_.target.pointer_bytes * 8);
            return compare(op.condition, b_.CreatePtrToInt(a, word), b_.CreatePtrToInt(b, word));
        }
        return compare(as_unsigned(op.condition), a, b);
    }
    if (op.width == 32) return compare(op.condition, read_low(insn().dst), operand_low(op));
    // Order of 64-bit numbers that both fit 32 bits one way is the order of their halves. Unsigned ones are
    // not negative as 64 bits, so a signed comparison of them is an unsigned one of the halves.
    if (narrow_ && fit_of(left) == Fit::unsigned32 && fit_of(right) == Fit::unsigned32)
        return compare(as_unsigned(op.condition), read_low(insn().dst), operand_low(op));
    if (narrow_ && fits_signed(left) && fits_signed(right) && op.condition != bpf::Condition::set)
        return compare(op.condition, read_low(insn().dst), operand_low(op));
    return compare(op.condition, read_whole(insn().dst), operand_whole(op));
}

llvm::Value* FunctionLifter::compare(bpf::Condition condition, llvm::Value* a, llvm::Value* b) {
    switch (condition) {
        case bpf::Condition::eq:
            return b_.CreateICmpEQ(a, b);
        case bpf::Condition::ne:
            return b_.CreateICmpNE(a, b);
        case bpf::Condition::gt:
            return b_.CreateICmpUGT(a, b);
        case bpf::Condition::ge:
            return b_.CreateICmpUGE(a, b);
        case bpf::Condition::lt:
            return b_.CreateICmpULT(a, b);
        case bpf::Condition::le:
            return b_.CreateICmpULE(a, b);
        case bpf::Condition::set:
            return b_.CreateICmpNE(b_.CreateAnd(a, b), llvm::ConstantInt::get(a->getType(), 0));
        case bpf::Condition::sgt:
            return b_.CreateICmpSGT(a, b);
        case bpf::Condition::sge:
            return b_.CreateICmpSGE(a, b);
        case bpf::Condition::slt:
            return b_.CreateICmpSLT(a, b);
        case bpf::Condition::sle:
            return b_.CreateICmpSLE(a, b);
        case bpf::Condition::none:
            break;
    }
    return b_.getFalse();
}

void FunctionLifter::lift_exit() {
    if (function_ != 0 && signature_.result == PassAs::pointer) {
        b_.CreateRet(read_pointer(0));
    } else if (function_ != 0 && signature_.result == PassAs::either) {
        const Either r0 = read_either(0);
        llvm::Value* both = llvm::PoisonValue::get(signature_.function->getReturnType());
        b_.CreateRet(b_.CreateInsertValue(b_.CreateInsertValue(both, r0.number, 0), r0.pointer, 1));
    } else {
        b_.CreateRet(read_whole(0));
    }
}

void FunctionLifter::lift_local_call() {
    const auto target = static_cast<std::uint32_t>(slot_ + 1 + insn().imm);
    for (std::size_t f = 0; f < code_.functions.size(); ++f) {
        const Signature& callee = *shared_.signature(f);
        if (code_.functions[f].begin != target || callee.function == nullptr || f == 0) continue;
        std::vector<llvm::Value*> arguments;
        for (unsigned i = 0; i < callee.arguments.size(); ++i) {
            if (callee.arguments[i] == PassAs::either) {
                const Either value = read_either(i + 1);
                arguments.push_back(value.number);
                arguments.push_back(value.pointer);
            } else if (callee.arguments[i] == PassAs::pointer)
                arguments.push_back(read_pointer(i + 1));
            else
                arguments.push_back(callee.arguments[i] == PassAs::whole ? read_whole(i + 1) : read_low(i + 1));
        }
        arguments.push_back(imports_);
        llvm::CallInst* call = b_.CreateCall(callee.function, arguments);
        if (callee.result == PassAs::pointer)
            write_pointer(0, call);
        else if (callee.result == PassAs::either)
            write_either(0, b_.CreateExtractValue(call, 0), b_.CreateExtractValue(call, 1));
        else
            write_whole(0, call);
        return;
    }
    fail("MBPF9001", "call of a function that does not exist");
}

// An array lookup is an address, with a comparison unless the proof says that the result is not null.
bool FunctionLifter::lift_array_lookup(const Helper& helper) {
    const ValueFact& handle = fact(1);
    if (helper.number != kMapLookup || helper.returns != ReturnKind::map_value_or_null) return false;
    if (handle.region != Region::map_handle || handle.map < 0) return false;
    const auto map = static_cast<std::uint32_t>(handle.map);
    const bpf::Map& m = shared_.verified.object().maps[map];
    if (!is_addressable_array(m) || shared_.plan.package_map[map] < 0) return false;
    Place key = place_of(2, 0, 4);
    llvm::Value* index = load(key, b_.getInt32Ty());
    llvm::Value* values = shared_.values_of_map(b_, imports_, map);
    llvm::Type* word = b_.getIntNTy(shared_.target.pointer_bytes * 8);
    llvm::Value* offset =
        b_.CreateMul(b_.CreateZExt(index, word), llvm::ConstantInt::get(word, mbpf_array_stride(m.value_size)));
    llvm::Value* value = b_.CreateInBoundsGEP(b_.getInt8Ty(), values, offset);
    if (fact_after(0).kind != ValueKind::pointer)
        value = b_.CreateSelect(b_.CreateICmpULT(index, b_.getInt32(m.max_entries)), value,
                                llvm::ConstantPointerNull::get(b_.getPtrTy()));
    write_pointer(0, value);
    return true;
}

// The runtime notes the target and says 0: the program ends, and the runtime runs the target on the same context. Else
// the result is an error, and the program goes on. So tail calls use no stack, and need no jump between programs.
void FunctionLifter::leave_if_tail_called(llvm::Value* result) {
    llvm::Function* function = b_.GetInsertBlock()->getParent();
    llvm::BasicBlock* left = llvm::BasicBlock::Create(b_.getContext(), "tail_called", function);
    llvm::BasicBlock* stays = llvm::BasicBlock::Create(b_.getContext(), "no_tail_call", function);
    b_.CreateCondBr(b_.CreateICmpEQ(result, llvm::ConstantInt::get(result->getType(), 0)), left, stays);
    b_.SetInsertPoint(left);
    b_.CreateRet(b_.getInt64(0));
    b_.SetInsertPoint(stays);
}

void FunctionLifter::lift_helper_call() {
    const Helper* helper = shared_.verified.platform().find_helper(static_cast<std::uint32_t>(insn().imm));
    if (helper == nullptr) return fail("MBPF9001", "verified program calls an unknown helper");
    if (lift_array_lookup(*helper)) return;
    if (helper->tail_call && function_ != 0) return fail("MBPF1309", "tail call from a function that the program calls");
    std::vector<llvm::Type*> types;
    std::vector<llvm::Value*> arguments;
    std::vector<unsigned> kept;  // pointers the helper does not keep
    bool any_pointer = false;
    for (unsigned i = 0; i < helper->args.size(); ++i) {
        const HelperArg& spec = helper->args[i];
        llvm::Value* value = nullptr;
        switch (spec.kind) {
            case ArgKind::scalar:
                value = spec.width == 32 ? read_low(i + 1) : read_whole(i + 1);
                break;
            case ArgKind::memory_size:
            case ArgKind::memory_size_zero:
                value = read_low(i + 1);
                break;
            case ArgKind::any_pointer_or_scalar:
                value = is_pointer(fact(i + 1)) ? b_.CreatePtrToInt(read_pointer(i + 1), b_.getInt64Ty())
                                                : read_whole(i + 1);
                break;
            case ArgKind::map_key:
            case ArgKind::map_value:
            case ArgKind::map_value_out:
            case ArgKind::memory_read:
            case ArgKind::memory_write:
            case ArgKind::stack_only_read:
                kept.push_back(i);
                [[fallthrough]];
            case ArgKind::context:
            case ArgKind::map:
            case ArgKind::ring_buffer_record:
                value = read_pointer(i + 1);
                any_pointer = true;
                break;
            case ArgKind::callback:
            case ArgKind::callback_context:
                return fail("MBPF9001", "verified program passes a callback");
            case ArgKind::object:
            case ArgKind::object_release:
            case ArgKind::map_value_pointer:
                return fail("MBPF9001", "verified program passes an object");
        }
        types.push_back(value->getType());
        arguments.push_back(value);
    }
    llvm::Type* result = b_.getInt64Ty();
    if (helper->returns == ReturnKind::nothing)
        result = b_.getVoidTy();
    else if (helper->returns != ReturnKind::scalar)
        result = b_.getPtrTy();
    else if (helper->return_width == 32)
        result = b_.getInt32Ty();
    llvm::Value* callee = shared_.import(
        b_, imports_, {MBPF_IMPORT_HELPER, static_cast<std::uint16_t>(helper->number), helper->abi_hash()}, 0);
    llvm::CallInst* call = b_.CreateCall(llvm::FunctionType::get(result, types, false), callee, arguments);
    call->setDoesNotThrow();
    call->addFnAttr(llvm::Attribute::WillReturn);
    mark_call(*call, call_cost(shared_.verified, program_, slot_));
    for (const unsigned i : kept) call->addParamAttr(i, llvm::Attribute::NoCapture);
    if (shared_.target.sign_extend_32) {
        for (unsigned i = 0; i < types.size(); ++i)
            if (types[i]->isIntegerTy(32)) call->addParamAttr(i, llvm::Attribute::SExt);
        if (result->isIntegerTy(32)) call->addRetAttr(llvm::Attribute::SExt);
    }
    if (helper->pure && !any_pointer) call->setDoesNotAccessMemory();
    if (helper->tail_call) leave_if_tail_called(call);
    if (result->isVoidTy()) return write_whole(0, b_.getInt64(0));
    if (result->isIntegerTy(64)) return write_whole(0, call);
    if (result->isIntegerTy(32)) return write_low(0, call, helper->return_signed);
    if (helper->returns != ReturnKind::memory_or_null)
        call->addRetAttr(llvm::Attribute::getWithAlignment(b_.getContext(), llvm::Align(8)));
    write_pointer(0, call);
}

}  // namespace mbpf
