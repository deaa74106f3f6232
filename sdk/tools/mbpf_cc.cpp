// SPDX-License-Identifier: Apache-2.0
// mbpf-cc: C sources or an eBPF object to a package for one target, or to any product on the way.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "sdk/cli/cli.h"
#include "sdk/cli/command_line.h"
#include "sdk/pipeline/build.h"
#include "sdk/pipeline/build_report.h"

namespace {

using namespace mbpf;

struct Arguments {
    std::vector<std::string> inputs;
    std::string output;
    std::string target;
    std::string platform = "microbpf";
    std::string emit = "package";
    std::string name;
    std::string version = "0.1.0";
    std::string optimize = "speed";
    std::string cpu = FrontEndOptions{}.cpu;
    std::uint32_t rollback_counter = 0, memory_bytes = 0;
    std::vector<std::string> include_paths, defines, path_maps;
    bool json = false;
    bool warnings_as_errors = false;
};

constexpr const char* kExamples = R"(Examples:
  mbpf-cc build filter.bpf.c --target cortex-m4 -o filter.mbpf
  mbpf-cc build a.bpf.c b.bpf.c --target rv32imac --name acl --program-version 1.2.0
  mbpf-cc build filter.bpf.c --emit bpf -o filter.o       eBPF object, not yet verified
  mbpf-cc build other.o --target x86_64 --emit asm        any clang -target bpf object
  mbpf-cc headers --platform microbpf -o include          for your editor

Exit codes: 0 done, 1 rejected, 2 usage, 3 malformed input, 4 I/O, 70 internal error.)";

void add_build_options(CLI::App& cmd, Arguments& a) {
    cmd.add_option("inputs", a.inputs, "C sources, or one eBPF object; - is stdin")->required()->type_name("SRC|OBJ");
    cmd.add_option("-o,--output", a.output, "file to write; - is stdout")->type_name("FILE");
    cli::or_environment(cmd.add_option("--target", a.target, "what the device's CPU is"), a.target, "TARGET")->type_name("NAME");
    cli::or_environment(cmd.add_option("--platform", a.platform, "built-in name or .textproto file"), a.platform, "PLATFORM")->capture_default_str()->type_name("P");
    cmd.add_option("--emit", a.emit, "product to write")->check(CLI::IsMember({"bpf", "llvm", "asm", "object", "package"}))->capture_default_str();
    cmd.add_option("-I", a.include_paths, "folder to search for headers")->type_name("DIR")->allow_extra_args(false);
    cmd.add_option("-D", a.defines, "macro to define")->type_name("NAME[=VALUE]")->allow_extra_args(false);
    cmd.add_option("--path-map", a.path_maps, "replace a path's beginning in debug information")->type_name("FROM=TO")->allow_extra_args(false);
    cmd.add_option("--name", a.name, "package name (default: of the first input)");
    cmd.add_option("--program-version", a.version, "package version")->capture_default_str()->type_name("X.Y.Z");
    cmd.add_option("--rollback-counter", a.rollback_counter, "devices refuse packages with a lower one")->capture_default_str();
    cmd.add_option("--optimize", a.optimize, "native code for")->check(CLI::IsMember({"speed", "size", "balanced"}))->capture_default_str();
    cmd.add_option("--cpu", a.cpu, "eBPF instruction set")->check(CLI::IsMember({"v1", "v2", "v3", "v4"}))->capture_default_str();
    cmd.add_option("--memory-bytes", a.memory_bytes, "platform isa: length of the memory in r1");
    cmd.add_flag("--werror", a.warnings_as_errors, "warnings of the C compiler are errors");
    cmd.add_flag("--json", a.json, "figures and diagnostics as one JSON object on stdout");
}

Result<PackageVersion> parse_version(const std::string& text) {
    unsigned major = 0, minor = 0, patch = 0;
    char rest = 0;
    if (std::sscanf(text.c_str(), "%5u.%5u.%5u%c", &major, &minor, &patch, &rest) != 3 || std::max({major, minor, patch}) > 65535) {
        return cli::usage_error("'" + text + "' is no version", "write X.Y.Z with numbers up to 65535");
    }
    return PackageVersion{static_cast<std::uint16_t>(major), static_cast<std::uint16_t>(minor), static_cast<std::uint16_t>(patch)};
}

