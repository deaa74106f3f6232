// SPDX-License-Identifier: Apache-2.0
// Whether a descriptor makes sense: what the verifier, the code generators and the firmware rely on.
#pragma once

#include <string_view>

#include "core/platform.h"

namespace mbpf {

// MBPF3102 to MBPF3110; `name` is for messages.
Status validate_platform(const Platform& platform, std::string_view name);

}  // namespace mbpf
