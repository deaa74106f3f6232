// SPDX-License-Identifier: Apache-2.0
// The abstract machine: what one instruction makes of a State. Each transfer function keeps every concrete
// state that the instruction can lead to, and fails when some concrete state would do harm. Used by the
// checker, which is trusted, and by the search, which is not.
#pragma once

#include "verifier/checker/decode.h"
#include "verifier/checker/state.h"

namespace mbpf::proof {

// Why an instruction is refused. Codes and wording: verifier/explain.cpp.
enum class Reason : uint8_t {
    none,
    bad_instruction,
    bad_target,
    call_depth,
    unreadable_register,
    pointer_as_number,
    pointer_cut,
    null_access,
    null_argument,
    null_arithmetic,
    handle_arithmetic,
    moved_by_constant,
    moved_by_variable,
    moved_too_far,
    packet_bounds,
    region_bounds,
    comparison,
    returns_pointer,
    return_range,
    stack_bounds,
    stack_buffer,
    stack_unwritten,
    stack_pointer_bytes,
    pointer_in_parts,
    write_over_pointer,
    context_variable,
    context_field,
    pointer_leak,
    atomic_pointer,
    field_read_only,
    constant_written,
    no_memory,
    number_access,
    atomic_region,
    atomic_unaligned,
    argument_kind,
    argument_range,
    size_range,
    unreleased,
    too_many_references,
    map_type,
    context_buffer,
    no_helper,
    helper_hook,
    reservation_size,
    bad_map,
    direct_map,
    helper_unsupported,
    callback_unsupported,
    lock,
    legacy_access,
    callback_result,
    stack_limit,
    kernel_field,
    write_only,
};

struct Failure {
    Reason reason = Reason::none;
    uint32_t slot = 0;
    uint8_t reg = 0;        // the offending register, or the argument's
    bool is_write = false;
    int64_t low = 0, high = 0;  // offsets, values: as the reason has it
    int64_t limit = 0;
    uint32_t size = 0;          // bytes
};

inline bool fits_unsigned(const Number& n, unsigned bits) { return domain::fits_unsigned(n.wide, bits); }

// The edge of a conditional jump.
enum class Edge : uint8_t { infeasible, feasible, failed };

class Machine {
  public:
    Machine(const Environment& env, State& state) : env_(env), s_(state) { s_.longest_packet = env_.longest_packet; }

    // Entry of a program: r1 as the hook gives it.
    void enter_program();

    // Everything but jumps, calls of the program's functions, callbacks and exit.
    bool step(uint32_t slot, const Operation& op);
    // Before the edges of a jump are looked at: names what is compared, so that its order can be remembered.
    void name_operands(uint32_t slot, const Operation& op);
    // Makes the state that of one edge.
    Edge edge(uint32_t slot, const Operation& op, bool taken);
    // Pushes a frame; execution goes on at `target`.
    bool call(uint32_t slot, uint32_t target);
    // Ends a called function, its result in r0; false also if the program itself may not end here.
    bool leave(uint32_t slot);
    // The same, whatever the function did, with this result.
    void come_back(const Value& result);
    bool moves_packets(uint32_t slot) const;
    // In a called function a tail call that succeeds comes back to the function's caller.
    bool tail_call_at(uint32_t slot) const;
    void tail_called();
    // Helpers that run a callback leave the state at a gate: a frame is pushed, nothing of it has run yet.
    bool is_callback(uint32_t slot) const { return callback_at(slot) != CallbackRule::none; }
    bool begin_callback(uint32_t slot);
    // From the gate into one more run: false if none is left. Execution goes on at the frame's function.
    bool enter_run();
    // From a run's end back to the gate.
    bool end_run(uint32_t slot);
    // A timer's callback runs by itself later: the helper, too, leaves the state at a gate, whose run knows nothing but
    // what it is passed.
    bool is_timer(uint32_t slot) const { return callback_at(slot) == CallbackRule::timer; }
    void enter_timer();
    // A gate says what its runs are passed: those of a loop their number, others the map's elements.
    bool says_what_is_passed(uint32_t slot) const { return callback_at(slot) == CallbackRule::loop || saved(kPassedMap).is_pointer(); }
    // From the gate past the helper.
    void end_callback();

    const Failure& failure() const { return failure_; }
    void clear_failure() { failure_ = {}; }
    // Bytes of each frame touched since the last reset, from its top.
    uint_least32_t touched[kMaxFrames] = {};
    // The helper or map that the last instruction used; -1: none.
    int32_t helper_used = -1, map_used = -1;

  private:
    bool fail(Reason reason, unsigned reg = 0, int64_t low = 0, int64_t high = 0, int64_t limit = 0, uint32_t size = 0, bool is_write = false);
    bool readable(unsigned reg);

