// SPDX-License-Identifier: Apache-2.0
// The whole build as one function: C sources or an eBPF object in, every intermediate product out, with
// figures of each stage. Tools and tests call this, so that all of them build alike.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/front_end.h"
#include "compiler/native.h"
#include "core/diagnostic.h"
#include "core/platform.h"
#include "core/program.h"
#include "linker/package.h"
#include "verifier/verify.h"

namespace mbpf {

// How far to go; each includes all before it.
enum class BuildGoal : std::uint8_t { elf, object, verified, native, package };

struct BuildInput {
    std::string path;  // for messages, and to tell which folder "…" includes are relative to
    std::vector<std::uint8_t> bytes;
};

struct BuildOptions {
    BuildGoal goal = BuildGoal::package;
    std::shared_ptr<const Platform> platform;  // never null
    std::string target;                        // name of find_target(); needed from BuildGoal::native
    std::vector<std::string> include_paths;
    std::vector<std::string> defines;
    std::vector<std::pair<std::string, std::string>> path_maps;
    std::string cpu = FrontEndOptions{}.cpu;
    std::vector<std::uint8_t> target_btf;  // as bpf::ReadOptions::target_btf
    std::optional<std::vector<std::uint8_t>> certificate;  // proofs found earlier: only the checker runs; none: search
    std::string certificate_path;                          // for messages
    bool text_functions = false;           // as bpf::ReadOptions::text_functions; also when verify.section is ".text"
    bool warnings_as_errors = false;
    bool colour = false;
    VerifyOptions verify;
    AotOptions aot;
    LinkOptions link;  // an empty name: from the first input's
};

struct StageFigures {
    std::string stage;
    std::uint64_t time_us = 0;  // for people; decides nothing and is in no output
    std::vector<std::pair<std::string, std::uint64_t>> figures;  // name -> number
};

// What was made, as far as it went. The last stage reached has the errors.
struct BuildResult {
    std::vector<Diagnostic> diagnostics;  // of all stages, in order
    std::string messages;                 // the same as text for a terminal
    std::string compiler_messages;        // of these, the front end's: warnings come with accepted programs too
    std::vector<std::uint8_t> elf;
    std::shared_ptr<const bpf::Object> object;
    VerifyReport verification;
    std::optional<NativeObject> native;
    std::optional<Package> package;
    std::vector<StageFigures> stages;
    std::vector<std::pair<std::string, std::array<std::uint8_t, 32>>> files;  // all that was read, with its SHA-256

    bool ok() const;
    int exit_code() const;  // 0, or that of the first error
};

// An input that begins with the ELF magic is an object, anything else is C. One object, or any number of C
// sources, which form one object. Reads only the headers that the sources include.
BuildResult build(const std::vector<BuildInput>& inputs, const BuildOptions& options);

// Headers that need no folder: those in sdk/include and <mbpf/PLATFORM.h>.
std::vector<std::pair<std::string, std::string>> author_headers(const Platform& platform);
// "dir/blink.bpf.c" -> "blink"
std::string package_name(const std::string& path);

}  // namespace mbpf
