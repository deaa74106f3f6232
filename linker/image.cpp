// SPDX-License-Identifier: Apache-2.0
// Runs LLD in this process. Position independence is not assumed from compiler flags but shown: the object is
// linked at two addresses that have nothing in common, and the two blobs must be the same bytes.
#include "linker/image.h"

#include <lld/Common/Driver.h>
#include <llvm/ADT/ScopeExit.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/Endian.h>
#include <llvm/Support/raw_ostream.h>
#include <mbpf/abi/package.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

LLD_HAS_DRIVER(elf)

namespace mbpf {

// Made by mbpf_embed from compiler/runtime: (object name, its bytes).
std::vector<std::pair<std::string_view, std::string_view>> runtime_objects();

namespace {

Diagnostic failure(std::string message, std::string why) {
    Diagnostic d;
    d.code = "MBPF9001";
    d.message = std::move(message);
    d.why = std::move(why);
    return d;
}

Diagnostic no_scratch(std::string why) {
    Diagnostic d;
    d.code = "MBPF4001";
    d.message = "cannot write temporary files for the linker";
    d.why = std::move(why);
    d.fix = "Set TMPDIR to a folder that is writable and has space.";
    return d;
}

// LLD reads and writes files: a private folder, gone at the end.
class Scratch {
  public:
    Scratch() {
        const char* base = ::getenv("TMPDIR");
        std::string pattern = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/mbpf-link-XXXXXX";
        if (::mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }
    bool usable() const { return !folder_.empty(); }
    std::string path(const char* name) const { return folder_ + "/" + name; }
    bool write(const char* name, std::string_view bytes) const {
        std::FILE* file = std::fopen(path(name).c_str(), "wb");
        if (file == nullptr) return false;
        const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
        return std::fclose(file) == 0 && written;
    }

  private:
    std::string folder_;
};

constexpr llvm::StringLiteral kRounds = "mbpf_rounds_";  // compiler/runtime names them

// Everything that is loaded goes into one section; nothing else may be left to load.
constexpr std::string_view kScript =
    "SECTIONS {\n"
    "  .text BASE : { KEEP(*(.text.mbpf_prog_*)) *(.text .text.* .rodata .rodata.* .srodata .srodata.*) }\n"
    "  .strays : { *(.data .data.* .sdata .sdata.* .bss .bss.* .sbss .sbss.* .got .got.* .plt .plt.*) }\n"
    "  .mbpf.marks 0 : { *(.mbpf.marks) }\n"
    "  /DISCARD/ : { *(.ARM.exidx* .ARM.attributes .riscv.attributes .comment .note* .eh_frame* .llvm*) }\n"
    "}\n";

std::string script_at(std::string_view base) {
    std::string script(kScript);
    script.replace(script.find("BASE"), 4, base);
    return script;
}

Result<std::vector<std::uint8_t>> run_lld(const Scratch& scratch, const char* script, const char* output,
                                          bool with_runtime) {
    static std::mutex one_at_a_time;  // LLD keeps its state in globals
    static bool can_run_again = true;
    const std::lock_guard lock(one_at_a_time);
    if (!can_run_again) return failure("the linker cannot run again after a crash", {});
    const std::string script_option = "--script=" + scratch.path(script), out = scratch.path(output),
                      program = scratch.path("program.o"), runtime = scratch.path("runtime.o");
    std::vector<const char*> args = {"ld.lld",    "--threads=1",         script_option.c_str(), "-o",
                                     out.c_str(), "--gc-sections",       "--build-id=none",     "--no-dynamic-linker",
                                     "-static",   "--entry=mbpf_prog_0", program.c_str()};
    if (with_runtime) args.push_back(runtime.c_str());
    std::string messages;
    llvm::raw_string_ostream stream(messages);
    const lld::Result result = lld::lldMain(args, stream, stream, {{lld::Gnu, &lld::elf::link}});
    can_run_again = result.canRunAgain;
    if (result.retCode != 0) return failure("linking the native code failed", stream.str());
    auto buffer = llvm::MemoryBuffer::getFile(out, false, false);
    if (!buffer) return no_scratch(buffer.getError().message());
    const llvm::StringRef bytes = (*buffer)->getBuffer();
    return std::vector<std::uint8_t>(bytes.bytes_begin(), bytes.bytes_end());
}

Result<Image> extract(std::span<const std::uint8_t> elf, const Target& target, const std::vector<std::string>& symbols) {
    const llvm::StringRef bytes(reinterpret_cast<const char*>(elf.data()), elf.size());
    auto file = llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(bytes, "image"));
    if (!file) return failure("the linker's output cannot be read", llvm::toString(file.takeError()));
    Image image;
    std::uint64_t base = 0;
    for (const llvm::object::ELFSectionRef section : (*file)->sections()) {
        if ((section.getFlags() & llvm::ELF::SHF_ALLOC) == 0 || section.getSize() == 0) continue;
        auto name = section.getName();
        auto contents = section.getContents();
        if (!name || !contents || *name != ".text")
            return failure("native code holds a section that is neither code nor constants",
                           name ? name->str() : std::string("unnamed"));
        image.text.assign(contents->bytes_begin(), contents->bytes_end());
        base = section.getAddress();
    }
    // Rows of functions that the link left out point nowhere.
    for (const llvm::object::ELFSectionRef section : (*file)->sections()) {
        auto name = section.getName();
        auto contents = section.getContents();
        if (!name || !contents || *name != ".mbpf.marks") continue;
        for (std::size_t at = 0; at + 8 <= contents->size(); at += 8) {
            const std::uint64_t address = llvm::support::endian::read32le(contents->data() + at) & ~std::uint32_t{target.isa < MBPF_ISA_RV32 ? 1u : 0u};
            if (address >= base && address < base + image.text.size()) image.marks.push_back({static_cast<std::uint32_t>(address - base), llvm::support::endian::read32le(contents->data() + at + 4)});
        }
    }
    std::ranges::sort(image.marks, {}, [](const CodeMark& m) { return std::pair(m.offset, m.word); });
    std::map<std::string, std::uint32_t> rounds, functions;
    std::map<std::uint32_t, bool> marks;
    for (const llvm::object::ELFSymbolRef symbol : (*file)->symbols()) {
        auto name = symbol.getName();
        auto address = symbol.getAddress();
        if (!name || !address) continue;
        const auto offset = static_cast<std::uint32_t>(*address - base);
        if (name->starts_with(kRounds)) rounds[name->drop_front(kRounds.size()).str()] = static_cast<std::uint32_t>(*address);
        for (const std::string& wanted : symbols)
            if (*name == wanted) image.symbols[wanted] = offset;
        auto type = symbol.getType();
        if (type && *type == llvm::object::SymbolRef::ST_Function && symbol.getSize() > 0) {
            image.functions.push_back({offset, offset + static_cast<std::uint32_t>(symbol.getSize())});
            functions[name->str()] = offset;
        }
        // ARM's and RISC-V's mapping symbols: $d begins data, $t, $a and $x code.
        if (name->starts_with("$")) marks[offset] = name->starts_with("$d");
    }
    std::sort(image.functions.begin(), image.functions.end(), [](const CodeRange& a, const CodeRange& b) { return a.begin < b.begin; });
    for (auto mark = marks.begin(); mark != marks.end(); ++mark)
        if (mark->second) image.constants.push_back({mark->first, std::next(mark) == marks.end() ? static_cast<std::uint32_t>(image.text.size()) : std::next(mark)->first});
    for (const auto& [name, count] : rounds)
        if (const auto function = functions.find(name); function != functions.end()) image.rounds[function->second] = count;
    for (const std::string& wanted : symbols) {
        const auto found = image.symbols.find(wanted);
        if (found == image.symbols.end() || found->second >= image.text.size())
            return failure("native code lacks its entry " + wanted, {});
    }
    return image;
}

bool needs_runtime(std::span<const std::uint8_t> elf) {
    const llvm::StringRef bytes(reinterpret_cast<const char*>(elf.data()), elf.size());
    auto file = llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(bytes, "object"));
    if (!file) {
        llvm::consumeError(file.takeError());
        return false;
    }
    for (const llvm::object::ELFSymbolRef symbol : (*file)->symbols()) {
        auto flags = symbol.getFlags();
        auto name = symbol.getName();
        if (flags && name && (*flags & llvm::object::SymbolRef::SF_Undefined) != 0 && !name->empty()) return true;
    }
    return false;
}

}  // namespace

