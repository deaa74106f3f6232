// SPDX-License-Identifier: Apache-2.0
// mbpf-verify: verdicts on eBPF objects and C sources, for people and for CI.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sdk/cli/cli.h"
#include "sdk/cli/command_line.h"
#include "sdk/pipeline/build.h"
#include "sdk/report/report.h"
#include "sdk/rules/rules.h"
#include "verifier/certificate_file.h"

namespace {

using namespace mbpf;
using nlohmann::json;

struct Arguments {
    std::vector<std::string> inputs, include_paths, defines;
    std::string platform = "microbpf", section, format = "text", explain;
    std::string program, hook, btf, certificate, check, report;
    std::uint32_t memory_bytes = 0;
    std::uint64_t max_steps = VerifyOptions{}.max_steps;
    bool stats = false;
};

constexpr const char* kExamples = R"(Examples:
  mbpf-verify filter.bpf.c                 compile and judge
  mbpf-verify filter.o other.o --stats     objects of any eBPF compiler
  mbpf-verify filter.o --section xdp --format json
  mbpf-verify filter.o --certificate filter.proof && mbpf-verify filter.o --check filter.proof
  mbpf-verify probe.o --platform linux --hook kprobe --report probe.html
  mbpf-verify --explain MBPF1012           what the rule demands, and how to keep it

Exit codes: 0 all accepted, 1 something rejected, 2 usage, 3 malformed input, 4 I/O.)";

void print_verdict(const ProgramVerdict& v, const Arguments& a) {
    for (const Diagnostic& d : v.diagnostics) std::fputs(render_text(d, {.colour = cli::use_colour()}).c_str(), stderr);
    if (v.accepted)
        std::printf("accept  %s %s: %u instructions, worst case %llu, stack %u bytes\n", v.section.c_str(), v.function.c_str(), v.instructions, static_cast<unsigned long long>(v.worst_case_instructions), v.stack_bytes);
    else
        std::printf("reject  %s %s: %s%s\n", v.section.c_str(), v.function.c_str(), v.diagnostics.front().code.c_str(), diagnostic_class(v.diagnostics.front()) == DiagnosticClass::unsupported ? " (unsupported)" : "");
    if (a.stats)
        std::printf("        search: %llu attempts, %llu steps, %llu joins, %llu widenings, %llu loop iterations run out, %llu us, %llu bytes at most\n        checker: %llu steps, %llu bytes of memory; certificate: %u bytes\n",
                    static_cast<unsigned long long>(v.stats.attempts), static_cast<unsigned long long>(v.stats.steps), static_cast<unsigned long long>(v.stats.joins), static_cast<unsigned long long>(v.stats.widenings),
                    static_cast<unsigned long long>(v.stats.loop_iterations_unrolled), static_cast<unsigned long long>(v.stats.time_us), static_cast<unsigned long long>(v.stats.peak_bytes),
                    static_cast<unsigned long long>(v.stats.checker_steps), static_cast<unsigned long long>(v.stats.checker_bytes), v.certificate_bytes);
    std::fflush(stdout);  // in order with the messages, where both go to one place
}

// For those who meet a rule for the first time.
void point_to_rule(const std::vector<JudgedInput>& judged) {
    for (const JudgedInput& j : judged)
        for (const Diagnostic& d : j.result.diagnostics)
            if (d.severity == Severity::error && exit_code(d) == 1 && d.code != "MBPF1100") {  // of C the message says all
                std::fprintf(stderr, "the rule, with a wrong and a right program: mbpf-verify --explain %s\n", d.code.c_str());
                return;
            }
}

// "all" lists the rules, "markdown" is the reference page.
int explain(const std::string& code) {
    const Result<std::string> text = code == "all" ? Result<std::string>(list_rules()) : code == "markdown" ? Result<std::string>(rules_page()) : explain_rule(code);
    if (!text) return cli::report(text.error());
    std::fputs(text->c_str(), stdout);
    return 0;
}

