// SPDX-License-Identifier: Apache-2.0
#include "linker/bounds.h"

#include <llvm/Support/MathExtras.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/marks.h"
#include "linker/timing.h"

namespace mbpf {
namespace {

using Amount = std::int64_t;
constexpr Amount kHuge = Amount{1} << 60;

struct Edge {
    std::size_t to = 0;
    Amount extra = 0;
};

struct Block {
    Amount cost = 0;                          // of its instructions, and what calls out of the text take
    std::vector<std::uint32_t> marks;         // keys of Loops
    std::vector<std::uint32_t> callees;       // offsets
    std::vector<Edge> out;
    bool exclusive = false;                   // holds an exclusive store
    std::optional<Amount> leaves;             // it returns, at this extra cost
};

struct Function {
    std::vector<Block> blocks;                // the entry first
    std::uint32_t rounds = 0;                 // of its loops without marks; 0: not known
    Amount on_entry = 0;                      // paid for such a loop around the entry
    Amount value = 0;                         // from entry to return, with what marks give back
};

struct Loop {
    std::uint64_t executions = 0;
    Amount price = 0;
};

// One measure: instructions, or cycles.
class Bounder {
  public:
    Bounder(const Image& image, const Audit& audit, const NativeObject& native, std::uint64_t helper_cost, bool cycles) : image_(image), audit_(audit), native_(native), helper_cost_(helper_cost), cycles_(cycles) {}

    std::optional<std::uint64_t> program(std::uint32_t entry) {
        std::set<std::uint32_t> open;
        if (!add(entry, open)) return std::nullopt;
        // Callees stand first in order_. Values with the last prices are the least.
        for (std::uint32_t f : order_)
            if (!settle(functions_[f])) return std::nullopt;
        std::set<std::uint32_t> marks;
        for (std::uint32_t f : order_) {
            if (!evaluate(functions_[f])) return std::nullopt;
            for (const Block& b : functions_[f].blocks) marks.insert(b.marks.begin(), b.marks.end());
        }
        std::uint64_t paid = 0;
        for (std::uint32_t m : marks)
            if (m < kOwn) paid = llvm::SaturatingMultiplyAdd(loops_[m].executions, static_cast<std::uint64_t>(loops_[m].price), paid);
        if (paid > static_cast<std::uint64_t>(kHuge)) return std::nullopt;
        return static_cast<std::uint64_t>(std::max<Amount>(static_cast<Amount>(paid) + functions_[entry].value, 0));
    }

  private:
    static constexpr std::uint32_t kOwn = 0x40000000u;  // keys from here on: loops of one call, in Function::own

    const CodeStep& step(std::uint32_t at) const { return audit_.code.at(at); }

    // The functions that are called from here, deepest first; false: they call themselves.
    bool add(std::uint32_t entry, std::set<std::uint32_t>& open) {
        if (functions_.contains(entry)) return !open.contains(entry);
        open.insert(entry);
        Function& f = functions_[entry];
        build(entry, f);
        for (std::size_t b = 0; b < f.blocks.size(); ++b)
            for (std::uint32_t callee : f.blocks[b].callees)
                if (!add(callee, open)) return false;
        open.erase(entry);
        order_.push_back(entry);
        return true;
    }

    void build(std::uint32_t entry, Function& f) {
        if (const auto rounds = image_.rounds.find(entry); rounds != image_.rounds.end()) f.rounds = rounds->second;
        std::map<std::uint32_t, std::size_t> block_at;
        std::set<std::uint32_t> begins{entry}, seen;
        std::vector<std::uint32_t> work{entry};
        while (!work.empty()) {
            const std::uint32_t at = work.back();
            work.pop_back();
            if (!seen.insert(at).second) continue;
            const CodeStep& s = step(at);
            for (std::uint32_t to : s.targets) {
                begins.insert(to);
                work.push_back(to);
            }
            if (!s.targets.empty() && s.falls_through) begins.insert(at + s.size);
            if (s.falls_through) work.push_back(at + s.size);
        }
        for (std::uint32_t at : begins) block_at.emplace(at, block_at.size());
        if (const auto at = block_at.find(entry); at->second != 0) {  // a jump backwards before the entry
            for (auto& [offset, index] : block_at)
                if (index == 0) std::swap(index, at->second);
        }
        f.blocks.resize(block_at.size());
        for (const auto& [begin, index] : block_at) {
            Block& b = f.blocks[index];
            for (std::uint32_t at = begin;;) {
                const CodeStep& s = step(at);
                take(at, s, b);
                const std::uint32_t next = at + s.size;
                for (std::uint32_t to : s.targets) b.out.push_back({block_at.at(to), cycles_ ? s.cycles_taken : 0});
                if (!s.falls_through) break;
                if (!begins.contains(next)) {
                    at = next;
                    continue;
                }
                b.out.push_back({block_at.at(next), 0});
                break;
            }
        }
    }
    void take(std::uint32_t at, const CodeStep& s, Block& b) {
        b.cost += cycles_ ? s.cycles : 1;
        std::optional<Amount> callee_cost;
        for (auto m = std::ranges::lower_bound(image_.marks, at, {}, &CodeMark::offset); m != image_.marks.end() && m->offset == at; ++m) {
            if ((m->word & kCallMark) != 0) {
                callee_cost = std::max(callee_cost.value_or(0), static_cast<Amount>(m->word & ~kCallMark));
            } else if (m->word < native_.loop_executions().size()) {
                b.marks.push_back(m->word);
                loops_[m->word].executions = native_.loop_executions()[m->word];
            }
        }
        const bool calls = s.callee.has_value() || s.leaves_text;
        if (calls && cycles_) b.cost += s.cycles_taken;
        if (s.callee) b.callees.push_back(*s.callee);
        if (s.leaves_text) b.cost += callee_cost.value_or(static_cast<Amount>(helper_cost_)) * (cycles_ ? static_cast<Amount>(kHelperCyclesPerInstruction) : 1);
        if (s.returns) b.leaves = cycles_ && !calls ? s.cycles_taken : 0;
        b.exclusive = b.exclusive || s.store_exclusive;
    }

