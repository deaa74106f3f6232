// SPDX-License-Identifier: Apache-2.0
// Array: slot = key. Hash, LRU, LPM: an ordered map from key bytes to slot. All else: lists of what was put in.
#include "simulator/map_model.h"

#include <mbpf/abi/map_layout.h>

#include <algorithm>

namespace mbpf::sim {

namespace {

std::uint64_t record_bytes(std::uint64_t size) { return 8 + ((size + 7) & ~std::uint64_t{7}); }

std::uint32_t word(std::span<const std::uint8_t> bytes) {
    return bytes.size() < 4 ? 0 : bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 | std::uint32_t{bytes[3]} << 24;
}

bool has_slots(std::uint32_t kind) { return kind == MBPF_MAP_HASH || kind == MBPF_MAP_LRU_HASH || kind == MBPF_MAP_LPM_TRIE; }

bool is_prefix(std::span<const std::uint8_t> prefix, std::span<const std::uint8_t> key) {
    const std::uint32_t bits = word(prefix);
    if (bits > word(key)) return false;
    for (std::uint32_t i = 0; i < bits; ++i)
        if (((prefix[4 + i / 8] ^ key[4 + i / 8]) >> (7 - i % 8) & 1) != 0) return false;
    return true;
}

}  // namespace

MapModel::MapModel(const bpf::Map& map, std::uint32_t index, Memory& memory) : map_(map), kind_(mbpf_map_kind(map.type)), memory_(&memory) {
    const std::uint64_t slots = kind_ == MBPF_MAP_ARRAY || has_slots(kind_) ? map_.max_entries : 0;
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(slots * stride()));
    std::copy(map_.initial.begin(), map_.initial.begin() + static_cast<std::ptrdiff_t>(std::min(map_.initial.size(), bytes.size())),
              bytes.begin());
    region_ = memory.add(RegionKind::map_value, "map " + map_.name, std::move(bytes), !map_.read_only(), true);
    memory.region(region_).tag = index;
    if (has_slots(kind_))
        for (std::uint64_t slot = slots; slot > 0; --slot) free_slots_.push_back(slot - 1);
}

bool MapModel::key_fits(std::span<const std::uint8_t> key) const {
    if (key.size() != map_.key_size) return false;
    return kind_ != MBPF_MAP_LPM_TRIE || (key.size() > 4 && word(key) <= (key.size() - 4) * 8);
}

