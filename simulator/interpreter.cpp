// SPDX-License-Identifier: Apache-2.0
// One instruction at a time, by the instruction table; whatever the program may not do is a trap with a
// stable code (MBPF60xx), never undefined behaviour of ours.
#include "simulator/interpreter.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace mbpf::sim {

using bpf::AluOp;
using bpf::AtomicOp;
using bpf::Insn;
using bpf::Kind;
using bpf::Op;

namespace {

constexpr std::size_t kStackBytes = 512;
constexpr std::size_t kMaxFrames = 8;

std::string hex(std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::uint64_t immediate(const Insn& insn) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.imm)); }

const ContextField* packet_field(const Hook* hook, std::uint64_t offset, unsigned size) {
    if (hook == nullptr) return nullptr;
    for (const ContextField& field : hook->fields)
        if (field.offset == offset && field.size == size && field.kind != FieldKind::scalar &&
            field.kind != FieldKind::raw_bytes)
            return &field;
    return nullptr;
}

}  // namespace

Machine::Machine(const bpf::Object& object, std::size_t program, const Platform& platform, World& world)
    : object_(object), program_(&object.programs[program]), platform_(platform), world_(world) {
    first_program_ = program_;
    hook_ = hook_of(*program_);
}

Diagnostic Machine::trap(unsigned code, std::string message, std::string why) const {
    Diagnostic d;
    d.code = "MBPF" + std::to_string(code);
    d.message = std::move(message);
    d.why = std::move(why);
    d.instruction = pc_;
    d.where = object_.location(*program_, pc_);
    return d;
}

MemoryRegion* Machine::readable(std::uint64_t address, std::uint64_t size) {
    MemoryRegion* region = world_.memory().find(address, size);
    if (region == nullptr || region->kind == RegionKind::map_handle) return nullptr;
    return region;
}

MemoryRegion* Machine::writable(std::uint64_t address, std::uint64_t size) {
    MemoryRegion* region = readable(address, size);
    return region != nullptr && region->writable ? region : nullptr;
}

Result<std::uint64_t> Machine::read(std::uint8_t reg) const {
    if (!init_[reg]) return trap(6001, "read of uninitialised register r" + std::to_string(reg));
    return regs_[reg];
}

void Machine::write(std::uint8_t reg, std::uint64_t value) {
    regs_[reg] = value;
    init_[reg] = true;
}

std::size_t Machine::push_stack() {
    Memory& memory = world_.memory();
    const std::size_t index = memory.add(RegionKind::stack, "stack of frame " + std::to_string(frames_.size()),
                                         std::vector<std::uint8_t>(kStackBytes), true, false);
    write(bpf::kFramePointer, memory.address(index) + kStackBytes);
    return index;
}

Status Machine::enter(const RunInput& input) {
    Memory& memory = world_.memory();
    regs_.fill(0);
    init_.fill(false);
    frames_.clear();
    pc_ = 0;
    instructions_ = cost_ = 0;
    program_ = first_program_;
    tail_calls_ = 0;
    std::vector<std::uint8_t> context = input.context;
    const bool raw = hook_ != nullptr && hook_->raw_memory;
    if (hook_ != nullptr && !raw) {
        if (context.size() > hook_->context_size)
            return trap(6010, "context of " + std::to_string(context.size()) + " bytes given; the hook's has " +
                                  std::to_string(hook_->context_size));
        context.resize(hook_->context_size);
    }
    context_region_ = memory.add(RegionKind::context, "context", std::move(context), true, true);
    packet_region_ = memory.add(RegionKind::packet, "packet", input.packet, true, true);
    frames_.push_back(Frame{});
    frames_.back().stack_region = push_stack();
    write(1, memory.address(context_region_));
    if (raw) write(2, memory.region(context_region_).bytes.size());
    return ok();
}

Result<RunResult> Machine::run(const RunInput& input, TraceSink* trace) {
    if (Status entered = enter(input); !entered) return entered.error();
    for (;;) {
        if (instructions_ >= input.step_limit)
            return trap(6002, "step limit of " + std::to_string(input.step_limit) + " instructions reached");
        if (pc_ >= program_->insns.size()) return trap(6003, "execution left the program");
        if (trace != nullptr)
            trace->before(StepView{pc_, static_cast<std::uint32_t>(frames_.size() - 1), regs_, init_, *this});
        ++instructions_;
        ++cost_;
        Step more = step();
        if (!more) return more.error();
        if (!*more) break;
    }
    Memory& memory = world_.memory();
    RunResult result;
    result.r0 = regs_[0];
    result.instructions = instructions_;
    result.cost = cost_;
    result.context = memory.region(context_region_).bytes;
    result.packet = memory.region(packet_region_).bytes;
    memory.truncate(context_region_);  // maps were there before; all later regions are this run's own
    return result;
}

