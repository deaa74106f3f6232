// SPDX-License-Identifier: Apache-2.0
// The address space a program sees in the reference interpreter: regions at 64-bit addresses of our own, far
// apart, so that runs are repeatable and an access outside its region can never land in another. Every
// byte knows whether it was initialised.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mbpf::sim {

enum class RegionKind : std::uint8_t { context, stack, packet, map_value, map_handle, record, memory };

struct MemoryRegion {
    RegionKind kind = RegionKind::memory;
    std::string name;          // for messages
    std::uint64_t base = 0;    // address of bytes[0]
    std::vector<std::uint8_t> bytes;
    std::vector<bool> written; // by byte: initialised
    bool writable = true;
    bool alive = true;         // false: popped frame, released record; accesses trap
    std::uint32_t tag = 0;     // map handle and value: map index; record: position
};

class Memory {
  public:
    // 4 GiB apart, so a 32-bit offset error shows; low 32 bits start at 0x10000, so no address has a zero
    // half by accident.
    std::size_t add(RegionKind kind, std::string name, std::vector<std::uint8_t> bytes, bool writable, bool initialised);
    MemoryRegion& region(std::size_t index) { return regions_[index]; }
    const MemoryRegion& region(std::size_t index) const { return regions_[index]; }
    std::uint64_t address(std::size_t index) const { return regions_[index].base; }
    std::size_t count() const { return regions_.size(); }
    // Forgets the regions from `count` on: what one run left behind.
    void truncate(std::size_t count) { regions_.resize(count); }

    // The live region that holds [address, address + size), or null. size >= 1.
    MemoryRegion* find(std::uint64_t address, std::uint64_t size);
    // The live region whose first byte or one-past-the-end is near `address`, for messages; or null.
    const MemoryRegion* near(std::uint64_t address) const;

    // Little-endian. The caller has found the region.
    static std::uint64_t load(const MemoryRegion& region, std::uint64_t address, unsigned size);
    static void store(MemoryRegion& region, std::uint64_t address, unsigned size, std::uint64_t value);
    static bool initialised(const MemoryRegion& region, std::uint64_t address, std::uint64_t size);

  private:
    std::deque<MemoryRegion> regions_;
};

}  // namespace mbpf::sim
