// SPDX-License-Identifier: Apache-2.0
// Maps as the interpreter sees them: the plainest thing that behaves as documented. Values live in one
// region a map, so their addresses stay fixed over runs; the device's own C maps are tested against this.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "core/program.h"
#include "simulator/memory.h"

namespace mbpf::sim {

// Results of map operations are Linux's negative error numbers, as helpers return them.
inline constexpr std::int64_t kNoEntry = -2;
inline constexpr std::int64_t kTooBig = -7;
inline constexpr std::int64_t kExists = -17;
inline constexpr std::int64_t kInvalid = -22;
inline constexpr std::int64_t kNoSpace = -28;

class MapModel {
  public:
    using Bytes = std::vector<std::uint8_t>;
    struct Sample {
        std::uint64_t time_ns = 0;
        Bytes key, value;
    };

    MapModel(const bpf::Map& map, std::uint32_t index, Memory& memory);

    const bpf::Map& description() const { return map_; }
    std::size_t region() const { return region_; }
    // Address of the value, or 0. In an LRU map a use of it.
    std::uint64_t lookup(std::span<const std::uint8_t> key);
    // flags: 0 any, 1 must not exist, 2 must exist.
    std::int64_t update(std::span<const std::uint8_t> key, std::span<const std::uint8_t> value, std::uint64_t flags);
    std::int64_t remove(std::span<const std::uint8_t> key);
    // Keys present, and a value without any effect. In an LPM trie the value of the longest prefix.
    std::vector<Bytes> keys() const;
    Bytes value(std::span<const std::uint8_t> key) const;

    // Queue and stack; flags: 2 lets the oldest value go. values(): in the order of pops.
    std::int64_t push(std::span<const std::uint8_t> value, std::uint64_t flags);
    std::optional<Bytes> peek() const;
    std::optional<Bytes> pop();
    std::vector<Bytes> values() const;

    // Time series.
    void append(Sample sample);
    const std::deque<Sample>& samples() const { return samples_; }

    // Ring buffer. A record occupies its size rounded up to 8 plus an 8-byte header.
    bool ring_reserve(std::uint64_t size);          // false: no room
    void ring_commit(std::vector<std::uint8_t> record);
    void ring_release(std::uint64_t size);          // discarded: gives the room back at once
    std::uint64_t ring_used() const { return ring_used_; }
    const std::vector<std::vector<std::uint8_t>>& records() const { return records_; }
    std::uint64_t dropped() const { return dropped_; }

  private:
    std::optional<std::uint64_t> slot_of(std::span<const std::uint8_t> key) const;  // of exactly this key
    std::optional<std::uint64_t> longest_prefix(std::span<const std::uint8_t> key) const;
    std::optional<std::uint64_t> found(std::span<const std::uint8_t> key) const;    // what a lookup finds
    bool key_fits(std::span<const std::uint8_t> key) const;
    std::uint32_t bucket(std::span<const std::uint8_t> key) const;
    std::int64_t add(std::span<const std::uint8_t> key, std::uint64_t& slot);
    void use(std::span<const std::uint8_t> key);
    std::uint64_t stride() const { return (std::uint64_t{map_.value_size} + 7) & ~std::uint64_t{7}; }
    std::uint64_t address(std::uint64_t slot) const { return memory_->address(region_) + slot * stride(); }

    bpf::Map map_;
    std::uint32_t kind_ = 0;
    Memory* memory_;
    std::size_t region_ = 0;
    std::map<Bytes, std::uint64_t> slots_;  // hash, LRU, LPM: key to slot
    std::vector<std::uint64_t> free_slots_;
    std::list<Bytes> recent_;               // LRU: the last used one in front
    std::deque<Bytes> queue_;
    std::deque<Sample> samples_;
    std::vector<std::vector<std::uint8_t>> records_;
    std::uint64_t ring_used_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace mbpf::sim
