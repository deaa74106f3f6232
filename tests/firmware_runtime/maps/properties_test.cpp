// SPDX-License-Identifier: Apache-2.0
// The runtime's maps and the interpreter's models through the same random operations, in step: every result, every
// value, all that the map holds. Built with sanitizers, storage in a block of exactly its size.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <random>

#include "mbpf/map.h"
#include "sequences.h"
#include "simulator/map_model.h"

namespace mbpf::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

class DeviceMap {
  public:
    explicit DeviceMap(const map_shape& shape) : bytes_(static_cast<std::size_t>(mbpf_map_storage_bytes(shape.type, shape.key, shape.value, shape.entries))), storage_(new(std::align_val_t{8}) std::uint8_t[bytes_]()) {
        map.values = storage_;
        map.stride = mbpf_map_stride(shape.type, shape.key, shape.value);
        map.key_size = shape.key;
        map.value_size = shape.value;
        map.max_entries = shape.entries;
        map.type = static_cast<std::uint16_t>(shape.type);
        operations = mbpf_map_operations_of(shape.type);
        operations->reset(&map);
    }
    ~DeviceMap() { ::operator delete[](storage_, std::align_val_t{8}); }
    DeviceMap(const DeviceMap&) = delete;
    DeviceMap& operator=(const DeviceMap&) = delete;
    void expect_inside(const void* value, std::size_t size) const {
        const auto* at = static_cast<const std::uint8_t*>(value);
        EXPECT_TRUE(at >= storage_ && at + size <= storage_ + bytes_);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % 8, 0u);
    }

    mbpf_map map{};
    const mbpf_map_operations* operations = nullptr;

  private:
    std::size_t bytes_;
    std::uint8_t* storage_;
};

// Both at once; what differs is a failure there and then.
class Both {
  public:
    explicit Both(const map_shape& shape) : shape_(shape), device_(shape), model_(definition(shape), 0, memory_) {}

    map_target target() {
        return {this,
                [](void* self, const std::uint8_t* key) { return of(self).lookup(key); },
                [](void* self, const std::uint8_t* key, const std::uint8_t* value, std::uint64_t flags) { return of(self).update(key, value, flags); },
                [](void* self, const std::uint8_t* key) { return of(self).remove(key); },
                [](void* self, const std::uint8_t* key, const std::uint8_t* value, std::uint64_t time) { of(self).append(key, value, time); },
                [](void* self, const std::uint8_t* key) { return of(self).read(key); },
                [](void* self, const std::uint8_t* key, std::uint8_t* next) { return of(self).next_key(key, next); },
                [](void* self) { return of(self).used(); }};
    }

  private:
    static Both& of(void* self) { return *static_cast<Both*>(self); }
    static bpf::Map definition(const map_shape& shape) {
        bpf::Map map;
        map.name = "m";
        map.type = shape.type;
        map.key_size = shape.key;
        map.value_size = shape.value;
        map.max_entries = shape.entries;
        return map;
    }
    Bytes key_of(const std::uint8_t* key) const { return {key, key + shape_.key}; }
    Bytes value_of(const std::uint8_t* value) const { return {value, value + shape_.value}; }
    bool is_queue() const { return shape_.key == 0; }

    // The program may have written through a lookup's address: the model's value follows.
    void follow() {
        if (written_ == nullptr) return;
        const auto slot = model_.lookup(written_key_);
        sim::MemoryRegion* region = memory_.find(slot, shape_.value);
        ASSERT_NE(region, nullptr);
        std::copy_n(written_, shape_.value, region->bytes.begin() + static_cast<std::ptrdiff_t>(slot - region->base));
        written_ = nullptr;
    }

    std::uint8_t* lookup(const std::uint8_t* key) {
        follow();
        auto* got = static_cast<std::uint8_t*>(device_.operations->lookup(&device_.map, key));
        std::optional<Bytes> want;
        if (is_queue()) want = model_.peek();
        else if (model_.lookup(key_of(key)) != 0) want = model_.value(key_of(key));
        EXPECT_EQ(got != nullptr, want.has_value());
        if (got == nullptr || !want) return nullptr;
        device_.expect_inside(got, shape_.value);
        EXPECT_EQ(value_of(got), *want);
        if (is_queue()) {  // programs get copies
            copy_ = *want;
            return copy_.data();
        }
        written_ = got;
        written_key_ = key_of(key);
        return got;
    }
    int update(const std::uint8_t* key, const std::uint8_t* value, std::uint64_t flags) {
        follow();
        const int got = device_.operations->update(&device_.map, key, value, flags);
        EXPECT_EQ(got, is_queue() ? model_.push(value_of(value), flags) : model_.update(key_of(key), value_of(value), flags));
        return got;
    }
    int remove(const std::uint8_t* key) {
        follow();
        const int got = device_.operations->remove(&device_.map, key);
        EXPECT_EQ(got, is_queue() ? (model_.pop() ? 0 : sim::kNoEntry) : model_.remove(key_of(key)));
        return got;
    }
    void append(const std::uint8_t* key, const std::uint8_t* value, std::uint64_t time) {
        mbpf_time_series_push(&device_.map, key, value, time);
        model_.append({time, key_of(key), value_of(value)});
    }
    const std::uint8_t* read(const std::uint8_t* key) {
        const auto* got = static_cast<const std::uint8_t*>(device_.operations->read(&device_.map, key));
        EXPECT_NE(got, nullptr);
        if (got != nullptr) device_.expect_inside(got, mbpf_map_read_bytes(&device_.map));
        return got;
    }
    // The device's walk must meet all that the model holds, each once.
    bool next_key(const std::uint8_t* key, std::uint8_t* next) {
        follow();
        if (key == nullptr) met_.clear();
        if (!device_.operations->next_key(&device_.map, key, next)) {
            expect_all_met();
            return false;
        }
        met_.emplace_back(next, next + mbpf_map_host_key_bytes(&device_.map));
        return true;
    }
    void expect_all_met() {
        std::vector<Bytes> values;
        for (const Bytes& key : met_) {
            const auto* at = static_cast<const std::uint8_t*>(device_.operations->read(&device_.map, key.data()));
            ASSERT_NE(at, nullptr);
            values.emplace_back(at, at + mbpf_map_read_bytes(&device_.map));
        }
        if (shape_.type == MBPF_MAP_TIME_SERIES) {
            ASSERT_EQ(values.size(), model_.samples().size());
            for (std::size_t i = 0; i < values.size(); ++i) {
                const auto& sample = model_.samples()[i];
                std::uint64_t time = 0;
                std::memcpy(&time, values[i].data(), 8);
                EXPECT_EQ(time, sample.time_ns);
                EXPECT_TRUE(std::equal(sample.key.begin(), sample.key.end(), values[i].begin() + 8));
                EXPECT_TRUE(std::equal(sample.value.begin(), sample.value.end(), values[i].begin() + 8 + (shape_.key + 7) / 8 * 8));
            }
        } else if (is_queue()) {
            EXPECT_EQ(values, model_.values());
        } else {
            std::vector<Bytes> keys = met_, want = model_.keys();
            std::ranges::sort(keys);
            std::ranges::sort(want);
            EXPECT_EQ(keys, want);
            for (std::size_t i = 0; i < met_.size(); ++i) EXPECT_EQ(values[i], model_.value(met_[i]));
        }
    }
    std::uint32_t used() {
        const std::uint32_t got = device_.operations->used(&device_.map);
        const std::size_t want = is_queue() ? model_.values().size() : shape_.type == MBPF_MAP_TIME_SERIES ? model_.samples().size() : model_.keys().size();
        EXPECT_EQ(got, want);
        return got;
    }