// What is wrong with an input as a whole; pages and SARIF tell it, too.
int refuse(JudgedInput& input, const Diagnostic& d, const Arguments& a) {
    input.result.diagnostics = {d};
    return a.format == "text" ? cli::report(d) : exit_code(d);
}

// One input's verdicts; the exit code of what was wrong with it, or 0.
int verify_input(const std::string& path, const Arguments& a, const BuildOptions& options, std::vector<JudgedInput>& judged) {
    auto bytes = cli::read_input(path);
    judged.push_back({path, bytes ? build({{path, std::move(bytes).value()}}, options) : BuildResult{}, options.platform});
    JudgedInput& input = judged.back();
    if (!bytes) return refuse(input, bytes.error(), a);
    BuildResult& result = input.result;
    const auto& verdicts = result.verification.verdicts;
    if (a.format == "text" && !verdicts.empty()) std::fputs(result.compiler_messages.c_str(), stderr);
    if (a.format == "text")
        for (const ProgramVerdict& v : verdicts) {
            if (const auto guessed = guessed_hook(input, v)) std::fputs(render_text(*guessed, {.colour = cli::use_colour()}).c_str(), stderr);
            print_verdict(v, a);
        }
    if (verdicts.empty() && result.object && result.exit_code() == 2) {  // nothing else is wrong
        std::string names;
        for (const bpf::Program& p : result.object->programs) names += (names.empty() ? "" : ", ") + p.section + " " + p.name;
        return refuse(input, cli::usage_error(path + " has no program that --section and --program select", "choose of: " + names), a);
    }
    // The verdicts' own diagnostics are printed above; what failed before verification is here.
    if (verdicts.empty() && !result.ok()) {
        if (a.format == "text") std::fputs(result.messages.c_str(), stderr);
        return result.exit_code();
    }
    for (const ProgramVerdict& v : verdicts)
        if (!v.accepted) return exit_code(v.diagnostics.front());
    if (!a.certificate.empty())
        if (Status written = cli::write_output(a.certificate, write_certificates(result.verification, *options.platform)); !written) return cli::report(written.error());
    return 0;
}

Diagnostic malformed(const std::string& path, std::string code, std::string message, std::string fix) {
    Diagnostic d;
    d.code = std::move(code);
    d.message = std::move(message);
    d.where.file = path;
    d.fix = std::move(fix);
    return d;
}

Result<BuildOptions> options_of(const Arguments& a) {
    auto platform = load_platform(a.platform);
    if (!platform) return platform.error();
    BuildOptions options;
    options.goal = BuildGoal::verified;
    options.platform = std::make_shared<const Platform>(std::move(platform).value());
    if (!a.hook.empty() && options.platform->find_hook(a.hook) == nullptr) return cli::usage_error("platform " + options.platform->name + " has no hook " + a.hook, "see the platform reference for its hooks");
    if (!a.check.empty()) {
        auto bytes = cli::read_input(a.check);
        if (!bytes) return bytes.error();
        options.certificate = std::move(bytes).value();
        options.certificate_path = a.check;
    }
    if (!a.btf.empty()) {
        auto bytes = cli::read_input(a.btf);
        if (!bytes) return bytes.error();
        if (bytes->empty()) return malformed(a.btf, "MBPF3006", "the file of the target's types is empty", "give a kernel image with BTF, or raw BTF");
        options.target_btf = std::move(bytes).value();
    }
    options.include_paths = a.include_paths;
    options.defines = a.defines;
    options.colour = cli::use_colour();
    options.verify.section = a.section;
    options.verify.function = a.program;
    options.verify.hook = a.hook;
    options.verify.memory_bytes = a.memory_bytes;
    options.verify.max_steps = a.max_steps;
    return options;
}

