// SPDX-License-Identifier: Apache-2.0
// Stages in order; each adds its figures and its messages, and the first error ends the way.
#include "sdk/pipeline/build.h"

#include <mbpf/abi/package.h>
#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>

#include "linker/package_layout.h"
#include "signer/provenance.h"
#include "verifier/certificate_file.h"

namespace mbpf {

std::vector<std::pair<std::string_view, std::string_view>> sdk_headers();  // made by mbpf_embed

namespace {

using Clock = std::chrono::steady_clock;

class Stage {
  public:
    Stage(BuildResult& result, const char* name) : result_(result), begin_(Clock::now()) { figures_.stage = name; }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage() {
        figures_.time_us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_).count());
        result_.stages.push_back(std::move(figures_));
    }
    void figure(const char* name, std::uint64_t value) { figures_.figures.emplace_back(name, value); }

  private:
    BuildResult& result_;
    Clock::time_point begin_;
    StageFigures figures_;
};

void add(BuildResult& result, const BuildOptions& options, Diagnostic d) {
    result.messages += render_text(d, {.colour = options.colour});
    result.diagnostics.push_back(std::move(d));
}

Diagnostic usage(std::string message, std::string fix) {
    Diagnostic d;
    d.code = "MBPF2001";
    d.message = std::move(message);
    d.fix = std::move(fix);
    return d;
}

bool is_elf(const BuildInput& input) { return input.bytes.size() >= 4 && std::memcmp(input.bytes.data(), "\177ELF", 4) == 0; }

// Files of ours that are taken for sources would make pages of errors of the C compiler.
std::optional<Diagnostic> no_source(const BuildInput& input) {
    const std::string_view text(reinterpret_cast<const char*>(input.bytes.data()), input.bytes.size());
    Diagnostic d;
    d.code = "MBPF3013";
    d.where.file = input.path;
    if (text.starts_with("MBPF")) {
        d.message = "this is a package, not C source";
        d.fix = "mbpf-sign inspect and verify read packages, mbpf-sim run runs them; give the source that it was built from";
    } else if (text.starts_with("mbpf-key-") || text.starts_with("mbpf-pub-")) {
        d.message = "this is a key file, not C source";
    } else if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
        d.message = "this is neither C source nor an eBPF object";
        d.why = "byte " + std::to_string(zero) + " is zero";
    } else {
        return std::nullopt;
    }
    return d;
}

bool compile(const std::vector<BuildInput>& inputs, const BuildOptions& options, BuildResult& result) {
    Stage stage(result, "compile");
    FrontEndOptions front_end;
    front_end.include_paths = options.include_paths;
    front_end.defines = options.defines;
    front_end.path_maps = options.path_maps;
    front_end.cpu = options.cpu;
    front_end.colour = options.colour;
    front_end.warnings_as_errors = options.warnings_as_errors;
    front_end.virtual_headers = author_headers(*options.platform);
    std::vector<SourceFile> sources;
    std::uint64_t lines = 0;
    for (const BuildInput& input : inputs) {
        if (auto wrong = no_source(input)) add(result, options, std::move(*wrong));
        sources.push_back({input.path, std::string(input.bytes.begin(), input.bytes.end())});
        lines += static_cast<std::uint64_t>(std::count(input.bytes.begin(), input.bytes.end(), '\n'));
    }
    if (!result.ok()) return false;
    FrontEndOutput output = compile_c(sources, front_end);
    result.messages += output.messages;
    result.compiler_messages = output.messages;
    for (Diagnostic& d : output.diagnostics) result.diagnostics.push_back(std::move(d));
    result.elf = std::move(output.elf);
    for (const ReadFile& file : output.files) result.files.emplace_back(file.path, file.sha256);
    stage.figure("sources", sources.size());
    stage.figure("lines", lines);
    stage.figure("object_bytes", result.elf.size());
    return result.ok() && !result.elf.empty();
}

