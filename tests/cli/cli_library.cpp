// SPDX-License-Identifier: Apache-2.0
// Inputs and outputs as all tools handle them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sdk/cli/cli.h"
#include "sdk/cli/command_line.h"

namespace mbpf::cli {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() / ("mbpf-cli-library-" + std::to_string(getpid()));
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }
    std::string path(const char* name) const { return (folder_ / name).string(); }
    static std::string text(const std::string& file) {
        std::ifstream in(file);
        std::ostringstream all;
        all << in.rdbuf();
        return all.str();
    }
    std::size_t entries() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator())); }

    fs::path folder_;
};

TEST_F(Files, missingInput) {
    const auto r = read_input(path("none"));
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "MBPF4001");
    EXPECT_EQ(exit_code(r.error()), 4);
    EXPECT_EQ(r.error().why, "No such file or directory");
}

TEST_F(Files, folderAsInput) {
    const auto r = read_input(folder_.string());
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "MBPF4001");
    EXPECT_EQ(r.error().why, "it is a directory");
}

TEST_F(Files, endlessInputIsRefusedAtTheLimit) {
    const auto r = read_input("/dev/zero");
    ASSERT_FALSE(r);
    EXPECT_THAT(r.error().why, ::testing::HasSubstr("64 MiB"));
}

TEST_F(Files, largeInputArrivesWhole) {
    const std::vector<std::uint8_t> bytes(300'000, 0xa5);
    ASSERT_TRUE(write_output(path("a"), bytes));
    const auto r = read_input(path("a"));
    ASSERT_TRUE(r);
    EXPECT_EQ(*r, bytes);
}

TEST_F(Files, outputReplacesWholeAndLeavesNothingBeside) {
    ASSERT_TRUE(write_text(path("a"), "one"));
    ASSERT_TRUE(write_text(path("a"), "two"));
    EXPECT_EQ(text(path("a")), "two");
    EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, outputIsNotOverwrittenWhenForbidden) {
    const std::string old = "old", fresh = "new";
    ASSERT_TRUE(write_text(path("key"), old));
    const auto r = write_output(path("key"), {reinterpret_cast<const std::uint8_t*>(fresh.data()), fresh.size()}, 0600, false);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "MBPF4002");
    EXPECT_EQ(text(path("key")), "old");
    EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, modeOfANewFile) {
    ASSERT_TRUE(write_output(path("key"), {}, 0600, false));
    struct stat info {};
    ASSERT_EQ(stat(path("key").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(Files, outputIntoNoFolder) {
    const auto r = write_text(path("no/such/file"), "x");
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "MBPF4002");
}

TEST_F(Files, outputToAFolder) {
    const auto r = write_text(folder_.string(), "x");
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().why, "it is a directory");
}

TEST_F(Files, outputThroughALinkKeepsTheLink) {
    ASSERT_TRUE(write_text(path("real"), "one"));
    fs::create_symlink("real", folder_ / "link");
    ASSERT_TRUE(write_text(path("link"), "two"));
    EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
    EXPECT_EQ(text(path("real")), "two");
}

TEST_F(Files, devicesAreWrittenInPlace) {
    ASSERT_TRUE(write_text("/dev/null", "x"));
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(Files, aFullDiskIsAnError) { EXPECT_FALSE(write_text("/dev/full", "x")); }

TEST_F(Files, generatedTreesMakeTheirFolders) {
    ASSERT_TRUE(write_text_below(folder_.string(), "mbpf/a.h", "x"));
    EXPECT_EQ(text(path("mbpf/a.h")), "x");
}

TEST(Environment, emptyCountsAsUnset) {
    setenv("MBPF_TEST_VARIABLE", "", 1);
    EXPECT_EQ(environment("TEST_VARIABLE"), std::nullopt);
    setenv("MBPF_TEST_VARIABLE", "x", 1);
    EXPECT_EQ(environment("TEST_VARIABLE"), "x");
}

TEST(CommandLine, usageErrorsEndWithTwo) {
    CLI::App app("test", "mbpf-test");
    char name[] = "mbpf-test", flag[] = "--no-such-flag";
    char* argv[] = {name, flag};
    EXPECT_EQ(parse(app, 2, argv), 2);
}

TEST(CommandLine, helpEndsWithZero) {
    CLI::App app("test", "mbpf-test");
    char name[] = "mbpf-test", flag[] = "--help";
    char* argv[] = {name, flag};
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(parse(app, 2, argv), 0);
    EXPECT_THAT(::testing::internal::GetCapturedStdout(), ::testing::HasSubstr("mbpf-test"));
}

}  // namespace
}  // namespace mbpf::cli
