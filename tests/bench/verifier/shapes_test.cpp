// SPDX-License-Identifier: Apache-2.0
// Extreme shapes are judged, and in little memory; the time is for the benchmark to print.
#include <gtest/gtest.h>

#include "tests/bench/verifier/shapes.h"
#include "verifier/verify.h"

namespace mbpf {
namespace {

TEST(Shapes, are_proved_in_little_memory) {
    const auto platform = std::make_shared<const Platform>(*builtin_platform("linux"));
    for (bench::Shape& s : bench::shapes()) {
        s.object.programs.front().section = "tracepoint/x/y";
        const VerifyReport report = verify(std::make_shared<const bpf::Object>(std::move(s.object)), platform);
        const ProgramVerdict& v = report.verdicts.front();
        EXPECT_TRUE(v.accepted) << s.name << ": " << (v.accepted ? "" : render_text(v.diagnostics.front()));
        EXPECT_LT(v.stats.peak_bytes, 50'000'000u) << s.name;
    }
}

}  // namespace
}  // namespace mbpf
