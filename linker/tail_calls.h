// SPDX-License-Identifier: Apache-2.0
// What tail calls add to a package: which programs they may reach, and what a run through them costs at most.
#pragma once

#include <optional>

#include "compiler/lift/image_plan.h"
#include "linker/package.h"
#include "verifier/verify.h"

namespace mbpf {

// Marks programs that only tail calls enter, adds the rows that fill program arrays, and raises the bounds of programs
// that make tail calls to those of the costliest run that begins with them. The package has its programs and maps.
std::optional<Diagnostic> add_tail_calls(const VerifiedObject& verified, const ImagePlan& plan, Package& package);

}  // namespace mbpf
