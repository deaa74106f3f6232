// SPDX-License-Identifier: Apache-2.0
// Blocks end at jumps, exits and calls of the program's own functions. Loops come from strongly connected
// components, recursively: within one, edges back to its head are cut and the rest is looked at again. Works
// on any graph, irreducible ones too, and recurses only as deep as loops nest.
#include "verifier/cfg.h"

#include <algorithm>
#include <array>

namespace mbpf {

namespace {

using bpf::Insn;
using bpf::Kind;
using bpf::Op;

constexpr std::uint32_t kNone = UINT32_MAX;
constexpr unsigned kMaxNesting = 32;
constexpr std::uint8_t kMayGoto = 0xe5;  // Linux's conditional jump on a count of its own; RFC 9669 has none

Diagnostic problem(unsigned code, std::uint32_t slot, std::string message, std::string why = {}, std::string fix = {}) {
    Diagnostic d;
    d.code = "MBPF" + std::to_string(code);
    d.message = std::move(message);
    d.instruction = slot;
    d.why = std::move(why);
    d.fix = std::move(fix);
    return d;
}

class Builder {
  public:
    Builder(const bpf::Program& program, const Platform& platform, bool legacy_access) : p_(program), platform_(platform), legacy_access_(legacy_access) {}
    CfgResult build();

  private:
    using Problem = std::optional<Diagnostic>;
    Problem check_slots();
    Problem check_slot(std::uint32_t slot, const Op& op);
    Problem check_unsupported(std::uint32_t slot, const Op& op) const;
    Problem check_target(std::uint32_t slot, std::int64_t target);
    Problem check_calls();
    void cut_blocks();
    void connect();
    void live_registers();
    std::vector<Component> components(const std::vector<std::uint32_t>& nodes, unsigned depth);
    std::vector<std::vector<std::uint32_t>> strong_components(const std::vector<std::uint32_t>& nodes);
    bool entered_from_outside(std::uint32_t block, const std::vector<std::uint32_t>& component) const;