bool read(const std::string& path, const BuildOptions& options, BuildResult& result) {
    Stage stage(result, "read");
    Result<bpf::Object> object = bpf::read_object(result.elf, {.path = path, .target_btf = options.target_btf, .text_functions = options.text_functions || options.verify.section == ".text"});
    if (!object) {
        add(result, options, object.error());
        return false;
    }
    result.object = std::make_shared<const bpf::Object>(std::move(object).value());
    std::uint64_t instructions = 0;
    for (const bpf::Program& p : result.object->programs) instructions += p.insns.size();
    stage.figure("programs", result.object->programs.size());
    stage.figure("maps", result.object->maps.size());
    stage.figure("instructions", instructions);
    return true;
}

bool run_verifier(const BuildOptions& options, BuildResult& result) {
    Stage stage(result, "verify");
    VerifyOptions judged = options.verify;
    judged.count_loops = judged.count_loops || options.goal >= BuildGoal::native;  // bounds on the machine code need it
    if (options.certificate) {
        auto proofs = read_certificates(*options.certificate, *result.object, *options.platform);
        if (!proofs) {
            Diagnostic d = proofs.error();
            d.where.file = options.certificate_path;
            add(result, options, std::move(d));
            return false;
        }
        judged.certificates = std::move(proofs->programs);
        judged.loop_proofs = std::move(proofs->loops);
    }
    result.verification = verify(result.object, options.platform, judged);
    std::uint64_t worst = 0, stack = 0, steps = 0;
    for (const ProgramVerdict& v : result.verification.verdicts) {
        worst = std::max(worst, v.worst_case_instructions);
        stack = std::max<std::uint64_t>(stack, v.stack_bytes);
        steps += v.stats.steps;
        for (const Diagnostic& d : v.diagnostics) add(result, options, d);
    }
    stage.figure("worst_case_instructions", worst);
    stage.figure("stack_bytes", stack);
    stage.figure("steps", steps);
    if (result.ok() && !result.verification.accepted()) {
        add(result, options, usage("the verifier was asked about some of the programs only", "verify all programs to build a package"));
    }
    return result.ok();
}

bool compile_to_native(const BuildOptions& options, const Target& target, BuildResult& result) {
    Stage stage(result, "native");
    Result<NativeObject> native = compile_native(*result.verification.verified, target, options.aot);
    if (!native) {
        add(result, options, native.error());
        return false;
    }
    result.native = std::move(native).value();
    std::uint64_t stack = 0;
    for (const NativeProgram& p : result.native->programs()) stack = std::max<std::uint64_t>(stack, p.stack_bytes);
    stage.figure("object_bytes", result.native->elf().size());
    stage.figure("imports", result.native->imports().size());
    stage.figure("stack_bytes", stack);
    return true;
}

const char* optimize_name(Optimize optimize) {
    switch (optimize) {
        case Optimize::speed: return "speed";
        case Optimize::size: return "size";
        case Optimize::balanced: return "balanced";
    }
    return "?";
}

// Nothing of the machine it is built on: the same input gives the same statement.
ProvenanceFacts provenance_facts(const BuildOptions& options, const BuildResult& result) {
    ProvenanceFacts facts;
    facts.files = result.files;
    facts.tools = {{"microbpf", MBPF_SDK_VERSION}, {"compiler", compiler_version()}};
    facts.parameters = {{"target", options.target}, {"optimize", optimize_name(options.aot.optimize)}, {"cpu", options.cpu}, {"platform", options.platform->name + " " + std::to_string(options.platform->version)}, {"rollback_counter", std::to_string(options.link.rollback_counter)}};
    facts.defines = options.defines;
    return facts;
}

bool link_to_package(const std::string& path, const BuildOptions& options, BuildResult& result) {
    Stage stage(result, "link");
    LinkOptions link = options.link;
    if (link.name.empty()) link.name = package_name(path);
    Result<Package> package = link_package(*result.verification.verified, *result.native, link);
    if (!package) {
        add(result, options, package.error());
        return false;
    }
    result.package = std::move(package).value();
    if (!result.package->host_sections.empty()) {
        const std::string statement = provenance_statement(*result.package, provenance_facts(options, result));
        result.package->host_sections.push_back({MBPF_HOST_PROVENANCE, {statement.begin(), statement.end()}});
    }
    std::uint32_t instructions = 0, cycles = 0;
    for (const PackageProgram& p : result.package->programs) {
        instructions = std::max(instructions, p.native_instructions);
        cycles = std::max(cycles, p.native_cycles);
    }
    if (instructions != MBPF_UNBOUNDED) stage.figure("worst_case_native_instructions", instructions);
    if (cycles != MBPF_UNBOUNDED) stage.figure("worst_case_cycles", cycles);
    stage.figure("text_bytes", result.package->text.size());
    stage.figure("ram_bytes", result.package->ram_bytes);
    stage.figure("package_bytes", result.package->serialize().size());
    return true;
}

