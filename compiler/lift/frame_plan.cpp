// SPDX-License-Identifier: Apache-2.0
// See frame_plan.h. Union-find over the bytes of the frame: each access joins the bytes it may touch.
#include "compiler/lift/frame_plan.h"

#include <algorithm>
#include <numeric>

namespace mbpf {
namespace {

constexpr std::int64_t kMaxFrameBytes = 1 << 16;

struct Access {
    std::int32_t frame = -1;  // depth; -1: any
    bool own = false;         // known offset in the frame of the function that holds the instruction
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::uint32_t slot = 0;
};

class Bytes {
  public:
    explicit Bytes(std::int64_t size)
        : size_(size),
          parent_(static_cast<std::size_t>(size)),
          main_(static_cast<std::size_t>(size)),
          used_(static_cast<std::size_t>(size)) {
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    }
    void join(std::int64_t low, std::int64_t high, bool main) {
        low = std::max(low + size_, std::int64_t{0});
        high = std::min(high + size_, size_);
        for (std::int64_t i = low; i < high; ++i) {
            const std::size_t root = find(static_cast<std::size_t>(i));
            const std::size_t first = find(static_cast<std::size_t>(low));
            parent_[root] = first;
            main_[first] = main_[first] || main_[root] || main;
            used_[static_cast<std::size_t>(i)] = true;
        }
    }
    // The object of this byte, if any, becomes part of the main one.
    void make_main(std::int64_t offset) {
        const std::int64_t i = offset + size_;
        if (i >= 0 && i < size_ && used_[static_cast<std::size_t>(i)]) main_[find(static_cast<std::size_t>(i))] = true;
    }
    std::vector<FrameObject> objects() {
        std::vector<FrameObject> result(1);
        result[0].main = true;
        std::vector<std::size_t> object_of_root(parent_.size(), 0);
        for (std::size_t i = 0; i < parent_.size(); ++i) {
            if (!used_[i]) continue;
            const std::size_t root = find(i);
            std::size_t& object = object_of_root[root];
            const std::int64_t offset = static_cast<std::int64_t>(i) - size_;
            if (!main_[root] && object == 0) {
                object = result.size();
                result.push_back({offset, offset + 1, false});
            }
            FrameObject& o = result[object];
            if (o.low == o.high) o.low = offset;
            o.high = offset + 1;
        }
        return result;
    }