    const bpf::Program& p_;
    const Platform& platform_;
    bool legacy_access_;
    Cfg cfg_;
    std::vector<bool> second_half_, leader_;
    std::vector<std::vector<std::uint32_t>> predecessors_;
    // Per block while components are computed: the sub-graph it belongs to and, for a loop's head, no entry.
    std::vector<std::uint32_t> graph_;
    std::vector<bool> cut_head_;
    std::vector<std::uint32_t> index_of_, low_;  // of Tarjan's algorithm
    std::vector<bool> on_stack_;
    std::uint32_t next_graph_ = 1;
    bool too_deep_ = false;
};

std::int64_t jump_target(std::uint32_t slot, const Insn& insn, const Op& op) {
    return std::int64_t{slot} + 1 + (op.kind == Kind::jump_always && op.width == 32 ? insn.imm : insn.offset);
}

Builder::Problem Builder::check_target(std::uint32_t slot, std::int64_t target) {
    const bpf::Function& f = p_.function_of(slot);
    if (target < f.begin || target >= f.end)
        return problem(1002, slot, "jump leaves its function", "target slot " + std::to_string(target) + "; " + f.name + " is slots " + std::to_string(f.begin) + " to " + std::to_string(f.end - 1));
    if (second_half_[static_cast<std::size_t>(target)]) return problem(1002, slot, "jump into the middle of a 64-bit immediate");
    leader_[static_cast<std::size_t>(target)] = true;
    return std::nullopt;
}

Builder::Problem Builder::check_unsupported(std::uint32_t slot, const Op& op) const {
    const Insn& insn = p_.insns[slot];
    switch (op.kind) {
        case Kind::call_btf: return problem(1801, slot, "calls of kernel functions (kfunc) or externs are not supported", "what they do and want is told by one kernel's types", "use a helper of the platform");
        case Kind::call_indirect: return problem(1802, slot, "indirect calls (callx) are not supported", "which function it is, only a run tells", "call a function by name, or use a switch");
        case Kind::load_abs:
        case Kind::load_ind:
            if (legacy_access_) return std::nullopt;
            return problem(1803, slot, "legacy packet access (LD_ABS, LD_IND) is not supported", "this hook does not have it", "read the packet through data and data_end");
        case Kind::load_imm64:
            if (static_cast<bpf::Pseudo>(insn.src) == bpf::Pseudo::function) {
                if (std::ranges::any_of(platform_.helpers, [](const Helper& h) { return h.callback != CallbackKind::none; })) return std::nullopt;
                return problem(1804, slot, "platform " + platform_.name + " has no callbacks");
            }
            if (insn.src > 2) return problem(1805, slot, "this kind of 64-bit immediate (extern variable or map index) is not supported", "its value is known where the program is loaded", "use global data or a declared map");
            return std::nullopt;
        default: return std::nullopt;
    }
}

Builder::Problem Builder::check_slot(std::uint32_t slot, const Op& op) {
    const Insn& insn = p_.insns[slot];
    const bpf::Function& f = p_.function_of(slot);
    if (Problem p = check_unsupported(slot, op)) return p;
    switch (op.kind) {
        case Kind::load_imm64:
            if (slot + 1 >= f.end || p_.insns[slot + 1].opcode != 0 || p_.insns[slot + 1].dst != 0 || p_.insns[slot + 1].src != 0 || p_.insns[slot + 1].offset != 0)
                return problem(1001, slot, "64-bit immediate has no second half");
            // RFC 9669 §5.4: a map or a function is named by the first half alone.
            if ((static_cast<bpf::Pseudo>(insn.src) == bpf::Pseudo::map || static_cast<bpf::Pseudo>(insn.src) == bpf::Pseudo::function) && p_.insns[slot + 1].imm != 0)
                return problem(1001, slot, "64-bit immediate that names a map or function has a second half");
            return std::nullopt;
        case Kind::jump:
            if (Problem p = check_target(slot, jump_target(slot, insn, op))) return p;
            [[fallthrough]];
        case Kind::call_local:
            if (slot + 1 >= f.end) return problem(1003, slot, "execution can fall off the end of " + f.name, {}, "end every path with return");
            leader_[slot + 1] = true;
            return std::nullopt;
        case Kind::jump_always:
            if (slot + 1 < f.end) leader_[slot + 1] = true;
            return check_target(slot, jump_target(slot, insn, op));
        case Kind::exit:
            if (slot + 1 < f.end) leader_[slot + 1] = true;
            return std::nullopt;
        default:
            if (op.kind == Kind::call_helper && f.begin != p_.functions[0].begin && slot + 1 < f.end) {
                // A tail call of a called function may come back to the caller: what is behind is one of two ways.
                const Helper* helper = platform_.find_helper(static_cast<std::uint32_t>(insn.imm));
                leader_[slot + 1] = leader_[slot + 1] || (helper != nullptr && helper->tail_call);
            }
            if (slot + 1 >= f.end) return problem(1003, slot, "execution can fall off the end of " + f.name, {}, "end every path with return");
            return std::nullopt;
    }
}

Builder::Problem Builder::check_slots() {
    const std::uint32_t n = static_cast<std::uint32_t>(p_.insns.size());
    if (n == 0) return problem(1001, 0, "program is empty");
    second_half_.assign(n, false);
    leader_.assign(n, false);
    for (std::uint32_t s = 0; s + 1 < n; ++s)
        if (p_.insns[s].opcode == 0x18 && !second_half_[s]) second_half_[s + 1] = true;
    for (const bpf::Function& f : p_.functions) {
        if (f.begin >= f.end) return problem(1001, f.begin, "function " + f.name + " is empty");
        if (second_half_[f.begin]) return problem(1002, f.begin, "function begins in the middle of a 64-bit immediate");
        leader_[f.begin] = true;
    }
    for (std::uint32_t s = 0; s < n; ++s) {
        if (second_half_[s]) continue;
        if (p_.insns[s].opcode == kMayGoto) return problem(1810, s, "loops that end by may_goto are not supported", "how often it lets the loop go on is for one kernel to say", "give the loop a counter with a constant bound instead: for (int i = 0; i < 64; i++)");
        if (std::string why = bpf::decode_error(p_.insns[s]); !why.empty()) return problem(1001, s, "not a valid eBPF instruction", why, "rebuild with -mcpu=v1 to v4");
        const Op& op = *bpf::find_op(p_.insns[s]);
        if (Problem p = check_slot(s, op)) return p;
        // The last real slot of a function may be the first half of an immediate.
        if (op.kind == Kind::load_imm64 && s + 2 >= p_.function_of(s).end) return problem(1003, s, "execution can fall off the end of " + p_.function_of(s).name);
    }
    return std::nullopt;
}

Builder::Problem Builder::check_calls() {
    cfg_.callees.resize(p_.functions.size());
    std::vector<std::uint32_t> call_slot(p_.functions.size(), 0);
    for (std::uint32_t s = 0; s < p_.insns.size(); ++s) {
        if (second_half_[s]) continue;
        const Op& op = *bpf::find_op(p_.insns[s]);
        const bool callback = op.kind == Kind::load_imm64 && static_cast<bpf::Pseudo>(p_.insns[s].src) == bpf::Pseudo::function;
        if (op.kind != Kind::call_local && !callback) continue;
        const std::int64_t target = std::int64_t{s} + 1 + p_.insns[s].imm;
        const auto index_of = [&](std::uint32_t slot) { return static_cast<std::uint32_t>(&p_.function_of(slot) - p_.functions.data()); };
        const std::uint32_t caller = index_of(s), callee = target < 0 || target >= static_cast<std::int64_t>(p_.insns.size()) ? kNone : index_of(static_cast<std::uint32_t>(target));
        if (callee == kNone || p_.functions[callee].begin != target) return problem(1002, s, "call does not lead to the start of a function", "target slot " + std::to_string(target));
        cfg_.callees[caller].push_back(callee);
        call_slot[caller] = s;
    }
    // A call chain longer than there are functions revisits one: recursion. Longest chains by relaxation.
    std::vector<std::uint32_t> depth(p_.functions.size(), 0);
    for (std::size_t round = 0; round <= p_.functions.size(); ++round) {
        bool changed = false;
        for (std::uint32_t f = 0; f < p_.functions.size(); ++f)
            for (std::uint32_t callee : cfg_.callees[f])
                if (depth[callee] < depth[f] + 1) {
                    depth[callee] = depth[f] + 1;
                    changed = true;
                    if (depth[callee] > p_.functions.size())
                        return problem(1005, call_slot[f], "recursion is not allowed", "function " + p_.functions[f].name + " can reach itself", "turn the recursion into a bounded loop");
                }
        if (!changed) break;
    }
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f)
        if (depth[f] + 1 > platform_.max_call_depth)
            return problem(1006, p_.functions[f].begin, "calls nest " + std::to_string(depth[f] + 1) + " deep", "the platform allows " + std::to_string(platform_.max_call_depth), "inline some functions");
    return std::nullopt;
}

void Builder::cut_blocks() {
    cfg_.block_at.assign(p_.insns.size(), kNone);
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f)
        for (std::uint32_t s = p_.functions[f].begin; s < p_.functions[f].end;) {
            Block block;
            block.begin = s;
            block.function = f;
            do ++s;
            while (s < p_.functions[f].end && !leader_[s]);
            block.end = s;
            cfg_.block_at[block.begin] = static_cast<std::uint32_t>(cfg_.blocks.size());
            cfg_.blocks.push_back(block);
        }
}

