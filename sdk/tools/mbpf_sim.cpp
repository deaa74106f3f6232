// SPDX-License-Identifier: Apache-2.0
// mbpf-sim: programs in the reference interpreter, conformance runs, emulated boards.
#include <mbpf/abi/package.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "core/assemble.h"
#include "sdk/cli/cli.h"
#include "sdk/cli/command_line.h"
#include "sdk/cli/passphrase.h"
#include "sdk/pipeline/build.h"
#include "signer/root.h"
#include "simulator/board.h"
#include "simulator/isa_runner.h"
#include "simulator/scenario.h"

namespace {

using namespace mbpf;

struct Arguments {
    std::string anchors, input, program, scenario, platform = "microbpf", memory, engine = "interpreter", board, endpoint, firmware, flash;
    std::vector<std::string> public_keys, include_paths;
    bool trace = false, json = false, fast = false, assembly = false;
};

constexpr const char* kExamples = R"(Examples:
  mbpf-sim run filter.bpf.c --input samples.json
  mbpf-sim run filter.mbpf --trace             the package's own bytecode
  echo b700000005000000 9500000000000000 | mbpf-sim isa --engine x86_64
  printf 'ldxb r0, [r1+1]\nexit\n' | mbpf-sim isa --assembly aabb
  mbpf-sim board cortex-m4 --pub ci.pub --pub release.pub --listen unix:board.sock

Input files hold {"maps": {NAME: [{"key": 0, "value": 250}]}, "events": [{"context": {"value": 7}, "packet":
"00ff…", "expect": 1}]}; context fields as the platform reference names them, or the whole context in hex.
Exit codes: 0 done, 1 trap or unexpected result, 2 usage, 3 malformed input, 4 I/O or emulator.)";

// An object, C source or package; of a package, the bytecode it was built from.
Result<std::shared_ptr<const bpf::Object>> read_program(const Arguments& a, const std::shared_ptr<const Platform>& platform) {
    auto bytes = cli::read_input(a.input);
    if (!bytes) return bytes.error();
    if (bytes->size() >= 4 && (*bytes)[0] == 'M' && (*bytes)[1] == 'B' && (*bytes)[2] == 'P' && (*bytes)[3] == 'F') {
        auto package = parse_package(*bytes);
        if (!package) return package.error();
        const HostSection* bytecode = package->find_host_section(MBPF_HOST_BYTECODE);
        if (bytecode == nullptr) return cli::usage_error(a.input + " has no bytecode: its host sections were stripped", "give the package as mbpf-cc wrote it");
        auto object = bpf::read_object(bytecode->bytes, {a.input});
        if (!object) return object.error();
        return std::make_shared<const bpf::Object>(std::move(object).value());
    }
    BuildOptions options;
    options.goal = BuildGoal::object;
    options.platform = platform;
    options.include_paths = a.include_paths;
    options.colour = cli::use_colour();
    const BuildResult result = build({{a.input, std::move(bytes).value()}}, options);
    if (result.ok() && result.object) return result.object;
    if (!result.diagnostics.empty()) return result.diagnostics.front();
    return cli::usage_error(a.input + " holds no program");
}

int run(const Arguments& a) {
    auto loaded = load_platform(a.platform);
    if (!loaded) return cli::report(loaded.error(), a.json);
    const auto platform = std::make_shared<const Platform>(std::move(loaded).value());
    auto object = read_program(a, platform);
    if (!object) return cli::report(object.error(), a.json);
    const auto& programs = (*object)->programs;
    std::size_t chosen = programs.size();
    for (std::size_t i = 0; i < programs.size(); ++i)
        if (a.program.empty() ? programs.size() == 1 : programs[i].name == a.program) chosen = i;
    if (chosen == programs.size()) {
        std::string names;
        for (const bpf::Program& p : programs) names += (names.empty() ? "" : ", ") + p.name;
        return cli::report(cli::usage_error(a.program.empty() ? "there are several programs" : "there is no program " + a.program, "choose one with --program: " + names), a.json);
    }
    const auto hook = match_section(*platform, programs[chosen].section);
    if (!hook) return cli::report(cli::usage_error("section " + programs[chosen].section + " is no hook of platform " + platform->name, "choose another --platform"), a.json);
    std::string text;
    if (!a.scenario.empty()) {
        auto read = cli::read_text(a.scenario);
        if (!read) return cli::report(read.error(), a.json);
        text = *read;
    }
    auto scenario = sim::parse_scenario(text, **object, *hook->hook, a.scenario);
    if (!scenario) return cli::report(scenario.error(), a.json);
    const sim::ScenarioReport report = sim::run_scenario(**object, chosen, *platform, *scenario, a.trace);
    std::fputs((a.json ? report.json : report.text).c_str(), stdout);
    return report.failure ? cli::report(*report.failure) : 0;
}

