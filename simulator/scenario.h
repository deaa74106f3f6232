// SPDX-License-Identifier: Apache-2.0
// A run described by a JSON file: maps to fill, events to feed, results to expect.
//   {"maps": {"config": [{"key": 0, "value": 250}]},
//    "events": [{"context": {"value": 120, "seq": 1}, "packet": "0011…", "expect": 1}, …]}
// Context fields by their names in the platform descriptor, or "context": "hex"; numbers for keys and values of
// 1, 2, 4 or 8 bytes, "0x…" for others. `expect` is r0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/platform.h"
#include "core/program.h"
#include "simulator/interpreter.h"
#include "simulator/model_world.h"

namespace mbpf::sim {

struct ScenarioEvent {
    RunInput input;
    std::optional<std::uint64_t> expect;
};

struct ScenarioMapEntry {
    std::string map;
    std::vector<std::uint8_t> key, value;
};

struct Scenario {
    std::vector<ScenarioMapEntry> maps;
    std::vector<ScenarioEvent> events;
};

// MBPF3403 with what is wrong. An empty text is one event with a zero context.
Result<Scenario> parse_scenario(std::string_view text, const bpf::Object& object, const Hook& hook, std::string_view name);

// Runs all events of one program in one world; the report is JSON: results, instructions, maps, ring buffers,
// what helpers did. A trap or a result that differs from `expect` is a diagnostic (MBPF60xx, MBPF6014).
struct ScenarioReport {
    std::string json;
    std::string text;
    std::optional<Diagnostic> failure;
};
ScenarioReport run_scenario(const bpf::Object& object, std::size_t program, const Platform& platform, const Scenario& scenario, bool trace);

}  // namespace mbpf::sim
