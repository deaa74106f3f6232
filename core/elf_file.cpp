// SPDX-License-Identifier: Apache-2.0
// Reads headers, names, symbols and relocations; a field that points outside the file is an error that says
// which. Field offsets are those of the System V ABI's Elf64 structures.
#include "core/elf_file.h"

#include <algorithm>

#include "core/make_diagnostic.h"
#include "core/bytes.h"

namespace mbpf {

namespace {

constexpr std::size_t kHeaderBytes = 64, kSectionBytes = 64, kSymbolBytes = 24, kRelBytes = 16;
constexpr std::uint16_t kMachineBpf = 247, kTypeRelocatable = 1;

Diagnostic bad(unsigned code, std::string message, std::string fix = "build the object with clang -target bpf") { return diagnostic(code, std::move(message), {}, std::move(fix)); }

Status check_identity(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < 4 || bytes[0] != 0x7f || bytes[1] != 'E' || bytes[2] != 'L' || bytes[3] != 'F')
        return bad(3002, "not an ELF file");
    if (bytes.size() < kHeaderBytes) return bad(3003, "ELF file ends inside its header");
    if (bytes[4] != 2) return bad(3002, "not a 64-bit ELF file");
    if (bytes[5] != 1) return bad(3002, "not a little-endian ELF file", "build with -target bpfel");
    return ok();
}

Status check_header(std::span<const std::uint8_t> bytes) {
    if (Status s = check_identity(bytes); !s) return s;
    if (read_u16(bytes, 18) != kMachineBpf) return bad(3002, "ELF file is for machine " + std::to_string(read_u16(bytes, 18)) + ", not eBPF (247)");
    if (read_u16(bytes, 16) != kTypeRelocatable) return bad(3002, "ELF file is not relocatable");
    return ok();
}

struct RawSection {
    std::uint32_t name = 0;
    std::uint64_t offset = 0;
};

Status read_sections(std::span<const std::uint8_t> bytes, ElfFile& file) {
    const std::uint64_t table = read_u64(bytes, 40);
    const std::uint16_t entry = read_u16(bytes, 58), count = read_u16(bytes, 60), names = read_u16(bytes, 62);
    if (count == 0) return bad(3004, "ELF file has no sections");
    if (entry != kSectionBytes) return bad(3004, "ELF section header size is " + std::to_string(entry));
    if (table > bytes.size() || bytes.size() - table < std::uint64_t{count} * kSectionBytes)
        return bad(3003, "ELF file ends inside its section table");
    std::vector<RawSection> raw(count);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = static_cast<std::size_t>(table) + i * kSectionBytes;
        ElfSection section;
        raw[i].name = read_u32(bytes, at);
        section.type = read_u32(bytes, at + 4);
        section.flags = read_u64(bytes, at + 8);
        raw[i].offset = read_u64(bytes, at + 24);
        section.size = read_u64(bytes, at + 32);
        section.link = read_u32(bytes, at + 40);
        section.info = read_u32(bytes, at + 44);
        if (section.type != kElfNobits && section.type != 0) {
            if (raw[i].offset > bytes.size() || section.size > bytes.size() - raw[i].offset)
                return bad(3003, "ELF section " + std::to_string(i) + " lies outside the file");
            // Nor do sections share bytes: thousands of them that did would be as many copies of what is read.
            total += section.size;
            if (total > bytes.size()) return bad(3004, "ELF sections overlap");
            section.bytes = bytes.subspan(static_cast<std::size_t>(raw[i].offset), static_cast<std::size_t>(section.size));
        }
        file.sections.push_back(section);
    }
    if (names >= count || file.sections[names].type != kElfStrtab) return bad(3004, "ELF file has no section names");
    for (std::size_t i = 0; i < count; ++i) {
        const auto name = read_string(file.sections[names].bytes, raw[i].name);
        if (!name) return bad(3004, "name of ELF section " + std::to_string(i) + " lies outside the string table");
        file.sections[i].name = *name;
    }
    return ok();
}

Status read_symbols(ElfFile& file) {
    for (const ElfSection& section : file.sections) {
        if (section.type != kElfSymtab) continue;
        if (section.link >= file.sections.size() || file.sections[section.link].type != kElfStrtab)
            return bad(3004, "ELF symbol table has no strings");
        const auto strings = file.sections[section.link].bytes;
        for (std::size_t at = 0; at + kSymbolBytes <= section.bytes.size(); at += kSymbolBytes) {
            const auto name = read_string(strings, read_u32(section.bytes, at));
            if (!name) return bad(3004, "name of an ELF symbol lies outside the string table, or is too long");
            ElfSymbol symbol;
            symbol.name = *name;
            symbol.type = section.bytes[at + 4] & 0xf;
            symbol.binding = section.bytes[at + 4] >> 4;
            symbol.section = read_u16(section.bytes, at + 6);
            symbol.value = read_u64(section.bytes, at + 8);
            symbol.size = read_u64(section.bytes, at + 16);
            file.symbols.push_back(symbol);
        }
        return ok();
    }
    return ok();
}

Status read_relocations(ElfFile& file) {
    file.relocations.resize(file.sections.size());
    for (const ElfSection& section : file.sections) {
        if (section.type == kElfRela && section.info < file.sections.size() && (file.sections[section.info].flags & kElfExecutable) != 0)
            return bad(3005, "relocations with addends are not used by eBPF objects");
        if (section.type != kElfRel) continue;
        if (section.info >= file.sections.size()) return bad(3005, "relocations for a section that does not exist");
        for (std::size_t at = 0; at + kRelBytes <= section.bytes.size(); at += kRelBytes) {
            ElfRelocation relocation;
            relocation.offset = read_u64(section.bytes, at);
            relocation.type = read_u32(section.bytes, at + 8);
            relocation.symbol = read_u32(section.bytes, at + 12);
            if (relocation.symbol >= file.symbols.size())
                return bad(3005, "relocation in " + std::string(section.name) + " names a symbol that does not exist");
            file.relocations[section.info].push_back(relocation);
        }
    }
    return ok();
}

}  // namespace

const ElfSection* ElfFile::find(std::string_view name) const {
    const auto found = std::ranges::find(sections, name, &ElfSection::name);
    return found == sections.end() ? nullptr : &*found;
}

Result<std::span<const std::uint8_t>> read_elf_section(std::span<const std::uint8_t> bytes, std::string_view name) {
    if (Status s = check_identity(bytes); !s) return s.error();
    ElfFile file;
    if (Status s = read_sections(bytes, file); !s) return s.error();
    const ElfSection* section = file.find(name);
    return section == nullptr ? std::span<const std::uint8_t>() : section->bytes;
}

Result<ElfFile> read_elf(std::span<const std::uint8_t> bytes) {
    if (Status s = check_header(bytes); !s) return s.error();
    ElfFile file;
    if (Status s = read_sections(bytes, file); !s) return s.error();
    if (Status s = read_symbols(file); !s) return s.error();
    if (Status s = read_relocations(file); !s) return s.error();
    return file;
}

}  // namespace mbpf
