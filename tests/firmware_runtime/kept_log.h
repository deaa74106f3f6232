// SPDX-License-Identifier: Apache-2.0
// The log of events as the flash holds it, read by other code than the device's: whether it is one chain, and
// still holds what a host was told.
#pragma once

#include <map>

#include "mbpf/crc32.h"
#include "stored_device.h"

namespace mbpf::test {

// What a signed report says of the log.
struct LogMark {
    std::uint32_t count = 0;
    std::array<std::uint8_t, 32> head{};
};

inline LogMark mark(StoredDevice& d) {
    LogMark m{d.rt()->events.count, {}};
    std::memcpy(m.head.data(), d.rt()->events.head, 32);
    return m;
}

inline std::array<std::uint8_t, 32> head_after(const std::uint8_t* before, const std::uint8_t* record) {
    std::array<std::uint8_t, 96> link;
    std::memcpy(link.data(), before, 32);
    std::memcpy(link.data() + 32, record, 64);
    std::array<std::uint8_t, 32> head;
    crypto_hash_sha256(head.data(), link.data(), link.size());
    return head;
}

// Number to entry, of all whose CRC holds.
inline std::map<std::uint32_t, const std::uint8_t*> kept_entries(StoredDevice& d) {
    std::map<std::uint32_t, const std::uint8_t*> entries;
    const mbpf_event_flash& f = d.store.events;
    for (std::uint32_t area = 0; area < 2; ++area) {
        for (std::uint32_t i = 0; i < f.capacity; ++i) {
            const std::uint8_t* at = d.flash.bytes + f.begin + area * f.area_bytes + i * MBPF_EVENT_ENTRY_BYTES;
            std::uint32_t number = 0, crc = 0;
            std::memcpy(&number, at, 4);
            std::memcpy(&crc, at + MBPF_EVENT_ENTRY_BYTES - 4, 4);
            if (crc == mbpf_crc32(at, MBPF_EVENT_ENTRY_BYTES - 4)) entries[number] = at;
        }
    }
    return entries;
}

// Empty: the log is one unbroken chain up to what the device says it is, and goes on from what it was.
inline std::string log_fault(StoredDevice& d, const LogMark& told) {
    const auto entries = kept_entries(d);
    const LogMark now = mark(d);
    if (entries.empty()) return "nothing kept";
    if (now.count != entries.rbegin()->first + 1) return "the device's count is " + std::to_string(now.count) + ", the newest entry " + std::to_string(entries.rbegin()->first);
    if (now.count < told.count) return "the log fell from " + std::to_string(told.count) + " to " + std::to_string(now.count);
    const std::uint32_t oldest = entries.begin()->first;
    if (entries.size() != now.count - oldest) return "an entry is missing";
    if (now.count >= 16 && entries.size() < 16) return "only " + std::to_string(entries.size()) + " entries kept";
    for (const auto& [number, entry] : entries) {
        const std::array<std::uint8_t, 32> after = head_after(entry + 64, entry);
        const auto next = entries.find(number + 1);
        if (std::memcmp(after.data(), next == entries.end() ? now.head.data() : next->second + 64, 32) != 0) return "the chain is broken after " + std::to_string(number);
        if (number == told.count && std::memcmp(entry + 64, told.head.data(), 32) != 0) return "another past at " + std::to_string(number);
    }
    if (told.count != 0 && told.count < oldest) return "what was told is no longer kept";
    if (told.count == now.count && told.head != now.head) return "another head";
    return {};
}

}  // namespace mbpf::test
