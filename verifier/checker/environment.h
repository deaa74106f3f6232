// SPDX-License-Identifier: Apache-2.0
// All that a proof is about besides the certificate: the program's slots, its maps, and what hook and platform
// offer, as plain tables. verifier/environment.cpp makes them from Program, Object and Platform.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/isa_enums.h"

namespace mbpf::proof {

enum class FieldRule : uint8_t { scalar, packet_start, packet_end, packet_meta, raw_bytes, object_or_null };

struct Field {
    uint32_t offset = 0, size = 0;  // bytes
    FieldRule rule = FieldRule::scalar;
    bool is_signed = false, writable = false, has_range = false;
    bool never_null = false;  // object_or_null
    bool whole = false;       // not to be read in parts
    uint32_t element_size = 1;
    int64_t min = 0;
    uint64_t max = 0;
    int16_t object = -1;
};

// What a map value holds for helpers alone.
enum class KernelUse : uint8_t { none, lock, timer };

enum class ArgumentRule : uint8_t {
    scalar,
    context,
    map,
    map_key,
    map_value,
    map_value_out,
    memory_read,
    memory_write,
    memory_size,
    memory_size_zero,
    ring_buffer_record,
    object,
    object_release,
    callback,
    callback_context,
    map_value_pointer,
    anything,
};

struct Argument {
    ArgumentRule rule = ArgumentRule::scalar;
    uint8_t width = 64;  // scalar: bits the helper looks at
    bool nullable = false, has_range = false;
    bool initialized = false;  // memory_write that is read, too
    uint32_t fixed_size = 0;   // bytes
    uint32_t unit_cost = 0;    // of a number that has a greatest value: instructions for each 1 of it
    int64_t min = 0, max = 0;
    int16_t object = -1;
    KernelUse use = KernelUse::none;  // map_value_pointer: must lead to this
};

enum class ReturnRule : uint8_t { nothing, scalar, map_value_or_null, map_value, ring_buffer_record_or_null, memory_or_null, object_or_null, object };
enum class CallbackRule : uint8_t { none, loop, for_each_map_elem, timer };

struct HelperRule {
    uint32_t number = 0;
    uint8_t argument_count = 0;
    Argument arguments[5];
    ReturnRule returns = ReturnRule::scalar;
    uint8_t return_width = 64;
    bool return_signed = true, has_return_range = false;
    int64_t return_min = 0;
    uint64_t return_max = 0;
    uint32_t cost = 0;  // instructions charged to the program
    const uint32_t* map_costs = nullptr;  // and, for a call on map i, map_costs[i] more; null: no more on any
    uint32_t fixed_size = 0;
    int16_t object = -1;
    CallbackRule callback = CallbackRule::none;
    bool invalidates_packet = false, acquires = false, tail_call = false, locks = false, unlocks = false;
    bool allowed_on_hook = true, supported = true;
    bool changes_map = false;                // values of the map argument
    bool borrows = false;                    // the result dies with the object argument
    bool no_packet_memory = false;
    uint8_t return_at_most_argument = 0;     // as signed numbers; 0: no such promise
    const uint32_t* map_types = nullptr;  // accepted types of the map argument; none: any
    uint32_t map_type_count = 0;
};

// Bytes of a map value that only helpers may touch.
struct KernelField {
    uint32_t offset = 0, size = 0;
    KernelUse use = KernelUse::none;
};

struct ObjectRule {
    uint32_t size = 0;  // readable bytes
    bool writable = false;
    int16_t base = -1;  // class it passes for, too
    uint32_t hidden_begin = 0, hidden_end = 0;  // bytes that may not be touched
    uint32_t unit = 0;                          // bytes of a field, which no access leaves; 0: any access
    uint32_t wide_begin = 0, wide_end = 0;      // where fields have 8
};

struct MapRule {
    uint32_t type = 0, key_size = 0, value_size = 0, max_entries = 0;
    bool read_only = false, write_only = false, is_global_data = false, known_type = true;
    bool has_all_keys = false;  // keys of 4 bytes; each below max_entries leads to a value, always
    int16_t inner = -1;
    int16_t object = -1;    // class of what a lookup gives; -1: the value's address
    bool acquires = false;  // which is to be released
    const uint8_t* initial = nullptr;  // read_only: value_size bytes
    uint32_t initial_size = 0;
    const KernelField* kernel_fields = nullptr;
    uint32_t kernel_field_count = 0;
};

struct Environment {
    const bpf::Insn* insns = nullptr;
    uint32_t insn_count = 0;
    const Field* fields = nullptr;  // sorted by offset
    uint32_t field_count = 0;
    uint32_t context_size = 0;
    bool raw_memory = false;
    uint32_t memory_bytes = 0;
    bool any_return = false;
    int64_t return_min = 0, return_max = 0;
    bool narrow_context_access = false, legacy_packet_access = false, packet_read_only = false;
    bool pointer_leaks_allowed = false;  // pointers may be used as numbers, and be written where others read
    const HelperRule* helpers = nullptr;  // sorted by number
    uint32_t helper_count = 0;
    const MapRule* maps = nullptr;
    uint32_t map_count = 0;
    const ObjectRule* objects = nullptr;
    uint32_t object_count = 0;
    uint32_t max_call_depth = 8;
    uint64_t max_instructions = 0;
    uint32_t counted = UINT32_MAX;  // the slot whose executions the cost bounds; UINT32_MAX: all instructions
    uint32_t max_stack = 512;  // bytes over all frames
    uint32_t longest_packet = 0xffff;  // of what programs see of a packet at once
};

// An object of class `have` passes where `wanted` (-1: any) is asked for.
inline bool object_is_a(const Environment& env, int16_t have, int16_t wanted) {
    for (uint32_t depth = 0; depth <= env.object_count; ++depth) {
        if (wanted < 0 || have == wanted) return true;
        if (have < 0 || static_cast<uint32_t>(have) >= env.object_count) return false;
        have = env.objects[have].base;
    }
    return false;
}

inline const HelperRule* find_helper(const Environment& env, uint32_t number) {
    uint32_t lo = 0, hi = env.helper_count;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (env.helpers[mid].number < number) lo = mid + 1;
        else hi = mid;
    }
    return lo < env.helper_count && env.helpers[lo].number == number ? &env.helpers[lo] : nullptr;
}

}  // namespace mbpf::proof
