// SPDX-License-Identifier: Apache-2.0
#include "verifier/liveness.h"

#include <algorithm>
#include <array>
#include <optional>

#include "verifier/checker/decode.h"

namespace mbpf {

using namespace proof;
using bpf::AluOp;
using bpf::Kind;

namespace {

// What a register holds, as far as addresses of the frame and sizes of buffers need it.
struct Known {
    enum Kind : std::uint8_t { nothing, frame, somewhere, constant, map } kind = nothing;  // somewhere: in the frame
    std::int64_t value = 0;  // offset from r10; number; index
    bool operator==(const Known&) const = default;
};
using Registers = std::array<Known, bpf::kRegisterCount>;

// Bytes read and bytes surely written, in the order of execution.
struct Effect {
    std::uint32_t slot = 0;
    bool is_write = false;
    std::int64_t offset = 0, size = 0;
};

class Liveness {
  public:
    Liveness(const ProofEnvironment& env, const Cfg& cfg) : env_(env), cfg_(cfg) {}

    StackLiveness run() {
        forward();
        effects_.resize(cfg_.blocks.size());
        for (std::size_t b = 0; b < cfg_.blocks.size(); ++b) {
            Registers r = entry_[b];
            if (!reached_[b]) continue;
            walk(b, r, &effects_[b]);
        }
        backward();
        return std::move(out_);
    }

  private:
    void forward() {
        entry_.assign(cfg_.blocks.size(), {});
        reached_.assign(cfg_.blocks.size(), false);
        std::vector<std::size_t> work;
        for (const bpf::Function& f : env_.program().functions) {
            const std::size_t b = cfg_.block_at[f.begin];
            entry_[b][bpf::kFramePointer] = {Known::frame, 0};
            reached_[b] = true;
            work.push_back(b);
        }
        while (!work.empty()) {
            const std::size_t b = work.back();
            work.pop_back();
            Registers r = entry_[b];
            walk(b, r, nullptr);
            for (std::uint32_t to : cfg_.blocks[b].successors) {
                if (!reached_[to]) {
                    reached_[to] = true;
                    entry_[to] = r;
                    work.push_back(to);
                    continue;
                }
                bool changed = false;
                for (std::size_t i = 0; i < r.size(); ++i)
                    if (entry_[to][i].kind != Known::nothing && !(entry_[to][i] == r[i])) {
                        const Known joined = in_frame(entry_[to][i]) && in_frame(r[i]) ? Known{Known::somewhere, 0} : Known{};
                        if (joined == entry_[to][i]) continue;
                        entry_[to][i] = joined;
                        changed = true;
                    }
                if (changed) work.push_back(to);
            }
        }
    }

    static bool in_frame(const Known& k) { return k.kind == Known::frame || k.kind == Known::somewhere; }

    static void note(std::vector<Effect>* out, std::uint32_t slot, bool is_write, std::int64_t offset, std::int64_t size) {
        if (out == nullptr || size <= 0) return;
        const std::int64_t lo = std::max<std::int64_t>(offset, -kFrameBytes), hi = std::min<std::int64_t>(offset + size, 0);
        if (lo < hi) out->push_back({slot, is_write, lo, hi - lo});
    }

    void helper_call(std::uint32_t slot, const Registers& r, std::vector<Effect>* out) {
        const HelperRule* h = find_helper(env_.tables(), static_cast<std::uint32_t>(env_.program().insns[slot].imm));
        std::int64_t map = -1;
        for (unsigned i = 0; i < (h == nullptr ? 5u : h->argument_count); ++i) {
            const Known& k = r[i + 1];
            if (k.kind == Known::map) map = k.value;
            if (k.kind == Known::somewhere) note(out, slot, false, -kFrameBytes, kFrameBytes);
            if (k.kind != Known::frame) continue;
            const std::int64_t rest = -k.value;
            if (h == nullptr) {
                note(out, slot, false, k.value, rest);
                continue;
            }
            const Argument& a = h->arguments[i];
            const bool has_map = map >= 0 && static_cast<std::uint64_t>(map) < env_.tables().map_count;
            std::int64_t size = rest;
            bool is_write = false;
            switch (a.rule) {
                case ArgumentRule::map_key: size = has_map ? std::int64_t{env_.tables().maps[map].key_size} : rest; break;
                case ArgumentRule::map_value: size = has_map ? std::int64_t{env_.tables().maps[map].value_size} : rest; break;
                case ArgumentRule::map_value_out:
                    is_write = has_map;
                    size = has_map ? std::int64_t{env_.tables().maps[map].value_size} : 0;
                    break;
                case ArgumentRule::memory_read:
                case ArgumentRule::memory_write: {
                    is_write = a.rule == ArgumentRule::memory_write && !a.initialized;
                    const Known* n = a.fixed_size == 0 && i + 2 < r.size() ? &r[i + 2] : nullptr;
                    if (a.fixed_size != 0) size = a.fixed_size;
                    else if (n != nullptr && n->kind == Known::constant) size = n->value;
                    else if (is_write) size = 0;
                    break;
                }
                default: break;
            }
            note(out, slot, is_write, k.value, size);
        }
    }

