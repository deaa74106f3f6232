// SPDX-License-Identifier: Apache-2.0
// A tail call enters a program of the same package and hook; which one, the host may change at any time, so any is
// assumed. A run is then at most Platform::max_tail_calls programs that make tail calls, and one more: the bound of a
// run that may still make n of them is the program's own and the greatest bound with n - 1.
#include "linker/tail_calls.h"

#include <mbpf/abi/map_layout.h>
#include <mbpf/abi/package.h>

#include <algorithm>

namespace mbpf {

namespace {

bool makes_tail_calls(const VerifiedObject& verified, std::size_t program) {
    return std::ranges::any_of(verified.facts(program).helpers_used, [&](std::uint32_t number) {
        const Helper* helper = verified.platform().find_helper(number);
        return helper != nullptr && helper->tail_call;
    });
}

// Which programs the arrays hold goes to `held`.
std::optional<Diagnostic> fill_arrays(const VerifiedObject& verified, const ImagePlan& plan, std::vector<bool>& held, Package& package) {
    for (std::size_t m = 0; m < plan.object_maps.size(); ++m) {
        const bpf::Map& map = verified.object().maps[plan.object_maps[m]];
        for (std::size_t element = 0; element < map.programs.size(); ++element) {
            const std::int32_t program = map.programs[element];
            if (program == bpf::kNoProgram) continue;
            if (program < 0) {
                Diagnostic d;
                d.code = "MBPF1310";
                d.message = "map " + map.name + " holds at element " + std::to_string(element) + " a function that is no program";
                d.fix = "Give the function a section: SEC(\"hook/…\").";
                return d;
            }
            held[static_cast<std::size_t>(program)] = true;
            package.imports.push_back({MBPF_IMPORT_PROGRAM, static_cast<std::uint16_t>(program), static_cast<std::uint32_t>(m << 16 | element)});
        }
    }
    return std::nullopt;
}

std::uint64_t sum(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

// What a run that begins with a program may take, by program, when `own` is what each takes without its tail calls.
std::vector<std::uint64_t> through_tail_calls(const VerifiedObject& verified, const std::vector<bool>& calls, const std::vector<std::uint64_t>& own) {
    std::vector<std::uint64_t> bound = own;
    for (std::uint32_t left = 0; left < verified.platform().max_tail_calls; ++left) {
        const std::vector<std::uint64_t> before = bound;
        for (std::size_t p = 0; p < own.size(); ++p) {
            std::uint64_t most = 0;
            for (std::size_t q = 0; q < own.size(); ++q)
                if (&verified.hook(q) == &verified.hook(p)) most = std::max(most, before[q]);
            if (calls[p]) bound[p] = sum(own[p], most);
        }
    }
    return bound;
}

// One of the rows' 32-bit bounds of machine code, which may be unknown.
void raise(const VerifiedObject& verified, const std::vector<bool>& calls, Package& package, std::uint32_t PackageProgram::*field) {
    std::vector<std::uint64_t> own;
    for (const PackageProgram& row : package.programs) own.push_back(row.*field == MBPF_UNBOUNDED ? UINT64_MAX : row.*field);
    const std::vector<std::uint64_t> bound = through_tail_calls(verified, calls, own);
    for (std::size_t p = 0; p < own.size(); ++p) package.programs[p].*field = static_cast<std::uint32_t>(std::min<std::uint64_t>(bound[p], MBPF_UNBOUNDED));
}

// A program that an array holds is not attached, unless all of its hook are held: then there is no other way in.
void set_tail_only(const VerifiedObject& verified, const std::vector<bool>& held, Package& package) {
    for (std::size_t p = 0; p < held.size(); ++p)
        for (std::size_t q = 0; held[p] && q < held.size(); ++q)
            if (!held[q] && &verified.hook(q) == &verified.hook(p)) package.programs[p].tail_only = true;
}

}  // namespace

std::optional<Diagnostic> add_tail_calls(const VerifiedObject& verified, const ImagePlan& plan, Package& package) {
    const std::size_t count = package.programs.size();
    std::vector<bool> held(count), calls(count);
    if (auto bad = fill_arrays(verified, plan, held, package)) return bad;
    set_tail_only(verified, held, package);
    std::vector<std::uint64_t> own(count);
    std::vector<std::uint32_t> stack(count);
    for (std::size_t p = 0; p < count; ++p) {
        calls[p] = makes_tail_calls(verified, p);
        own[p] = package.programs[p].worst_case_instructions;
        stack[p] = package.programs[p].stack_bytes;
    }
    const std::vector<std::uint64_t> bound = through_tail_calls(verified, calls, own);
    raise(verified, calls, package, &PackageProgram::native_instructions);
    raise(verified, calls, package, &PackageProgram::native_cycles);
    for (std::size_t p = 0; p < count; ++p) {
        PackageProgram& row = package.programs[p];
        for (std::size_t q = 0; calls[p] && q < count; ++q)
            if (&verified.hook(q) == &verified.hook(p)) row.stack_bytes = std::max(row.stack_bytes, stack[q]);
        row.worst_case_instructions = bound[p];
        package.worst_case_instructions = std::max(package.worst_case_instructions, bound[p]);
        if (!calls[p] || bound[p] <= verified.hook(p).max_instructions) continue;
        Diagnostic d;
        d.code = "MBPF1311";
        d.message = "a run of program " + row.name + " with its tail calls may take " + std::to_string(bound[p]) + " instructions";
        d.why = "hook " + verified.hook(p).name + " allows " + std::to_string(verified.hook(p).max_instructions) + "; at most " + std::to_string(verified.platform().max_tail_calls) +
                " tail calls are made in a run, each of them perhaps to the costliest program of the package on this hook";
        d.fix = "Put programs that do not belong to the chain into another package, or make the costliest one cheaper.";
        return d;
    }
    return std::nullopt;
}

}  // namespace mbpf