    map_shape shape_;
    DeviceMap device_;
    sim::Memory memory_;
    sim::MapModel model_;
    std::uint8_t* written_ = nullptr;
    Bytes written_key_, copy_;
    std::vector<Bytes> met_;
};

class MapProperties : public testing::TestWithParam<unsigned> {};

TEST_P(MapProperties, device_and_model_agree_at_every_step) {
    const map_shape& shape = map_shapes[GetParam()];
    ASSERT_LE(mbpf_map_storage_bytes(shape.type, shape.key, shape.value, shape.entries), MAP_MOST_STORAGE);
    Both both(shape);
    const map_target target = both.target();
    map_sequence(&shape, &target);
}
// Storage that a program has filled with anything: no operation reaches outside it or goes on for ever. The device
// relies on it where the host's requests meet such a map; here the sanitizers watch.
TEST_P(MapProperties, spoilt_storage_stays_inside_itself) {
    const map_shape& shape = map_shapes[GetParam()];
    const std::size_t bytes = static_cast<std::size_t>(mbpf_map_storage_bytes(shape.type, shape.key, shape.value, shape.entries));
    std::mt19937 rng(GetParam() + 1);
    for (int round = 0; round < 60; ++round) {
        DeviceMap map(shape);
        const auto spoil = [&] {
            const std::size_t words = rng() % 3 == 0 ? bytes / 4 : 1 + rng() % 12;
            for (std::size_t i = 0; i < words; ++i) {
                const std::uint32_t word = rng() % 2 == 0 ? static_cast<std::uint32_t>(rng()) : static_cast<std::uint32_t>(rng() % (2 * bytes)) & ~std::uint32_t{rng() % 2 == 0 ? 7u : 0u};
                const std::size_t at = words < 13 ? rng() % std::min<std::size_t>(bytes / 4, rng() % 2 == 0 ? 16 : bytes / 4) : i;
                std::memcpy(map.map.values + 4 * at, &word, 4);
            }
        };
        for (int step = 0; step < 40; ++step) {
            if (step % 5 == 0) spoil();
            Bytes key(std::max<std::size_t>(shape.key, 4)), next(64), value(shape.value);
            for (auto& b : key) b = static_cast<std::uint8_t>(rng() % 4 == 0 ? rng() : 0);
            if (shape.type == MBPF_MAP_LPM_TRIE) {
                const std::uint32_t bits = static_cast<std::uint32_t>(rng() % ((shape.key - 4) * 8 + 2));
                std::memcpy(key.data(), &bits, 4);
            }
            const auto& o = *map.operations;
            if (shape.type == MBPF_MAP_TIME_SERIES) mbpf_time_series_push(&map.map, key.data(), value.data(), 1);
            else o.update(&map.map, key.data(), value.data(), rng() % 3);
            for (const void* at : {static_cast<const void*>(o.lookup(&map.map, key.data())), o.read(&map.map, key.data())})
                if (at != nullptr) map.expect_inside(at, shape.value);
            if (rng() % 2 == 0) o.remove(&map.map, key.data());
            o.used(&map.map);
            if (shape.type == MBPF_MAP_RING_BUFFER) {  // as the host's request for events goes through them
                std::uint32_t n = 0;
                for (std::size_t records = 0; const std::uint8_t* record = mbpf_ring_buffer_peek(&map.map, &n); ++records) {
                    ASSERT_LT(records, bytes);
                    map.expect_inside(record, n);
                    mbpf_ring_buffer_consume(&map.map);
                }
            }
            o.next_key(&map.map, rng() % 2 == 0 ? nullptr : key.data(), next.data());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, MapProperties, testing::Range(0u, MAP_SHAPES));

}  // namespace
}  // namespace mbpf::test
