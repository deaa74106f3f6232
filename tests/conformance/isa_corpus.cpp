// SPDX-License-Identifier: Apache-2.0
// Runs every *.data of a folder (data_file.h) on the interpreter, natively in this process and on each emulated CPU,
// for speed and for size, and holds r0 and memory against the file's result and the interpreter.
//   isa_corpus DIR [--all] [--engine NAME]…
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "sdk/cli/command_line.h"
#include "simulator/isa_runner.h"
#include "tests/compiler/native_device.h"
#include "tests/conformance/data_file.h"
#include "verifier/verify.h"

namespace {

using namespace mbpf;
using conformance::DataFile;

struct Row {
    DataFile file;
    sim::IsaRun reference;  // the interpreter's
    std::string refused;    // why it runs nowhere
    bool apart = false;     // refused, and rightly so: counted, not a difference
    std::map<std::string, std::string> marks;  // by engine: "=" or what differs
};

std::string difference(const sim::IsaRun& actual, const Row& row) {
    char text[64];
    if (actual.r0 != row.reference.r0) {
        std::snprintf(text, sizeof text, "r0 0x%llx", static_cast<unsigned long long>(actual.r0));
        return text;
    }
    return actual.memory == row.reference.memory ? "=" : "memory";
}

VerifyReport judge(const std::vector<const Row*>& rows) {
    bpf::Object object;
    for (const Row* row : rows) {
        auto one = bpf::object_from_slots(row->file.test.program, "isa");
        if (!one) {
            VerifyReport report;
            report.verdicts.emplace_back().diagnostics.push_back(one.error());
            return report;
        }
        if (object.programs.empty()) object = *one;
        else object.programs.push_back(one->programs.front());
        object.programs.back().name = "p" + std::to_string(object.programs.size());
    }
    VerifyOptions options;
    options.memory_bytes = static_cast<std::uint32_t>(rows.front()->file.test.memory.size());
    return verify(std::make_shared<const bpf::Object>(std::move(object)), std::make_shared<const Platform>(*builtin_platform("isa")), options);
}

// The interpreter's run, and whether the verifier lets the program go further.
void admit(Row& row, sim::IsaEngine& interpreter) {
    const VerifyReport report = judge({&row});
    if (!report.accepted()) {
        const Diagnostic& first = report.verdicts.front().diagnostics.front();
        row.refused = first.code + ": " + first.message + (first.why.empty() ? "" : " (" + first.why + ")");
        row.apart = row.file.must_fail || row.file.calls_register;
    } else if (row.file.must_fail) {
        row.refused = "it must fail, and the verifier accepts it";
    }
    if (row.file.must_fail) return;
    auto run = interpreter.run(bpf::encode(row.file.test.program), row.file.test.memory);
    if (!run) {
        row.marks["interpreter"] = row.apart ? "-" : run.error().code + ": " + run.error().message;
        return;
    }
    row.reference.r0 = row.file.result;
    row.reference.memory = run->memory;
    row.marks["interpreter"] = difference(*run, row);
    row.reference = *run;
}

void run_here(Row& row, sim::IsaEngine& engine, const std::string& name) {
    auto run = engine.run(bpf::encode(row.file.test.program), row.file.test.memory);
    row.marks[name] = run ? difference(*run, row) : run.error().code + ": " + run.error().message;
}

// One boot a length of memory, since that is proved against, and a way to optimise.
void run_emulated(std::vector<Row*> rows, const std::string& name) {
    std::vector<const Row*> programs(rows.begin(), rows.end());
    const VerifyReport report = judge(programs);
    std::vector<test::NativeInput> inputs;
    for (std::size_t p = 0; p < rows.size(); ++p) inputs.push_back({.program = p, .context = rows[p]->file.test.memory});
    for (const Optimize optimize : {Optimize::speed, Optimize::size}) {
        const auto native = compile_native(*report.verified, *find_target(name), {.optimize = optimize});
        const auto outcomes = native ? test::run_emulated(*report.verified, *native, inputs) : Result<std::vector<test::NativeOutcome>>(native.error());
        for (std::size_t p = 0; p < rows.size(); ++p) {
            std::string& mark = rows[p]->marks[name];
            if (!mark.empty() && mark != "=") continue;
            if (!outcomes) mark = outcomes.error().code + ": " + outcomes.error().message;
            else if (p >= outcomes->size()) mark = p == outcomes->size() ? "trapped" : "not reached";
            else mark = difference({(*outcomes)[p].r0, (*outcomes)[p].context}, *rows[p]);
        }
    }
}

Result<std::vector<Row>> read_folder(const std::string& folder) {
    std::vector<std::string> paths;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".data") paths.push_back(entry.path().string());
    if (error || paths.empty()) return cli::usage_error(folder + " holds no .data files");
    std::ranges::sort(paths);
    std::vector<Row> rows;
    for (const std::string& path : paths) {
        auto text = cli::read_text(path);
        if (!text) return text.error();
        auto file = conformance::read_data_file(*text, path);
        if (!file) return file.error();
        rows.push_back({.file = std::move(file).value(), .reference = {}, .refused = {}, .apart = false, .marks = {}});
    }
    return rows;
}

