// SPDX-License-Identifier: Apache-2.0
// Shape of a lifted function: basic blocks, registers in their forms, stack frame, dispatch.
#include "compiler/lift/function_lifter.h"

#include <mbpf/abi/package.h>

#include <set>

namespace mbpf {
namespace {

const ValueFact kNothingKnown{};

std::int64_t align_down(std::int64_t value) { return value & ~std::int64_t{7}; }

}  // namespace

FunctionLifter::FunctionLifter(ModuleLifter& shared, std::size_t program, std::size_t function)
    : shared_(shared),
      code_(shared.verified.object().programs[program]),
      facts_(shared.verified.facts(program)),
      program_(program),
      function_(function),
      signature_(*shared.signature(function)),
      narrow_(shared.narrow()),
      frame_(plan_frame(shared.verified, program, function)),
      b_(shared.module.getContext()) {}

void FunctionLifter::fail(const char* code, std::string message, std::string why, std::string fix) {
    Diagnostic d;
    d.code = code;
    d.message = std::move(message);
    d.where = shared_.verified.object().location(code_, slot_);
    d.instruction = slot_;
    d.why = std::move(why);
    d.fix = std::move(fix);
    shared_.fail(std::move(d));
}

void FunctionLifter::run() {
    const bpf::Function& f = code_.functions[function_];
    slot_ = f.begin;
    imports_ = signature_.function->getArg(static_cast<unsigned>(signature_.function->arg_size() - 1));
    b_.SetInsertPoint(llvm::BasicBlock::Create(b_.getContext(), "entry", signature_.function));
    create_registers_and_frame();
    receive_arguments();
    find_blocks();
    b_.CreateBr(blocks_[f.begin]);
    for (slot_ = f.begin; slot_ < f.end && !shared_.error(); ++slot_) {
        const auto block = blocks_.find(slot_);
        if (block != blocks_.end()) {
            if (b_.GetInsertBlock()->getTerminator() == nullptr) b_.CreateBr(block->second);
            b_.SetInsertPoint(block->second);
        }
        if (!here().reachable || b_.GetInsertBlock()->getTerminator() != nullptr) continue;
        shared_.mark_loop_at(b_, program_, slot_);
        const bpf::Op* op = bpf::find_op(insn());
        if (op == nullptr) return fail("MBPF9001", "verified program holds an invalid instruction");
        lift_instruction(*op);
        if (op->kind == bpf::Kind::load_imm64) ++slot_;
    }
    for (llvm::BasicBlock& block : *signature_.function)
        if (block.getTerminator() == nullptr) new llvm::UnreachableInst(b_.getContext(), &block);
}

void FunctionLifter::find_blocks() {
    const bpf::Function& f = code_.functions[function_];
    std::set<std::uint32_t> leaders{f.begin};
    for (std::uint32_t slot = f.begin; slot < f.end; ++slot) {
        const bpf::Insn& i = code_.insns[slot];
        const bpf::Op* op = facts_.insns[slot].reachable ? bpf::find_op(i) : nullptr;
        if (op == nullptr || (op->kind != bpf::Kind::jump && op->kind != bpf::Kind::jump_always)) continue;
        const bool far = op->kind == bpf::Kind::jump_always && op->width == 32;
        leaders.insert(static_cast<std::uint32_t>(slot + 1 + (far ? i.imm : i.offset)));
        if (slot + 1 < f.end) leaders.insert(slot + 1);
    }
    for (const std::uint32_t leader : leaders)
        blocks_[leader] =
            llvm::BasicBlock::Create(b_.getContext(), "slot" + std::to_string(leader), signature_.function);
}

void FunctionLifter::create_registers_and_frame() {
    for (unsigned r = 0; r < bpf::kRegisterCount; ++r) {
        const std::string name = "r" + std::to_string(r);
        registers_[r].whole = b_.CreateAlloca(b_.getInt64Ty(), nullptr, name);
        if (narrow_) registers_[r].low = b_.CreateAlloca(b_.getInt32Ty(), nullptr, name + ".low");
        registers_[r].pointer = b_.CreateAlloca(b_.getPtrTy(), nullptr, name + ".pointer");
    }
    for (const FrameObject& object : frame_.objects) {
        const std::int64_t bytes = std::max<std::int64_t>(object.high - align_down(object.low), 1);
        auto* type = llvm::ArrayType::get(b_.getInt8Ty(), static_cast<std::uint64_t>(bytes));
        llvm::AllocaInst* alloca = b_.CreateAlloca(type, nullptr, object.main ? "frame" : "frame.part");
        alloca->setAlignment(llvm::Align(8));
        frame_objects_.push_back(alloca);
    }
    const Forms& frame_pointer = registers_[bpf::kFramePointer];
    b_.CreateStore(add_bytes(frame_objects_[0], -align_down(frame_.objects[0].low)), frame_pointer.pointer);
}

// Byte at `offset` from r10, in the object that holds it.
llvm::Value* FunctionLifter::frame_address(std::int64_t offset) {
    const FrameObject* object = frame_.find(offset);
    if (object == nullptr) object = &frame_.objects[0];
    const auto index = static_cast<std::size_t>(object - frame_.objects.data());
    return add_bytes(frame_objects_[index], offset - align_down(object->low));
}

llvm::Value* FunctionLifter::add_bytes(llvm::Value* pointer, std::int64_t bytes) {
    if (bytes == 0) return pointer;
    return b_.CreateGEP(b_.getInt8Ty(), pointer, b_.getInt64(static_cast<std::uint64_t>(bytes)));
}

void FunctionLifter::receive_arguments() {
    if (function_ == 0) {
        // The native entry gets the context alone; r2 of raw memory hooks is the length proved against.
        if (fact(1).kind == ValueKind::number) {
            write_whole(1, b_.getInt64(fact(1).umin));
        } else {
            write_pointer(1, signature_.function->getArg(0));
        }
        if (fact(2).kind == ValueKind::number)
            write_whole(2, b_.getInt64(fact(2).is_constant() ? fact(2).umin : shared_.verified.memory_bytes()));
        return;
    }
    unsigned next = 0;
    for (unsigned i = 0; i < signature_.arguments.size(); ++i) {
        llvm::Value* value = signature_.function->getArg(next++);
        if (signature_.arguments[i] == PassAs::either)
            write_either(i + 1, value, signature_.function->getArg(next++));
        else if (signature_.arguments[i] == PassAs::pointer)
            write_pointer(i + 1, value);
        else if (signature_.arguments[i] == PassAs::whole)
            write_whole(i + 1, value);
        else
            write_low(i + 1, value, signature_.arguments[i] == PassAs::signed32);
    }
}

const ValueFact& FunctionLifter::fact_after(unsigned reg) const {
    const bpf::Op* op = bpf::find_op(insn());
    const std::size_t next = slot_ + (op != nullptr && op->kind == bpf::Kind::load_imm64 ? 2u : 1u);
    if (next >= facts_.insns.size() || !facts_.insns[next].reachable) return kNothingKnown;
    return facts_.insns[next].before[reg];
}

llvm::Value* FunctionLifter::read_whole(unsigned reg) {
    const ValueFact& f = fact(reg);
    if (f.kind != ValueKind::number) {
        fail("MBPF1308", "r" + std::to_string(reg) + " is read as a number, which it is not in every calling context");
        return b_.getInt64(0);
    }
    if (f.is_constant()) return b_.getInt64(f.umin);
    if (narrow_ && fit_of(f) != Fit::whole) {
        llvm::Value* low = b_.CreateLoad(b_.getInt32Ty(), registers_[reg].low);
        return fit_of(f) == Fit::unsigned32 ? b_.CreateZExt(low, b_.getInt64Ty()) : b_.CreateSExt(low, b_.getInt64Ty());
    }
    return b_.CreateLoad(b_.getInt64Ty(), registers_[reg].whole);
}

llvm::Value* FunctionLifter::read_low(unsigned reg) {
    const ValueFact& f = fact(reg);
    if (f.kind == ValueKind::number && !f.is_constant() && narrow_ && fit_of(f) != Fit::whole)
        return b_.CreateLoad(b_.getInt32Ty(), registers_[reg].low);
    return b_.CreateTrunc(read_whole(reg), b_.getInt32Ty());
}

llvm::Value* FunctionLifter::read_pointer(unsigned reg) {
    const ValueFact& f = fact(reg);
    if (f.kind == ValueKind::number && f.is_constant() && f.umin == 0)
        return llvm::ConstantPointerNull::get(b_.getPtrTy());
    if (!is_pointer(f)) {
        fail("MBPF1308", "r" + std::to_string(reg) + " is read as a pointer, which it is not in every calling context");
        return llvm::ConstantPointerNull::get(b_.getPtrTy());
    }
    if (f.region == Region::map_handle && f.map >= 0 && f.kind == ValueKind::pointer) {
        const std::int32_t map = shared_.plan.package_map[static_cast<std::size_t>(f.map)];
        if (map >= 0) return shared_.import(b_, imports_, {MBPF_IMPORT_MAP, static_cast<std::uint16_t>(map), 0}, 0);
    }
    if (const auto offset = own_frame_offset(here(), f); offset && frame_.find(*offset) != nullptr)
        return frame_address(*offset);
    return b_.CreateLoad(b_.getPtrTy(), registers_[reg].pointer);
}

void FunctionLifter::write_whole(unsigned reg, llvm::Value* value) {
    b_.CreateStore(value, registers_[reg].whole);
    if (narrow_) b_.CreateStore(b_.CreateTrunc(value, b_.getInt32Ty()), registers_[reg].low);
    b_.CreateStore(llvm::ConstantPointerNull::get(b_.getPtrTy()), registers_[reg].pointer);
}

void FunctionLifter::write_low(unsigned reg, llvm::Value* value, bool sign_extend) {
    llvm::Value* whole = sign_extend ? b_.CreateSExt(value, b_.getInt64Ty()) : b_.CreateZExt(value, b_.getInt64Ty());
    b_.CreateStore(whole, registers_[reg].whole);
    if (narrow_) b_.CreateStore(value, registers_[reg].low);
    b_.CreateStore(llvm::ConstantPointerNull::get(b_.getPtrTy()), registers_[reg].pointer);
}

// The number forms become 0: where a join later calls the register a number, on this path it was null.
void FunctionLifter::write_pointer(unsigned reg, llvm::Value* value) {
    b_.CreateStore(b_.getInt64(0), registers_[reg].whole);
    if (narrow_) b_.CreateStore(b_.getInt32(0), registers_[reg].low);
    b_.CreateStore(value, registers_[reg].pointer);
}

void FunctionLifter::write_either(unsigned reg, llvm::Value* number, llvm::Value* pointer) {
    write_whole(reg, number);
    b_.CreateStore(pointer, registers_[reg].pointer);
}

// Both forms, whichever is meant; a form that was never written is undefined, and read by nobody.
FunctionLifter::Either FunctionLifter::read_either(unsigned reg) {
    const ValueFact& f = fact(reg);
    if (is_pointer(f)) return {b_.getInt64(0), read_pointer(reg)};
    if (f.kind == ValueKind::number) return {read_whole(reg), llvm::ConstantPointerNull::get(b_.getPtrTy())};
    return {b_.CreateLoad(b_.getInt64Ty(), registers_[reg].whole), b_.CreateLoad(b_.getPtrTy(), registers_[reg].pointer)};
}

void FunctionLifter::copy_register(unsigned to, unsigned from) {
    if (fact(from).kind == ValueKind::number && fact(from).is_constant())
        return write_whole(to, b_.getInt64(fact(from).umin));
    const Forms &t = registers_[to], &f = registers_[from];
    b_.CreateStore(b_.CreateLoad(b_.getInt64Ty(), f.whole), t.whole);
    if (narrow_) b_.CreateStore(b_.CreateLoad(b_.getInt32Ty(), f.low), t.low);
    b_.CreateStore(b_.CreateLoad(b_.getPtrTy(), f.pointer), t.pointer);
}

void FunctionLifter::lift_instruction(const bpf::Op& op) {
    switch (op.kind) {
        case bpf::Kind::alu:
            return lift_alu(op);
        case bpf::Kind::movsx:
            return lift_movsx(op);
        case bpf::Kind::to_le:
        case bpf::Kind::to_be:
        case bpf::Kind::bswap:
            return lift_swap(op);
        case bpf::Kind::load:
        case bpf::Kind::load_sx:
            return lift_load(op);
        case bpf::Kind::store_reg:
        case bpf::Kind::store_imm:
            return lift_store(op);
        case bpf::Kind::atomic:
            return lift_atomic(op);
        case bpf::Kind::load_imm64:
            return lift_load_imm64();
        case bpf::Kind::jump:
        case bpf::Kind::jump_always:
            return lift_jump(op);
        case bpf::Kind::call_helper:
            return lift_helper_call();
        case bpf::Kind::call_local:
            return lift_local_call();
        case bpf::Kind::exit:
            return lift_exit();
        case bpf::Kind::call_btf:
        case bpf::Kind::call_indirect:
        case bpf::Kind::load_abs:
        case bpf::Kind::load_ind:
            return fail("MBPF9001", "verified program holds " + std::string(op.name));
    }
}

}  // namespace mbpf