// What the arguments mean, or what is wrong with them.
Result<BuildOptions> build_options(const Arguments& a) {
    BuildOptions o;
    o.goal = a.emit == "bpf" ? BuildGoal::elf : a.emit == "package" ? BuildGoal::package : BuildGoal::native;
    Result<Platform> platform = load_platform(a.platform);
    if (!platform) return platform.error();
    o.platform = std::make_shared<const Platform>(std::move(platform).value());
    Result<PackageVersion> version = parse_version(a.version);
    if (!version) return version.error();
    for (const std::string& map : a.path_maps) {
        const std::size_t equals = map.find('=');
        if (equals == std::string::npos || equals == 0) return cli::usage_error("'" + map + "' is no path map", "write FROM=TO");
        o.path_maps.emplace_back(map.substr(0, equals), map.substr(equals + 1));
    }
    o.target = a.target;
    o.include_paths = a.include_paths;
    o.defines = a.defines;
    o.verify.memory_bytes = a.memory_bytes;
    o.cpu = a.cpu;
    o.warnings_as_errors = a.warnings_as_errors;
    o.colour = cli::use_colour();
    o.aot.optimize = a.optimize == "size" ? Optimize::size : a.optimize == "balanced" ? Optimize::balanced : Optimize::speed;
    o.aot.want_llvm_ir = a.emit == "llvm";
    o.aot.want_assembly = a.emit == "asm";
    o.link = {.name = a.name, .version = *version, .rollback_counter = a.rollback_counter};
    return o;
}

std::string default_output(const Arguments& a) {
    if (a.emit == "llvm" || a.emit == "asm") return "-";
    const std::string stem = package_name(a.inputs.front());
    return stem + (a.emit == "package" ? ".mbpf" : a.emit == "bpf" ? ".bpf.o" : ".o");
}

Status write_product(const Arguments& a, const std::string& path, const BuildResult& result) {
    if (a.emit == "llvm") return cli::write_text(path, result.native->llvm_ir());
    if (a.emit == "asm") return cli::write_text(path, result.native->assembly());
    if (a.emit == "object") return cli::write_output(path, result.native->elf());
    if (a.emit == "bpf") return cli::write_output(path, result.elf);
    return cli::write_output(path, result.package->serialize());
}

int build_command(const Arguments& a) {
    Result<BuildOptions> options = build_options(a);
    if (!options) return cli::report(options.error(), a.json);
    const std::string output = a.output.empty() ? default_output(a) : a.output;
    if (a.json && output == "-") return cli::report(cli::usage_error("--json and the product cannot both go to stdout", "name a file with -o"));
    if (const Status kept = cli::keep_inputs(output, a.inputs); !kept) return cli::report(kept.error(), a.json);
    std::vector<BuildInput> inputs;
    for (const std::string& path : a.inputs) {
        Result<std::vector<std::uint8_t>> bytes = cli::read_input(path);
        if (!bytes) return cli::report(bytes.error(), a.json);
        inputs.push_back({path, std::move(bytes).value()});
    }
    BuildResult result = build(inputs, *options);
    if (result.ok()) {
        Status written = write_product(a, output, result);
        if (!written) {
            result.messages += render_text(written.error(), {.colour = options->colour});
            result.diagnostics.push_back(written.error());
        }
    }
    if (a.json) {
        std::printf("%s\n", build_json(result, result.ok() ? output : "").c_str());
        return result.exit_code();
    }
    std::fputs(result.messages.c_str(), stderr);
    if (result.ok()) std::fputs(build_table(result).c_str(), stderr);
    if (result.ok() && output != "-") std::fprintf(stderr, "wrote %s\n", output.c_str());
    return result.exit_code();
}

int headers_command(const Arguments& a) {
    Result<Platform> platform = load_platform(a.platform);
    if (!platform) return cli::report(platform.error());
    for (const auto& [path, text] : author_headers(*platform)) {
        Status written = cli::write_text_below(a.output, path, text);
        if (!written) return cli::report(written.error());
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    cli::limit_memory();
    Arguments a;
    CLI::App app("Builds verified packages for microcontrollers from restricted C.", "mbpf-cc");
    app.set_version_flag("--version", std::string("mbpf-cc ") + cli::kVersion);
    app.footer(kExamples);
    app.require_subcommand(1);
    CLI::App* build_cmd = app.add_subcommand("build", "compile, verify, translate to native code, link");
    add_build_options(*build_cmd, a);
    CLI::App* headers_cmd = app.add_subcommand("headers", "write the headers that programs include, for editors");
    cli::or_environment(headers_cmd->add_option("--platform", a.platform, "built-in name or .textproto file"), a.platform, "PLATFORM")->capture_default_str();
    headers_cmd->add_option("-o,--output", a.output, "folder to write to")->required()->type_name("DIR");
    if (const std::optional<int> end = cli::parse(app, argc, argv)) return *end;
    return cli::finish(build_cmd->parsed() ? build_command(a) : headers_command(a));
}
