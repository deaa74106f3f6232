// SPDX-License-Identifier: Apache-2.0
// An eBPF object from C by stock clang, for tests of what reads objects.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace mbpf {

inline std::vector<std::uint8_t> compile_bpf(const std::string& name, const std::string& source) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::path(MBPF_BINARY_DIR) / "test_output" / "objects";
    fs::create_directories(folder);
    const fs::path c = folder / (name + ".c"), o = folder / (name + ".o");
    std::ofstream(c, std::ios::binary) << source;
    fs::remove(o);
    const std::string command = std::string(MBPF_CLANG) + " -target bpf -mcpu=v3 -O2 -g -c " + c.string() + " -o " + o.string();
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream file(o, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace mbpf
