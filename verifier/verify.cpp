// SPDX-License-Identifier: Apache-2.0
// Selects the programs, checks maps against the platform, runs the analysis of each, and makes the
// VerifiedObject if, and only if, every program of the object was judged and accepted.
#include "verifier/verify.h"

#include <time.h>

#include <algorithm>
#include <map>

#include "verifier/certificate_file.h"
#include "verifier/path.h"
#include "verifier/prove.h"

namespace mbpf {

// The one place that may construct a VerifiedObject.
class VerifiedObjectMaker {
  public:
    static VerifiedObject make(std::shared_ptr<const bpf::Object> object, std::shared_ptr<const Platform> platform, std::vector<ProgramFacts> facts, std::vector<HookMatch> hooks, std::uint32_t memory_bytes, std::vector<std::uint8_t> certificate_file) {
        VerifiedObject v;
        v.object_ = std::move(object);
        v.platform_ = std::move(platform);
        v.facts_ = std::move(facts);
        v.hooks_ = std::move(hooks);
        v.memory_bytes_ = memory_bytes;
        v.certificate_file_ = std::move(certificate_file);
        return v;
    }
};

namespace {

std::uint64_t cpu_time_us() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
}

Diagnostic rejected(const bpf::Object& object, const bpf::Program& program, unsigned code, std::string message, std::string why, std::string fix) {
    Diagnostic d;
    d.code = "MBPF" + std::to_string(code);
    d.message = std::move(message);
    d.why = std::move(why);
    d.fix = std::move(fix);
    d.where = object.location(program, 0);
    return d;
}

Diagnostic no_hook(const bpf::Object& object, const Platform& platform, const bpf::Program& program) {
    // Those that begin alike first: most often a part is misspelt or missing.
    const auto first_part = [](std::string_view section) { return section.substr(0, section.find_first_of("/{")); };
    std::string patterns, near;
    for (const bool alike : {true, false})
        for (const Hook& hook : platform.hooks)
            for (const std::string& section : hook.sections)
                if ((first_part(section) == first_part(program.section)) == alike) {
                    patterns += (patterns.empty() ? "" : ", ") + section;
                    if (alike) near += (near.empty() ? "" : ", ") + section;
                }
    if (!near.empty())
        return rejected(object, program, 1037, "section \"" + program.section + "\" matches no hook of platform " + platform.name, "those that begin so: " + near + "; {…} stands for what is yours to choose",
                        "name one of them in SEC(\"…\") of " + program.name);
    return rejected(object, program, 1037, "section \"" + program.section + "\" matches no hook of platform " + platform.name, "its hooks: " + patterns, "name one of them in SEC(\"…\") of " + program.name);
}

// Map definitions the platform cannot give. Global data is only bounded by the RAM budget, at link time.
std::optional<Diagnostic> check_maps(const bpf::Object& object, const Platform& platform, const bpf::Program& program) {
    for (const bpf::Map& map : object.maps) {
        if (map.is_global_data()) continue;
        const MapTypeInfo* type = platform.find_map_type(map.type);
        const auto bad = [&](std::string why) { return rejected(object, program, 1038, "map " + map.name + " is not possible on platform " + platform.name, std::move(why), "change its definition; limits are in the platform reference"); };
        // Of Linux the loader has the last word; that a value has no stated size matters only where a program touches it.
        const bool loader_decides = !platform.native_code, unseen = loader_decides && type != nullptr && !type->program_may_lookup && !type->program_may_update;
        if (type == nullptr) return bad("the platform has no map type " + std::to_string(map.type));
        if (map.key_size < type->min_key_size || map.key_size > type->max_key_size) return bad("key of " + std::to_string(map.key_size) + " bytes; " + type->name + " allows " + std::to_string(type->min_key_size) + " to " + std::to_string(type->max_key_size));
        if (map.value_size > type->max_value_size || (map.value_size == 0 && type->max_value_size != 0 && !unseen)) return bad("value of " + std::to_string(map.value_size) + " bytes; " + type->name + " allows at most " + std::to_string(type->max_value_size));
        if ((map.max_entries == 0 && !loader_decides) || map.max_entries > type->max_entries) return bad(std::to_string(map.max_entries) + " entries; " + type->name + " allows 1 to " + std::to_string(type->max_entries));
        if (type->power_of_two_entries && (map.max_entries & (map.max_entries - 1)) != 0) return bad("size " + std::to_string(map.max_entries) + " is not a power of two");
    }
    return std::nullopt;
}

// What the kernel's configuration says is for a loader to fill in, and only Linux has one.
std::optional<std::uint32_t> reads_configuration(const bpf::Object& object, const bpf::Program& program) {
    for (std::size_t i = 0; i + 1 < program.insns.size(); ++i) {
        const bpf::Insn& insn = program.insns[i];
        const bool names_value = insn.opcode == 0x18 && static_cast<bpf::Pseudo>(insn.src) == bpf::Pseudo::map_value && program.insns[i + 1].opcode == 0;
        if (names_value && insn.imm >= 0 && static_cast<std::size_t>(insn.imm) < object.maps.size() && object.maps[static_cast<std::size_t>(insn.imm)].origin == bpf::MapOrigin::kconfig) return static_cast<std::uint32_t>(i);
    }
    return std::nullopt;
}

// What is not supported, by its name in C.
void name_extern(const bpf::Object& object, std::uint32_t program, Diagnostic& d) {
    const auto use = std::ranges::find_if(object.extern_uses, [&](const bpf::ExternUse& u) { return u.program == program && u.slot == d.instruction; });
    if (use == object.extern_uses.end()) return;
    if (d.code == "MBPF1805") {
        d.message = "extern variable " + use->name + " is not supported";
        d.why = "the kernel or its loader gives it its value";
        d.fix = "make it global data of the object, or look it up in a map";
    } else if (d.code == "MBPF1801" && use->name.starts_with("bpf_iter_")) {
        d.code = "MBPF1810";
        d.message = "open-coded iterators (" + use->name + ") are not supported";
        d.why = "how often the loop runs is for one kernel to say";
        d.fix = "give the loop a counter with a constant bound instead: for (int i = 0; i < 64; i++)";
    } else if (d.code == "MBPF1801") {
        d.message = "kernel function " + use->name + " (kfunc) is not supported";
    }
}

struct Judged {
    ProgramVerdict verdict;
    ProgramFacts facts;
    HookMatch hook;
};

std::optional<HookMatch> hook_of(const bpf::Object& object, const bpf::Program& program, const Platform& platform, const VerifyOptions& options) {
    if (options.hook.empty()) return match_section(platform, program.section, object.path);
    const Hook* hook = platform.find_hook(options.hook);
    if (hook == nullptr) return std::nullopt;
    return HookMatch{hook};
}

std::optional<Diagnostic> within_budgets(const bpf::Object& object, const bpf::Program& program, const Hook& hook, std::uint64_t worst_case, std::uint32_t stack_bytes) {
    if (worst_case > hook.max_instructions)
        return rejected(object, program, 1040, "worst case of " + std::to_string(worst_case) + " instructions exceeds the hook's budget", "hook " + hook.name + " allows " + std::to_string(hook.max_instructions), "tighten loop bounds: the worst case has to be " + std::to_string((worst_case + hook.max_instructions - 1) / std::max<std::uint64_t>(hook.max_instructions, 1)) + " times shorter; or split the work over several runs");
    if (stack_bytes > hook.max_stack)
        return rejected(object, program, 1041, "stack of " + std::to_string(stack_bytes) + " bytes exceeds the hook's limit", "hook " + hook.name + " allows " + std::to_string(hook.max_stack), "use smaller local variables, or a map");
    return std::nullopt;
}

// Search, then check: what the search found counts only if the checker proves it again.
std::optional<Diagnostic> prove(const bpf::Object& object, std::uint32_t index, const Platform& platform, const VerifyOptions& options, Judged& j) {
    const bpf::Program& program = object.programs[index];
    const Hook& hook = *j.hook.hook;
    CfgResult built = build_cfg(program, platform, platform.legacy_packet_access || hook.legacy_packet_access);
    if (built.error) {
        built.error->where = object.location(program, built.error->instruction.value_or(0));
        name_extern(object, index, *built.error);
        return built.error;
    }
    if (const auto slot = platform.native_code ? reads_configuration(object, program) : std::nullopt) {
        Diagnostic d = rejected(object, program, 1805, "variables of the kernel's configuration are not supported on platform " + platform.name, {}, "use a constant of your own");
        d.where = object.location(program, *slot);
        d.instruction = *slot;
        return d;
    }
    const ProofEnvironment env(object, program, platform, hook, options.memory_bytes);
    std::map<std::uint32_t, std::uint64_t> iterations;
    std::vector<LoopProof> loop_proofs;
    const auto take_loops = [&](Found&& found) {
        iterations.clear();
        loop_proofs.clear();
        for (std::size_t l = 0; l < found.loops.size(); ++l) {
            iterations[found.loops[l].header] = found.loops[l].max_iterations;
            if (!found.loop_proofs[l].empty()) loop_proofs.push_back({found.loops[l].header, std::move(found.loop_proofs[l])});
        }
    };
    const bool given = index < options.certificates.size();
    if (given) {
        j.verdict.certificate = options.certificates[index];
        if (index < options.loop_proofs.size()) loop_proofs = options.loop_proofs[index];
    } else {
        Found found = find_proof(env, built.cfg, {options.max_steps, options.shared_calls, true, options.count_loops});
        j.verdict.stats = found.stats;
        if (found.problem) {
            j.verdict.path = std::move(found.path);
            j.verdict.values = std::move(found.values);
            return found.problem;
        }
        j.verdict.worst_case_instructions = found.worst_case;
        j.verdict.stack_bytes = found.stack_bytes;
        if (auto over = within_budgets(object, program, hook, found.worst_case, found.stack_bytes)) {
            // Which loops make it long, and which functions need the stack.
            constexpr std::size_t kNotes = 4;
            std::ranges::stable_sort(found.loops, std::ranges::greater{}, &LoopFact::max_iterations);
            for (std::size_t l = 0; over->code == "MBPF1040" && l < std::min(found.loops.size(), kNotes); ++l)
                over->notes.push_back({"this loop runs up to " + std::to_string(found.loops[l].max_iterations) + " times", object.location(program, loop_condition(env, found.loops[l].header))});
            if (over->code == "MBPF1040" && !over->notes.empty()) over->where = over->notes.front().where;
            for (std::size_t f = 0; over->code == "MBPF1041" && f < std::min({found.frames.size(), program.functions.size(), std::size_t{8}}); ++f)
                if (found.frames[f] > 0) over->notes.push_back({program.functions[f].name + " has " + std::to_string(found.frames[f]) + " bytes of it", object.location(program, program.functions[f].begin)});
            return over;
        }
        j.verdict.certificate = std::move(found.certificate);
        take_loops(std::move(found));
    }
    Checked checked = check_proof(env, built.cfg, j.verdict.certificate);
    // What the search believed and the checker does not see: there is room for so many differences, and the checker needs some
    // for the counters of costs. Where it ended, none are stated then; at last, joins keep none at all.
    constexpr std::size_t kPlain = 6;
    FindOptions less{options.max_steps, options.shared_calls, true, options.count_loops, {}};
    while (checked.problem && !given && less.relations) {
        if (less.plain.size() >= kPlain || !less.plain.insert(static_cast<std::uint32_t>(checked.problem->instruction.value_or(0))).second) less = {options.max_steps, UINT32_MAX, false, options.count_loops, {}};
        Found again = find_proof(env, built.cfg, less);
        if (again.problem || within_budgets(object, program, hook, again.worst_case, again.stack_bytes)) continue;
        j.verdict.certificate = std::move(again.certificate);
        take_loops(std::move(again));
        checked = check_proof(env, built.cfg, j.verdict.certificate);
    }
    j.verdict.stats.checker_steps = checked.stats.checker_steps;
    j.verdict.stats.checker_bytes = checked.stats.checker_bytes;
    j.verdict.certificate_bytes = static_cast<std::uint32_t>(j.verdict.certificate.size());
    if (checked.problem) return checked.problem;
    j.facts = std::move(*checked.facts);
    for (const auto& [header, count] : iterations)  // runs of callbacks
        if (std::ranges::find(j.facts.loops, header, &LoopFact::header) == j.facts.loops.end()) j.facts.loops.push_back({header, 0, j.facts.worst_case_instructions});
    for (LoopFact& loop : j.facts.loops) {
        if (const auto found = iterations.find(loop.header); found != iterations.end()) loop.max_iterations = found->second;
        const auto proof = std::ranges::find(loop_proofs, loop.header, &LoopProof::header);
        if (proof == loop_proofs.end()) continue;
        const auto executions = check_executions(env, loop.header, proof->certificate);
        if (!executions) continue;
        loop.max_executions = std::min(loop.max_executions, *executions);
        j.verdict.loop_proofs.push_back(std::move(*proof));
    }
    j.verdict.facts = std::make_shared<const ProgramFacts>(j.facts);
    j.verdict.worst_case_instructions = j.facts.worst_case_instructions;
    j.verdict.stack_bytes = j.facts.stack_bytes;
    return std::nullopt;
}

Judged judge(const bpf::Object& object, std::uint32_t index, const Platform& platform, const VerifyOptions& options) {
    const bpf::Program& program = object.programs[index];
    Judged j;
    j.verdict.program = index;
    j.verdict.section = program.section;
    j.verdict.function = program.name;
    j.verdict.instructions = static_cast<std::uint32_t>(program.insns.size());
    const std::uint64_t start = cpu_time_us();
    const auto hook = hook_of(object, program, platform, options);
    std::optional<Diagnostic> problem;
    if (hook) {
        j.verdict.hook = hook->hook->name;
        j.verdict.hook_guessed = hook->guessed;
    }
    if (!hook) {
        problem = no_hook(object, platform, program);
    } else if (!hook->hook->unsupported.empty()) {
        problem = rejected(object, program, 1808, "programs of hook " + hook->hook->name + " are not supported", hook->hook->unsupported, "judge them with the kernel's own verifier");
    } else if (!(problem = check_maps(object, platform, program))) {
        j.hook = *hook;
        problem = prove(object, index, platform, options, j);
    }
    j.verdict.stats.time_us = cpu_time_us() - start;
    j.verdict.accepted = !problem.has_value();
    if (problem) {
        if (problem->where.file.empty()) problem->where.file = object.path;
        problem->fix = fix_of(*problem);
        if (const DiagnosticCode* row = find_diagnostic_code(problem->code); row != nullptr && problem->why.empty()) problem->why = row->title;
        if (program.lines.empty() && !object.elf.empty()) problem->notes.push_back({"the object tells no C lines: compile it with -g", {object.path, 0, 0, {}}});
        j.verdict.diagnostics.push_back(std::move(*problem));
    }
    return j;
}

}  // namespace

VerifyReport verify(std::shared_ptr<const bpf::Object> object, std::shared_ptr<const Platform> platform, const VerifyOptions& options) {
    VerifyReport report;
    std::vector<ProgramFacts> facts;
    std::vector<HookMatch> hooks;
    bool all = true;
    for (std::uint32_t i = 0; i < object->programs.size(); ++i) {
        const bpf::Program& program = object->programs[i];
        const bool selected = (options.section.empty() || options.section == program.section) && (options.function.empty() || options.function == program.name);
        all = all && selected;
        if (!selected) continue;
        Judged j = judge(*object, i, *platform, options);
        all = all && j.verdict.accepted;
        report.verdicts.push_back(std::move(j.verdict));
        facts.push_back(std::move(j.facts));
        // The platform outlives the hooks that point into it: the VerifiedObject holds it.
        hooks.push_back(j.hook);
    }
    if (all && !report.verdicts.empty()) {
        std::vector<std::uint8_t> file = write_certificates(report, *platform);
        report.verified = VerifiedObjectMaker::make(std::move(object), std::move(platform), std::move(facts), std::move(hooks), options.memory_bytes, std::move(file));
    }
    return report;
}

}  // namespace mbpf
