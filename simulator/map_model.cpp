// SPDX-License-Identifier: Apache-2.0
// Array: slot = key. Hash: an ordered map from key bytes to slot. Ring buffer: a list of records.
#include "simulator/map_model.h"

#include <mbpf/abi/map_layout.h>

#include <algorithm>

namespace mbpf::sim {

namespace {

bool is(const bpf::Map& map, bpf::MapType type) { return mbpf_map_kind(map.type) == static_cast<std::uint32_t>(type); }

std::uint64_t record_bytes(std::uint64_t size) { return 8 + ((size + 7) & ~std::uint64_t{7}); }

}  // namespace

MapModel::MapModel(const bpf::Map& map, std::uint32_t index, Memory& memory) : map_(map), memory_(&memory) {
    const bool values = !is(map_, bpf::MapType::ring_buffer);
    const std::uint64_t slots = values ? map_.max_entries : 0;
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(slots * stride()));
    std::copy(map_.initial.begin(), map_.initial.begin() + static_cast<std::ptrdiff_t>(std::min(map_.initial.size(), bytes.size())),
              bytes.begin());
    region_ = memory.add(RegionKind::map_value, "map " + map_.name, std::move(bytes), !map_.read_only(), true);
    memory.region(region_).tag = index;
    if (is(map_, bpf::MapType::hash))
        for (std::uint64_t slot = slots; slot > 0; --slot) free_slots_.push_back(slot - 1);
}

std::optional<std::uint64_t> MapModel::slot_of(std::span<const std::uint8_t> key) const {
    if (key.size() != map_.key_size) return std::nullopt;
    if (is(map_, bpf::MapType::hash)) {
        const auto found = slots_.find({key.begin(), key.end()});
        if (found == slots_.end()) return std::nullopt;
        return found->second;
    }
    if (!is(map_, bpf::MapType::array) || key.size() != 4) return std::nullopt;
    const std::uint64_t index = key[0] | std::uint64_t{key[1]} << 8 | std::uint64_t{key[2]} << 16 | std::uint64_t{key[3]} << 24;
    if (index >= map_.max_entries) return std::nullopt;
    return index;
}

std::uint64_t MapModel::lookup(std::span<const std::uint8_t> key) const {
    const auto slot = slot_of(key);
    return slot ? address(*slot) : 0;
}

std::int64_t MapModel::update(std::span<const std::uint8_t> key, std::span<const std::uint8_t> value, std::uint64_t flags) {
    if (flags > 2) return kInvalid;
    if (key.size() != map_.key_size || value.size() != map_.value_size) return kInvalid;
    auto slot = slot_of(key);
    if (is(map_, bpf::MapType::array)) {
        if (!slot) return kTooBig;
        if (flags == 1) return kExists;
    } else if (is(map_, bpf::MapType::hash)) {
        if (slot && flags == 1) return kExists;
        if (!slot && flags == 2) return kNoEntry;
        if (!slot) {
            if (free_slots_.empty()) return kTooBig;
            slot = free_slots_.back();
            free_slots_.pop_back();
            slots_[{key.begin(), key.end()}] = *slot;
        }
    } else {
        return kInvalid;
    }
    MemoryRegion& region = memory_->region(region_);
    std::copy(value.begin(), value.end(), region.bytes.begin() + static_cast<std::ptrdiff_t>(*slot * stride()));
    return 0;
}

std::int64_t MapModel::remove(std::span<const std::uint8_t> key) {
    if (!is(map_, bpf::MapType::hash) || key.size() != map_.key_size) return kInvalid;
    const auto found = slots_.find({key.begin(), key.end()});
    if (found == slots_.end()) return kNoEntry;
    free_slots_.push_back(found->second);
    slots_.erase(found);
    return 0;
}

std::vector<std::vector<std::uint8_t>> MapModel::keys() const {
    std::vector<std::vector<std::uint8_t>> result;
    if (is(map_, bpf::MapType::hash)) {
        for (const auto& [key, slot] : slots_) result.push_back(key);
    } else if (is(map_, bpf::MapType::array)) {
        for (std::uint32_t i = 0; i < map_.max_entries; ++i)
            result.push_back({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
                              static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 24)});
    }
    return result;
}

std::vector<std::uint8_t> MapModel::value(std::span<const std::uint8_t> key) const {
    const auto slot = slot_of(key);
    if (!slot) return {};
    const auto& bytes = memory_->region(region_).bytes;
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(*slot * stride());
    return {begin, begin + map_.value_size};
}

bool MapModel::ring_reserve(std::uint64_t size) {
    if (size > map_.max_entries || record_bytes(size) > map_.max_entries - ring_used_) {
        ++dropped_;
        return false;
    }
    ring_used_ += record_bytes(size);
    return true;
}

void MapModel::ring_commit(std::vector<std::uint8_t> record) { records_.push_back(std::move(record)); }

void MapModel::ring_release(std::uint64_t size) { ring_used_ -= record_bytes(size); }

}  // namespace mbpf::sim
