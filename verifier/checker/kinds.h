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

}  // namespace mbpf
