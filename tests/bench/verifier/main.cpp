// SPDX-License-Identifier: Apache-2.0
// What the verifier costs and what it accepts:
//   verifier_bench --shapes                                  programs of extreme shapes
//   verifier_bench --objects DIR --verdicts CSV [--rounds N] a corpus beside recorded verdicts of other verifiers and,
//                                                            where bpf(2) may be called, the running kernel's
//   verifier_bench --objects DIR                             all objects of a folder beside the running kernel
//   verifier_bench --generated N                             random XDP programs beside the running kernel
//   verifier_bench --generated 1 --seed S                    one of them, listed if the verdicts differ
// The CSV's columns used: object, section, function, tier, prevail_verdict, kernel_verdict, kernel_verif_us.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "sdk/cli/cli.h"
#include "sdk/cli/command_line.h"
#include "tests/bench/verifier/kernel.h"
#include "tests/bench/verifier/shapes.h"
#include "tests/fuzz/program_generator.h"
#include "verifier/verify.h"

namespace {

using namespace mbpf;

struct Outcome {
    bool accepted = false;
    char code[16] = {};
    std::uint64_t time_us = 0, worst_case = 0, certificate = 0, steps = 0;
};

// In a process of its own: its peak is the analysis's, not the corpus reader's.
Outcome alone(const std::shared_ptr<const bpf::Object>& object, const std::shared_ptr<const Platform>& platform, long& peak_kb) {
    int pipe_ends[2];
    Outcome out;
    if (::pipe(pipe_ends) != 0) return out;
    const pid_t pid = ::fork();
    if (pid == 0) {
        rusage before{}, after{};
        ::getrusage(RUSAGE_SELF, &before);
        const VerifyReport report = verify(object, platform);
        ::getrusage(RUSAGE_SELF, &after);
        const ProgramVerdict& v = report.verdicts.front();
        out.accepted = v.accepted;
        if (!v.accepted) std::snprintf(out.code, sizeof out.code, "%s", v.diagnostics.front().code.c_str());
        out.time_us = v.stats.time_us;
        out.worst_case = v.worst_case_instructions;
        out.certificate = v.certificate_bytes;
        out.steps = v.stats.steps;
        const long grown = after.ru_maxrss - before.ru_maxrss;
        if (::write(pipe_ends[1], &out, sizeof out) < 0 || ::write(pipe_ends[1], &grown, sizeof grown) < 0) ::_exit(1);
        ::_exit(0);
    }
    ::close(pipe_ends[1]);
    const bool read = ::read(pipe_ends[0], &out, sizeof out) == sizeof out && ::read(pipe_ends[0], &peak_kb, sizeof peak_kb) == sizeof peak_kb;
    ::close(pipe_ends[0]);
    ::waitpid(pid, nullptr, 0);
    if (!read) std::snprintf(out.code, sizeof out.code, "died");
    return out;
}

int run_shapes() {
    const auto platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    std::printf("%-42s %8s %9s %9s %10s %10s\n", "shape", "verdict", "ms", "MB", "worst", "proof B");
    bool good = true;
    for (bench::Shape& s : bench::shapes()) {
        s.object.programs.front().section = "tracepoint/x/y";
        long peak_kb = 0;
        const Outcome o = alone(std::make_shared<const bpf::Object>(s.object), platform, peak_kb);
        const bool within = o.time_us < 1'000'000 && peak_kb < 100'000;
        good = good && within;
        std::printf("%-42s %8s %9.1f %9.1f %10llu %10llu%s\n", s.name.c_str(), o.accepted ? "accept" : o.code, static_cast<double>(o.time_us) / 1000, static_cast<double>(peak_kb) / 1024,
                    static_cast<unsigned long long>(o.worst_case), static_cast<unsigned long long>(o.certificate), within ? "" : "  over 1 s or 100 MB");
    }
    return good ? 0 : 1;
}

struct Row {
    std::string section, function, tier, prevail, kernel;
    std::uint64_t kernel_us = 0;
};

std::map<std::string, std::vector<Row>> read_csv(const std::string& path) {
    std::ifstream file(path);
    std::map<std::string, std::size_t> column;
    std::map<std::string, std::vector<Row>> rows;
    std::string line;
    const auto cells = [](const std::string& text) {
        std::vector<std::string> out;
        std::istringstream in(text);
        for (std::string cell; std::getline(in, cell, ',');) out.push_back(cell);
        return out;
    };
    if (std::getline(file, line))
        for (const std::string& name : cells(line)) column.emplace(name, column.size());
    while (std::getline(file, line)) {
        std::vector<std::string> c = cells(line);
        c.resize(column.size());
        const std::string us = c[column["kernel_verif_us"]];
        rows[c[column["object"]]].push_back({c[column["section"]], c[column["function"]], c[column["tier"]], c[column["prevail_verdict"]], c[column["kernel_verdict"]], us.empty() ? 0 : std::stoull(us)});
    }
    return rows;
}

int run_corpus(const std::string& folder, const std::string& csv, unsigned rounds) {
    const auto platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    std::map<std::string, std::pair<unsigned, unsigned>> tiers;
    std::map<std::string, unsigned> codes;
    std::uint64_t ours = 0, kernel = 0, beside = 0, running = 0, loaded = 0;
    const bool answers = bench::kernel_answers();
    std::vector<double> ratios;
    std::vector<std::uint64_t> peaks;
    for (const auto& [name, rows] : read_csv(csv)) {
        auto bytes = cli::read_input(folder + "/" + name);
        if (!bytes) return cli::report(bytes.error());
        for (const Row& row : rows) {
            bpf::ReadOptions read{.path = name};
            read.text_functions = row.section == ".text";
            auto object = bpf::read_object(bytes.value(), read);
            auto& [accepted, all] = tiers[row.tier];
            ++all;
            if (!object) continue;
            const auto shared = std::make_shared<const bpf::Object>(std::move(object).value());
            VerifyOptions options;
            options.section = row.section;
            options.function = row.function;
            std::vector<std::uint64_t> times;
            VerifyReport report;
            std::vector<std::uint64_t> kernel_times;
            bench::KernelObject in_kernel(*shared);
            bench::KernelVerdict theirs;
            for (unsigned i = 0; i < rounds; ++i) {
                report = verify(shared, platform, options);
                if (report.verdicts.empty()) break;
                times.push_back(report.verdicts.front().stats.time_us);
                const std::size_t program = report.verdicts.front().program;
                const auto match = answers ? match_section(*platform, shared->programs[program].section, name) : std::nullopt;
                if (!match) continue;
                theirs = in_kernel.load(program, match->hook->name);
                kernel_times.push_back(theirs.time_us);
            }
            if (report.verdicts.empty()) continue;
            if (theirs.asked && theirs.accepted != report.verdicts.front().accepted)
                std::printf("running kernel %s, we %s: %s %s %s: %s\n", theirs.accepted ? "accepts" : "rejects", theirs.accepted ? report.verdicts.front().diagnostics.front().code.c_str() : "accept", name.c_str(), row.section.c_str(), row.function.c_str(), theirs.reason.c_str());
            if (theirs.accepted && report.verdicts.front().accepted) {
                std::ranges::sort(kernel_times);
                std::vector<std::uint64_t> sorted = times;
                std::ranges::sort(sorted);
                beside += sorted[sorted.size() / 2];
                running += kernel_times[kernel_times.size() / 2];
                ++loaded;
            }
            const ProgramVerdict& v = report.verdicts.front();
            if (!v.accepted) {
                const Diagnostic& d = v.diagnostics.front();
                ++codes[row.tier + " " + d.code + (diagnostic_class(d) == DiagnosticClass::unsupported ? " (unsupported)" : "")];
                if (row.tier[0] == 'T') std::printf("%s %s %s %s: %s\n", row.tier.c_str(), name.c_str(), row.section.c_str(), row.function.c_str(), d.message.c_str());
                continue;
            }
            ++accepted;
            // What others' recorded verdicts doubt: is it safe?
            if (row.tier[0] != 'T') std::printf("%s, we accept: %s %s %s: the running kernel %s\n", row.tier.c_str(), name.c_str(), row.section.c_str(), row.function.c_str(), !theirs.asked ? "was not asked" : theirs.accepted ? "accepts, too" : theirs.reason.c_str());
            peaks.push_back(v.stats.peak_bytes);
            if (v.instructions > 0) ratios.push_back(static_cast<double>(v.certificate_bytes) / (8.0 * v.instructions));
            if (row.kernel_us == 0 || row.kernel == "REJECT") continue;
            std::ranges::sort(times);
            ours += times[times.size() / 2];
            kernel += row.kernel_us;
        }
    }
    std::printf("%-16s %10s\n", "tier", "accepted");
    for (const auto& [tier, n] : tiers) std::printf("%-16s %5u/%u\n", tier.c_str(), n.first, n.second);
    for (const auto& [code, n] : codes) std::printf("  refused: %s: %u\n", code.c_str(), n);
    if (ratios.empty()) return 1;
    std::ranges::sort(ratios);
    std::ranges::sort(peaks);
    std::printf("certificate / bytecode: median %.2f, most %.2f\npeak of the analysis: 99th percentile %.2f MB, most %.2f MB\n", ratios[ratios.size() / 2], ratios.back(), static_cast<double>(peaks[peaks.size() * 99 / 100]) / 1e6, static_cast<double>(peaks.back()) / 1e6);
    std::printf("CPU on what the kernel accepts too: %.1f ms, the kernel's recorded %.1f ms, ratio %.2f\n", static_cast<double>(ours) / 1000, static_cast<double>(kernel) / 1000, static_cast<double>(ours) / static_cast<double>(kernel));
    if (loaded > 0) std::printf("CPU beside the running kernel, alternated, on the %llu that both accept: %.1f ms, the kernel %.1f ms, ratio %.2f\n", static_cast<unsigned long long>(loaded), static_cast<double>(beside) / 1000, static_cast<double>(running) / 1000, static_cast<double>(beside) / static_cast<double>(running));
    return 0;
}

// Both verdicts on every program of a folder's objects; told where they differ, or where we do not judge.
int run_folder(const std::string& folder) {
    const auto platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    const bool answers = bench::kernel_answers();
    std::map<std::string, unsigned> counts;
    std::vector<std::filesystem::path> paths;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        if (at->path().extension() == ".o") paths.push_back(at->path());
    std::ranges::sort(paths);
    for (const auto& path : paths) {
        const std::string name = path.filename().string();
        const auto bytes = cli::read_input(path.string());
        auto object = bytes ? bpf::read_object(bytes.value(), {.path = name}) : Result<bpf::Object>(bytes.error());
        if (!object) {
            std::printf("%s: %s %s\n", name.c_str(), object.error().code.c_str(), object.error().message.c_str());
            ++counts["not read"];
            continue;
        }
        const auto shared = std::make_shared<const bpf::Object>(std::move(object).value());
        const VerifyReport report = verify(shared, platform);
        bench::KernelObject in_kernel(*shared);
        for (const ProgramVerdict& v : report.verdicts) {
            const bpf::Program& program = shared->programs[v.program];
            const auto match = answers ? match_section(*platform, program.section, name) : std::nullopt;
            const bench::KernelVerdict theirs = match ? in_kernel.load(v.program, match->hook->name) : bench::KernelVerdict{};
            const bool unsupported = !v.accepted && diagnostic_class(v.diagnostics.front()) == DiagnosticClass::unsupported;
            const std::string ours = v.accepted ? "accepted" : unsupported ? "unsupported" : "refused", kernel = !theirs.asked ? "not asked" : theirs.accepted ? "accepts" : "refuses";
            ++counts["we: " + ours + ", kernel: " + kernel];
            if (theirs.asked && theirs.accepted != v.accepted)
                std::printf("%s %s %s: the kernel %s%s%s; we: %s\n", name.c_str(), program.section.c_str(), program.name.c_str(), kernel.c_str(), theirs.accepted ? "" : ": ", theirs.reason.c_str(), v.accepted ? "accepted" : (v.diagnostics.front().code + " " + v.diagnostics.front().message).c_str());
        }
    }
    for (const auto& [what, n] : counts) std::printf("%6u  %s\n", n, what.c_str());
    return counts.empty() ? 1 : 0;
}

// Both verdicts on programs of the fuzzer's generator; differences counted by both sides' reasons.
int run_generated(std::uint64_t count, std::uint64_t seed) {
    if (!bench::kernel_answers()) {
        std::puts("programs may not be loaded here: bpf(2) needs root");
        return 0;
    }
    const auto platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    std::uint64_t both = 0, neither = 0;
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> differences;  // count, a seed
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t s = count == 1 ? seed : (seed * 1'000'003 + i) * 4;  // the generator's packet programs
        const auto object = std::make_shared<const bpf::Object>(fuzz::generate(s));
        const VerifyReport report = verify(object, platform, {.max_steps = 200'000});
        bench::KernelObject in_kernel(*object);
        const bench::KernelVerdict theirs = in_kernel.load(0, "xdp");
        if (!theirs.asked) continue;
        const bool ours = report.accepted();
        if (ours == theirs.accepted) {
            ++(ours ? both : neither);
            continue;
        }
        std::string reason = theirs.reason;
        std::erase_if(reason, [](char c) { return c >= '0' && c <= '9'; });
        const std::string why = ours ? "only we accept; the kernel: " + reason : "only the kernel accepts; we: " + report.verdicts.front().diagnostics.front().code + " " + report.verdicts.front().diagnostics.front().message.substr(0, 60);
        if (count == 1) {
            for (std::size_t k = 0; k < object->programs[0].insns.size(); ++k) std::printf("%3zu: %s\n", k, bpf::disassemble(object->programs[0].insns, k).c_str());
            if (!ours) std::fputs(render_text(report.verdicts.front().diagnostics.front()).c_str(), stdout);
        }
        auto& d = differences[why];
        ++d.first;
        d.second = s;
    }
    std::printf("accepted by both %llu, by neither %llu\n", static_cast<unsigned long long>(both), static_cast<unsigned long long>(neither));
    for (const auto& [why, d] : differences) std::printf("%6llu  %s (seed %llu)\n", static_cast<unsigned long long>(d.first), why.c_str(), static_cast<unsigned long long>(d.second));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Cost and verdicts of the verifier.", "verifier_bench");
    std::string objects, verdicts;
    bool shapes = false;
    unsigned rounds = 3;
    std::uint64_t generated = 0, seed = 1;
    app.add_flag("--shapes", shapes, "programs of extreme shapes");
    app.add_option("--objects", objects, "folder of eBPF objects");
    app.add_option("--verdicts", verdicts, "CSV of other verifiers' verdicts; without, the running kernel's on all objects");
    app.add_option("--rounds", rounds, "medians over so many runs")->check(CLI::Range(1, 99));
    app.add_option("--generated", generated, "random programs beside the running kernel");
    app.add_option("--seed", seed, "of the random programs");
    if (const std::optional<int> end = mbpf::cli::parse(app, argc, argv)) return *end;
    if (generated > 0) return run_generated(generated, seed);
    if (shapes) return run_shapes();
    if (!objects.empty()) return verdicts.empty() ? run_folder(objects) : run_corpus(objects, verdicts, rounds);
    std::fputs(app.help().c_str(), stderr);
    return 2;
}
