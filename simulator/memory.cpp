// SPDX-License-Identifier: Apache-2.0
// Regions sit at (index + 1) << 32: the index is read off the address, so a look-up is constant time.
#include "simulator/memory.h"

#include <utility>

namespace mbpf::sim {

namespace {

constexpr std::uint64_t kLowBase = 0x10000;

std::uint64_t base_of(std::size_t index) { return ((static_cast<std::uint64_t>(index) + 1) << 32) + kLowBase; }

}  // namespace

std::size_t Memory::add(RegionKind kind, std::string name, std::vector<std::uint8_t> bytes, bool writable,
                        bool initialised) {
    const std::size_t index = regions_.size();
    MemoryRegion region;
    region.kind = kind;
    region.name = std::move(name);
    region.base = base_of(index);
    region.written.assign(bytes.size(), initialised);
    region.bytes = std::move(bytes);
    region.writable = writable;
    regions_.push_back(std::move(region));
    return index;
}

MemoryRegion* Memory::find(std::uint64_t address, std::uint64_t size) {
    const std::uint64_t high = address >> 32;
    if (high == 0 || high > regions_.size()) return nullptr;
    MemoryRegion& region = regions_[static_cast<std::size_t>(high - 1)];
    if (!region.alive || address < region.base) return nullptr;
    const std::uint64_t offset = address - region.base;
    if (offset > region.bytes.size() || size > region.bytes.size() - offset) return nullptr;
    return &region;
}

const MemoryRegion* Memory::near(std::uint64_t address) const {
    const std::uint64_t high = address >> 32;
    if (high == 0 || high > regions_.size()) return nullptr;
    return &regions_[static_cast<std::size_t>(high - 1)];
}

std::uint64_t Memory::load(const MemoryRegion& region, std::uint64_t address, unsigned size) {
    const std::size_t offset = static_cast<std::size_t>(address - region.base);
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(region.bytes[offset + i]) << (8 * i);
    return value;
}

void Memory::store(MemoryRegion& region, std::uint64_t address, unsigned size, std::uint64_t value) {
    const std::size_t offset = static_cast<std::size_t>(address - region.base);
    for (unsigned i = 0; i < size; ++i) {
        region.bytes[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
        region.written[offset + i] = true;
    }
}

bool Memory::initialised(const MemoryRegion& region, std::uint64_t address, std::uint64_t size) {
    const std::size_t offset = static_cast<std::size_t>(address - region.base);
    for (std::uint64_t i = 0; i < size; ++i)
        if (!region.written[offset + static_cast<std::size_t>(i)]) return false;
    return true;
}

}  // namespace mbpf::sim
