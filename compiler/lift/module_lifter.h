// SPDX-License-Identifier: Apache-2.0
// What all functions of a module share: import placeholders, constants of .rodata, alias scopes, and the
// signatures of subprograms, which the facts at their entries decide.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <map>
#include <optional>
#include <vector>

#include "compiler/lift/image_plan.h"
#include "compiler/lift/lift.h"
#include "compiler/targets/target.h"

namespace mbpf {

// How a number travels or is kept: whole, or as its low half with a proof of what the high half is.
enum class Fit : std::uint8_t { whole, unsigned32, signed32 };
Fit fit_of(const ValueFact& fact);
bool fits_signed(const ValueFact& fact);  // also where it fits unsigned
bool is_pointer(const ValueFact& fact);   // null or not

// either: a number in one calling context and a pointer in another (or nothing that anyone reads), so two parameters,
// the number's form and the pointer's. Those that nobody reads LLVM removes.
enum class PassAs : std::uint8_t { either, pointer, whole, unsigned32, signed32 };

struct Signature {
    std::array<PassAs, 5> arguments{};
    PassAs result = PassAs::whole;  // whole, pointer or either: {i64, ptr}
    llvm::Function* function = nullptr;
};

class ModuleLifter {
  public:
    ModuleLifter(const VerifiedObject& verified, const ImagePlan& plan, const Target& target, bool load_once,
                 llvm::Module& module);

    // Declares every reachable function of the program, then lifts each.
    void lift_program(std::size_t program);
    void fail(Diagnostic error) {
        if (!error_) error_ = std::move(error);
    }
    const std::optional<Diagnostic>& error() const { return error_; }
    std::vector<Import> take_imports() { return std::move(imports_); }
    std::vector<std::uint64_t> take_loop_executions() { return std::move(loop_executions_); }
    // If a loop's head is at the slot: a mark with what the proof says of its executions.
    void mark_loop_at(llvm::IRBuilder<>& b, std::size_t program, std::uint32_t slot);

    // Address from outside the text, as a call of its placeholder.
    llvm::Value* import(llvm::IRBuilder<>& b, llvm::Value* table, const Import& row, std::uint64_t dereferenceable);
    // First byte of a map's value 0, or of global data.
    llvm::Value* values_of_map(llvm::IRBuilder<>& b, llvm::Value* table, std::uint32_t map);
    // Tells LLVM that memory of different regions is different memory, and so are parts of a region that accesses
    // never leave: `begin` to `end` are the proved bounds, in bytes from the region's start.
    void add_scopes(llvm::Instruction& access, Region region, std::int32_t map, std::int64_t begin, std::int64_t end);
    const Signature* signature(std::size_t function) const { return &signatures_[function]; }
    void add_program_attributes(llvm::Function& function) const;

    bool narrow() const { return target.pointer_bytes == 4; }

    const VerifiedObject& verified;
    const ImagePlan& plan;
    const Target& target;
    const bool load_once;  // AotOptions::concurrent_writers
    llvm::Module& module;

  private:
    Signature declare(std::size_t program, std::size_t function);
    llvm::GlobalVariable* rodata(std::uint32_t map);
    llvm::MDNode* scope(Region region, std::int32_t map);
    // What one or several accesses at variable offsets may touch; apart from all others of its region.
    struct Part {
        Region region = Region::none;
        std::int32_t map = -1;
        std::int64_t begin = 0, end = 0;
        llvm::MDNode* scope = nullptr;
    };
    void find_parts(std::size_t program);
    bool has_parts(std::size_t program, Region region, std::int32_t map) const;

    std::vector<Signature> signatures_;  // of the program being lifted
    std::vector<Import> imports_;
    std::vector<std::uint64_t> loop_executions_;           // by a mark's index
    std::map<std::pair<std::size_t, std::uint32_t>, std::uint32_t> loop_marks_;  // by program and slot
    std::map<std::uint32_t, llvm::GlobalVariable*> rodata_;
    std::vector<llvm::MDNode*> scopes_;
    std::vector<Part> parts_;  // of the program being lifted
    llvm::MDNode* domain_ = nullptr;
    std::optional<Diagnostic> error_;
};

}  // namespace mbpf
