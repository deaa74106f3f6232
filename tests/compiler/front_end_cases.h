// SPDX-License-Identifier: Apache-2.0
// How the front end's tests find their C files and call it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/front_end.h"

namespace mbpf::testing {

inline std::filesystem::path cases(const char* folder) { return std::filesystem::path(MBPF_SOURCE_DIR) / "tests/compiler" / folder; }

inline std::vector<std::filesystem::path> c_files(const char* folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(cases(folder))) {
        if (entry.path().extension() == ".c") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

inline SourceFile load(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return {path.string(), text.str()};
}

inline FrontEndOutput compile(const std::string& text, const FrontEndOptions& options = {}) {
    return compile_c({{"test.c", text}}, options);
}

inline std::vector<std::string> error_codes(const FrontEndOutput& output) {
    std::vector<std::string> codes;
    for (const Diagnostic& d : output.diagnostics) {
        if (d.severity == Severity::error) codes.push_back(d.code);
    }
    return codes;
}

// A program around some declarations, and what it needs to be one.
inline constexpr const char* kProgram =
    "#define SEC(n) __attribute__((section(n), used))\n"
    "SEC(\"iio/device0/temp\") int filter(int *c) { return *c > 0; }\n";

}  // namespace mbpf::testing
