// SPDX-License-Identifier: Apache-2.0
// A provenance statement as JSON. Packages come from anyone, and what writes JSON goes as deep as it does.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>

namespace mbpf {

// Discarded: it is no JSON, or nested deeper than any statement.
inline nlohmann::json parse_statement(std::span<const std::uint8_t> bytes) {
    constexpr int kMaxDepth = 32;
    bool too_deep = false;
    const auto shallow = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        too_deep |= depth > kMaxDepth;
        return depth <= kMaxDepth;
    };
    nlohmann::json parsed = nlohmann::json::parse(bytes.begin(), bytes.end(), shallow, /*allow_exceptions=*/false);
    return too_deep ? nlohmann::json(nlohmann::json::value_t::discarded) : parsed;
}

}  // namespace mbpf