void Builder::connect() {
    for (Block& block : cfg_.blocks) {
        std::uint32_t last = block.end - 1;
        if (second_half_[last]) --last;
        const Insn& insn = p_.insns[last];
        const Op& op = *bpf::find_op(insn);
        const bool ends = op.kind == Kind::exit || op.kind == Kind::jump_always;
        if (!ends) block.successors.push_back(cfg_.block_at[block.end]);
        if (op.kind == Kind::jump || op.kind == Kind::jump_always) block.successors.push_back(cfg_.block_at[static_cast<std::size_t>(jump_target(last, insn, op))]);
    }
}

// Registers an instruction reads and writes, as bits. What a call may read is over-approximated: a register
// kept alive too long only keeps states apart.
struct Effects {
    std::uint16_t reads = 0, writes = 0;
};
Effects effects(const Insn& insn, const Op& op, const Platform& platform) {
    const auto bit = [](unsigned r) { return static_cast<std::uint16_t>(1u << r); };
    Effects e;
    switch (op.kind) {
        case Kind::alu:
            e.writes = bit(insn.dst);
            if (op.alu != bpf::AluOp::mov) e.reads = bit(insn.dst);
            if (op.uses_src) e.reads |= bit(insn.src);
            break;
        case Kind::movsx: e = {bit(insn.src), bit(insn.dst)}; break;
        case Kind::to_le:
        case Kind::to_be:
        case Kind::bswap: e = {bit(insn.dst), bit(insn.dst)}; break;
        case Kind::load:
        case Kind::load_sx: e = {bit(insn.src), bit(insn.dst)}; break;
        case Kind::store_reg: e.reads = static_cast<std::uint16_t>(bit(insn.dst) | bit(insn.src)); break;
        case Kind::store_imm: e.reads = bit(insn.dst); break;
        case Kind::atomic: e.reads = static_cast<std::uint16_t>(bit(insn.dst) | bit(insn.src) | (op.atomic == bpf::AtomicOp::compare_exchange ? bit(0) : 0)); break;
        case Kind::load_imm64: e.writes = bit(insn.dst); break;
        case Kind::jump: e.reads = static_cast<std::uint16_t>(bit(insn.dst) | (op.uses_src ? bit(insn.src) : 0)); break;
        case Kind::call_helper: {
            const Helper* helper = platform.find_helper(static_cast<std::uint32_t>(insn.imm));
            const unsigned args = helper == nullptr ? 5 : static_cast<unsigned>(helper->args.size());
            e.reads = static_cast<std::uint16_t>(((1u << args) - 1) << 1);
            e.writes = 0x3f;
            break;
        }
        case Kind::call_local: e = {0x3e, 0x3f}; break;
        case Kind::exit: e.reads = bit(0); break;
        case Kind::jump_always:
        case Kind::call_btf:
        case Kind::call_indirect: break;
        case Kind::load_abs:
        case Kind::load_ind:
            e.reads = static_cast<std::uint16_t>(bit(6) | (op.uses_src ? bit(insn.src) : 0));
            e.writes = 0x3f;
            break;
    }
    return e;
}

