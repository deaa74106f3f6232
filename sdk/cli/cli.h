// SPDX-License-Identifier: Apache-2.0
// What every tool does alike: read inputs ("-" is stdin), write outputs whole or not at all, print
// diagnostics to stderr with the right colour, end with the right exit code. The only place, with sdk/tools
// and sdk/deploy, that touches files and terminals.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/result.h"

namespace mbpf::cli {

inline constexpr std::size_t kMaxInputBytes = std::size_t{64} << 20;  // a larger input is refused

// Whole file, or stdin for "-". Directories, missing and oversized files give MBPF4001.
Result<std::vector<std::uint8_t>> read_input(const std::string& path);
Result<std::string> read_text(const std::string& path);
// Writes to a temporary beside `path` and renames; "-" is stdout. `mode`: permissions of a new file.
// `overwrite` false: an existing file is MBPF4002.
Status write_output(const std::string& path, std::span<const std::uint8_t> bytes, unsigned mode = 0644, bool overwrite = true);
Status write_text(const std::string& path, std::string_view text);
// Likewise into `folder`/`name`, making the folders that are missing; for generated trees.
Status write_text_below(const std::string& folder, const std::string& name, std::string_view text);

// MBPF2001 if `output` is one of `inputs` by any name: what somebody wrote by hand must not be replaced by what is made of it.
Status keep_inputs(const std::string& output, std::span<const std::string> inputs);

// stderr is a terminal, no dumb one, and NO_COLOR is unset.
bool use_colour();
// The folder that relative names begin in; empty if it cannot be told.
std::string working_folder();

bool stderr_is_terminal();
// First thing in main(): standard streams that are closed are taken, so that no file that is opened later becomes one.
void take_standard_streams();
// Last thing in main(): `code`, or MBPF4002 with 4 instead of 0 where stdout did not take what was written to it.
int finish(int code);
// Renders to stderr (text) or stdout (json: one object per line); returns the exit code.
int report(const Diagnostic& d, bool json = false);
// Usage error with MBPF2001.
Diagnostic usage_error(std::string message, std::string fix = "run with --help");
// MBPF_<NAME> from the environment, if set and not empty.
std::optional<std::string> environment(std::string_view name);

// Of tools that compile: a source of a few lines can ask the preprocessor for terabytes, and the machine is
// not ours alone. Address space, in bytes.
void limit_memory(std::uint64_t bytes = std::uint64_t{8} << 30);

// One line on stderr, redrawn in place; silent unless stderr is a terminal.
class ProgressBar {
  public:
    ProgressBar(std::string label, std::uint64_t total);
    ~ProgressBar();
    void update(std::uint64_t done);

  private:
    std::string label_;
    std::uint64_t total_;
    int last_percent_ = -1;
    bool active_;
};

}  // namespace mbpf::cli
