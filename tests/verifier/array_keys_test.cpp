// SPDX-License-Identifier: Apache-2.0
// An array's elements are always there: a lookup by a key that is surely below its size needs no check, any other does.
#include "tests/verifier/judged.h"

namespace mbpf {
namespace {

constexpr std::uint32_t kEntries = 4;

bpf::Map map_of(bpf::MapType type, std::uint32_t entries = kEntries) {
    bpf::Map map;
    map.name = "m";
    map.type = static_cast<std::uint32_t>(type);
    map.key_size = 4;
    map.value_size = 8;
    map.max_entries = entries;
    return map;
}

// The verdict on a program that stores a key at r10-4 by `key`, looks it up in map `index` and reads the value unchecked.
std::string looked_up(const std::string& key, std::vector<bpf::Map> maps, std::int32_t index = 0, const char* platform = "linux", const char* use = "ldxdw r0, [r0+0]\n") {
    const std::string text = "mov r6, r1\n" + key + "mov r2, r10\nadd r2, -4\nlddw r1, " + std::to_string(index) + "\ncall 1\n" + use + "mov r0, 0\nexit\n";
    return code_of(judged(text, std::string_view(platform) == "linux" ? "tc" : "trace/x", platform, std::move(maps), 1));
}

constexpr const char* kUnknown = "ldxw r1, [r1+16]\n";  // a number of 32 bits of either context

TEST(ArrayKeys, below_the_size_need_no_check) {
    for (const char* platform : {"linux", "microbpf"}) {
        EXPECT_EQ(looked_up("stw [r10-4], 0\n", {map_of(bpf::MapType::array)}, 0, platform), "");
        EXPECT_EQ(looked_up("stw [r10-4], 3\n", {map_of(bpf::MapType::array)}, 0, platform), "");
        EXPECT_EQ(looked_up(kUnknown + std::string("and r1, 3\nstxw [r10-4], r1\n"), {map_of(bpf::MapType::array)}, 0, platform), "");
        EXPECT_EQ(looked_up("mov r1, 2\nstxdw [r10-8], r1\nstw [r10-4], 1\n", {map_of(bpf::MapType::percpu_array)}, 0, platform), "");
        // By bytes, and as the upper half of a wider store.
        EXPECT_EQ(looked_up("sth [r10-4], 3\nsth [r10-2], 0\n", {map_of(bpf::MapType::array)}, 0, platform), "");
    }
    EXPECT_EQ(looked_up("mov r1, 3\nlsh r1, 32\nstxdw [r10-8], r1\n", {map_of(bpf::MapType::array)}), "");
}

TEST(ArrayKeys, that_may_be_beyond_need_one) {
    for (const char* platform : {"linux", "microbpf"}) {
        EXPECT_EQ(looked_up("stw [r10-4], 4\n", {map_of(bpf::MapType::array)}, 0, platform), "MBPF1010");
        EXPECT_EQ(looked_up("stw [r10-4], -1\n", {map_of(bpf::MapType::array)}, 0, platform), "MBPF1010");
        EXPECT_EQ(looked_up(kUnknown + std::string("stxw [r10-4], r1\n"), {map_of(bpf::MapType::array)}, 0, platform), "MBPF1010");
        EXPECT_EQ(looked_up(kUnknown + std::string("and r1, 7\nstxw [r10-4], r1\n"), {map_of(bpf::MapType::array)}, 0, platform), "MBPF1010");
        // Half a key known.
        EXPECT_EQ(looked_up(kUnknown + std::string("stw [r10-4], 0\nstxh [r10-2], r1\n"), {map_of(bpf::MapType::array)}, 0, platform), "MBPF1010");
        // Other maps hold what they were given.
        EXPECT_EQ(looked_up("stw [r10-4], 0\n", {map_of(bpf::MapType::hash)}, 0, platform), "MBPF1010");
        EXPECT_EQ(looked_up("stw [r10-4], 0\n", {map_of(bpf::MapType::percpu_hash)}, 0, platform), "MBPF1010");
    }
}

// The key may be what another call has written, or lie where nobody can say.
TEST(ArrayKeys, are_read_at_the_call) {
    const std::string again = "mov r1, r6\nmov r2, 0\nmov r3, r10\nadd r3, -4\nmov r4, 4\ncall 26\n";  // skb_load_bytes
    EXPECT_EQ(looked_up("stw [r10-4], 0\n" + again, {map_of(bpf::MapType::array)}), "MBPF1010");
    EXPECT_EQ(looked_up(again + "stw [r10-4], 0\n", {map_of(bpf::MapType::array)}), "");
    const std::string somewhere = kUnknown + std::string("and r1, 4\nmov r2, r10\nsub r2, r1\nadd r2, -4\nstw [r10-4], 0\nstw [r10-8], 9\n");
    EXPECT_EQ(looked_up(somewhere + "lddw r1, 0\ncall 1\nldxdw r0, [r0+0]\nstw [r10-4], 0\n", {map_of(bpf::MapType::array)}), "MBPF1010");
}

// bpf_map_lookup_percpu_elem(map, key, cpu): there may be no such processor.
TEST(ArrayKeys, of_another_processor_need_a_check) {
    const auto on = [](const char* use) { return code_of(judged("stw [r10-4], 0\nlddw r1, 0\nmov r2, r10\nadd r2, -4\nmov r3, 1\ncall 195\n" + std::string(use) + "out: mov r0, 0\nexit\n", "tc", "linux", {map_of(bpf::MapType::percpu_array)}, 1)); };
    EXPECT_EQ(on("jeq r0, 0, out\nldxdw r0, [r0+0]\n"), "");
    EXPECT_EQ(on("ldxdw r0, [r0+0]\n"), "MBPF1010");
}

// The loader says how large the map is, and an inner map is as large as whoever puts it there says.
TEST(ArrayKeys, of_maps_whose_size_is_not_known_need_a_check) {
    EXPECT_EQ(looked_up("stw [r10-4], 0\n", {map_of(bpf::MapType::array, 0)}), "MBPF1010");
    bpf::Map outer = map_of(bpf::MapType::array_of_maps);
    outer.value_size = 4;
    outer.inner_map = 1;
    const std::string inner = "jeq r0, 0, exit\nmov r1, r0\nmov r2, r10\nadd r2, -4\ncall 1\nldxdw r0, [r0+0]\n";
    EXPECT_EQ(looked_up("stw [r10-4], 0\n", {outer, map_of(bpf::MapType::array)}, 0, "linux", inner.c_str()), "MBPF1010");
    // An element of a map of maps may be empty.
    EXPECT_EQ(looked_up("stw [r10-4], 0\n", {outer, map_of(bpf::MapType::array)}, 0, "linux", "mov r1, r0\nmov r2, r10\nadd r2, -4\ncall 1\n"), "MBPF1010");
}

}  // namespace
}  // namespace mbpf
