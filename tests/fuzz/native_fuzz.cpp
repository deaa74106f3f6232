// SPDX-License-Identifier: Apache-2.0
// Programs that the verifier accepts, as native code against the reference interpreter: in this process for 64-bit
// pointers and, by x32, for the ways of 32-bit devices; or on an emulated CPU. Equal must be the result, all that a
// program can write, and the helpers it calls with what it gives them.
#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <iostream>
#include <string_view>

#include "compiler/marks.h"
#include "linker/bounds.h"
#include "tests/compiler/native_host.h"
#include "tests/fuzz/fuzz_options.h"
#include "tests/fuzz/native_generator.h"
#include "tests/fuzz/native_outcome.h"
#include "tests/fuzz/program_generator.h"

namespace mbpf {
namespace {

std::uint64_t g_programs = 3000, g_seed = 1;
std::uint64_t g_case = 0;  // this seed alone
std::uint64_t g_seconds = 0;  // then end; 0: when all are done
std::string g_board;       // empty: this process
std::string g_on;          // in this process: x86_64 or x32 alone
bool g_speed_only = false;

// Programs that once showed a bug. 11112918: an index that is never 0, so that what is accessed and the offset the
// pointer starts from lay in different objects of the frame.
constexpr std::uint64_t kFoundBugs[] = {11112918};

constexpr std::size_t kBatch = 24;

struct Way {
    const Target* target;
    AotOptions options;
};
std::vector<Way> ways() {
    if (!g_board.empty()) {
        std::vector<Way> board = {{find_target(g_board), {}}};
        if (!g_speed_only) board.push_back({find_target(g_board), {.optimize = Optimize::size}});
        return board;
    }
    std::vector<Way> here;
    if (g_on != "x32") here.push_back({find_target("x86_64"), {}});
    if (g_on != "x86_64") here.push_back({&test::kX32, {}});
    if (!g_speed_only) here.push_back({here.back().target, {.optimize = Optimize::size}});
    return here;
}

// Every fourth seed makes a program about devices and packets, every fourth one of values of several kinds, the others work on
// memory.
enum Form : std::uint8_t { devices, stress, mixed };
Form form_of(std::uint64_t seed) { return seed % 4 == 0 ? devices : seed % 4 == 2 ? mixed : stress; }
bpf::Object generated(std::uint64_t seed) { return form_of(seed) == stress ? fuzz::generate_stress(seed) : form_of(seed) == mixed ? fuzz::generate_mixed(seed / 4, true) : fuzz::generate(seed); }

// With the programs' proofs, if they are at hand: then they are only checked.
VerifyReport judge(bpf::Object object, std::vector<std::vector<std::uint8_t>> proofs = {}) {
    static const auto microbpf = std::make_shared<const Platform>(*builtin_platform("microbpf")), isa = std::make_shared<const Platform>(*builtin_platform("isa"));
    const bool stress = object.programs[0].section == "isa";
    VerifyOptions options;
    options.max_steps = 100'000 * object.programs.size();
    options.certificates = std::move(proofs);
    if (stress) options.memory_bytes = fuzz::kStressMemory;
    return verify(std::make_shared<const bpf::Object>(std::move(object)), stress ? isa : microbpf, options);
}

constexpr std::uint64_t kAroundRun = 24;  // instructions of the runner between its two looks at the counter
std::uint64_t g_bounded = 0;              // runs held against the machine code's stated worst case

Result<std::vector<ProgramBounds>> bounds_of(const NativeObject& native) {
    std::vector<std::string> symbols;
    for (const NativeProgram& p : native.programs()) symbols.push_back(p.symbol);
    Result<Image> image = link_image(native.elf(), native.target(), symbols);
    if (!image) return image.error();
    Result<Audit> audit = audit_image(*image, native.target());
    if (!audit) return audit.error();
    return bound_programs(*image, *audit, native, kRuntimeAtomicCost);  // of the calls that bear no mark
}


// Empty: no difference. Else where and what, `bad` the index of the program.
std::string compare(const VerifiedObject& verified, const std::vector<std::uint64_t>& seeds, const Way& way, std::size_t& bad) {
    const auto native = compile_native(verified, *way.target, way.options);
    bad = 0;
    if (!native) return render_text(native.error());
    std::vector<test::NativeInput> inputs;
    std::vector<test::NativeOutcome> wanted;
    for (std::size_t p = 0; p < seeds.size(); ++p) {
        fuzz::Expected expected = fuzz::interpret(verified, p, seeds[p], target_pointer_bytes(*way.target) == 8);
        bad = p;
        if (!expected.trap.empty()) return "the interpreter traps: " + expected.trap;
        std::ranges::move(expected.inputs, std::back_inserter(inputs));
        std::ranges::move(expected.outcomes, std::back_inserter(wanted));
    }
    const auto outcomes = g_board.empty() ? fuzz::run_here(verified, *native, inputs) : test::run_emulated(verified, *native, inputs);
    if (!outcomes) return render_text(outcomes.error());
    std::vector<ProgramBounds> bounds;
    if (!outcomes->empty() && outcomes->front().instructions != 0) {
        auto stated = bounds_of(*native);
        if (!stated) return render_text(stated.error());
        bounds = std::move(*stated);
    }
    for (std::size_t run = 0; run < wanted.size(); ++run) {
        bad = run / fuzz::kRuns;
        const std::string where = " in run " + std::to_string(run % fuzz::kRuns);
        if (run == outcomes->size()) return "trapped or did not end" + where;
        if (const std::string d = fuzz::difference((*outcomes)[run], wanted[run]); !d.empty()) return d + where;
        // What the runner's helpers take is not what the platform states of its own.
        if (bounds.empty() || !(*outcomes)[run].calls.empty()) continue;
        const std::optional<std::uint64_t> stated = bounds[inputs[run].program].instructions;
        if (!stated) return "no worst case is stated of the machine code" + where;
        ++g_bounded;
        if ((*outcomes)[run].instructions > *stated + kAroundRun) return std::to_string((*outcomes)[run].instructions) + " instructions executed, at most " + std::to_string(*stated) + " stated" + where;
    }
    return {};
}

std::string listing(const std::vector<bpf::Insn>& insns) {
    std::string text;
    for (std::size_t i = 0; i < insns.size(); ++i) text += std::to_string(i) + ": " + bpf::disassemble(insns, i) + "\n";
    return text;
}

// Without the instruction at `at` (lddw is two slots); jumps and calls over it are shortened.
std::vector<bpf::Insn> without(const std::vector<bpf::Insn>& insns, std::size_t at) {
    const std::int64_t first = static_cast<std::int64_t>(at), size = insns[at].opcode == 0x18 ? 2 : 1;
    const auto moved = [&](std::int64_t slot) { return slot <= first ? slot : std::max(first, slot - size); };
    std::vector<bpf::Insn> rest;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(insns.size()); ++i) {
        bpf::Insn insn = insns[static_cast<std::size_t>(i)];
        const unsigned cls = insn.opcode & 7, op = insn.opcode >> 4;
        const bool calls = insn.opcode == 0x85 && insn.src == 1, jumps = (cls == 5 || cls == 6) && op != 8 && op != 9;
        const bool second = i > 0 && insns[static_cast<std::size_t>(i) - 1].opcode == 0x18;
        if (!second && calls) insn.imm = static_cast<std::int32_t>(moved(i + 1 + insn.imm) - moved(i) - 1);
        if (!second && jumps) insn.offset = static_cast<std::int16_t>(moved(i + 1 + insn.offset) - moved(i) - 1);
        if (i < first || i >= first + size) rest.push_back(insn);
    }
    return rest;
}

// The same with 0 in place of the instruction's result: what led to that may then go, too. Nothing: it has none, or is so.
std::vector<bpf::Insn> zeroed(std::vector<bpf::Insn> insns, std::size_t at) {
    bpf::Insn& insn = insns[at];
    const unsigned cls = insn.opcode & 7;
    const bool calls = insn.opcode == 0x85, sets = cls == 1 || cls == 4 || cls == 7;
    if ((!calls && !sets) || (insn.opcode == 0xb7 && insn.imm == 0)) return {};
    insn = {0xb7, calls ? std::uint8_t{0} : insn.dst, 0, 0, 0};
    return insns;
}

// The least program that is accepted and still differs when any one instruction more would make it not.
template <class Differs>
std::vector<bpf::Insn> minimised(std::vector<bpf::Insn> insns, const Differs& differs) {
    for (bool shrunk = true; shrunk;) {
        shrunk = false;
        for (std::size_t at = insns.size(); at > 0; --at) {
            if (at > insns.size() || (at > 1 && insns[at - 2].opcode == 0x18)) continue;
            for (const std::vector<bpf::Insn>& less : {without(insns, at - 1), zeroed(insns, at - 1)})
                if (!less.empty() && differs(less)) {
                    insns = less, shrunk = true;
                    break;
                }
        }
    }
    return insns;
}

std::string minimised_listing(const bpf::Object& object, std::size_t program, std::uint64_t seed, const Way& way) {
    std::string last;
    const auto differs = [&](const std::vector<bpf::Insn>& insns) {
        auto one = bpf::object_from_slots(insns, object.programs[program].section, object.maps);
        if (!one) return false;
        const VerifyReport report = judge(std::move(one).value());
        std::size_t bad = 0;
        const std::string what = report.accepted() ? compare(*report.verified, {seed}, way, bad) : "";
        if (!what.empty()) last = what;
        return !what.empty();
    };
    const auto& whole = object.programs[program].insns;
    if (!differs(whole)) return "only in its batch:\n" + listing(whole);
    const std::vector<bpf::Insn> least = minimised(whole, differs);
    return last + "\n" + listing(least);
}

struct Batch {
    bpf::Object object;
    std::vector<std::uint64_t> seeds;
    std::vector<std::vector<std::uint8_t>> proofs;
};

void expect_same(const Batch& batch, std::uint64_t& runs) {
    if (batch.seeds.empty()) return;
    const VerifyReport report = judge(batch.object, batch.proofs);
    ASSERT_TRUE(report.accepted());
    for (const Way& way : ways()) {
        std::size_t bad = 0;
        const std::string what = compare(*report.verified, batch.seeds, way, bad);
        if (!what.empty())
            FAIL() << target_name(*way.target) << (way.options.optimize == Optimize::size ? " size" : "") << ", seed " << batch.seeds[bad] << ": " << what << "\nleast program: " << minimised_listing(batch.object, bad, batch.seeds[bad], way);
        runs += fuzz::kRuns * batch.seeds.size();
    }
}

TEST(NativeFuzz, native_code_does_what_the_interpreter_does) {
    ASSERT_TRUE(g_board.empty() || test::can_emulate(g_board)) << "no emulator of " << g_board;
    std::uint64_t accepted = 0, runs = 0;
    Batch batches[3];
    const std::uint64_t known = g_case != 0 ? 0 : std::size(kFoundBugs), count = g_case != 0 ? 1 : g_programs;
    const auto begin = std::chrono::steady_clock::now();
    const auto late = [&] { return g_seconds != 0 && std::chrono::steady_clock::now() - begin > std::chrono::seconds(g_seconds); };
    std::uint64_t tried = 0;
    for (std::uint64_t i = 0; i < count + known && !late(); ++i, ++tried) {
        const std::uint64_t seed = g_case != 0 ? g_case : i < known ? kFoundBugs[i] : g_seed * 1'000'003 + i - known;
        bpf::Object object = i < known ? fuzz::generate(seed) : generated(seed);
        VerifyReport report = judge(object);
        if (!report.accepted()) continue;
        ++accepted;
        Batch& batch = batches[i < known ? devices : form_of(seed)];
        object.programs[0].name = "p" + std::to_string(batch.seeds.size());
        if (batch.seeds.empty()) batch.object = object;
        else batch.object.programs.push_back(object.programs[0]);
        batch.seeds.push_back(seed);
        batch.proofs.push_back(std::move(report.verdicts[0].certificate));
        if (batch.seeds.size() < kBatch) continue;
        expect_same(batch, runs);
        if (HasFatalFailure()) return;
        batch = {};
    }
    for (const Batch& batch : batches) {
        expect_same(batch, runs);
        if (HasFatalFailure()) return;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::cout << tried << " programs in " << seconds << " s, " << accepted << " accepted, " << runs << " native runs, " << g_bounded << " of them held against their stated worst case\n";
    EXPECT_TRUE(g_case != 0 || accepted > tried / 3) << "the generators make hardly anything acceptable";
}

// A wrong translation is seen and cut down: the native code is that of another program, one operation changed.
TEST(NativeFuzz, a_wrong_translation_is_found_and_minimised) {
    const Way way{find_target("x86_64"), {}};
    const auto seen = [&](const std::vector<bpf::Insn>& insns) {
        std::vector<bpf::Insn> wrong = insns;
        bool changed = false;
        for (bpf::Insn& insn : wrong)
            if ((insn.opcode & 0xf7) == 0xc7) insn.opcode = static_cast<std::uint8_t>(insn.opcode & 0x0f) | 0x70, changed = true;  // s>>= becomes >>=
        if (!changed) return false;
        auto right_object = bpf::object_from_slots(insns, "isa", fuzz::generate_stress(1).maps), wrong_object = bpf::object_from_slots(wrong, "isa", fuzz::generate_stress(1).maps);
        if (!right_object || !wrong_object) return false;
        const VerifyReport right = judge(std::move(right_object).value()), other = judge(std::move(wrong_object).value());
        if (!right.accepted() || !other.accepted()) return false;
        const fuzz::Expected expected = fuzz::interpret(*right.verified, 0, 1, true);
        const auto native = compile_native(*other.verified, *way.target, way.options);
        if (!native || !expected.trap.empty()) return false;
        const auto outcomes = fuzz::run_here(*other.verified, *native, expected.inputs);
        if (!outcomes) return false;
        for (std::size_t run = 0; run < outcomes->size(); ++run)
            if (!fuzz::difference((*outcomes)[run], expected.outcomes[run]).empty()) return true;
        return false;
    };
    std::uint64_t seed = 1;
    while (seed < 500 && !seen(fuzz::generate_stress(seed).programs[0].insns)) ++seed;
    const std::vector<bpf::Insn> whole = fuzz::generate_stress(seed).programs[0].insns;
    ASSERT_TRUE(seen(whole));
    const std::vector<bpf::Insn> least = minimised(whole, seen);
    EXPECT_TRUE(seen(least));
    EXPECT_LE(least.size(), 8u) << listing(least);
}

}  // namespace
}  // namespace mbpf

int main(int argc, char** argv) {
    using mbpf::fuzz::number;
    const auto board = [](std::string_view name) { return mbpf::find_target(mbpf::g_board = name) != nullptr; };
    const auto on = [](std::string_view name) { return (mbpf::g_on = name) == "x86_64" || name == "x32"; };
    const mbpf::fuzz::Option options[] = {
        {"--programs", "N", "how many", number(mbpf::g_programs)},
        {"--seed", "N", "of the first", number(mbpf::g_seed)},
        {"--case", "N", "the program of that seed alone", number(mbpf::g_case)},
        {"--seconds", "N", "at most", number(mbpf::g_seconds)},
        {"--board", "TARGET", "on an emulated CPU (cortex-m4, rv32imac, rv64gc, aarch64) instead of in this process", board},
        {"--on", "TARGET", "x86_64 or x32 alone, of the two that run in this process", on},
        {"--speed-only", "", "fewer code generations a program", [](std::string_view) { return mbpf::g_speed_only = true; }},
    };
    if (const auto end = mbpf::fuzz::read_options(argc, argv, "native_fuzz", "random programs as native code against the interpreter", options)) return *end;
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
