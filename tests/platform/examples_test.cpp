// SPDX-License-Identifier: Apache-2.0
// Every example compiles without a warning with stock clang and is accepted; every unsafe variant compiles just
// as well, so that nothing but the verifier stands between its bug and a device, and is refused for that bug.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/program.h"
#include "verifier/verify.h"

namespace mbpf {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = MBPF_SOURCE_DIR;

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Path below sdk/examples, and the rule that refuses it; null: accepted.
const std::map<std::string, const char*> kExamples = {
    {"estop/estop.bpf.c", nullptr},
    {"estop/unsafe.bpf.c", "MBPF1017"},            // &event, sizeof(*event)
    {"fletcher16/fletcher16.bpf.c", nullptr},
    {"fletcher16/unsafe.bpf.c", "MBPF1013"},       // length believed
    {"imu_filter/imu_filter.bpf.c", nullptr},
    {"imu_filter/imu_filter_v2.bpf.c", nullptr},
    {"imu_filter/unsafe.bpf.c", "MBPF1011"},       // sample as index
    {"udp_acl/udp_acl.bpf.c", nullptr},
    {"udp_acl/unsafe.bpf.c", "MBPF1012"},          // header behind options not checked
    {"weather/unsafe.bpf.c", "MBPF1030"},          // five bytes for fourteen
    {"weather/weather.bpf.c", nullptr},
};

bpf::Object compile(const std::string& name, const std::string& cpu) {
    const fs::path folder = fs::path(MBPF_BINARY_DIR) / "test_output/examples";
    fs::create_directories(folder / "mbpf");
    std::ofstream(folder / "mbpf/microbpf.h", std::ios::binary) << author_header(*builtin_platform("microbpf"));
    const fs::path out = folder / "example.o", log = folder / "log.txt";
    const std::string command = std::string(MBPF_CLANG) + " -target bpf -mcpu=" + cpu + " -O2 -g -std=gnu11 -nostdinc -Wall -Wextra -Werror -I" + folder.string() + " -I" + (kSource / "sdk/include").string() + " -c " +
                                (kSource / "sdk/examples" / name).string() + " -o " + out.string() + " >" + log.string() + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command << "\n" << read(log);
    const std::string bytes = read(out);
    auto object = bpf::read_object({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, {name});
    EXPECT_TRUE(object) << (object ? "" : render_text(object.error()));
    return object ? *object : bpf::Object{};
}

VerifyReport judge(const bpf::Object& object) {
    return verify(std::make_shared<const bpf::Object>(object), std::make_shared<const Platform>(*builtin_platform("microbpf")));
}

class Examples : public testing::TestWithParam<std::pair<const std::string, const char*>> {};

TEST_P(Examples, verdict) {
    const auto& [name, code] = GetParam();
    const VerifyReport report = judge(compile(name, "v3"));
    ASSERT_FALSE(report.verdicts.empty());
    for (const ProgramVerdict& v : report.verdicts) {
        EXPECT_EQ(v.accepted, code == nullptr) << v.function << ": " << (v.diagnostics.empty() ? "" : render_text(v.diagnostics[0]));
        if (code == nullptr || v.diagnostics.empty()) continue;
        const Diagnostic& d = v.diagnostics[0];
        EXPECT_EQ(d.code, code) << render_text(d);
        EXPECT_NE(d.where.line, 0u);
        EXPECT_FALSE(d.where.text.empty());
        EXPECT_FALSE(d.fix.empty()) << render_text(d);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Examples, testing::ValuesIn(kExamples), [](const auto& example) {
    std::string name = example.param.first.substr(0, example.param.first.find('.'));
    for (char& c : name)
        if (c == '/') c = '_';
    return name;
});

TEST(ExampleFolders, hold_what_is_listed_here_and_a_readme) {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(kSource / "sdk/examples"))
        if (entry.path().string().ends_with(".bpf.c")) {
            found.insert(fs::relative(entry.path(), kSource / "sdk/examples").string());
            EXPECT_TRUE(fs::exists(entry.path().parent_path() / "README.md")) << entry.path();
        }
    std::set<std::string> listed;
    for (const auto& [name, code] : kExamples) listed.insert(name);
    EXPECT_EQ(found, listed);
}

// Hot swap keeps the contents of maps with equal layout only.
TEST(ImuFilter, versions_have_the_same_maps) {
    const bpf::Object first = compile("imu_filter/imu_filter.bpf.c", "v3"), second = compile("imu_filter/imu_filter_v2.bpf.c", "v3");
    for (const char* name : {"config", "state", "events"}) {
        const bpf::Map *a = first.find_map(name), *b = second.find_map(name);
        ASSERT_TRUE(a != nullptr && b != nullptr) << name;
        EXPECT_EQ(std::tie(a->type, a->key_size, a->value_size, a->max_entries), std::tie(b->type, b->key_size, b->value_size, b->max_entries)) << name;
    }
    ASSERT_EQ(first.programs.size(), 1u);
    ASSERT_EQ(second.programs.size(), 1u);
    EXPECT_EQ(first.programs[0].section, second.programs[0].section);
}

}  // namespace
}  // namespace mbpf
