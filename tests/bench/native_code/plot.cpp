// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/native_code/plot.h"

#include <algorithm>
#include <cstdio>

namespace mbpf::bench {
namespace {

constexpr double kLeft = 130, kRow = 34, kScale = 380, kTop = 46, kMost = 1.5;  // what is beyond is cut off
constexpr const char* kColours[] = {"#3b6ea8", "#c8702a", "#5a8f4e"};

template <class... Values>
std::string text(const char* format, Values... values) {
    char line[512];
    std::snprintf(line, sizeof line, format, values...);
    return line;
}

}  // namespace

std::string plot(const std::vector<Series>& series) {
    if (series.empty()) return {};
    const std::size_t rows = series.front().bars.size();
    const double height = kTop + kRow * static_cast<double>(rows) + 24, width = kLeft + kScale * kMost + 60;
    std::string svg = text("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"11\">\n", width, height);
    svg += text("<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n<text x=\"8\" y=\"16\" font-size=\"13\">Instructions executed, native C by the same Clang at -O2 = 1</text>\n", width, height);
    for (std::size_t s = 0; s < series.size(); ++s) {
        const double x = kLeft + 110 * static_cast<double>(s);
        svg += text("<rect x=\"%.0f\" y=\"26\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%.0f\" y=\"35\">%s</text>\n", x, kColours[s % 3], x + 14, series[s].name.c_str());
    }
    const double thick = (kRow - 8) / static_cast<double>(series.size());
    for (std::size_t r = 0; r < rows; ++r) {
        const double top = kTop + kRow * static_cast<double>(r);
        svg += text("<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", kLeft - 6, top + kRow / 2, series.front().bars[r].name.c_str());
        for (std::size_t s = 0; s < series.size(); ++s) {
            const double value = series[s].bars[r].value, y = top + thick * static_cast<double>(s);
            const double length = kScale * std::min(value, kMost);
            svg += text("<rect x=\"%.0f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>", kLeft, y, length, thick - 1, kColours[s % 3]);
            svg += text("<text x=\"%.1f\" y=\"%.1f\" font-size=\"8\">%s%.2f</text>\n", kLeft + length + 3, y + thick - 2, value > kMost ? "\u00bb " : "", value);
        }
    }
    svg += text("<line x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\" stroke=\"#333333\" stroke-dasharray=\"3 2\"/>\n</svg>\n", kLeft + kScale, kTop - 4, kLeft + kScale, height - 16);
    return svg;
}

}  // namespace mbpf::bench
