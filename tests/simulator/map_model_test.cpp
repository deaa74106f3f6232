// SPDX-License-Identifier: Apache-2.0
// The model maps against what the documentation says of each operation.
#include <gtest/gtest.h>

#include "simulator/map_model.h"

namespace mbpf::sim {
namespace {

bpf::Map definition(std::uint32_t type, std::uint32_t key, std::uint32_t value, std::uint32_t entries) {
    bpf::Map map;
    map.name = "m";
    map.type = type;
    map.key_size = key;
    map.value_size = value;
    map.max_entries = entries;
    return map;
}
std::vector<std::uint8_t> word(std::uint32_t v) { return {static_cast<std::uint8_t>(v), static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v >> 16), static_cast<std::uint8_t>(v >> 24)}; }

TEST(ArrayModel, has_all_its_entries_from_the_start) {
    Memory memory;
    MapModel map(definition(2, 4, 4, 3), 0, memory);
    EXPECT_NE(map.lookup(word(2)), 0u);
    EXPECT_EQ(map.lookup(word(3)), 0u);
    EXPECT_EQ(map.update(word(1), word(7), 0), 0);
    EXPECT_EQ(map.update(word(1), word(7), 1), kExists);
    EXPECT_EQ(map.update(word(3), word(7), 0), kTooBig);
    EXPECT_EQ(map.remove(word(1)), kInvalid);
    EXPECT_EQ(map.value(word(1)), word(7));
    EXPECT_EQ(map.keys().size(), 3u);
}

TEST(HashModel, honours_flags_and_capacity) {
    Memory memory;
    MapModel map(definition(1, 4, 4, 2), 0, memory);
    EXPECT_EQ(map.lookup(word(9)), 0u);
    EXPECT_EQ(map.update(word(9), word(1), 2), kNoEntry);
    EXPECT_EQ(map.update(word(9), word(1), 1), 0);
    EXPECT_EQ(map.update(word(9), word(2), 1), kExists);
    EXPECT_EQ(map.update(word(9), word(3), 2), 0);
    EXPECT_EQ(map.update(word(8), word(1), 0), 0);
    EXPECT_EQ(map.update(word(7), word(1), 0), kTooBig);
    EXPECT_EQ(map.remove(word(9)), 0);
    EXPECT_EQ(map.remove(word(9)), kNoEntry);
    EXPECT_EQ(map.update(word(7), word(1), 3), kInvalid);
    EXPECT_EQ(map.update(word(7), word(5), 0), 0);
    EXPECT_EQ(map.value(word(7)), word(5));
}

TEST(PerCpuModel, is_that_of_one_cpu) {
    Memory memory;
    MapModel hash(definition(5, 4, 4, 1), 0, memory), array(definition(6, 4, 4, 2), 1, memory);
    EXPECT_EQ(hash.update(word(9), word(1), 0), 0);
    EXPECT_EQ(hash.update(word(8), word(1), 0), kTooBig);
    EXPECT_EQ(array.update(word(1), word(5), 0), 0);
    EXPECT_EQ(array.value(word(1)), word(5));
    EXPECT_EQ(array.remove(word(1)), kInvalid);
}

TEST(RingModel, refuses_what_does_not_fit_and_counts_it) {
    Memory memory;
    MapModel map(definition(27, 0, 0, 64), 0, memory);
    EXPECT_TRUE(map.ring_reserve(24));
    EXPECT_TRUE(map.ring_reserve(24));
    EXPECT_FALSE(map.ring_reserve(1));
    EXPECT_EQ(map.dropped(), 1u);
    map.ring_release(24);
    EXPECT_TRUE(map.ring_reserve(8));
}

}  // namespace
}  // namespace mbpf::sim
