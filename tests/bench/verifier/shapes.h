// SPDX-License-Identifier: Apache-2.0
// Programs of extreme shapes, slot by slot: what made verifiers take minutes and gigabytes.
#pragma once

#include <string>
#include <vector>

#include "core/program.h"

namespace mbpf::bench {

struct Shape {
    std::string name;
    bpf::Object object;
};

std::vector<Shape> shapes();

}  // namespace mbpf::bench