    Amount weight(const Block& b) const {
        Amount w = b.cost;
        for (std::uint32_t callee : b.callees) w += functions_.at(callee).value;
        for (std::uint32_t m : b.marks) w -= loops_.at(m).price;
        return w;
    }

    // Prices of the function's loops, then its value.
    bool settle(Function& f) {
        std::vector<std::size_t> all(f.blocks.size());
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
        return price(f, all) && evaluate(f);
    }

    bool price(Function& f, const std::vector<std::size_t>& among) {
        for (const std::vector<std::size_t>& part : cycles(f, among)) {
            std::optional<std::uint32_t> chosen;
            for (std::size_t b : part)
                for (std::uint32_t m : f.blocks[b].marks)
                    if (!chosen || loops_[m].executions < loops_[*chosen].executions) chosen = m;
            if (!chosen) chosen = own_loop(f, part);
            if (!chosen) return false;
            std::vector<std::size_t> rest;
            for (std::size_t b : part)
                if (std::ranges::find(f.blocks[b].marks, *chosen) == f.blocks[b].marks.end()) rest.push_back(b);
            if (!price(f, rest)) return false;
            const std::optional<Amount> least = least_price(f, part, *chosen);
            if (!least) return false;
            loops_[*chosen].price = *least;
            if (*chosen >= kOwn) pay_on_entry(f, part, *chosen);
        }
        return true;
    }

    // A loop of compiler/runtime, whose source says how often it comes round. One that repeats an exclusive store runs
    // once: nothing comes between load and store where programs run to completion.
    std::optional<std::uint32_t> own_loop(Function& f, const std::vector<std::size_t>& part) {
        const std::uint32_t rounds = f.rounds != 0 ? f.rounds : holds_exclusive(part, f) ? 1 : 0;
        if (rounds == 0) return std::nullopt;
        const std::set<std::size_t> inside(part.begin(), part.end());
        std::set<std::size_t> entered;
        if (inside.contains(0)) entered.insert(0);
        for (std::size_t b = 0; b < f.blocks.size(); ++b)
            for (const Edge& e : f.blocks[b].out)
                if (!inside.contains(b) && inside.contains(e.to)) entered.insert(e.to);
        if (entered.size() != 1) return std::nullopt;
        const std::uint32_t key = kOwn + own_++;
        loops_[key].executions = rounds + 1;
        f.blocks[*entered.begin()].marks.push_back(key);
        return key;
    }
    // What is known of one call is paid where the loop is entered.
    void pay_on_entry(Function& f, const std::vector<std::size_t>& part, std::uint32_t mark) {
        const Amount sum = static_cast<Amount>(loops_.at(mark).executions) * loops_.at(mark).price;
        const std::set<std::size_t> inside(part.begin(), part.end());
        if (inside.contains(0)) f.on_entry += sum;
        for (std::size_t b = 0; b < f.blocks.size(); ++b)
            for (Edge& e : f.blocks[b].out)
                if (!inside.contains(b) && inside.contains(e.to)) e.extra += sum;
    }
    bool holds_exclusive(const std::vector<std::size_t>& part, const Function& f) const {
        return std::ranges::any_of(part, [&](std::size_t b) { return f.blocks[b].exclusive; });
    }

    // The least price that leaves no cycle of the part to be paid for; nothing: there is one without the mark.
    std::optional<Amount> least_price(const Function& f, const std::vector<std::size_t>& part, std::uint32_t mark) {
        Amount& price = loops_.at(mark).price;
        const Amount before = price;
        Amount low = before, high = before;
        for (std::size_t b : part) high += std::max<Amount>(0, f.blocks[b].cost);
        for (std::size_t b : part)
            for (std::uint32_t callee : f.blocks[b].callees) high += std::max<Amount>(0, functions_.at(callee).value);
        for (std::size_t b : part)
            for (const Edge& e : f.blocks[b].out) high += e.extra;
        const auto enough = [&](Amount p) {
            price = p;
            return !has_costly_cycle(f, part);
        };
        std::optional<Amount> found;
        if (enough(low)) found = low;
        else if (enough(high)) {
            while (high - low > 1) {
                const Amount middle = low + (high - low) / 2;
                (enough(middle) ? high : low) = middle;
            }
            found = high;
        }
        price = before;
        return found;
    }

