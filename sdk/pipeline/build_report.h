// SPDX-License-Identifier: Apache-2.0
// A build's figures for people (one short table) and for machines (one JSON object).
#pragma once

#include <string>

#include "sdk/pipeline/build.h"

namespace mbpf {

// A line a stage: name, figures, time. Ends with a newline.
std::string build_table(const BuildResult& result);
// {"version":1,"ok":…,"exit_code":…,"stages":[…],"programs":[…],"diagnostics":[…]}, with "output" if not empty.
// One line, no newline.
std::string build_json(const BuildResult& result, const std::string& output);

}  // namespace mbpf
