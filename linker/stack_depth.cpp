// SPDX-License-Identifier: Apache-2.0
// A function is a sum: how deep it goes below its caller, and what is left of that when it returns, which is nothing but
// for the pieces that the machine outliner makes of prologues and epilogues. Callees are summed up before their callers.
#include "linker/stack_depth.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <vector>

#include "core/diagnostic.h"

namespace mbpf {
namespace {

struct Sum {
    std::int64_t deepest = 0;
    std::optional<std::int64_t> left;  // nothing: it does not return
};

class Stack {
  public:
    Stack(const Audit& audit, unsigned call_bytes) : audit_(audit), call_bytes_(call_bytes) {}

    const Sum* sum(std::uint32_t entry) {
        if (const auto known = sums_.find(entry); known != sums_.end()) return &known->second;
        if (!open_.insert(entry).second) return fail(entry, "a function that calls itself");
        Sum result;
        std::map<std::uint32_t, std::int64_t> depth{{entry, 0}};
        std::vector<std::uint32_t> work{entry};
        while (!work.empty()) {
            const std::uint32_t at = work.back();
            work.pop_back();
            if (!step(at, depth.at(at), depth, work, result)) return nullptr;
        }
        open_.erase(entry);
        return &sums_.emplace(entry, result).first->second;
    }

    std::uint32_t at() const { return at_; }
    const std::string& problem() const { return problem_; }
    const Sum* fail(std::uint32_t at, std::string what) {
        at_ = at;
        problem_ = std::move(what);
        return nullptr;
    }

  private:
    bool step(std::uint32_t at, std::int64_t before, std::map<std::uint32_t, std::int64_t>& depth, std::vector<std::uint32_t>& work, Sum& result) {
        const CodeStep& s = audit_.code.at(at);
        if (!s.stack_change) return fail(at, "the stack pointer is set in an unknown way") != nullptr;
        std::int64_t now = before + *s.stack_change;
        result.deepest = std::max(result.deepest, now);
        if (s.callee) {
            const Sum* callee = sum(*s.callee);
            if (callee == nullptr) return false;
            const bool tail = s.returns;
            result.deepest = std::max(result.deepest, now + (tail ? 0 : call_bytes_) + callee->deepest);
            if (!callee->left) return true;  // nothing comes behind
            now += *callee->left;
        }
        if (s.returns) {
            if (result.left && *result.left != now) return fail(at, "a return with " + std::to_string(now) + " bytes on the stack, another with " + std::to_string(*result.left)) != nullptr;
            result.left = now;
        }
        if (s.returns) now = before;  // what follows did not return: it is another condition's
        const auto go = [&](std::uint32_t to) {
            const auto [known, fresh] = depth.emplace(to, now);
            if (fresh) work.push_back(to);
            return fresh || known->second == now || fail(to, std::to_string(now) + " bytes on the stack, or " + std::to_string(known->second) + ", by the way that leads here") != nullptr;
        };
        if (s.falls_through && !go(at + s.size)) return false;
        return std::ranges::all_of(s.targets, go);
    }

    const Audit& audit_;
    const std::int64_t call_bytes_;
    std::map<std::uint32_t, Sum> sums_;
    std::set<std::uint32_t> open_;
    std::uint32_t at_ = 0;
    std::string problem_;
};

}  // namespace

std::optional<Diagnostic> check_stack(const Audit& audit, unsigned call_bytes, std::span<const StackClaim> claims) {
    Stack stack(audit, call_bytes);
    for (const StackClaim& claim : claims) {
        const Sum* sum = stack.sum(claim.entry);
        // The return address that a call pushes is the callee's.
        if (sum != nullptr && sum->left.value_or(0) != 0) sum = stack.fail(claim.entry, std::to_string(*sum->left) + " bytes are left on the stack at its end");
        if (sum != nullptr && sum->deepest + call_bytes > claim.bytes) sum = stack.fail(claim.entry, std::to_string(sum->deepest + call_bytes) + " bytes of stack, where " + std::to_string(claim.bytes) + " are stated");
        if (sum != nullptr) continue;
        Diagnostic d;
        d.code = "MBPF3223";
        char at[16];
        std::snprintf(at, sizeof at, "0x%x", stack.at());
        d.message = "the audit of the native code's stack failed in " + claim.name + " at offset " + at + ": " + stack.problem();
        if (const DiagnosticCode* row = find_diagnostic_code(d.code); row != nullptr) d.fix = row->advice;
        return d;
    }
    return std::nullopt;
}

}  // namespace mbpf