Machine::Step Machine::step() {
    const Insn insn = program_->insns[pc_];
    const Op* op = bpf::find_op(insn);
    if (op == nullptr) return trap(6004, "invalid instruction", bpf::decode_error(insn));
    if (insn.dst >= bpf::kRegisterCount || insn.src >= bpf::kRegisterCount)
        return trap(6004, "invalid instruction", "register number out of range");
    switch (op->kind) {
        case Kind::alu:
        case Kind::movsx: return alu(insn, *op);
        case Kind::to_le:
        case Kind::to_be:
        case Kind::bswap: return swap(insn, *op);
        case Kind::load:
        case Kind::load_sx: return load(insn, *op);
        case Kind::store_reg:
        case Kind::store_imm: return store(insn, *op);
        case Kind::atomic: return atomic(insn, *op);
        case Kind::load_imm64: return load_imm64(insn);
        case Kind::jump: return jump(insn, *op);
        case Kind::jump_always: return go_to(std::int64_t{pc_} + 1 + (op->width == 32 ? insn.imm : insn.offset));
        case Kind::call_helper: return call_helper(insn);
        case Kind::call_local: return call_local(insn);
        case Kind::exit: return leave();
        case Kind::call_btf:
        case Kind::call_indirect: return trap(6005, "call instruction of this kind is not supported");
        case Kind::load_abs:
        case Kind::load_ind: return trap(6006, "legacy packet access is not supported");
    }
    return trap(6004, "invalid instruction");
}

Machine::Step Machine::go_to(std::int64_t slot) {
    if (slot < 0 || slot >= static_cast<std::int64_t>(program_->insns.size()))
        return trap(6003, "execution left the program", "target slot " + std::to_string(slot));
    pc_ = static_cast<std::uint32_t>(slot);
    return true;
}

Machine::Step Machine::alu(const Insn& insn, const Op& op) {
    if (insn.dst == bpf::kFramePointer) return trap(6004, "invalid instruction", "r10 is read-only");
    std::uint64_t src = immediate(insn);
    if (op.uses_src) {
        auto value = read(insn.src);
        if (!value) return value.error();
        src = *value;
    }
    std::uint64_t dst = 0;
    const bool reads_dst = op.kind == Kind::alu && op.alu != AluOp::mov;
    if (reads_dst) {
        auto value = read(insn.dst);
        if (!value) return value.error();
        dst = *value;
    }
    std::uint64_t result =
        op.kind == Kind::movsx ? sign_extend(src, op.from_bits) : alu_result(op.alu, op.width, dst, src);
    if (op.width == 32) result &= 0xffffffffu;
    write(insn.dst, result);
    return go_to(std::int64_t{pc_} + 1);
}

Machine::Step Machine::swap(const Insn& insn, const Op& op) {
    if (insn.dst == bpf::kFramePointer) return trap(6004, "invalid instruction", "r10 is read-only");
    auto value = read(insn.dst);
    if (!value) return value.error();
    const std::uint64_t low = op.width == 64 ? *value : *value & ((std::uint64_t{1} << op.width) - 1);
    write(insn.dst, op.kind == Kind::to_le ? low : byte_swap(low, op.width));
    return go_to(std::int64_t{pc_} + 1);
}

Machine::Step Machine::load(const Insn& insn, const Op& op) {
    auto base = read(insn.src);
    if (!base) return base.error();
    if (insn.dst == bpf::kFramePointer) return trap(6004, "invalid instruction", "r10 is read-only");
    const std::uint64_t address = *base + static_cast<std::uint64_t>(std::int64_t{insn.offset});
    const unsigned size = op.width / 8u;
    const MemoryRegion* region = readable(address, size);
    if (region == nullptr)
        return trap(6007, "read of " + std::to_string(size) + " bytes outside any memory", "address " + hex(address));
    std::uint64_t value = 0;
    const std::uint64_t offset = address - region->base;
    const ContextField* field = region->kind == RegionKind::context ? packet_field(hook_, offset, size) : nullptr;
    if (field != nullptr) {
        const MemoryRegion& packet = world_.memory().region(packet_region_);
        value = packet.base + (field->kind == FieldKind::packet_end ? packet.bytes.size() : 0);
    } else {
        if (!Memory::initialised(*region, address, size))
            return trap(6008, "read of uninitialised memory", region->name + " at offset " + std::to_string(offset));
        value = Memory::load(*region, address, size);
        if (op.kind == Kind::load_sx) value = sign_extend(value, op.width);
    }
    write(insn.dst, value);
    return go_to(std::int64_t{pc_} + 1);
}

