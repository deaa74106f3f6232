// SPDX-License-Identifier: Apache-2.0
// A relocatable 64-bit little-endian ELF file as borrowed bytes with every offset checked. Only what eBPF
// objects use; LLVM's reader is not used here so that the verifier builds without LLVM.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mbpf {

inline constexpr std::uint32_t kElfProgbits = 1, kElfSymtab = 2, kElfStrtab = 3, kElfRela = 4, kElfNobits = 8, kElfRel = 9;
inline constexpr std::uint64_t kElfExecutable = 4;
inline constexpr std::uint8_t kElfSymbolNone = 0, kElfSymbolObject = 1, kElfSymbolFunction = 2, kElfSymbolSection = 3;
inline constexpr std::uint8_t kElfLocal = 0;

struct ElfSection {
    std::string_view name;
    std::uint32_t type = 0;
    std::uint64_t flags = 0;
    std::uint64_t size = 0;
    std::uint32_t link = 0;
    std::uint32_t info = 0;
    std::span<const std::uint8_t> bytes;  // empty for NOBITS
};

struct ElfSymbol {
    std::string_view name;
    std::uint8_t type = 0;
    std::uint8_t binding = 0;
    std::uint16_t section = 0;  // 0: undefined; may name no section (SHN_ABS …)
    std::uint64_t value = 0;
    std::uint64_t size = 0;
};

struct ElfRelocation {
    std::uint64_t offset = 0;  // in the target section
    std::uint32_t type = 0;
    std::uint32_t symbol = 0;  // index into symbols; checked
};

struct ElfFile {
    std::vector<ElfSection> sections;  // [0] is the null section
    std::vector<ElfSymbol> symbols;
    std::vector<std::vector<ElfRelocation>> relocations;  // by target section

    const ElfSection* find(std::string_view name) const;
};

// The section `name` of a 64-bit little-endian ELF file of any machine and type; empty if it has none.
Result<std::span<const std::uint8_t>> read_elf_section(std::span<const std::uint8_t> bytes, std::string_view name);

// `bytes` must outlive the result. Malformed files give MBPF3002 to MBPF3005.
Result<ElfFile> read_elf(std::span<const std::uint8_t> bytes);

}  // namespace mbpf
