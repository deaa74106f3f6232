// SPDX-License-Identifier: Apache-2.0
// The reference interpreter: RFC 9669 by the letter, slow and checked. It is the arbiter: native code must
// give the same bits, and a program the verifier accepted must never trap here. Every access is held
// against the regions, every register and stack byte against being initialised.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/platform.h"
#include "core/program.h"
#include "core/result.h"
#include "simulator/memory.h"

namespace mbpf::sim {

class Machine;

// What a program can reach besides its own instructions. One World lives over many runs: map contents stay.
class World {
  public:
    virtual ~World() = default;
    virtual Memory& memory() = 0;
    // Address of the handle of map `index` / of byte `offset` of global data `index`.
    virtual std::uint64_t map_handle(std::uint32_t index) = 0;
    virtual std::uint64_t global_data(std::uint32_t index, std::uint32_t offset) = 0;
    // Runs a helper; `args` are r1..r5 as the program set them (scalars cut to their declared width).
    virtual Result<std::uint64_t> call(const Helper& helper, const std::array<std::uint64_t, 5>& args,
                                       Machine& machine) = 0;
};

struct RunInput {
    std::vector<std::uint8_t> context;  // the eBPF view; raw_memory hooks: the memory
    std::vector<std::uint8_t> packet;   // hooks with packet fields
    std::uint64_t step_limit = 10'000'000;
};

struct RunResult {
    std::uint64_t r0 = 0;
    std::uint64_t instructions = 0;  // executed, one each
    std::uint64_t cost = 0;          // the same plus the helpers' declared costs: comparable with the worst case
    std::vector<std::uint8_t> context;
    std::vector<std::uint8_t> packet;
};

// Registers as they are before an instruction.
struct StepView {
    std::uint32_t slot = 0;
    std::uint32_t depth = 0;  // call depth, 0 in the entry function
    const std::array<std::uint64_t, bpf::kRegisterCount>& registers;
    const std::array<bool, bpf::kRegisterCount>& initialised;
    const Machine& machine;
};

class TraceSink {
  public:
    virtual ~TraceSink() = default;
    virtual void before(const StepView& step) = 0;
};

// State of one run; helpers reach the program's memory and the hook's context through it.
class Machine {
  public:
    Machine(const bpf::Object& object, std::size_t program, const Platform& platform, World& world);
    Result<RunResult> run(const RunInput& input, TraceSink* trace = nullptr);

    // For helpers: checked access to the program's memory. Null and a stored trap if it is out of bounds.
    MemoryRegion* readable(std::uint64_t address, std::uint64_t size);
    MemoryRegion* writable(std::uint64_t address, std::uint64_t size);
    const Hook* hook() const { return hook_; }
    const bpf::Program& program() const { return *program_; }
    // Regions of this run: index in world.memory(), for mapping addresses back to facts.
    std::size_t context_region() const { return context_region_; }
    std::size_t packet_region() const { return packet_region_; }
    std::size_t stack_region(std::size_t depth) const { return frames_[depth].stack_region; }
    Diagnostic trap(unsigned code, std::string message, std::string why = {}) const;

  private:
    struct Frame {
        std::size_t stack_region = 0;
        std::uint32_t return_slot = 0;
        std::array<std::uint64_t, 4> saved{};      // r6..r9 of the caller
        std::array<bool, 4> saved_initialised{};
    };
    using Step = Result<bool>;  // value: false when the program ended

    Status enter(const RunInput& input);
    Step step();
    Step alu(const bpf::Insn& insn, const bpf::Op& op);
    Step swap(const bpf::Insn& insn, const bpf::Op& op);
    Step load(const bpf::Insn& insn, const bpf::Op& op);
    Step store(const bpf::Insn& insn, const bpf::Op& op);
    Step atomic(const bpf::Insn& insn, const bpf::Op& op);
    Step load_imm64(const bpf::Insn& insn);
    Step jump(const bpf::Insn& insn, const bpf::Op& op);
    Step call_helper(const bpf::Insn& insn);
    Step tail_call(const Helper& helper, const std::array<std::uint64_t, 5>& args);
    const Hook* hook_of(const bpf::Program& program) const;
    std::uint64_t cost_of(const Helper& helper, const std::array<std::uint64_t, 5>& args);
    Step call_local(const bpf::Insn& insn);
    Step leave();
    Step go_to(std::int64_t slot);
    Result<std::uint64_t> read(std::uint8_t reg) const;
    void write(std::uint8_t reg, std::uint64_t value);
    std::size_t push_stack();

    const bpf::Object& object_;
    const bpf::Program* first_program_ = nullptr;
    const bpf::Program* program_;  // that runs: tail calls change it
    const Platform& platform_;
    World& world_;
    const Hook* hook_ = nullptr;
    std::array<std::uint64_t, bpf::kRegisterCount> regs_{};
    std::array<bool, bpf::kRegisterCount> init_{};
    std::vector<Frame> frames_;
    std::uint32_t pc_ = 0;
    std::size_t context_region_ = 0;
    std::size_t packet_region_ = 0;
    std::uint64_t instructions_ = 0;
    std::uint64_t cost_ = 0;
    std::uint32_t tail_calls_ = 0;
};

// The concrete semantics of single operations, shared with tests: RFC 9669 §4 and §5.2.
std::uint64_t alu_result(bpf::AluOp op, unsigned width, std::uint64_t dst, std::uint64_t src);
bool condition_holds(bpf::Condition condition, unsigned width, std::uint64_t dst, std::uint64_t src);
std::uint64_t sign_extend(std::uint64_t value, unsigned from_bits);
std::uint64_t byte_swap(std::uint64_t value, unsigned bits);

}  // namespace mbpf::sim