    bool has_costly_cycle(const Function& f, const std::vector<std::size_t>& part) const {
        std::map<std::size_t, std::pair<Amount, Amount>> at;  // cost of the dearest way to the block, and the block's own
        for (std::size_t b : part) at[b] = {0, weight(f.blocks[b])};
        bool changed = true;
        for (std::size_t round = 0; changed; ++round) {
            if (round > part.size()) return true;
            changed = false;
            for (std::size_t b : part) {
                const auto& [arrival, own] = at.at(b);
                for (const Edge& e : f.blocks[b].out) {
                    const auto to = at.find(e.to);
                    if (to == at.end() || arrival + own + e.extra <= to->second.first) continue;
                    to->second.first = arrival + own + e.extra;
                    changed = true;
                }
            }
        }
        return false;
    }

    bool evaluate(Function& f) const {
        std::vector<Amount> arrival(f.blocks.size(), -kHuge), weights;
        for (const Block& b : f.blocks) weights.push_back(weight(b));
        arrival[0] = 0;
        bool changed = true;
        for (std::size_t round = 0; changed; ++round) {
            if (round > f.blocks.size() + 1) return false;
            changed = false;
            for (std::size_t b = 0; b < f.blocks.size(); ++b) {
                if (arrival[b] == -kHuge) continue;
                for (const Edge& e : f.blocks[b].out) {
                    const Amount way = arrival[b] + weights[b] + e.extra;
                    if (way <= arrival[e.to]) continue;
                    arrival[e.to] = way;
                    changed = true;
                }
            }
        }
        Amount most = -kHuge;
        for (std::size_t b = 0; b < f.blocks.size(); ++b)
            if (f.blocks[b].leaves && arrival[b] != -kHuge) most = std::max(most, arrival[b] + weights[b] + *f.blocks[b].leaves);
        f.value = most == -kHuge ? 0 : most + f.on_entry;  // one that never returns is never called
        return true;
    }

    // Strongly connected parts with a cycle, by Tarjan's algorithm without recursion.
    static std::vector<std::vector<std::size_t>> cycles(const Function& f, const std::vector<std::size_t>& among) {
        struct Info {
            std::size_t index = 0, low = 0;
            bool on_stack = false;
        };
        std::map<std::size_t, Info> info;
        for (std::size_t b : among) info[b] = {};
        std::vector<std::vector<std::size_t>> parts;
        std::vector<std::size_t> stack;
        std::size_t next = 1;
        for (std::size_t root : among) {
            if (info[root].index != 0) continue;
            std::vector<std::pair<std::size_t, std::size_t>> visits{{root, 0}};
            while (!visits.empty()) {
                const auto [b, edge] = visits.back();
                Info& here = info[b];
                if (edge == 0 && here.index == 0) {
                    here = {next, next, true};
                    ++next;
                    stack.push_back(b);
                }
                if (edge < f.blocks[b].out.size()) {
                    ++visits.back().second;
                    const auto to = info.find(f.blocks[b].out[edge].to);
                    if (to == info.end()) continue;
                    if (to->second.index == 0) visits.emplace_back(to->first, 0);
                    else if (to->second.on_stack) here.low = std::min(here.low, to->second.index);
                    continue;
                }
                visits.pop_back();
                if (!visits.empty()) info[visits.back().first].low = std::min(info[visits.back().first].low, here.low);
                if (here.low != here.index) continue;
                std::vector<std::size_t> part;
                do {
                    part.push_back(stack.back());
                    info[stack.back()].on_stack = false;
                    stack.pop_back();
                } while (part.back() != b);
                const bool loop = part.size() > 1 || std::ranges::any_of(f.blocks[b].out, [&](const Edge& e) { return e.to == b; });
                if (!loop) continue;
                std::ranges::sort(part);
                parts.push_back(std::move(part));
            }
        }
        return parts;
    }

    const Image& image_;
    const Audit& audit_;
    const NativeObject& native_;
    const std::uint64_t helper_cost_;
    const bool cycles_;
    std::map<std::uint32_t, Function> functions_;
    std::vector<std::uint32_t> order_;
    std::map<std::uint32_t, Loop> loops_;
    std::uint32_t own_ = 0;
};

}  // namespace

std::vector<ProgramBounds> bound_programs(const Image& image, const Audit& audit, const NativeObject& native, std::uint64_t helper_cost) {
    std::vector<ProgramBounds> bounds;
    for (const NativeProgram& program : native.programs()) {
        const std::uint32_t entry = image.symbols.at(program.symbol);
        ProgramBounds b;
        b.instructions = Bounder(image, audit, native, helper_cost, false).program(entry);
        if (has_timing_model(native.target())) b.cycles = Bounder(image, audit, native, helper_cost, true).program(entry);
        bounds.push_back(b);
    }
    return bounds;
}

}  // namespace mbpf