std::optional<std::uint64_t> MapModel::slot_of(std::span<const std::uint8_t> key) const {
    if (!key_fits(key)) return std::nullopt;
    if (kind_ == MBPF_MAP_ARRAY) return word(key) < map_.max_entries ? std::optional<std::uint64_t>(word(key)) : std::nullopt;
    if (kind_ == MBPF_MAP_LPM_TRIE) {
        for (const auto& [prefix, slot] : slots_)
            if (word(prefix) == word(key) && is_prefix(prefix, key)) return slot;
        return std::nullopt;
    }
    const auto found = slots_.find({key.begin(), key.end()});
    return found == slots_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint64_t> MapModel::longest_prefix(std::span<const std::uint8_t> key) const {
    std::optional<std::uint64_t> best;
    std::uint32_t bits = 0;
    for (const auto& [prefix, slot] : slots_) {
        if (!key_fits(key) || !is_prefix(prefix, key) || (best && word(prefix) <= bits)) continue;
        best = slot;
        bits = word(prefix);
    }
    return best;
}

std::optional<std::uint64_t> MapModel::found(std::span<const std::uint8_t> key) const { return kind_ == MBPF_MAP_LPM_TRIE ? longest_prefix(key) : slot_of(key); }

std::uint64_t MapModel::lookup(std::span<const std::uint8_t> key) {
    const auto slot = found(key);
    if (slot) use(key);
    return slot ? address(*slot) : 0;
}

void MapModel::use(std::span<const std::uint8_t> key) {
    if (kind_ != MBPF_MAP_LRU_HASH) return;
    Bytes used(key.begin(), key.end());
    recent_.remove(used);
    recent_.push_front(std::move(used));
}

std::uint32_t MapModel::bucket(std::span<const std::uint8_t> key) const {
    return mbpf_hash_key(key.data(), static_cast<std::uint32_t>(key.size())) & (static_cast<std::uint32_t>(mbpf_hash_buckets(map_.max_entries)) - 1);
}

// Room for a new key.
std::int64_t MapModel::add(std::span<const std::uint8_t> key, std::uint64_t& slot) {
    if (kind_ == MBPF_MAP_LPM_TRIE) {
        if (free_slots_.empty()) return kNoSpace;
    } else {
        const std::uint32_t wanted = bucket(key);
        const auto same = [&](const auto& other) { return bucket(other.first) == wanted; };
        const bool chain_full = std::ranges::count_if(slots_, same) >= MBPF_HASH_CHAIN;
        if ((chain_full || free_slots_.empty()) && kind_ == MBPF_MAP_HASH) return kTooBig;
        if (chain_full) remove(Bytes(*std::find_if(recent_.rbegin(), recent_.rend(), [&](const Bytes& other) { return bucket(other) == wanted; })));
        else if (free_slots_.empty()) remove(Bytes(recent_.back()));
    }
    slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[{key.begin(), key.end()}] = slot;
    return 0;
}

std::int64_t MapModel::update(std::span<const std::uint8_t> key, std::span<const std::uint8_t> value, std::uint64_t flags) {
    if (flags > 2 || key.size() != map_.key_size || value.size() != map_.value_size) return kInvalid;
    auto slot = slot_of(key);
    if (kind_ == MBPF_MAP_ARRAY) {
        if (!slot) return kTooBig;
        if (flags == 1) return kExists;
    } else if (has_slots(kind_)) {
        if (!key_fits(key)) return kInvalid;
        if (slot && flags == 1) return kExists;
        if (!slot && flags == 2) return kNoEntry;
        if (!slot)
            if (const std::int64_t error = add(key, slot.emplace()); error != 0) return error;
        use(key);
    } else {
        return kInvalid;
    }
    MemoryRegion& region = memory_->region(region_);
    std::copy(value.begin(), value.end(), region.bytes.begin() + static_cast<std::ptrdiff_t>(*slot * stride()));
    return 0;
}

std::int64_t MapModel::remove(std::span<const std::uint8_t> key) {
    if (!has_slots(kind_) || !key_fits(key)) return kInvalid;
    const auto slot = slot_of(key);
    if (!slot) return kNoEntry;
    free_slots_.push_back(*slot);
    std::erase_if(slots_, [&](const auto& row) { return row.second == *slot; });
    recent_.remove({key.begin(), key.end()});
    return 0;
}

std::vector<MapModel::Bytes> MapModel::keys() const {
    std::vector<Bytes> result;
    for (const auto& [key, slot] : slots_) result.push_back(key);
    for (std::uint32_t i = 0; kind_ == MBPF_MAP_ARRAY && i < map_.max_entries; ++i)
        result.push_back({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 24)});
    return result;
}

MapModel::Bytes MapModel::value(std::span<const std::uint8_t> key) const {
    const auto slot = found(key);
    if (!slot) return {};
    const auto& bytes = memory_->region(region_).bytes;
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(*slot * stride());
    return {begin, begin + map_.value_size};
}

std::int64_t MapModel::push(std::span<const std::uint8_t> value, std::uint64_t flags) {
    if ((flags != 0 && flags != 2) || value.size() != map_.value_size) return kInvalid;
    if (queue_.size() >= map_.max_entries) {
        if (flags == 0) return kTooBig;
        queue_.pop_front();
    }
    queue_.emplace_back(value.begin(), value.end());
    return 0;
}

std::optional<MapModel::Bytes> MapModel::peek() const {
    if (queue_.empty()) return std::nullopt;
    return kind_ == MBPF_MAP_STACK ? queue_.back() : queue_.front();
}

std::optional<MapModel::Bytes> MapModel::pop() {
    auto value = peek();
    if (value && kind_ == MBPF_MAP_STACK) queue_.pop_back();
    else if (value) queue_.pop_front();
    return value;
}

std::vector<MapModel::Bytes> MapModel::values() const {
    std::vector<Bytes> result(queue_.begin(), queue_.end());
    if (kind_ == MBPF_MAP_STACK) std::ranges::reverse(result);
    return result;
}

void MapModel::append(Sample sample) {
    samples_.push_back(std::move(sample));
    if (samples_.size() > map_.max_entries) samples_.pop_front();
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
