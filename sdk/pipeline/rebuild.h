// SPDX-License-Identifier: Apache-2.0
// What a verifier's signature stands on: the package's own bytecode, verified again and translated again,
// gives the very same signed header, and so the same native code.
#pragma once

#include <memory>
#include <string>

#include "core/platform.h"
#include "linker/package.h"

namespace mbpf {

// The target and optimisation that reproduce the package, e.g. "cortex-m4 speed"; or MBPF5008.
Result<std::string> rebuild_package(const Package& package, std::shared_ptr<const Platform> platform);

}  // namespace mbpf