void Builder::live_registers() {
    std::vector<Effects> summary(cfg_.blocks.size());
    for (std::size_t b = 0; b < cfg_.blocks.size(); ++b)
        for (std::uint32_t s = cfg_.blocks[b].begin; s < cfg_.blocks[b].end; ++s) {
            if (second_half_[s]) continue;
            const Effects e = effects(p_.insns[s], *bpf::find_op(p_.insns[s]), platform_);
            summary[b].reads = static_cast<std::uint16_t>(summary[b].reads | (e.reads & ~summary[b].writes));
            summary[b].writes = static_cast<std::uint16_t>(summary[b].writes | e.writes);
        }
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t b = cfg_.blocks.size(); b-- > 0;) {
            std::uint16_t out = 0;
            for (std::uint32_t successor : cfg_.blocks[b].successors) out = static_cast<std::uint16_t>(out | cfg_.blocks[successor].live_in);
            const std::uint16_t in = static_cast<std::uint16_t>(summary[b].reads | (out & ~summary[b].writes));
            if (in != cfg_.blocks[b].live_in) {
                cfg_.blocks[b].live_in = in;
                changed = true;
            }
        }
    }
}

// Tarjan's algorithm with an explicit stack, over the blocks of one sub-graph, without edges into cut heads.
// Components come out in reverse topological order.
std::vector<std::vector<std::uint32_t>> Builder::strong_components(const std::vector<std::uint32_t>& nodes) {
    const std::uint32_t graph = next_graph_++;
    std::vector<std::vector<std::uint32_t>> result;
    static constexpr std::uint32_t kUnseen = UINT32_MAX;
    for (std::uint32_t n : nodes) {
        graph_[n] = graph;
        index_of_[n] = kUnseen;
    }
    std::vector<std::uint32_t> stack;
    std::uint32_t next = 0;
    struct Visit { std::uint32_t node; std::size_t edge; };
    for (std::uint32_t root : nodes) {
        if (index_of_[root] != kUnseen) continue;
        std::vector<Visit> visits{{root, 0}};
        index_of_[root] = low_[root] = next++;
        stack.push_back(root);
        on_stack_[root] = true;
        while (!visits.empty()) {
            Visit& v = visits.back();
            const auto& successors = cfg_.blocks[v.node].successors;
            if (v.edge < successors.size()) {
                const std::uint32_t to = successors[v.edge++];
                if (graph_[to] != graph || cut_head_[to]) continue;
                if (index_of_[to] == kUnseen) {
                    index_of_[to] = low_[to] = next++;
                    stack.push_back(to);
                    on_stack_[to] = true;
                    visits.push_back({to, 0});
                } else if (on_stack_[to]) {
                    low_[v.node] = std::min(low_[v.node], index_of_[to]);
                }
                continue;
            }
            const std::uint32_t done = v.node;
            visits.pop_back();
            if (!visits.empty()) low_[visits.back().node] = std::min(low_[visits.back().node], low_[done]);
            if (low_[done] != index_of_[done]) continue;
            std::vector<std::uint32_t> component;
            for (std::uint32_t n = kNone; n != done;) {
                n = stack.back();
                stack.pop_back();
                on_stack_[n] = false;
                component.push_back(n);
            }
            result.push_back(std::move(component));
        }
    }
    return result;
}

