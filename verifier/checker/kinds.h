// SPDX-License-Identifier: Apache-2.0
// What a value can be. Freestanding: shared by the checker, the search and the facts for the lifter.
#pragma once

#include <stdint.h>

namespace mbpf {

enum class ValueKind : uint8_t {
    unknown,  // uninitialised, or of different kinds on different paths: the program never reads it
    number,
    pointer,  // never null
    pointer_or_null,
};

enum class Region : uint8_t {
    none,
    context,
    stack,        // of the frame named by `frame` (0: the entry function's)
    packet,       // relative to the packet's first byte
    packet_end,
    packet_meta,  // relative to the metadata's first byte
    map_value,    // value of map `map`
    map_handle,   // the map itself
    ring_buffer_record,
    memory,       // raw_memory context, or memory a helper returned
    function,     // callback
    object,       // kernel object of one class
    mixed,        // a pointer, but to different regions on different paths
};

struct RegionRule {
    bool plain_memory;  // what lies inside its bounds may be read
    bool moves;         // pointers may be moved
    bool of_packet;     // ends when the packet moves
    bool one_object;    // pointers of one map, frame and reference lead into one object
};
inline constexpr RegionRule kRegionRules[] = {
    {false, false, false, false},  // none
    {false, true, false, true},    // context
    {false, true, false, true},    // stack
    {true, true, true, true},      // packet
    {false, false, true, false},   // packet_end
    {true, true, true, true},      // packet_meta
    {true, true, false, false},    // map_value
    {false, false, false, false},  // map_handle
    {true, true, false, false},    // ring_buffer_record
    {true, true, false, false},    // memory
    {false, false, false, false},  // function
    {true, false, false, false},   // object
    {false, false, false, false},  // mixed
};
inline constexpr const RegionRule& rule_of(Region region) { return kRegionRules[static_cast<uint8_t>(region)]; }

}  // namespace mbpf