Machine::Step Machine::store(const Insn& insn, const Op& op) {
    auto base = read(insn.dst);
    if (!base) return base.error();
    std::uint64_t value = immediate(insn);
    if (op.kind == Kind::store_reg) {
        auto source = read(insn.src);
        if (!source) return source.error();
        value = *source;
    }
    const std::uint64_t address = *base + static_cast<std::uint64_t>(std::int64_t{insn.offset});
    const unsigned size = op.width / 8u;
    MemoryRegion* region = writable(address, size);
    if (region == nullptr)
        return trap(6009, "write of " + std::to_string(size) + " bytes outside writable memory", "address " + hex(address));
    Memory::store(*region, address, size, value);
    return go_to(std::int64_t{pc_} + 1);
}

Machine::Step Machine::atomic(const Insn& insn, const Op& op) {
    auto base = read(insn.dst);
    if (!base) return base.error();
    auto operand = read(insn.src);
    if (!operand) return operand.error();
    const std::uint64_t address = *base + static_cast<std::uint64_t>(std::int64_t{insn.offset});
    const unsigned size = op.width / 8u;
    MemoryRegion* region = writable(address, size);
    if (region == nullptr)
        return trap(6009, "write of " + std::to_string(size) + " bytes outside writable memory", "address " + hex(address));
    if (!Memory::initialised(*region, address, size)) return trap(6008, "read of uninitialised memory", region->name);
    const std::uint64_t old = Memory::load(*region, address, size);
    std::uint64_t next = old;
    bool fetch = true;
    switch (op.atomic) {
        case AtomicOp::add: fetch = false; [[fallthrough]];
        case AtomicOp::fetch_add: next = old + *operand; break;
        case AtomicOp::or_: fetch = false; [[fallthrough]];
        case AtomicOp::fetch_or: next = old | *operand; break;
        case AtomicOp::and_: fetch = false; [[fallthrough]];
        case AtomicOp::fetch_and: next = old & *operand; break;
        case AtomicOp::xor_: fetch = false; [[fallthrough]];
        case AtomicOp::fetch_xor: next = old ^ *operand; break;
        case AtomicOp::exchange: next = *operand; break;
        case AtomicOp::compare_exchange: {
            fetch = false;
            auto expected = read(0);
            if (!expected) return expected.error();
            const std::uint64_t mask = size == 8 ? UINT64_MAX : 0xffffffffu;
            if (old == (*expected & mask)) next = *operand;
            write(0, old);
            break;
        }
        case AtomicOp::none: return trap(6004, "invalid instruction");
    }
    Memory::store(*region, address, size, next);
    if (fetch) write(insn.src, old);
    return go_to(std::int64_t{pc_} + 1);
}

Machine::Step Machine::load_imm64(const Insn& insn) {
    if (pc_ + 1 >= program_->insns.size()) return trap(6003, "execution left the program");
    const Insn& second = program_->insns[pc_ + 1];
    const std::uint32_t low = static_cast<std::uint32_t>(insn.imm);
    switch (static_cast<bpf::Pseudo>(insn.src)) {
        case bpf::Pseudo::none:
            write(insn.dst, low | static_cast<std::uint64_t>(static_cast<std::uint32_t>(second.imm)) << 32);
            break;
        case bpf::Pseudo::map:
        case bpf::Pseudo::map_value: {
            if (low >= object_.maps.size()) return trap(6004, "invalid instruction", "no map " + std::to_string(low));
            const bool handle = static_cast<bpf::Pseudo>(insn.src) == bpf::Pseudo::map;
            write(insn.dst, handle ? world_.map_handle(low)
                                   : world_.global_data(low, static_cast<std::uint32_t>(second.imm)));
            break;
        }
        default: return trap(6004, "invalid instruction", "unsupported 64-bit immediate");
    }
    return go_to(std::int64_t{pc_} + 2);
}

Machine::Step Machine::jump(const Insn& insn, const Op& op) {
    auto a = read(insn.dst);
    if (!a) return a.error();
    std::uint64_t b = immediate(insn);
    if (op.uses_src) {
        auto source = read(insn.src);
        if (!source) return source.error();
        b = *source;
    }
    return go_to(std::int64_t{pc_} + 1 + (condition_holds(op.condition, op.width, *a, b) ? insn.offset : 0));
}

// What the call is charged for, with the shape of the map and the sizes it is given.
std::uint64_t Machine::cost_of(const Helper& helper, const std::array<std::uint64_t, 5>& args) {
    std::uint64_t cost = platform_.base_cost(helper);
    for (std::size_t i = 0; i < helper.args.size() && i < args.size(); ++i) {
        cost += helper.args[i].unit_cost * (args[i] & 0xffffffffu);  // as wide as the helper sees it
        const MemoryRegion* handle = helper.args[i].kind == ArgKind::map ? world_.memory().find(args[i], 1) : nullptr;
        if (handle == nullptr || handle->kind != RegionKind::map_handle || handle->tag >= object_.maps.size()) continue;
        const bpf::Map& map = object_.maps[handle->tag];
        cost += platform_.map_cost(helper, map.type, map.key_size, map.value_size, map.max_entries);
    }
    return cost;
}

