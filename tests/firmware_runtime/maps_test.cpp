// SPDX-License-Identifier: Apache-2.0
// Maps against models of the standard library under random operations.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <vector>

#include "mbpf/map.h"

namespace mbpf::test {
namespace {

class TestMap {
  public:
    TestMap(std::uint32_t type, std::uint32_t key, std::uint32_t value, std::uint32_t entries) : storage_(mbpf_map_storage_bytes(type, key, value, entries) / 8) {
        map.values = reinterpret_cast<std::uint8_t*>(storage_.data());
        map.stride = mbpf_map_stride(type, key, value);
        map.key_size = key;
        map.value_size = value;
        map.max_entries = entries;
        map.type = static_cast<std::uint16_t>(type);
        operations = mbpf_map_operations_of(type);
        operations->reset(&map);
    }
    std::size_t bytes() const { return storage_.size() * 8; }
    mbpf_map map{};
    const mbpf_map_operations* operations = nullptr;

  private:
    std::vector<std::uint64_t> storage_;
};

using Bytes = std::vector<std::uint8_t>;

Bytes key_of(std::uint32_t n, std::uint32_t size) {
    Bytes key(size);
    for (std::uint32_t i = 0; i < size && i < 4; ++i) key[i] = static_cast<std::uint8_t>(n >> (8 * i));
    return key;
}

struct Shape {
    std::uint32_t key, value, entries, keys;
};
class HashMap : public testing::TestWithParam<Shape> {};

TEST_P(HashMap, agrees_with_std_map_under_random_operations) {
    const Shape shape = GetParam();
    TestMap m(MBPF_MAP_HASH, shape.key, shape.value, shape.entries);
    std::map<Bytes, Bytes> model;
    std::map<Bytes, const void*> places;  // a value's address stays for as long as its key does
    std::mt19937 rng(shape.entries * 31 + shape.key);
    for (int step = 0; step < 20000; ++step) {
        const Bytes key = key_of(static_cast<std::uint32_t>(rng() % shape.keys), shape.key);
        switch (rng() % 4) {
            case 0:
            case 1: {
                Bytes value(shape.value);
                for (auto& b : value) b = static_cast<std::uint8_t>(rng());
                const std::uint64_t flags = rng() % 4;
                int want = 0;
                if (flags > 2) want = -MBPF_EINVAL;
                else if (model.contains(key)) want = flags == 1 ? -MBPF_EEXIST : 0;
                else want = flags == 2 ? -MBPF_ENOENT : model.size() >= shape.entries ? -MBPF_E2BIG : 0;
                ASSERT_EQ(m.operations->update(&m.map, key.data(), value.data(), flags), want);
                if (want == 0) {
                    model[key] = value;
                    const auto* at = static_cast<const std::uint8_t*>(m.operations->lookup(&m.map, key.data()));
                    ASSERT_EQ(places.emplace(key, at).first->second, at);
                    ASSERT_TRUE(at >= m.map.values && at + shape.value <= m.map.values + m.bytes());
                    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(at) % 8, 0u);
                }
                break;
            }
            case 2:
                ASSERT_EQ(m.operations->remove(&m.map, key.data()), model.erase(key) != 0 ? 0 : -MBPF_ENOENT);
                places.erase(key);
                break;
            default: {
                const auto* value = static_cast<const std::uint8_t*>(m.operations->lookup(&m.map, key.data()));
                ASSERT_EQ(value != nullptr, model.contains(key));
                if (value != nullptr) {
                    ASSERT_EQ(Bytes(value, value + shape.value), model[key]);
                    ASSERT_EQ(value, places[key]);
                }
            }
        }
        ASSERT_EQ(m.operations->used(&m.map), model.size());
    }
    // Iteration gives every key once.
    std::map<Bytes, int> seen;
    Bytes key(shape.key), next(shape.key);
    const void* at = nullptr;
    while (m.operations->next_key(&m.map, at, next.data())) {
        ++seen[next];
        key = next;
        at = key.data();
    }
    ASSERT_EQ(seen.size(), model.size());
    for (const auto& [k, n] : seen) EXPECT_TRUE(n == 1 && model.contains(k));
}
INSTANTIATE_TEST_SUITE_P(Shapes, HashMap, testing::Values(Shape{4, 8, 16, 40}, Shape{1, 1, 1, 5}, Shape{3, 5, 7, 12}, Shape{64, 100, 33, 60}, Shape{8, 4, 256, 300}, Shape{4, 4, 64, 64}));

// A program may delete a key while it holds the value of another: that must keep its address and contents.
TEST(HashMapDelete, leaves_all_other_records_where_they_are) {
    TestMap m(MBPF_MAP_HASH, 4, 4, 64);
    for (std::uint32_t k = 0; k < 64; ++k) ASSERT_EQ(m.operations->update(&m.map, &k, &k, 0), 0);
    for (std::uint32_t gone = 0; gone < 64; ++gone) {
        std::map<std::uint32_t, const void*> places;
        for (std::uint32_t k = gone + 1; k < 64; ++k) places[k] = m.operations->lookup(&m.map, &k);
        ASSERT_EQ(m.operations->remove(&m.map, &gone), 0);
        for (const auto& [k, at] : places) {
            ASSERT_EQ(m.operations->lookup(&m.map, &k), at);
            ASSERT_EQ(*static_cast<const std::uint32_t*>(at), k);
        }
    }
    EXPECT_EQ(m.operations->used(&m.map), 0u);
}

TEST(ArrayMap, has_all_its_elements_and_no_other) {
    TestMap m(MBPF_MAP_ARRAY, 4, 5, 10);
    for (std::uint32_t i = 0; i < 12; ++i) {
        const std::uint8_t value[5] = {static_cast<std::uint8_t>(i), 1, 2, 3, 4};
        EXPECT_EQ(m.operations->update(&m.map, &i, value, 0), i < 10 ? 0 : -MBPF_E2BIG);
        EXPECT_EQ(m.operations->lookup(&m.map, &i) != nullptr, i < 10);
    }
    std::uint32_t key = 0;
    const std::uint8_t value[5] = {};
    EXPECT_EQ(m.operations->update(&m.map, &key, value, MBPF_UPDATE_NOEXIST), -MBPF_EEXIST);
    EXPECT_EQ(m.operations->update(&m.map, &key, value, 9), -MBPF_EINVAL);
    EXPECT_EQ(m.operations->remove(&m.map, &key), -MBPF_EINVAL);
    std::uint32_t count = 0, next = 0;
    const void* at = nullptr;
    while (m.operations->next_key(&m.map, at, &next)) {
        EXPECT_EQ(next, count++);
        key = next;
        at = &key;
    }
    EXPECT_EQ(count, 10u);
}

// One CPU: the same storage and operations.
TEST(PerCpuMaps, are_the_maps_of_one_cpu) {
    EXPECT_EQ(mbpf_map_operations_of(MBPF_MAP_PERCPU_HASH), &mbpf_map_hash);
    EXPECT_EQ(mbpf_map_operations_of(MBPF_MAP_PERCPU_ARRAY), &mbpf_map_array);
    EXPECT_EQ(mbpf_map_storage_bytes(MBPF_MAP_PERCPU_HASH, 3, 20, 7), mbpf_map_storage_bytes(MBPF_MAP_HASH, 3, 20, 7));
    EXPECT_EQ(mbpf_map_storage_bytes(MBPF_MAP_PERCPU_ARRAY, 3, 20, 7), 0u);
    TestMap m(MBPF_MAP_PERCPU_HASH, 3, 20, 7);
    EXPECT_EQ(m.map.stride, mbpf_map_stride(MBPF_MAP_HASH, 3, 20));
    const std::uint8_t key[3] = {1, 2, 3}, value[20] = {9};
    EXPECT_EQ(m.operations->update(&m.map, key, value, 0), 0);
    EXPECT_EQ(*static_cast<const std::uint8_t*>(m.operations->lookup(&m.map, key)), 9);
}

class RingBuffer : public testing::TestWithParam<std::uint32_t> {};

TEST_P(RingBuffer, delivers_committed_records_in_order) {
    TestMap m(MBPF_MAP_RING_BUFFER, 0, 0, GetParam());
    std::deque<Bytes> model;
    std::mt19937 rng(GetParam());
    std::uint64_t dropped = 0;
    for (int step = 0; step < 50000; ++step) {
        if (rng() % 2 == 0) {
            const std::uint64_t size = rng() % 8 == 0 ? rng() : 1 + rng() % 40;
            auto* record = static_cast<std::uint8_t*>(mbpf_ring_buffer_reserve(&m.map, size));
            if (record == nullptr) {
                ++dropped;
                continue;
            }
            ASSERT_GE(record, m.map.values + MBPF_RING_BUFFER_CONTROL_BYTES);
            ASSERT_LE(record + size, m.map.values + MBPF_RING_BUFFER_CONTROL_BYTES + GetParam());
            ASSERT_EQ(reinterpret_cast<std::uintptr_t>(record) % 8, 0u);
            Bytes bytes(size);
            for (auto& b : bytes) b = static_cast<std::uint8_t>(rng());
            std::copy(bytes.begin(), bytes.end(), record);
            const bool discard = rng() % 4 == 0;
            mbpf_ring_buffer_finish(record, discard);
            if (!discard) model.push_back(bytes);
        } else {
            std::uint32_t n = 0;
            const std::uint8_t* record = mbpf_ring_buffer_peek(&m.map, &n);
            ASSERT_EQ(record != nullptr, !model.empty());
            if (record == nullptr) continue;
            ASSERT_EQ(Bytes(record, record + n), model.front());
            model.pop_front();
            mbpf_ring_buffer_consume(&m.map);
        }
    }
    EXPECT_EQ(mbpf_ring_buffer_dropped(&m.map), dropped);
}
INSTANTIATE_TEST_SUITE_P(Sizes, RingBuffer, testing::Values(16u, 32u, 64u, 256u, 4096u));

TEST(RingBufferEdge, an_open_reservation_blocks_the_reader_and_nothing_else) {
    TestMap m(MBPF_MAP_RING_BUFFER, 0, 0, 128);
    void* first = mbpf_ring_buffer_reserve(&m.map, 8);
    void* second = mbpf_ring_buffer_reserve(&m.map, 8);
    mbpf_ring_buffer_finish(second, false);
    std::uint32_t n = 0;
    EXPECT_EQ(mbpf_ring_buffer_peek(&m.map, &n), nullptr);
    mbpf_ring_buffer_finish(first, true);
    EXPECT_EQ(mbpf_ring_buffer_peek(&m.map, &n), second);
}

TEST(RingBufferEdge, zero_and_oversized_records_are_refused) {
    TestMap m(MBPF_MAP_RING_BUFFER, 0, 0, 128);
    for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{121}, std::uint64_t{128}, std::uint64_t{0xFFFFFFFF}, std::uint64_t{0xFFFFFFFFFFFFFFFF}}) EXPECT_EQ(mbpf_ring_buffer_reserve(&m.map, n), nullptr) << n;
    EXPECT_NE(mbpf_ring_buffer_reserve(&m.map, 120), nullptr);
}

}  // namespace
}  // namespace mbpf::test
