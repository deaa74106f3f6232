// SPDX-License-Identifier: Apache-2.0
// A helper and maps for the tests of calls.
#pragma once

#include "tests/verifier/machine_bench.h"

namespace mbpf::proof {

inline Argument arg(ArgumentRule rule, std::uint32_t fixed_size = 0) {
    Argument a;
    a.rule = rule;
    a.fixed_size = fixed_size;
    return a;
}
inline Argument ranged(ArgumentRule rule, std::int64_t min, std::int64_t max, std::uint8_t width = 64) {
    Argument a = arg(rule);
    a.has_range = true;
    a.min = min;
    a.max = max;
    a.width = width;
    return a;
}
inline Argument nullable(Argument a) {
    a.nullable = true;
    return a;
}
inline Argument of_class(ArgumentRule rule, std::int16_t object) {
    Argument a = arg(rule);
    a.object = object;
    return a;
}

// Helper 1 is the one a test makes; 2 releases an object; maps 0: plain, 1: read-only, 2: of unknown type.
struct CallBench : Bench {
    CallBench() {
        maps.resize(3);
        for (MapRule& map : maps) {
            map.type = 7;
            map.key_size = 4;
            map.value_size = 16;
            map.max_entries = 10;
        }
        maps[1].read_only = true;
        maps[1].type = 8;
        maps[2].known_type = false;
        objects = {{16, false, -1, 0, 0, 0, 0, 0}, {32, true, 0, 0, 0, 0, 0, 0}};
        helpers.resize(2);
        helpers[0].number = 1;
        helpers[1].number = 2;
        s.packet_bytes = 20;
    }
    HelperRule& helper(std::initializer_list<Argument> arguments) {
        HelperRule& h = helpers.front();
        for (const Argument& a : arguments) h.arguments[h.argument_count++] = a;
        return h;
    }
    Reason call() { return run("call 1"); }
};

inline const Value kNumber = Value::constant(3), kStack = pointer(Region::stack, -8), kPacket = pointer(Region::packet), kHandle = of_map(Region::map_handle, 0), kElement = of_map(Region::map_value, 0);

}  // namespace mbpf::proof
