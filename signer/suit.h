// SPDX-License-Identifier: Apache-2.0
// A package as a SUIT update: the envelope that update managers of devices speak, whose payload is the
// package as devices get it. It says how to fetch and check it; the package's own signatures still decide.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "linker/package.h"
#include "signer/signer.h"

namespace mbpf {

enum class SuitProfile : std::uint8_t {
    draft,  // draft-ietf-suit-manifest since its version 19: tag 107, detached payload
    riot,   // RIOT's sys/suit: version 9 of the draft, payload inside the signature
};

using Uuid = std::array<std::uint8_t, 16>;

struct SuitOptions {
    SuitProfile profile = SuitProfile::draft;
    std::uint64_t sequence = 0;  // a device takes only greater ones
    Uuid vendor{}, device_class{};
    std::vector<std::string> component{"00"};  // its identifier, part by part
    std::string uri;         // where the payload is fetched
    bool integrated = false;  // the payload is in the envelope, as #package; draft only, without `uri`
};

// "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe", hyphens or not.
std::optional<Uuid> parse_uuid(std::string_view text);

// The signed envelope. MBPF5009: the key is no release key. MBPF2001: options that do not go together.
Result<std::vector<std::uint8_t>> suit_envelope(const Package& package, const SuitOptions& options, const Signer& key);

}  // namespace mbpf