Result<std::vector<std::uint8_t>> read_isa_program(bool assembly) {
    std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
    if (assembly) {
        const auto program = bpf::assemble(text, "<stdin>");
        if (!program) return program.error();
        return bpf::encode(*program);
    }
    std::erase_if(text, [](unsigned char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
    return cli::parse_hex(text);
}

int isa(const Arguments& a) {
    auto memory = cli::parse_hex(a.memory);
    if (!memory) return cli::report(memory.error());
    auto bytecode = read_isa_program(a.assembly);
    if (!bytecode) return cli::report(bytecode.error());
    auto engine = sim::make_isa_engine(a.engine);
    if (!engine) return cli::report(engine.error());
    auto result = (*engine)->run(*bytecode, std::move(memory).value());
    if (!result) return cli::report(result.error());
    std::printf("0x%llx\n", static_cast<unsigned long long>(result->r0));
    return 0;
}

int board(const Arguments& a) {
    const auto kind = parse_board(a.board);
    if (!kind) return cli::report(cli::usage_error("there is no board '" + a.board + "'", "use cortex-m4, cortex-m33 or rv32imac"));
    if (!a.anchors.empty() && !a.public_keys.empty()) return cli::report(cli::usage_error("--anchors and --pub are both given", "give the keys to mbpf-sign trust-anchors, or leave --anchors out"));
    BoardOptions options;
    options.endpoint = a.endpoint;
    options.firmware = a.firmware;
    options.flash = a.flash;
    options.exact_counts = !a.fast;
    if (!a.anchors.empty()) {
        auto bytes = cli::read_input(a.anchors);
        if (!bytes) return cli::report(bytes.error());
        if (Status s = check_trust_anchors(*bytes); !s) {
            Diagnostic d = s.error();
            d.where.file = a.anchors;
            return cli::report(d);
        }
        options.trust_anchors = std::move(bytes).value();
    } else if (!a.public_keys.empty()) {
        auto anchors = trust_anchors_from_files(a.public_keys);
        if (!anchors) return cli::report(anchors.error());
        options.trust_anchors = std::move(anchors).value();
    }
    auto process = start_board(*kind, options);
    if (!process) return cli::report(process.error());
    std::printf("%s\n", process->endpoint().c_str());
    std::fflush(stdout);
    std::fprintf(stderr, "board %s runs with %s; reach it with:\n  mbpf-deploy --device %s info\nCtrl-C ends it\n", a.board.c_str(), a.anchors.empty() ? (std::to_string(a.public_keys.size()) + " trusted keys").c_str() : "the anchors given", process->endpoint().c_str());
    if (a.public_keys.empty() && a.anchors.empty()) std::fprintf(stderr, "note: without --pub it trusts no key and admits no package\n");
    if (Status s = wait_for_interrupt(*process); !s) return cli::report(s.error());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    cli::limit_memory();
    Arguments a;
    CLI::App app("Runs programs without hardware.", "mbpf-sim");
    app.set_version_flag("--version", std::string("mbpf-sim ") + cli::kVersion);
    app.footer(kExamples);
    app.require_subcommand(1);
    CLI::App* run_cmd = app.add_subcommand("run", "a program in the reference interpreter");
    run_cmd->add_option("program-file", a.input, "package, eBPF object or C source; - is stdin")->required()->type_name("PKG|OBJ|SRC");
    run_cmd->add_option("--program", a.program, "which of several");
    run_cmd->add_option("--input", a.scenario, "maps and events; default: one event, all zero")->type_name("FILE");
    cli::or_environment(run_cmd->add_option("--platform", a.platform, "built-in name or .textproto file"), a.platform, "PLATFORM")->capture_default_str();
    run_cmd->add_option("-I", a.include_paths, "folder to search for headers")->type_name("DIR")->allow_extra_args(false);
    run_cmd->add_flag("--trace", a.trace, "print every instruction with the registers before it");
    run_cmd->add_flag("--json", a.json, "the report as JSON");
    CLI::App* isa_cmd = app.add_subcommand("isa", "one conformance case: program in hex on stdin, r0 on stdout");
    isa_cmd->add_option("memory", a.memory, "memory that r1 points to, in hex")->type_name("MEM_HEX");
    isa_cmd->add_option("--engine", a.engine, "what runs it")->check(CLI::IsMember({"interpreter", "x86_64", "cortex-m4", "cortex-m33", "rv32imac"}))->capture_default_str();
    isa_cmd->add_flag("--assembly", a.assembly, "the program is assembly text (core/assemble.h), not hex");
    CLI::App* board_cmd = app.add_subcommand("board", "start an emulated board with the reference firmware");
    board_cmd->add_option("board", a.board, "cortex-m4, cortex-m33 or rv32imac")->required();
    board_cmd->add_option("--listen", a.endpoint, "unix:PATH or tcp://127.0.0.1:PORT")->type_name("URL");
    board_cmd->add_option("--pub", a.public_keys, "key to trust")->type_name("FILE")->allow_extra_args(false);
    board_cmd->add_option("--anchors", a.anchors, "or all it is provisioned with: mbpf-sign trust-anchors")->type_name("FILE");
    board_cmd->add_option("--firmware", a.firmware, "ELF to run instead")->type_name("FILE");
    board_cmd->add_option("--flash", a.flash, "keep the board's packages in this file, made if there is none")->type_name("FILE");
    board_cmd->add_flag("--fast", a.fast, "do not count instructions exactly");
    if (const std::optional<int> end = cli::parse(app, argc, argv)) return *end;
    return cli::finish(run_cmd->parsed() ? run(a) : isa_cmd->parsed() ? isa(a) : board(a));
}