Machine::Step Machine::call_helper(const Insn& insn) {
    const Helper* helper = platform_.find_helper(static_cast<std::uint32_t>(insn.imm));
    if (helper == nullptr) return trap(6011, "no helper " + std::to_string(insn.imm) + " on platform " + platform_.name);
    std::array<std::uint64_t, 5> args{};
    for (std::size_t i = 0; i < helper->args.size() && i < args.size(); ++i) {
        auto value = read(static_cast<std::uint8_t>(i + 1));
        if (!value) return value.error();
        args[i] = *value;
        if (helper->args[i].kind == ArgKind::scalar && helper->args[i].width == 32) args[i] &= 0xffffffffu;
    }
    cost_ += cost_of(*helper, args);
    if (helper->tail_call) return tail_call(*helper, args);
    auto result = world_.call(*helper, args, *this);
    if (!result) return result.error();
    for (std::uint8_t reg = 0; reg <= 5; ++reg) init_[reg] = false;
    if (helper->returns != ReturnKind::nothing) {
        std::uint64_t value = *result;
        if (helper->returns == ReturnKind::scalar && helper->return_width == 32)
            value = helper->return_signed ? sign_extend(value, 32) : value & 0xffffffffu;
        write(0, value);
    }
    return go_to(std::int64_t{pc_} + 1);
}

const Hook* Machine::hook_of(const bpf::Program& program) const {
    const auto match = match_section(platform_, program.section);
    return match ? match->hook : nullptr;
}

// The rest of the run is another program's, on the same context; or, when there is none, this one's with an error in r0.
Machine::Step Machine::tail_call(const Helper& helper, const std::array<std::uint64_t, 5>& args) {
    Memory& memory = world_.memory();
    const MemoryRegion* handle = memory.find(args[1], 1);
    if (handle == nullptr || handle->kind != RegionKind::map_handle) return trap(6013, "bpf_" + helper.name + ": no map");
    if (frames_.size() != 1) return trap(6005, "tail call from a function that the program calls");
    const std::vector<std::int32_t>& programs = object_.maps[handle->tag].programs;
    const bpf::Program* next = args[2] < programs.size() && programs[args[2]] >= 0 ? &object_.programs[static_cast<std::size_t>(programs[args[2]])] : nullptr;
    for (std::uint8_t reg = 0; reg <= 5; ++reg) init_[reg] = false;
    if (next == nullptr || hook_of(*next) != hook_ || tail_calls_ >= platform_.max_tail_calls) {
        write(0, static_cast<std::uint64_t>(std::int64_t{-2}));  // ENOENT
        return go_to(std::int64_t{pc_} + 1);
    }
    ++tail_calls_;
    program_ = next;
    init_.fill(false);
    memory.region(frames_.back().stack_region).alive = false;
    frames_.clear();
    frames_.push_back(Frame{});
    frames_.back().stack_region = push_stack();
    write(1, memory.address(context_region_));
    return go_to(0);
}

Machine::Step Machine::call_local(const Insn& insn) {
    if (frames_.size() >= kMaxFrames) return trap(6012, "calls nest deeper than " + std::to_string(kMaxFrames));
    Frame frame;
    frame.return_slot = pc_ + 1;
    for (std::size_t i = 0; i < 4; ++i) {
        frame.saved[i] = regs_[6 + i];
        frame.saved_initialised[i] = init_[6 + i];
        init_[6 + i] = false;
    }
    init_[0] = false;
    const std::int64_t target = std::int64_t{pc_} + 1 + insn.imm;
    frame.stack_region = push_stack();
    frames_.push_back(frame);
    return go_to(target);
}

Machine::Step Machine::leave() {
    Memory& memory = world_.memory();
    const Frame frame = frames_.back();
    if (frames_.size() == 1) {
        auto result = read(0);
        if (!result) return result.error();
        return false;  // its stack stays readable for messages; the run is over
    }
    memory.region(frame.stack_region).alive = false;
    frames_.pop_back();
    for (std::size_t i = 0; i < 4; ++i) {
        regs_[6 + i] = frame.saved[i];
        init_[6 + i] = frame.saved_initialised[i];
    }
    for (std::uint8_t reg = 1; reg <= 5; ++reg) init_[reg] = false;
    write(bpf::kFramePointer, memory.address(frames_.back().stack_region) + kStackBytes);
    return go_to(frame.return_slot);
}

}  // namespace mbpf::sim
