// SPDX-License-Identifier: Apache-2.0
// One BPF function to one LLVM function. A register is kept in up to three forms, each an alloca that SSA
// construction removes: the 64-bit number, its low half (32-bit targets only), the pointer. Every write sets
// all forms, a read takes the one that the proof's fact about the register calls for, and the unread forms
// vanish. So a value that is proved to fit 32 bits lives in one machine register of a 32-bit CPU through
// loops and joins, and null is both the number 0 and a null pointer.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <map>
#include <string>

#include "compiler/lift/frame_plan.h"
#include "compiler/lift/module_lifter.h"

namespace mbpf {

class FunctionLifter {
  public:
    FunctionLifter(ModuleLifter& shared, std::size_t program, std::size_t function);
    void run();

  private:
    struct Forms {
        llvm::AllocaInst* whole = nullptr;
        llvm::AllocaInst* low = nullptr;  // null on 64-bit targets
        llvm::AllocaInst* pointer = nullptr;
    };
    struct Place {  // of a memory access
        llvm::Value* address = nullptr;
        llvm::Align alignment;
        Region region = Region::none;
        std::int32_t map = -1;
        std::int64_t begin = 0, end = 0;  // what it may touch, in bytes from the region's start
    };

    // function_lifter.cpp: shape, blocks, registers
    void create_registers_and_frame();
    void receive_arguments();
    void find_blocks();
    void lift_instruction(const bpf::Op& op);
    void fail(const char* code, std::string message, std::string why = {}, std::string fix = {});
    const InsnFacts& here() const { return facts_.insns[slot_]; }
    const ValueFact& fact(unsigned reg) const { return here().before[reg]; }
    // What holds of `reg` after the instruction; an empty fact if the next one is unreachable.
    const ValueFact& fact_after(unsigned reg) const;
    const bpf::Insn& insn() const { return code_.insns[slot_]; }
    llvm::Value* read_whole(unsigned reg);
    llvm::Value* read_low(unsigned reg);
    llvm::Value* read_pointer(unsigned reg);
    void write_whole(unsigned reg, llvm::Value* value);
    void write_low(unsigned reg, llvm::Value* value, bool sign_extend);
    void write_pointer(unsigned reg, llvm::Value* value);
    struct Either {
        llvm::Value* number;
        llvm::Value* pointer;
    };
    Either read_either(unsigned reg);
    void write_either(unsigned reg, llvm::Value* number, llvm::Value* pointer);
    void copy_register(unsigned to, unsigned from);
    llvm::Value* frame_address(std::int64_t offset);
    llvm::Value* add_bytes(llvm::Value* pointer, std::int64_t bytes);

    // arithmetic.cpp
    void lift_alu(const bpf::Op& op);
    void lift_alu64(const bpf::Op& op);
    bool lift_alu64_narrow(const bpf::Op& op);
    bool lift_pointer_arithmetic(const bpf::Op& op);
    llvm::Value* emit_alu(bpf::AluOp alu, llvm::Value* a, llvm::Value* b, const ValueFact& divisor);
    llvm::Value* emit_unsigned_division(bool remainder, llvm::Value* a, llvm::Value* b, bool may_be_zero);
    llvm::Value* emit_signed_division(bool remainder, llvm::Value* a, llvm::Value* b, const ValueFact& divisor);
    ValueFact operand_fact(const bpf::Op& op) const;
    llvm::Value* operand_whole(const bpf::Op& op);
    llvm::Value* operand_low(const bpf::Op& op);
    void lift_movsx(const bpf::Op& op);
    void lift_swap(const bpf::Op& op);

    // memory.cpp
    Place place_of(unsigned base, std::int64_t offset, unsigned size);
    void lift_load(const bpf::Op& op);
    bool lift_context_pointer_load(const bpf::Op& op);
    void lift_store(const bpf::Op& op);
    void store_pointer(const Place& place, llvm::Value* pointer);
    llvm::LoadInst* load(const Place& place, llvm::Type* type);
    void store(const Place& place, llvm::Value* value);
    std::int64_t native_context_offset(std::int64_t offset) const;
    bool context_differs() const;
    void lift_load_imm64();

    // atomics.cpp
    void lift_atomic(const bpf::Op& op);
    llvm::Value* atomic_old_value(const bpf::Op& op, const Place& place, llvm::Value* operand, llvm::Value* expected);
    llvm::Value* plain_update(const bpf::Op& op, const Place& place, llvm::Value* operand, llvm::Value* expected);
    llvm::Value* native_update(const bpf::Op& op, const Place& place, llvm::Value* operand, llvm::Value* expected);
    llvm::Value* runtime_update(const bpf::Op& op, const Place& place, llvm::Value* operand, llvm::Value* expected);

    // control.cpp
    void lift_jump(const bpf::Op& op);
    llvm::Value* condition(const bpf::Op& op);
    llvm::Value* compare(bpf::Condition condition, llvm::Value* a, llvm::Value* b);
    void lift_exit();
    void lift_helper_call();
    void leave_if_tail_called(llvm::Value* result);
    bool lift_array_lookup(const Helper& helper);
    void lift_local_call();

    ModuleLifter& shared_;
    const bpf::Program& code_;
    const ProgramFacts& facts_;
    std::size_t program_;
    std::size_t function_;
    const Signature& signature_;
    const bool narrow_;
    FramePlan frame_;
    llvm::IRBuilder<> b_;
    llvm::Value* imports_ = nullptr;
    std::array<Forms, bpf::kRegisterCount> registers_{};
    std::vector<llvm::AllocaInst*> frame_objects_;  // by FramePlan object
    std::map<std::uint32_t, llvm::BasicBlock*> blocks_;
    std::uint32_t slot_ = 0;
};

}  // namespace mbpf