int run(const Arguments& a) {
    if (!a.explain.empty()) return explain(a.explain);
    if (a.inputs.empty()) return cli::report(cli::usage_error("no input given", "name objects or C sources, or - for stdin"));
    if (a.inputs.size() > 1 && !(a.certificate.empty() && a.check.empty())) return cli::report(cli::usage_error("a certificate is of one object", "name one input with --certificate and --check"));
    if (a.certificate == "-" || a.report == "-") return cli::report(cli::usage_error("verdicts go to standard output, and nothing else does", "name a file for --certificate and --report"), a.format == "json");
    for (const std::string* output : {&a.certificate, &a.report})
        if (const Status kept = cli::keep_inputs(*output, a.inputs); !kept) return cli::report(kept.error(), a.format == "json");
    auto options = options_of(a);
    if (!options) return cli::report(options.error(), a.format == "json");
    std::vector<JudgedInput> judged;
    judged.reserve(a.inputs.size());
    int worst = 0;
    for (const std::string& input : a.inputs) worst = std::max(worst, verify_input(input, a, *options, judged));
    json objects = json::array();
    for (const JudgedInput& input : judged) objects.push_back(input_json(input));
    // One input, one object; several, a list.
    if (a.format == "json") std::printf("%s\n", (objects.size() == 1 ? objects.front() : objects).dump(-1, ' ', false, json::error_handler_t::replace).c_str());
    if (a.format == "sarif") std::fputs(sarif_report(judged, cli::kVersion, cli::working_folder()).c_str(), stdout);
    if (a.format == "text") point_to_rule(judged);
    if (!a.report.empty())
        if (Status written = cli::write_text(a.report, html_report(judged, cli::kVersion)); !written) worst = std::max(worst, cli::report(written.error()));
    return worst;
}

}  // namespace

int main(int argc, char** argv) {
    cli::limit_memory();
    Arguments a;
    CLI::App app("Proves eBPF programs safe and bounds their cost, or says why not.", "mbpf-verify");
    app.set_version_flag("--version", std::string("mbpf-verify ") + cli::kVersion);
    app.footer(kExamples);
    app.add_option("inputs", a.inputs, "eBPF objects or C sources; - is stdin")->type_name("OBJ|SRC");
    app.add_option("--platform", a.platform, "built-in name or .textproto file")->envname("MBPF_PLATFORM")->capture_default_str();
    app.add_option("--hook", a.hook, "judge programs as of this hook, whatever their section");
    app.add_option("--btf", a.btf, "types that CO-RE relocations are resolved against: raw BTF or ELF")->type_name("FILE");
    app.add_option("--certificate", a.certificate, "write the proof")->type_name("FILE");
    app.add_option("--check", a.check, "run only the checker, on this proof")->type_name("FILE");
    app.add_option("--report", a.report, "write a page for a browser")->type_name("FILE.html");
    app.add_option("--section", a.section, "judge only programs of this section");
    app.add_option("--program", a.program, "judge only the program of this name");
    app.add_option("--format", a.format, "of the verdicts on stdout")->check(CLI::IsMember({"text", "json", "sarif"}))->capture_default_str();
    app.add_flag("--stats", a.stats, "figures of each analysis");
    app.add_flag_callback("--rules", [&a] { a.explain = "all"; }, "list the rules");
    app.add_option("--explain", a.explain, "what a rule demands and why, with a wrong and a right program; all: list the rules")->type_name("RULE");
    app.add_option("-I", a.include_paths, "folder to search for headers")->type_name("DIR")->allow_extra_args(false);
    app.add_option("-D", a.defines, "macro to define")->type_name("NAME[=VALUE]")->allow_extra_args(false);
    app.add_option("--memory-bytes", a.memory_bytes, "platform isa: length of the memory in r1");
    app.add_option("--max-steps", a.max_steps, "budget of the analysis of each program")->capture_default_str();
    if (const std::optional<int> end = cli::parse(app, argc, argv)) return *end;
    return cli::finish(run(a));
}
