// SPDX-License-Identifier: Apache-2.0
// mbpf-platform-gen DESCRIPTOR OUTPUT_DIR: writes NAME.h (authors), NAME_platform.h and NAME_platform.c
// (firmware) and NAME.md (reference). Used by firmware builds.
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

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: mbpf-platform-gen NAME_OR_DESCRIPTOR OUTPUT_DIR\n", stderr);
        return 2;
    }
    const auto platform = mbpf::load_platform(argv[1]);
    if (!platform) {
        std::fputs(mbpf::render_text(platform.error()).c_str(), stderr);
        return mbpf::exit_code(platform.error());
    }
    const std::filesystem::path folder = argv[2];
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const std::string& name = platform->name;
    if (!write(folder / (name + ".h"), mbpf::author_header(*platform)) || !write(folder / (name + "_platform.h"), mbpf::firmware_header(*platform)) ||
        !write(folder / (name + "_platform.c"), mbpf::firmware_source(*platform)) || !write(folder / (name + ".md"), mbpf::reference_page(*platform))) {
        std::fprintf(stderr, "mbpf-platform-gen: cannot write into %s\n", argv[2]);
        return 4;
    }
    return 0;
}