  private:
    std::size_t find(std::size_t i) {
        while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
        return i;
    }
    std::int64_t size_;
    std::vector<std::size_t> parent_;
    std::vector<bool> main_;
    std::vector<bool> used_;
};

std::int64_t saturate(std::int64_t value) { return std::clamp(value, -kMaxFrameBytes, kMaxFrameBytes); }

// The bytes [first, first+size) from where `pointer` may point, if that is a stack.
void add_access(std::vector<Access>& out, const InsnFacts& facts, const ValueFact& pointer, std::int64_t first,
                std::uint64_t size, std::uint32_t slot) {
    if (pointer.kind != ValueKind::pointer && pointer.kind != ValueKind::pointer_or_null) return;
    if (pointer.region != Region::stack && pointer.region != Region::mixed) return;
    if (size == 0) return;
    Access access;
    access.slot = slot;
    const std::int64_t end = facts.before[bpf::kFramePointer].smin;
    if (pointer.region == Region::mixed) {
        access.low = -kMaxFrameBytes;
        access.high = 0;
    } else {
        access.frame = pointer.frame;
        access.own = own_frame_offset(facts, pointer).has_value();
        access.low = saturate(saturate(pointer.smin) - saturate(end) + first);
        access.high = saturate(saturate(pointer.smax) - saturate(end) + first +
                               static_cast<std::int64_t>(std::min<std::uint64_t>(size, kMaxFrameBytes)));
    }
    out.push_back(access);
}

std::vector<Access> stack_accesses(const VerifiedObject& verified, std::size_t program) {
    const bpf::Program& code = verified.object().programs[program];
    const ProgramFacts& proof = verified.facts(program);
    std::vector<Access> result;
    for (std::uint32_t slot = 0; slot < code.insns.size(); ++slot) {
        const InsnFacts& facts = proof.insns[slot];
        const bpf::Insn& insn = code.insns[slot];
        const bpf::Op* op = bpf::find_op(insn);
        if (!facts.reachable || op == nullptr) continue;
        if (const unsigned size = bpf::access_bytes(*op); size != 0) {
            const bool load = op->kind == bpf::Kind::load || op->kind == bpf::Kind::load_sx;
            add_access(result, facts, facts.before[load ? insn.src : insn.dst], insn.offset, size, slot);
        }
        if (op->kind != bpf::Kind::call_helper) continue;
        const Helper* helper = verified.platform().find_helper(static_cast<std::uint32_t>(insn.imm));
        for (std::size_t a = 0; helper != nullptr && a < helper->args.size(); ++a)
            add_access(result, facts, facts.before[a + 1], 0, argument_bytes(verified, *helper, a, facts), slot);
    }
    return result;
}

}  // namespace

const FrameObject* FramePlan::find(std::int64_t offset) const {
    for (std::size_t i = 1; i < objects.size(); ++i)
        if (offset >= objects[i].low && offset < objects[i].high) return &objects[i];
    if (offset >= objects[0].low && offset < objects[0].high) return &objects[0];
    return nullptr;
}

std::optional<std::int64_t> own_frame_offset(const InsnFacts& facts, const ValueFact& pointer) {
    const ValueFact& end = facts.before[bpf::kFramePointer];
    if (pointer.kind != ValueKind::pointer || pointer.region != Region::stack || pointer.frame < 0) return {};
    if (end.frame != pointer.frame || pointer.smin != pointer.smax || end.smin != end.smax) return {};
    return saturate(pointer.smin) - saturate(end.smin);
}

std::uint64_t argument_bytes(const VerifiedObject& verified, const Helper& helper, std::size_t arg,
                             const InsnFacts& facts) {
    const HelperArg& spec = helper.args[arg];
    const auto map_size = [&](auto member) {
        std::uint64_t most = 0;
        const auto& maps = verified.object().maps;
        for (std::size_t a = 0; a < helper.args.size(); ++a) {
            if (helper.args[a].kind != ArgKind::map) continue;
            const std::int32_t map = facts.before[a + 1].map;
            for (std::size_t i = 0; i < maps.size(); ++i)
                if (map < 0 || static_cast<std::size_t>(map) == i)
                    most = std::max<std::uint64_t>(most, maps[i].*member);
        }
        return most;
    };
    switch (spec.kind) {
        case ArgKind::map_key:
            return map_size(&bpf::Map::key_size);
        case ArgKind::map_value:
        case ArgKind::map_value_out:
            return map_size(&bpf::Map::value_size);
        case ArgKind::memory_read:
        case ArgKind::memory_write:
        case ArgKind::stack_only_read:
            if (arg + 1 < helper.args.size() && (helper.args[arg + 1].kind == ArgKind::memory_size ||
                                                 helper.args[arg + 1].kind == ArgKind::memory_size_zero))
                return facts.before[arg + 2].umax;
            return spec.fixed_size;
        case ArgKind::any_pointer_or_scalar:
            return static_cast<std::uint64_t>(kMaxFrameBytes);
        case ArgKind::scalar:
        case ArgKind::context:
        case ArgKind::map:
        case ArgKind::memory_size:
        case ArgKind::memory_size_zero:
        case ArgKind::ring_buffer_record:
        case ArgKind::callback:
        case ArgKind::object:
        case ArgKind::object_release:
        case ArgKind::callback_context:
        case ArgKind::map_value_pointer:
            return 0;
    }
    return 0;
}

namespace {

bool is_stack_pointer(const ValueFact& f) {
    return (f.kind == ValueKind::pointer || f.kind == ValueKind::pointer_or_null) && (f.region == Region::stack || f.region == Region::mixed);
}

// Slots that may run next.
std::vector<std::size_t> successors(const bpf::Program& code, const ProgramFacts& proof, std::size_t slot) {
    const bpf::Insn& insn = code.insns[slot];
    const bpf::Op* op = bpf::find_op(insn);
    std::vector<std::size_t> next;
    const auto add = [&](std::int64_t to) {
        if (to >= 0 && to < static_cast<std::int64_t>(code.insns.size()) && proof.insns[static_cast<std::size_t>(to)].reachable) next.push_back(static_cast<std::size_t>(to));
    };
    const auto here = static_cast<std::int64_t>(slot);
    if (op->kind == bpf::Kind::exit) return next;
    if (op->kind != bpf::Kind::jump_always) add(here + (op->kind == bpf::Kind::load_imm64 ? 2 : 1));
    if (op->kind == bpf::Kind::jump) add(here + 1 + insn.offset);
    if (op->kind == bpf::Kind::jump_always) add(here + 1 + (op->width == 32 ? insn.imm : insn.offset));
    return next;
}

// Whether a value of different kinds on different paths is, on some of them, read as a pointer into a stack whose place
// the proof does not name: then its pointer form is read, which was made before the paths met.
bool unknown_becomes_stack_pointer(const bpf::Program& code, const ProgramFacts& proof) {
    for (std::size_t slot = 0; slot < code.insns.size(); ++slot) {
        const bpf::Op* op = proof.insns[slot].reachable ? bpf::find_op(code.insns[slot]) : nullptr;
        if (op == nullptr) continue;
        for (std::size_t to : successors(code, proof, slot))
            for (unsigned r = 0; r < bpf::kFramePointer; ++r) {
                const ValueFact& then = proof.insns[to].before[r];
                if (proof.insns[slot].before[r].kind == ValueKind::unknown && is_stack_pointer(then) && !own_frame_offset(proof.insns[to], then)) return true;
            }
    }
    return false;
}

// Offsets at which a pointer of known place into the function's frame stops being one: arithmetic by a variable, a
// join with another, a slot it is read back from, a callee. An address is made from the object at that offset, and
// what is reached from it must lie in the same one, even where no access touches the offset itself. If no object holds
// the offset, the address is the one it was moved from: that is an origin too.
std::vector<std::int64_t> pointer_origins(const VerifiedObject& verified, std::size_t program, const bpf::Function& f) {
    const bpf::Program& code = verified.object().programs[program];
    const ProgramFacts& proof = verified.facts(program);
    std::vector<std::int64_t> origins, stored;
    std::vector<std::pair<std::int64_t, std::int64_t>> moves;  // from one known place to another
    const bool revived = unknown_becomes_stack_pointer(code, proof);
    bool read_back = revived;
    for (std::size_t slot = 0; slot < code.insns.size(); ++slot) {
        const InsnFacts& facts = proof.insns[slot];
        const bpf::Op* op = facts.reachable ? bpf::find_op(code.insns[slot]) : nullptr;
        if (op == nullptr) continue;
        const bpf::Insn& insn = code.insns[slot];
        const bool load = op->kind == bpf::Kind::load, alu = op->kind == bpf::Kind::alu || op->kind == bpf::Kind::movsx;
        const auto next = successors(code, proof, slot);
        for (std::size_t to : next) {
            const ValueFact& read = proof.insns[to].before[insn.dst];
            if (load && is_stack_pointer(read) && !own_frame_offset(proof.insns[to], read)) read_back = true;
        }
        if (slot < f.begin || slot >= f.end) continue;
        const auto note = [&](std::vector<std::int64_t>& into, unsigned reg) {
            if (const auto at = own_frame_offset(facts, facts.before[reg])) into.push_back(*at);
        };
        if (op->kind == bpf::Kind::store_reg) note(stored, insn.src);
        if (op->kind == bpf::Kind::call_local)
            for (unsigned r = 1; r <= 5; ++r) note(origins, r);
        if (op->kind == bpf::Kind::call_helper) {
            const Helper* helper = verified.platform().find_helper(static_cast<std::uint32_t>(insn.imm));
            for (unsigned a = 0; helper != nullptr && a < helper->args.size(); ++a)
                if (helper->args[a].kind == ArgKind::callback_context) note(origins, a + 1);
        }
        for (std::size_t to : next)
            if (const auto moved = alu ? own_frame_offset(proof.insns[to], proof.insns[to].before[insn.dst]) : std::nullopt)
                for (unsigned r : {insn.dst, insn.src})
                    if (const auto from = own_frame_offset(facts, facts.before[r]); from && *from != *moved) moves.emplace_back(*from, *moved);
        for (std::size_t to : next)
            for (unsigned r = 0; r < bpf::kFramePointer; ++r) {
                const ValueFact& then = proof.insns[to].before[r];
                const bool lost = is_stack_pointer(then) ? !own_frame_offset(proof.insns[to], then) : revived && then.kind == ValueKind::unknown;
                if (!lost) continue;
                note(origins, r);
                if (alu && r == insn.dst) note(origins, insn.src);
            }
    }
    if (read_back) origins.insert(origins.end(), stored.begin(), stored.end());
    for (std::size_t i = 0; i < origins.size(); ++i)
        for (const auto& [from, to] : moves)
            if (to == origins[i] && std::ranges::find(origins, from) == origins.end()) origins.push_back(from);
    return origins;
}

}  // namespace

FramePlan plan_frame(const VerifiedObject& verified, std::size_t program, std::size_t function) {
    const bpf::Program& code = verified.object().programs[program];
    const bpf::Function& f = code.functions[function];
    const ProgramFacts& proof = verified.facts(program);
    std::int64_t size = 512;
    for (const FunctionFacts& known : proof.functions)
        if (known.function == function) size = (static_cast<std::int64_t>(known.stack_bytes) + 7) & ~std::int64_t{7};
    size = std::clamp<std::int64_t>(size, 512, kMaxFrameBytes);  // only bytes that are accessed take space
    const std::int32_t depth = proof.insns[f.begin].before[bpf::kFramePointer].frame;
    Bytes bytes(size);
    for (const Access& access : stack_accesses(verified, program)) {
        const bool inside = access.slot >= f.begin && access.slot < f.end;
        if (access.own) {
            if (inside) bytes.join(access.low, access.high, false);
        } else if (inside || access.frame < 0 || depth < 0 || access.frame == depth) {
            bytes.join(access.low, access.high, true);
        }
    }
    for (std::int64_t offset : pointer_origins(verified, program, f)) bytes.make_main(offset);
    return {bytes.objects()};
}

}  // namespace mbpf