// Rows that all engines agree on are left out unless asked for. Returns how many do not.
unsigned print(const std::vector<Row>& rows, const std::vector<std::string>& engines, bool all) {
    unsigned equal = 0, apart = 0;
    for (const Row& row : rows) {
        const bool good = row.refused.empty() && std::ranges::all_of(row.marks, [](const auto& mark) { return mark.second == "="; });
        if (row.apart) ++apart;
        else if (good) ++equal;
        if (good && !all) continue;
        std::printf("%-34s", row.file.test.name.c_str());
        for (const std::string& engine : engines) {
            const auto mark = row.marks.find(engine);
            std::printf(" %s", mark == row.marks.end() ? "-" : mark->second.c_str());
        }
        std::printf("%s%s\n", row.refused.empty() ? "" : "  refused: ", row.refused.c_str());
    }
    std::string names;
    for (const std::string& engine : engines) names += " " + engine;
    const unsigned differ = static_cast<unsigned>(rows.size()) - equal - apart;
    std::printf("%zu cases: %u equal on%s; %u refused as they must be; %u not as they must be\n", rows.size(), equal, names.c_str(), apart, differ);
    return differ;
}

}  // namespace

int main(int argc, char** argv) {
    std::string folder;
    bool all = false;
    std::vector<std::string> engines;
    CLI::App app("Holds every engine against a folder of conformance cases.", "isa_corpus");
    app.add_option("folder", folder, "folder of *.data files")->required()->type_name("DIR");
    app.add_flag("--all", all, "print the cases on which all agree too");
    app.add_option("--engine", engines, "besides the interpreter; default: x86_64 and all emulated ones")->type_name("NAME");
    if (const std::optional<int> end = cli::parse(app, argc, argv)) return *end;
    if (engines.empty()) engines = {"x86_64", "cortex-m4", "rv32imac", "rv64gc", "aarch64"};
    auto rows = read_folder(folder);
    if (!rows) return cli::report(rows.error());
    auto interpreter = sim::make_isa_engine("interpreter");
    std::map<std::size_t, std::vector<Row*>> by_memory;
    for (Row& row : *rows) {
        admit(row, **interpreter);
        if (row.refused.empty()) by_memory[row.file.test.memory.size()].push_back(&row);
    }
    for (const std::string& name : engines) {
        if (name != "x86_64") {
            if (!test::can_emulate(name)) return cli::report(cli::usage_error("cannot emulate " + name, "run scripts/setup.sh"));
            for (const auto& [bytes, group] : by_memory) run_emulated(group, name);
            continue;
        }
        auto engine = sim::make_isa_engine(name);
        if (!engine) return cli::report(engine.error());
        for (Row& row : *rows)
            if (row.refused.empty()) run_here(row, **engine, name);
    }
    engines.insert(engines.begin(), "interpreter");
    return print(*rows, engines, all) == 0 ? 0 : 1;
}
