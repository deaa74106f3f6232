// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace mbpf::bench {

struct Bar {
    std::string name;
    double value;  // 1: as native C
};
struct Series {
    std::string name;
    std::vector<Bar> bars;
};
// Grouped bars as SVG; a line at 1.
std::string plot(const std::vector<Series>& series);

}  // namespace mbpf::bench
