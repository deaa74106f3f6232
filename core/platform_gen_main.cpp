// SPDX-License-Identifier: Apache-2.0
// mbpf-platform-gen DESCRIPTOR OUTPUT_DIR [--hooks a,b] [--helpers c,d]: writes NAME.h (authors), NAME_platform.h and
// NAME_platform.c (firmware; with the options, tables of those rows alone) and NAME.md (reference). Used by firmware
// builds.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/platform.h"

namespace {

bool write(const std::filesystem::path& path, const std::string& text) {
    const std::filesystem::path temporary = path.string() + ".tmp";
    {
        std::ofstream file(temporary, std::ios::binary);
        file << text;
        if (!file.flush()) return false;
    }
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    return !error;
}

// Keeps the rows whose names stand in `names`, separated by commas; none for "NONE". The first unknown name, or "".
template <class Rows>
std::string keep(Rows& rows, const std::string& names) {
    Rows kept;
    for (std::size_t at = 0; names != "NONE" && at <= names.size();) {
        const std::size_t end = std::min(names.find(',', at), names.size());
        const std::string name = names.substr(at, end - at);
        const auto row = std::ranges::find(rows, name, [](const auto& r) { return r.name; });
        if (row == rows.end()) return name;
        at = end + 1;
    }
    for (const auto& row : rows)
        if (names != "NONE" && ("," + names + ",").find("," + row.name + ",") != std::string::npos) kept.push_back(row);
    rows = std::move(kept);
    return "";
}

}  // namespace

int main(int argc, char** argv) {
    constexpr const char* kUsage = "usage: mbpf-platform-gen NAME_OR_DESCRIPTOR OUTPUT_DIR [--hooks NAMES] [--helpers NAMES]\n";
    if (argc == 2 && std::string(argv[1]) == "--help") {
        std::printf("%sWrites NAME.h (for authors), NAME_platform.h and NAME_platform.c (for firmware) and NAME.md (reference).\n"
                    "With --hooks or --helpers, names with commas between or NONE, the firmware's tables have those rows alone.\n", kUsage);
        return 0;
    }
    const auto known = [&](int i) { return std::string(argv[i]) == "--hooks" || std::string(argv[i]) == "--helpers"; };
    if (argc < 3 || argc % 2 == 0 || (argc > 3 && !known(3)) || (argc > 5 && !known(5)) || argc > 7) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    const auto platform = mbpf::load_platform(argv[1]);
    if (!platform) {
        std::fputs(mbpf::render_text(platform.error()).c_str(), stderr);
        return mbpf::exit_code(platform.error());
    }
    mbpf::Platform chosen = *platform;
    for (int i = 3; i + 1 < argc; i += 2) {
        const bool hooks = std::string(argv[i]) == "--hooks";
        const std::string unknown = hooks ? keep(chosen.hooks, argv[i + 1]) : keep(chosen.helpers, argv[i + 1]);
        if (unknown.empty()) continue;
        std::fprintf(stderr, "mbpf-platform-gen: platform %s has no %s '%s'\n", platform->name.c_str(), hooks ? "hook" : "helper", unknown.c_str());
        return 2;
    }
    const std::filesystem::path folder = argv[2];
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const std::string& name = platform->name;
    if (!write(folder / (name + ".h"), mbpf::author_header(*platform)) || !write(folder / (name + "_platform.h"), mbpf::firmware_header(*platform)) ||
        !write(folder / (name + "_platform.c"), mbpf::firmware_source(chosen)) || !write(folder / (name + ".md"), mbpf::reference_page(*platform))) {
        std::fprintf(stderr, "mbpf-platform-gen: cannot write into %s\n", argv[2]);
        return 4;
    }
    return 0;
}