bool Builder::entered_from_outside(std::uint32_t block, const std::vector<std::uint32_t>& component) const {
    if (cfg_.blocks[block].begin == p_.functions[cfg_.blocks[block].function].begin) return true;
    return std::ranges::any_of(predecessors_[block], [&](std::uint32_t p) { return !std::ranges::binary_search(component, p); });
}

std::vector<Component> Builder::components(const std::vector<std::uint32_t>& nodes, unsigned depth) {
    std::vector<Component> out;
    if (depth > kMaxNesting) {
        too_deep_ = true;
        return out;
    }
    auto strong = strong_components(nodes);
    std::ranges::reverse(strong);
    for (auto& component : strong) {
        std::ranges::sort(component);
        // The head: where the loop is entered, the first such block if there are several.
        std::uint32_t head = component.front();
        for (auto it = component.rbegin(); it != component.rend(); ++it)
            if (entered_from_outside(*it, component)) head = *it;
        const auto& successors = cfg_.blocks[head].successors;
        const bool self = std::ranges::find(successors, head) != successors.end() && !cut_head_[head];
        if (component.size() == 1 && !self) {
            out.push_back({false, head, {}});
            continue;
        }
        Component loop{true, head, {}};
        cut_head_[head] = true;
        std::vector<std::uint32_t> rest;
        for (std::uint32_t b : component)
            if (b != head) rest.push_back(b);
        if (!rest.empty()) loop.body = components(rest, depth + 1);
        cut_head_[head] = false;
        out.push_back(std::move(loop));
    }
    return out;
}

CfgResult Builder::build() {
    CfgResult result;
    if ((result.error = check_slots())) return result;
    if ((result.error = check_calls())) return result;
    cut_blocks();
    connect();
    live_registers();
    predecessors_.resize(cfg_.blocks.size());
    for (std::uint32_t b = 0; b < cfg_.blocks.size(); ++b)
        for (std::uint32_t to : cfg_.blocks[b].successors) predecessors_[to].push_back(b);
    graph_.assign(cfg_.blocks.size(), 0);
    cut_head_.assign(cfg_.blocks.size(), false);
    index_of_.assign(cfg_.blocks.size(), 0);
    low_.assign(cfg_.blocks.size(), 0);
    on_stack_.assign(cfg_.blocks.size(), false);
    cfg_.order.resize(p_.functions.size());
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
        std::vector<std::uint32_t> nodes;
        for (std::uint32_t b = 0; b < cfg_.blocks.size(); ++b)
            if (cfg_.blocks[b].function == f) nodes.push_back(b);
        cfg_.order[f] = components(nodes, 0);
    }
    if (too_deep_) {
        result.error = problem(1806, 0, "loops nest more than " + std::to_string(kMaxNesting) + " deep");
        return result;
    }
    result.cfg = std::move(cfg_);
    return result;
}

}  // namespace

CfgResult build_cfg(const bpf::Program& program, const Platform& platform, bool legacy_access) { return Builder(program, platform, legacy_access).build(); }

}  // namespace mbpf
