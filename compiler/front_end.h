// SPDX-License-Identifier: Apache-2.0
// Restricted C to an eBPF ELF, with Clang in this process: parse, check the restricted-C rules on the AST
// (so that a refusal names the C line and never comes from the back end), link all sources as bitcode,
// run the eBPF back end.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnostic.h"
#include "core/platform.h"

namespace mbpf {

struct FrontEndOptions {
    std::vector<std::string> include_paths;
    std::vector<std::string> defines;      // "NAME" or "NAME=VALUE"
    std::string cpu = "v4";                // BPF ISA version
    // Headers that exist only in memory: path as included -> text (the platform's author header).
    std::vector<std::pair<std::string, std::string>> virtual_headers;
    std::vector<std::pair<std::string, std::string>> path_maps;  // from -> to, for reproducible debug info
    bool colour = false;
    bool warnings_as_errors = false;
};

struct SourceFile {
    std::string path;
    std::string text;
};

// A file that was read on the way, sources included, and what it held.
struct ReadFile {
    std::string path;                     // as it was opened, path_maps applied
    std::array<std::uint8_t, 32> sha256{};
};

struct FrontEndOutput {
    std::string messages;                 // Clang's own diagnostics with carets, then ours in the same form
    std::vector<Diagnostic> diagnostics;  // the same, structured (MBPF11xx; Clang's errors as MBPF1100)
    std::vector<std::uint8_t> elf;        // empty if any error
    std::string llvm_ir;                  // optimised module as text, when asked for
    std::vector<ReadFile> files;          // sorted by path, each once
};

// Never throws or exits; back-end errors come out as diagnostics too.
FrontEndOutput compile_c(const std::vector<SourceFile>& sources, const FrontEndOptions& options, bool want_llvm_ir = false);

// "LLVM 19.1.7": the compiler that this process carries.
std::string compiler_version();

}  // namespace mbpf
