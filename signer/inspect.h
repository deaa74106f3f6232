// SPDX-License-Identifier: Apache-2.0
// What a package says of itself, for people and as JSON.
#pragma once

#include <span>
#include <string>

#include "core/platform.h"
#include "signer/signer.h"

namespace mbpf {

// `platform` names helpers and hooks; may be null. `keys` (may be empty) tell which signatures are valid.
std::string inspect_text(const Package& package, const Platform* platform, std::span<const PublicKey> keys);
std::string inspect_json(const Package& package, const Platform* platform, std::span<const PublicKey> keys);

}  // namespace mbpf