// What the device will hold, by what it is for: small programs want to know what the package itself takes.
void tell_device_bytes(BuildResult& result) {
    const DeviceBytes bytes = device_bytes(*result.package);
    Stage stage(result, "device");
    stage.figure("device_bytes", bytes.total());
    stage.figure("text_bytes", bytes.text);
    stage.figure("data_bytes", bytes.data);
    stage.figure("relocation_bytes", bytes.relocations);
    stage.figure("program_bytes", bytes.programs);
    stage.figure("map_bytes", bytes.maps);
    stage.figure("fixed_overhead_bytes", bytes.fixed);
}

const Target* wanted_target(const BuildOptions& options, BuildResult& result) {
    const Target* target = find_target(options.target);
    if (target != nullptr) return target;
    std::string known;
    for (const std::string& name : target_names()) known += (known.empty() ? "" : ", ") + name;
    add(result, options, usage(options.target.empty() ? "no target is given" : "there is no target '" + options.target + "'", "use one of " + known));
    return nullptr;
}

bool inputs_fit_together(const std::vector<BuildInput>& inputs, const BuildOptions& options, BuildResult& result) {
    const auto objects = std::count_if(inputs.begin(), inputs.end(), is_elf);
    if (inputs.empty()) {
        add(result, options, usage("nothing to build", "name C sources or one eBPF object"));
    } else if (objects > 0 && inputs.size() > 1) {
        add(result, options, usage("an eBPF object cannot be linked with anything else", "name C sources, or exactly one object"));
    } else if (options.goal >= BuildGoal::native && options.platform != nullptr && !options.platform->native_code) {
        add(result, options, usage("programs of platform " + options.platform->name + " are judged, not compiled to native code", "use mbpf-verify, or build for a device's platform"));
    }
    return result.ok();
}

}  // namespace

bool BuildResult::ok() const {
    return std::none_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
}

int BuildResult::exit_code() const {
    for (const Diagnostic& d : diagnostics) {
        if (d.severity == Severity::error) return mbpf::exit_code(d);
    }
    return 0;
}

std::vector<std::pair<std::string, std::string>> author_headers(const Platform& platform) {
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& [path, text] : sdk_headers()) headers.emplace_back(path, text);
    headers.emplace_back("mbpf/" + platform.name + ".h", author_header(platform));
    headers.emplace_back("mbpf/platform.h", "#include <mbpf/" + platform.name + ".h>\n");
    return headers;
}

std::string package_name(const std::string& path) {
    std::string name = path.substr(path.find_last_of('/') + 1);
    name = name.substr(0, name.find('.'));
    return name.empty() || name == "-" ? "program" : name;
}

BuildResult build(const std::vector<BuildInput>& inputs, const BuildOptions& options) {
    BuildResult result;
    if (!inputs_fit_together(inputs, options, result)) return result;
    // A wrong target is told at once, not after a minute of verification.
    const Target* target = nullptr;
    if (options.goal >= BuildGoal::native && (target = wanted_target(options, result)) == nullptr) return result;
    const std::string& path = inputs.front().path;
    if (is_elf(inputs.front())) {
        result.elf = inputs.front().bytes;
        result.files.emplace_back(path, std::array<std::uint8_t, 32>{});
        crypto_hash_sha256(result.files.back().second.data(), result.elf.data(), result.elf.size());
    } else if (!compile(inputs, options, result)) {
        return result;
    }
    if (options.goal == BuildGoal::elf) return result;
    if (!read(path, options, result) || options.goal == BuildGoal::object) return result;
    if (!run_verifier(options, result) || options.goal == BuildGoal::verified) return result;
    if (!compile_to_native(options, *target, result) || options.goal == BuildGoal::native) return result;
    if (link_to_package(path, options, result)) tell_device_bytes(result);
    return result;
}

}  // namespace mbpf