    // machine_alu.cpp
    bool alu(const bpf::Insn& insn, const Operation& op);
    bool move(const bpf::Insn& insn, const Operation& op, const Value& src);
    bool arithmetic(const bpf::Insn& insn, const Operation& op, const Value& a, const Value& b);
    void keep_symbol(Value& result, const Operation& op, const Value& a, const Value& b);
    void keep_sum(Value& r, const Operation& op, const Value& a, const Value& b);
    void keep_bits(Value& r, const Value& a, const Value& b);
    bool pointer_arithmetic(const bpf::Insn& insn, const Operation& op, const Value& a, const Value& b);
    bool move_pointer(const bpf::Insn& insn, const Value& pointer, Value amount, bool subtract);
    bool distance(const Value& a, const Value& b, Value& out);
    void keep_distance(Value& r, const Value& a, const Value& b);
    int64_t packet_least(const Value& pointer) const;
    bool any_number(unsigned reg, unsigned width);
    bool swap_bytes(const bpf::Insn& insn, const Operation& op);
    bool load_immediate(uint32_t slot);

    // machine_memory.cpp
    bool load(const bpf::Insn& insn, const Operation& op);
    bool store(const bpf::Insn& insn, const Operation& op);
    bool atomic(const bpf::Insn& insn, const Operation& op);
    bool legacy_load(const bpf::Insn& insn, const Operation& op);
    Value object_pointer(int16_t object) const;
    const Field* field_at(unsigned reg, int64_t offset, unsigned size, bool is_write);
    bool usable_base(unsigned reg);
    bool load_context(unsigned reg, int64_t offset, unsigned size, Value& out);
    bool store_context(unsigned reg, int64_t offset, unsigned size, const Value& value);
    // Before a copy is made of it: numbers and packet pointers.
    void name_copied(Value& v);
    bool load_stack(unsigned reg, int64_t offset, unsigned size, Value& out);
    bool store_stack(unsigned reg, int64_t offset, unsigned size, const Value& value);
    bool in_bounds(unsigned reg, int64_t offset, int64_t size, bool is_write);
    bool in_stack(unsigned reg, int64_t offset, int64_t size, bool is_write);
    bool readable_stack(unsigned reg, int64_t offset, int64_t size);
    void overwrite_stack(const Value& base, int64_t offset, int64_t size, bool surely);
    bool fills_gap(const Value& pointer, const Value& amount) const;
    void frozen(const Value& base, int64_t offset, const Operation& op, Number& out) const;

    // machine_call.cpp
    const HelperRule* helper_at(uint32_t slot) const;
    CallbackRule callback_at(uint32_t slot) const;
    struct Written {
        Value base;
        int64_t size = 0;
        bool surely = false;
    };
    struct Call {
        const HelperRule* helper = nullptr;
        int32_t map = -1;
        uint8_t released = 0;
        uint32_t callback = 0;
        Value context;      // passed through to a callback
        uint8_t lender = 0; // reference of the object argument
        uint32_t element = 0;  // of the argument that leads into a map's value: which
        Written written[5];  // of a buffer and its size, two
        unsigned written_count = 0;
    };
    bool check_helper(uint32_t slot, Call& call);
    bool check_argument(unsigned index, Call& call);
    bool check_start(unsigned reg, Region region, bool releases, const Argument& arg, Call& call);
    bool wrong_argument(unsigned reg);
    bool check_memory(unsigned index, int64_t size, bool is_write, Call& call);
    bool check_buffer(unsigned index, Call& call);
    bool check_map(unsigned index, Call& call);
    bool at_kernel_field(const Value& v, KernelUse use) const;
    void pass_element(const Value& map, const Value& context);
    uint64_t cost_of(const Call& call) const;
    void finish_helper(const Call& call);
    bool helper(uint32_t slot);
    bool helper_result(uint32_t slot, const Call& call, Value& result);
    bool acquire(uint32_t slot, Value& result);
    void name_element(uint32_t slot, Value& element);
    uint64_t key_most(const Value& key) const;
    Value or_null(Value v);
    void save(unsigned index, const Value& value);
    Value saved(unsigned index) const;
    bool push_frame(uint32_t slot, uint32_t target, FrameKind kind);
    void restore_caller();

    // machine_branch.cpp
    // An edge as `left is right`, never the one that asks for more on the left; a test of common bits may not hold.
    struct Comparison {
        struct Side {
            unsigned reg = 0;
            Value value;
        } left, right;
        bpf::Condition is = bpf::Condition::none;
        bool holds = true;
        unsigned width = 64;
        void turn();
    };
    static constexpr unsigned kImmediate = 0xff;
    Comparison compared(uint32_t slot, const Operation& op, bool taken) const;
    Edge compare_numbers(Comparison& c);
    Edge compare_null(unsigned reg, bool is_null);
    bool compare_packet(Comparison& c);
    bool has_not_wrapped(const Value& p, int64_t least, bool& near_end, int64_t& over) const;
    bool learn_packet(const Value& p, bpf::Condition c);
    void learn_order(const Comparison& c, const Value& a, const Value& b);

    const Environment& env_;
    State& s_;
    Failure failure_;
    uint32_t slot_ = 0;
};

}  // namespace mbpf::proof
