// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/native_code/hooks.h"

#include <elf.h>
#include <mbpf/abi/package.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "compiler/lift/image_plan.h"
#include "linker/image.h"
#include "sdk/cli/cli.h"
#include "sdk/pipeline/build.h"

namespace mbpf::bench {
namespace {

constexpr unsigned kImports = 16;  // BENCH_IMPORTS

// Of hooks/scene.h's side and of the runtime that firmware links; the latter as firmware compiles it.
constexpr const char* kLibrary = "tests/bench/native_code/hooks/runtime.c";
constexpr const char* kRuntime[] = {"firmware_runtime/src/map.c", "firmware_runtime/src/map_array.c", "firmware_runtime/src/map_hash.c", "firmware_runtime/src/map_records.c", "firmware_runtime/src/map_ringbuf.c", "firmware_runtime/src/map_series.c", "firmware_runtime/src/text.c", "firmware_runtime/src/atomics.c", "firmware_runtime/helpers/maps.c", "firmware_runtime/helpers/ring_buffer.c", "firmware_runtime/helpers/format.c", kLibrary};

template <class Header, class Section, class Symbol>
std::map<std::string, SymbolPlace> read_symbols(const std::vector<std::uint8_t>& elf) {
    std::map<std::string, SymbolPlace> places;
    Header header;
    std::memcpy(&header, elf.data(), sizeof header);
    const auto section = [&](unsigned index) {
        Section s;
        std::memcpy(&s, elf.data() + header.e_shoff + index * sizeof s, sizeof s);
        return s;
    };
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        const Section table = section(i);
        if (table.sh_type != SHT_SYMTAB) continue;
        const char* names = reinterpret_cast<const char*>(elf.data() + section(table.sh_link).sh_offset);
        for (std::size_t at = 0; at < table.sh_size; at += sizeof(Symbol)) {
            Symbol symbol;
            std::memcpy(&symbol, elf.data() + table.sh_offset + at, sizeof symbol);
            if (symbol.st_shndx != SHN_UNDEF) places[names + symbol.st_name] = {symbol.st_value, static_cast<std::uint32_t>(symbol.st_size)};
        }
    }
    return places;
}

// Keeps each machine's runtime for the scenes to come.
struct Scratch {
    Scratch() { std::filesystem::create_directories(path); }
    ~Scratch() { std::filesystem::remove_all(path); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("native-hooks-" + std::to_string(::getpid()));
};

std::string compile_command(const Folders& folders, const Machine& machine, const std::string& level, const std::string& source, const std::string& object) {
    return "clang-19 --target=" + std::string(machine.triple) + " " + machine.flags + " " + level + " -ffreestanding -DMBPF_WITHOUT_MAP_LRU_HASH -DMBPF_WITHOUT_MAP_LPM_TRIE -DMBPF_WITHOUT_MAP_QUEUE -DMBPF_WITHOUT_MAP_PROGRAM_ARRAY -ffunction-sections -fno-asynchronous-unwind-tables -fno-stack-protector -I" + folders.source + "/tests/bench/native_code -I" + folders.source + "/tests/bench/native_code/hooks/include -I" + folders.source + " -I" + folders.source + "/firmware_runtime/include -I" + folders.source + "/firmware_runtime/src -I" + folders.generated + " -I" + folders.source + "/sdk/include -c " + folders.source + "/" + source + " -o " + object;
}

BuildResult built(const Folders& folders, const Row& row, const Machine& machine, Optimize optimize) {
    BuildOptions options;
    options.goal = BuildGoal::native;
    options.platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
    options.target = machine.target;
    options.aot.optimize = optimize;
    const std::string path = folders.source + "/" + row.source;
    const auto source = cli::read_input(path);
    return build({{path, source ? *source : std::vector<std::uint8_t>{}}}, options);
}

// What the row of the import table holds on a device, as a symbol of the scene; values: of a pointer to it.
std::string symbol_of(const Import& row, const Platform& platform, const bpf::Object& object, const ImagePlan& plan) {
    switch (row.kind) {
        case MBPF_IMPORT_HELPER: {
            const auto helper = std::ranges::find_if(platform.helpers, [&](const Helper& h) { return h.number == row.index; });
            return helper == platform.helpers.end() ? "" : "mbpf_helper_" + helper->name;
        }
        case MBPF_IMPORT_MAP: return object.maps[plan.object_maps[row.index]].name;
        case MBPF_IMPORT_MAP_VALUES: return "bench_values_" + object.maps[plan.object_maps[row.index]].name;
        case MBPF_IMPORT_RUNTIME: return row.index == MBPF_RT_ATOMIC64 ? "mbpf_rt_atomic64" : "mbpf_rt_atomic32";
        default: return "";
    }
}

}  // namespace

const std::vector<Row>& hook_rows() {
    static const std::vector<Row> all = [] {
        std::vector<Row> rows;
        struct Event {
            const char *example, *program, *events[2];
        };
        for (const Event& e : {Event{"estop", "estop", {"estop: stop", "estop: bounce"}}, Event{"imu_filter", "imu_filter", {"imu_filter: sample", "imu_filter: outlier"}}, Event{"udp_acl", "udp_acl", {"udp_acl: pass", "udp_acl: drop"}}, Event{"weather", "temperature", {"weather: answer", "weather: refuse"}}})
            for (unsigned variant = 0; variant < 2; ++variant) {
                const std::string example = e.example;
                rows.push_back({.name = e.events[variant], .source = "sdk/examples/" + example + "/" + example + ".bpf.c", .defines = {}, .bytes = 0, .program = e.program, .scene = "tests/bench/native_code/hooks/scene_" + example + ".c", .variant = variant});
            }
        return rows;
    }();
    return all;
}

Code hook_native_code(const Folders& folders, const Row& row, const Machine& machine, const std::string& level, std::uint64_t address) {
    Code code;
    static const Scratch folder;
    const std::filesystem::path& scratch = folder.path;
    const std::string image = (scratch / "scene.elf").string(), flat = (scratch / "scene.bin").string(), script = (scratch / "scene.ld").string(), runtime = (scratch / (std::string(machine.target) + "-runtime.o")).string();
    std::string command = "true", objects;
    if (!std::filesystem::exists(runtime)) {
        for (const char* source : kRuntime) {
            const std::string object = (scratch / (std::filesystem::path(source).parent_path().filename().string() + "-" + std::filesystem::path(source).stem().string() + ".o")).string();
            command += " && " + compile_command(folders, machine, source == kLibrary ? "-Oz -fno-builtin" : "-Oz", source, object);
            objects += " " + object;
        }
        command += " && ld.lld-19 -r" + objects + " -o " + runtime;
    }
    const std::string scene = (scratch / "scene.o").string();
    command += " && " + compile_command(folders, machine, level, row.scene, scene);
    char text[256];
    std::snprintf(text, sizeof text, "SECTIONS { .text 0x%llx : { *(.text .text.* .rodata .rodata.* .srodata* .data .data.* .sdata* .bss .bss.* .sbss* COMMON .got*) } /DISCARD/ : { *(.ARM.exidx* .comment .note* .eh_frame*) } }\n", static_cast<unsigned long long>(address));
    command += " && ld.lld-19 -T " + script + " --entry=" + row.program + " " + scene + " " + runtime + (machine.libgcc == nullptr ? std::string() : " $(" + std::string(machine.libgcc) + ")") + " -o " + image + " && llvm-objcopy-19 -O binary " + image + " " + flat;
    if (!cli::write_text(script, text) || std::system(command.c_str()) != 0) code.error = "failed: " + command;
    const auto elf = cli::read_input(image), bytes = cli::read_input(flat);
    if (!code.error.empty() || !elf || !bytes) return code;
    code.image = *bytes;
    code.symbols = (*elf)[EI_CLASS] == ELFCLASS32 ? read_symbols<Elf32_Ehdr, Elf32_Shdr, Elf32_Sym>(*elf) : read_symbols<Elf64_Ehdr, Elf64_Shdr, Elf64_Sym>(*elf);
    code.bytes = code.symbols[row.program].bytes;
    code.entry = static_cast<std::uint32_t>((code.symbols[row.program].address - address) & ~std::uint64_t{machine.target == std::string("cortex-m4")});
    code.scene = Scene{address, code.symbols["bench_reset"].address, code.symbols["bench_digest"].address, code.symbols["bench_context"].address, 0, row.variant};
    return code;
}

Code hook_aot_code(const Folders& folders, const Row& row, const Machine& machine, Optimize optimize, Code& native, unsigned way) {
    Code code;
    const BuildResult result = built(folders, row, machine, optimize);
    if (!result.native) {
        code.error = result.messages;
        return code;
    }
    const auto& programs = result.object->programs;
    const auto program = static_cast<std::size_t>(std::ranges::find(programs, row.program, &bpf::Program::name) - programs.begin());
    if (program == programs.size()) {
        code.error = row.source + " has no program " + row.program;
        return code;
    }
    std::vector<std::string> symbols;
    for (const NativeProgram& p : result.native->programs()) symbols.push_back(p.symbol);
    const auto image = link_image(result.native->elf(), result.native->target(), symbols);
    if (!image) {
        code.error = render_text(image.error());
        return code;
    }
    code.image = image->text;
    code.entry = image->symbols.at(symbols[program]);
    for (const CodeRange& function : image->functions)
        if (function.begin == code.entry) code.bytes = function.end - function.begin;
    const VerifiedObject& verified = *result.verification.verified;
    const ImagePlan plan = plan_image(verified);
    const unsigned pointer = target_pointer_bytes(result.native->target());
    const std::uint64_t base = native.scene->base, table = native.symbols["bench_imports"].address + std::uint64_t{way} * kImports * pointer;
    for (std::size_t i = 0; i < result.native->imports().size(); ++i) {
        const Import& import = result.native->imports()[i];
        const std::string name = symbol_of(import, verified.platform(), verified.object(), plan);
        if (!native.symbols.contains(name) || i >= kImports) {
            code.error = row.name + ": the scene has no \"" + name + "\" or no room for it";
            return code;
        }
        std::uint64_t value = native.symbols[name].address;
        if (import.kind == MBPF_IMPORT_MAP_VALUES) std::memcpy(&value, native.image.data() + (value - base), pointer);
        std::memcpy(native.image.data() + (table + i * pointer - base), &value, pointer);
    }
    code.scene = native.scene;
    code.scene->imports = table;
    if (pointer == 8 && native.symbols.contains("bench_context64")) code.scene->context = native.symbols["bench_context64"].address;
    return code;
}

}  // namespace mbpf::bench
