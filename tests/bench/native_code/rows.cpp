// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/native_code/rows.h"

#include <elf.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>

#include "linker/image.h"
#include "sdk/cli/cli.h"
#include "sdk/pipeline/build.h"

namespace mbpf::bench {
namespace {

constexpr std::uint32_t kSlotBytes = 8;

// Bytes of what would be loaded, by the section headers.
template <class Header, class Section>
std::uint32_t loaded(const std::vector<std::uint8_t>& elf) {
    Header header;
    std::memcpy(&header, elf.data(), sizeof header);
    std::uint32_t total = 0;
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        Section section;
        std::memcpy(&section, elf.data() + header.e_shoff + i * sizeof section, sizeof section);
        const bool unwinding = section.sh_type == 0x70000001;  // SHT_ARM_EXIDX and SHT_X86_64_UNWIND
        if ((section.sh_flags & SHF_ALLOC) != 0 && section.sh_type == SHT_PROGBITS && !unwinding) total += static_cast<std::uint32_t>(section.sh_size);
    }
    return total;
}
std::uint32_t loaded_bytes(const std::vector<std::uint8_t>& elf) {
    return elf[EI_CLASS] == ELFCLASS32 ? loaded<Elf32_Ehdr, Elf32_Shdr>(elf) : loaded<Elf64_Ehdr, Elf64_Shdr>(elf);
}

std::string output_of(const std::string& command) {
    std::string text;
    if (std::FILE* pipe = ::popen(command.c_str(), "r")) {
        char part[512];
        while (std::fgets(part, sizeof part, pipe) != nullptr) text += part;
        ::pclose(pipe);
    }
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

BuildResult built(const std::string& folder, const Row& row, const std::string& target, BuildGoal goal, Optimize optimize) {
    const std::string path = folder + "/" + row.source;
    BuildOptions options;
    options.goal = goal;
    options.platform = std::make_shared<const Platform>(*builtin_platform("isa"));
    options.target = target;
    options.defines = row.defines;
    options.verify.memory_bytes = row.bytes;
    options.aot.optimize = optimize;
    const auto source = cli::read_input(path);
    return build({{path, source ? *source : std::vector<std::uint8_t>{}}}, options);
}

}  // namespace

const std::vector<Row>& rows() {
    static const std::vector<Row> all = {
        {"fletcher16, 40 B", "fletcher16.c", {"BYTES=40"}, 40},
        {"fletcher16, 360 B", "fletcher16.c", {"BYTES=360"}, 360},
        {"fletcher16, 3600 B", "fletcher16.c", {"BYTES=3600"}, 3600},
        {"fletcher32", "fletcher32.c", {}, 360},
        {"crc32", "crc32.c", {}, 64},
        {"FIR", "fir.c", {}, 448},
        {"moving average", "moving_average.c", {}, 300},
        {"packet filter", "packet_filter.c", {}, 192},
        {"bubble sort", "bubble_sort.c", {}, 128},
        {"siphash", "siphash.c", {}, 80},
        {"binary search", "binary_search.c", {}, 576},
        {"PID", "pid.c", {}, 152},
        {"64-bit division", "division64.c", {}, 128},
        {"matrix multiply", "matrix.c", {}, 432},
    };
    return all;
}

const std::vector<Row>& other_rows() {
    static const std::vector<Row> all = {
        {"Adler-32", "others/adler32.c", {}, 256},
        {"base64", "others/base64.c", {}, 112},
        {"biquads", "others/biquad.c", {}, 184},
        {"bit counts", "others/bits.c", {}, 192},
        {"ChaCha20", "others/chacha.c", {}, 128},
        {"IP checksum", "others/checksum.c", {}, 60},
        {"CRC-16, bits", "others/crc16.c", {}, 64},
        {"debouncer", "others/debounce.c", {}, 132},
        {"hysteresis", "others/ema.c", {}, 264},
        {"FNV-1a, 64 bits", "others/fnv64.c", {}, 64},
        {"Goertzel", "others/goertzel.c", {}, 132},
        {"histogram", "others/histogram.c", {}, 320},
        {"insertion sort", "others/insertion_sort.c", {}, 128},
        {"interpolation", "others/interpolate.c", {}, 260},
        {"square roots", "others/isqrt.c", {}, 96},
        {"matrix by vector", "others/matvec.c", {}, 336},
        {"median of five", "others/median5.c", {}, 264},
        {"Murmur3", "others/murmur3.c", {}, 64},
        {"PI, anti-windup", "others/pi_antiwindup.c", {}, 156},
        {"quaternions", "others/quaternion.c", {}, 104},
        {"shell sort", "others/shell_sort.c", {}, 64},
        {"64-bit times", "others/timestamps.c", {}, 200},
        {"TLV records", "others/tlv.c", {}, 96},
        {"xxHash32", "others/xxhash32.c", {}, 128},
    };
    return all;
}

std::vector<std::uint8_t> input_of(const Row& row) {
    std::mt19937 random(row.bytes);
    std::vector<std::uint8_t> bytes(row.bytes);
    for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
    if (row.source != "packet_filter.c") return bytes;
    // Rules of /8 networks that all fit the frame but the last but one's; a UDP frame.
    for (unsigned rule = 0; rule < 8; ++rule) {
        std::uint8_t* r = bytes.data() + rule * 16;
        const std::uint32_t words[] = {(rule == 6 ? 192u : rule) << 24, 0xff000000u};
        std::memcpy(r, words, sizeof words);
        const std::uint8_t rest[] = {0, 0, 0xff, 0xff, static_cast<std::uint8_t>(rule % 2 ? 17 : 0), 2, 0, 0};
        std::memcpy(r + 8, rest, sizeof rest);
    }
    const std::uint8_t frame[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 192, 168, 1, 2, 10, 0, 0, 1, 0x30, 0x39, 0, 53};
    std::memcpy(bytes.data() + 128, frame, sizeof frame);
    return bytes;
}

Code native_code(const std::string& folder, const Row& row, const Machine& machine, const std::string& level, std::uint64_t address) {
    Code code;
    const std::filesystem::path scratch = std::filesystem::temp_directory_path() / ("native-code-" + std::to_string(::getpid()));
    std::filesystem::create_directories(scratch);
    const std::string object = (scratch / "kernel.o").string(), image = (scratch / "kernel.elf").string(), flat = (scratch / "kernel.bin").string(), script = (scratch / "kernel.ld").string();
    std::string command = "clang-19 --target=" + std::string(machine.triple) + " " + machine.flags + " " + level + " -ffreestanding -ffunction-sections -fno-asynchronous-unwind-tables -fno-stack-protector -c " + folder + "/" + row.source + " -o " + object;
    for (const std::string& define : row.defines) command += " -D" + define;
    char text[256];
    std::snprintf(text, sizeof text, "SECTIONS { .text 0x%llx : { KEEP(*(.text.kernel)) *(.text .text.* .rodata .rodata.* .srodata*) } /DISCARD/ : { *(.ARM.exidx* .comment .note* .eh_frame*) } }\n", static_cast<unsigned long long>(address));
    command += " && ld.lld-19 -T " + script + " --entry=kernel " + object + (machine.libgcc == nullptr ? std::string() : " " + output_of(machine.libgcc)) + " -o " + image + " && llvm-objcopy-19 -O binary " + image + " " + flat;
    if (!cli::write_text(script, text) || std::system(command.c_str()) != 0) code.error = "failed: " + command;
    if (const auto elf = cli::read_input(object); code.error.empty() && elf) code.bytes = loaded_bytes(*elf);
    if (const auto bytes = cli::read_input(flat); code.error.empty() && bytes) code.image = *bytes;
    std::filesystem::remove_all(scratch);
    return code;
}

Code aot_code(const std::string& folder, const Row& row, const Machine& machine, Optimize optimize) {
    Code code;
    const BuildResult result = built(folder, row, machine.target, BuildGoal::native, optimize);
    if (!result.native) {
        code.error = result.messages;
        return code;
    }
    const std::string& symbol = result.native->programs().front().symbol;
    const auto image = link_image(result.native->elf(), result.native->target(), {symbol});
    if (!image) {
        code.error = render_text(image.error());
        return code;
    }
    auto audit = audit_image(*image, result.native->target());
    if (!audit) {
        code.error = render_text(audit.error());
        return code;
    }
    code.bounds = bound_programs(*image, *audit, *result.native, 0).front();
    code.audit = std::move(*audit);
    code.image = image->text;
    code.entry = image->symbols.at(symbol);
    code.bytes = loaded_bytes(result.native->elf());
    return code;
}

Code bytecode(const std::string& folder, const Row& row) {
    Code code;
    const BuildResult result = built(folder, row, "cortex-m4", BuildGoal::verified, Optimize::speed);
    if (!result.verification.accepted()) {
        code.error = result.messages;
        return code;
    }
    for (const bpf::Insn& insn : result.object->programs.front().insns) {
        const std::uint8_t registers = static_cast<std::uint8_t>(insn.dst | insn.src << 4);
        std::uint8_t slot[kSlotBytes] = {insn.opcode, registers};
        std::memcpy(slot + 2, &insn.offset, 2);
        std::memcpy(slot + 4, &insn.imm, 4);
        code.image.insert(code.image.end(), slot, slot + kSlotBytes);
    }
    code.bytes = static_cast<std::uint32_t>(code.image.size());
    return code;
}

}  // namespace mbpf::bench
