// SPDX-License-Identifier: Apache-2.0
// The tools as a user meets them. Each file in cases/ is a transcript: lines "$ command" are run by sh in a
// fresh folder that holds copies of files/, with scripts/ in the PATH, what follows is all they print, stdout and stderr together, then
// "[exit N]". MBPF_BLESS=1 writes what the tools print now into the case files, to be read as a diff.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(MBPF_SOURCE_DIR) / "tests/cli";
const fs::path kBin = fs::path(MBPF_BINARY_DIR) / "bin";

std::vector<fs::path> case_files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(kFolder / "cases")) {
        if (entry.path().extension() == ".case") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

// Times differ from run to run, sizes with every improvement of a code generator; nothing else may.
std::string without_figures(std::string text) {
    static const std::pair<std::regex, const char*> kFigures[] = {
        {std::regex(" +[0-9]+\\.[0-9] ms"), " # ms"},
        {std::regex("_us\":[0-9]+"), "_us\":0"},
        {std::regex("[0-9]+ (object bytes|text bytes|package bytes|device bytes|stack bytes|ram bytes|steps|worst case instructions|instructions)"), "# $1"},
        {std::regex("\\bkey [0-9a-f]{16}"), "key #"},
        {std::regex("\"(object_bytes|text_bytes|package_bytes|device_bytes|steps)\":[0-9]+"), "\"$1\":0"},
    };
    for (const auto& [figure, mark] : kFigures) text = std::regex_replace(text, figure, mark);
    return text;
}

std::string run(const std::string& command, const fs::path& folder) {
    const std::string line = "cd '" + folder.string() + "' && PATH='" + kBin.string() + "':'" + (kFolder / "scripts").string() + "':$PATH && { " + command + "\n} 2>&1 </dev/null";
    FILE* pipe = popen(line.c_str(), "r");
    if (pipe == nullptr) return "cannot start sh\n";
    std::string output;
    char chunk[4096];
    for (std::size_t n = 0; (n = fread(chunk, 1, sizeof chunk, pipe)) > 0;) output.append(chunk, n);
    const int status = pclose(pipe);
    if (!output.empty() && output.back() != '\n') output += '\n';
    const std::string end = WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status)) : "killed by signal " + std::to_string(WTERMSIG(status));
    return without_figures(output) + "[" + end + "]\n";
}

// Prompts need a pseudo-terminal, which a bare container may not have.
bool has_terminals() {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (master >= 0) ::close(master);
    return master >= 0;
}

class CliCase : public ::testing::TestWithParam<fs::path> {};

TEST_P(CliCase, printsWhatItAlwaysPrinted) {
    std::ifstream in(GetParam());
    std::ostringstream wanted, found;
    const std::string tool = GetParam().stem().string().substr(0, GetParam().stem().string().find('.'));
    if (!fs::exists(kBin / tool)) GTEST_SKIP() << tool << " is not built";
    if (GetParam().stem().string().ends_with(".prompt") && !has_terminals()) GTEST_SKIP() << "this machine offers no pseudo-terminals";
    const fs::path folder = fs::temp_directory_path() / ("mbpf-cli-" + std::to_string(getpid()));
    fs::remove_all(folder);
    fs::copy(kFolder / "files", folder, fs::copy_options::recursive);
    for (std::string line; std::getline(in, line);) {
        wanted << line << "\n";
        if (line.starts_with("# ")) found << line << "\n";
        if (line.starts_with("$ ")) found << line << "\n" << run(line.substr(2), folder);
    }
    fs::remove_all(folder);
    if (std::getenv("MBPF_BLESS") != nullptr) {
        std::ofstream(GetParam()) << found.str();
    } else {
        EXPECT_EQ(found.str(), wanted.str());
    }
}

std::string name_of(const ::testing::TestParamInfo<fs::path>& info) {
    return std::regex_replace(info.param.stem().string(), std::regex("[^A-Za-z0-9]"), "_");
}

INSTANTIATE_TEST_SUITE_P(cases, CliCase, ::testing::ValuesIn(case_files()), name_of);

}  // namespace