    void walk(std::size_t b, Registers& r, std::vector<Effect>* out) {
        const Block& block = cfg_.blocks[b];
        for (std::uint32_t slot = block.begin; slot < block.end; ++slot) {
            const bpf::Insn& insn = env_.program().insns[slot];
            const Operation op = decode(insn);
            Known& dst = r[insn.dst];
            switch (op.kind) {
                case Kind::alu:
                    if (op.alu == AluOp::mov) {
                        dst = !op.uses_src ? Known{Known::constant, insn.imm} : op.width == 64 || r[insn.src].kind == Known::constant ? r[insn.src] : Known{};
                    } else if ((op.alu == AluOp::add || op.alu == AluOp::sub) && !op.uses_src && dst.kind != Known::map) {
                        dst.value += op.alu == AluOp::add ? insn.imm : -std::int64_t{insn.imm};
                    } else if ((op.alu == AluOp::or_ || (op.alu == AluOp::add && op.uses_src)) && (in_frame(dst) || (op.uses_src && in_frame(r[insn.src])))) {
                        dst = {Known::somewhere, 0};
                    } else {
                        dst = {};
                    }
                    break;
                case Kind::load:
                case Kind::load_sx:
                    if (r[insn.src].kind == Known::frame) note(out, slot, false, r[insn.src].value + insn.offset, op.width / 8);
                    if (r[insn.src].kind == Known::somewhere) note(out, slot, false, -kFrameBytes, kFrameBytes);
                    dst = {};
                    break;
                case Kind::store_imm:
                case Kind::store_reg:
                    if (dst.kind == Known::frame) note(out, slot, true, dst.value + insn.offset, op.width / 8);
                    break;
                case Kind::atomic:
                    if (dst.kind == Known::frame) note(out, slot, false, dst.value + insn.offset, op.width / 8);
                    if (op.atomic == bpf::AtomicOp::compare_exchange) r[0] = {};
                    else if ((insn.imm & 1) != 0) r[insn.src] = {};
                    break;
                case Kind::load_imm64:
                    dst = insn.src == 1 ? Known{Known::map, insn.imm} : Known{};
                    ++slot;
                    break;
                case Kind::call_helper:
                    if (out != nullptr) helper_call(slot, r, out);
                    for (unsigned i = 0; i <= 5; ++i) r[i] = {};
                    break;
                case Kind::call_local:
                    // The callee may read whatever its arguments lead to.
                    for (unsigned i = 1; i <= 5; ++i) {
                        if (r[i].kind == Known::somewhere) note(out, slot, false, -kFrameBytes, kFrameBytes);
                        if (r[i].kind == Known::frame) note(out, slot, false, r[i].value, -r[i].value);
                    }
                    for (unsigned i = 0; i <= 5; ++i) r[i] = {};
                    break;
                case Kind::load_abs:
                case Kind::load_ind:
                    for (unsigned i = 0; i <= 5; ++i) r[i] = {};
                    break;
                case Kind::movsx:
                case Kind::to_le:
                case Kind::to_be:
                case Kind::bswap: dst = {}; break;
                case Kind::jump:
                case Kind::jump_always:
                case Kind::call_btf:
                case Kind::call_indirect:
                case Kind::exit: break;
            }
        }
    }

    StackBytes before(std::size_t b, bool note_calls) {
        StackBytes live;
        for (std::uint32_t to : cfg_.blocks[b].successors) live |= out_.at_block[to];
        const auto& effects = effects_[b];
        std::size_t e = effects.size();
        for (std::uint32_t slot = cfg_.blocks[b].end; slot-- > cfg_.blocks[b].begin;) {
            // Reads and writes of one slot: a read keeps its bytes alive even if the slot writes them.
            std::size_t first = e;
            while (first > 0 && effects[first - 1].slot == slot) --first;
            for (std::size_t i = first; i < e; ++i)
                if (effects[i].is_write) live.set(effects[i].offset, effects[i].size, false);
            for (std::size_t i = first; i < e; ++i)
                if (!effects[i].is_write) live.set(effects[i].offset, effects[i].size, true);
            e = first;
            const std::uint8_t opcode = env_.program().insns[slot].opcode;
            if (note_calls && opcode == 0x85) out_.at_call[slot] = live;
        }
        return live;
    }

    void backward() {
        out_.at_block.assign(cfg_.blocks.size(), {});
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t b = cfg_.blocks.size(); b-- > 0;) {
                const StackBytes live = before(b, false);
                if (live == out_.at_block[b]) continue;
                out_.at_block[b] = live;
                changed = true;
            }
        }
        for (std::size_t b = 0; b < cfg_.blocks.size(); ++b) {
            const std::uint32_t last = cfg_.blocks[b].end;
            bool calls = false;
            for (std::uint32_t s = cfg_.blocks[b].begin; s < last; ++s) calls = calls || env_.program().insns[s].opcode == 0x85;
            if (calls) before(b, true);
        }
    }

    const ProofEnvironment& env_;
    const Cfg& cfg_;
    std::vector<Registers> entry_;
    std::vector<bool> reached_;
    std::vector<std::vector<Effect>> effects_;
    StackLiveness out_;
};

}  // namespace

StackLiveness stack_liveness(const ProofEnvironment& env, const Cfg& cfg) { return Liveness(env, cfg).run(); }

}  // namespace mbpf
