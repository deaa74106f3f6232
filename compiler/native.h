// SPDX-License-Identifier: Apache-2.0
// Verified bytecode to native machine code through LLVM IR, using the proof's facts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/verify.h"

namespace mbpf {

enum class Optimize : std::uint8_t { speed, size, balanced };

// One row of the import table the device fills in RAM; see firmware_runtime/include/mbpf/abi/package.h.
struct Import {
    std::uint8_t kind = 0;    // MBPF_IMPORT_*
    std::uint16_t index = 0;  // helper number, map index in the package, …
    std::uint32_t value = 0;  // helper: ABI hash; data: byte offset
    bool operator==(const Import&) const = default;
};

struct Target;  // compiler/targets/target.h
// Null if there is no such target. Names: cortex-m4, rv32imac, x86_64, …
const Target* find_target(std::string_view name);
std::vector<std::string> target_names();
std::string_view target_name(const Target& target);
std::uint16_t target_isa(const Target& target);          // MBPF_ISA_*
std::uint16_t target_isa_extensions(const Target& target);
unsigned target_pointer_bytes(const Target& target);     // 4 or 8

struct AotOptions {
    Optimize optimize = Optimize::speed;
    // Map values and packets may change while a program runs, so each load must happen exactly once. Off:
    // devices run programs to completion (docs/decisions/0002-native-abi.md has the cost).
    bool concurrent_writers = false;
    bool want_llvm_ir = false;
    bool want_assembly = false;
};

struct NativeProgram {
    std::string symbol;             // of the entry in the ELF object
    std::uint32_t stack_bytes = 0;  // of the machine code, all internal calls included, helpers excluded
};

// Only compile_native() makes it.
class NativeObject {
  public:
    const std::vector<std::uint8_t>& elf() const { return elf_; }
    const std::vector<Import>& imports() const { return imports_; }
    const std::vector<NativeProgram>& programs() const { return programs_; }  // by object's program index
    const Target& target() const { return *target_; }
    const std::string& llvm_ir() const { return llvm_ir_; }
    const std::string& assembly() const { return assembly_; }
    // Times a loop's head runs at most in one run of its program, by the index its marks hold (compiler/marks.h).
    const std::vector<std::uint64_t>& loop_executions() const { return loop_executions_; }
    // Layout of .data and .bss of the object in the package's one data segment: byte offset by map index, -1: none.
    const std::vector<std::int64_t>& data_offsets() const { return data_offsets_; }

  private:
    NativeObject() = default;
    friend class NativeObjectMaker;  // compiler/native.cpp
    std::vector<std::uint8_t> elf_;
    std::vector<Import> imports_;
    std::vector<NativeProgram> programs_;
    std::vector<std::int64_t> data_offsets_;
    std::vector<std::uint64_t> loop_executions_;
    const Target* target_ = nullptr;
    std::string llvm_ir_;
    std::string assembly_;
};

Result<NativeObject> compile_native(const VerifiedObject& verified, const Target& target, const AotOptions& options = {});

}  // namespace mbpf