Result<Image> link_image(std::span<const std::uint8_t> elf, const Target& target,
                         const std::vector<std::string>& symbols) {
    const Scratch scratch;
    if (!scratch.usable()) return no_scratch("no private folder could be made");
    const std::string_view object(reinterpret_cast<const char*>(elf.data()), elf.size());
    const bool runtime = needs_runtime(elf);
    bool written = scratch.write("program.o", object) && scratch.write("low.ld", script_at("0x10000")) &&
                   scratch.write("high.ld", script_at("0x36a50000"));
    if (runtime) {
        for (const auto& [name, bytes] : runtime_objects())
            if (name == target.runtime_object) written = written && scratch.write("runtime.o", bytes);
    }
    if (!written) return no_scratch("a write failed");
    const bool linked_runtime = runtime && !target.runtime_object.empty();
    Result<std::vector<std::uint8_t>> low = run_lld(scratch, "low.ld", "low", linked_runtime);
    if (!low) return low.error();
    Result<std::vector<std::uint8_t>> high = run_lld(scratch, "high.ld", "high", linked_runtime);
    if (!high) return high.error();
    Result<Image> image = extract(*low, target, symbols);
    if (!image) return image.error();
    const Result<Image> other = extract(*high, target, symbols);
    if (!other) return other.error();
    if (image->text != other->text || image->symbols != other->symbols)
        return failure("native code depends on the address it is linked at", {});
    image->uses_runtime = linked_runtime;
    return image;
}

}  // namespace mbpf
