// SPDX-License-Identifier: Apache-2.0
// The one maker of diagnostics for stages that read no source.
#pragma once

#include "core/diagnostic.h"

namespace mbpf {

// An error that is at no place in a source.
Diagnostic diagnostic(unsigned code, std::string message, std::string why = {}, std::string fix = {});

}  // namespace mbpf
