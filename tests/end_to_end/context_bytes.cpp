// SPDX-License-Identifier: Apache-2.0
// Bytes of a context read at places that vary: a device reads what the reference interpreter reads, to the last of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "simulator/interpreter.h"
#include "simulator/model_world.h"
#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {
namespace {

constexpr const char* kSource = "tests/end_to_end/programs/context_bytes.bpf.c";

class ContextBytes : public DeviceTest {};

TEST_P(ContextBytes, are_read_as_in_the_interpreter) {
    start();
    const BuildResult& built = build_program(kSource, target());
    ASSERT_TRUE(built.object && built.package) << built.messages;
    Package package = *built.package;
    package.name = "context_bytes";
    push(for_device(package));
    const Platform& platform = *builtin_platform("microbpf");
    sim::ModelWorld world(*built.object);
    std::uint64_t worst = 0, random = 1;
    for (std::uint32_t n = 0; n < 64; ++n) {
        std::string context(48, '\0');
        context[8] = static_cast<char>(n);  // id: the number of bytes
        for (std::size_t i = 16; i < context.size(); ++i) {
            random = random * 6364136223846793005ull + 1442695040888963407ull;
            context[i] = static_cast<char>(random >> 33 & (n < 32 ? 0x7f : 0xff));
        }
        sim::Machine machine(*built.object, 0, platform, world);
        sim::RunInput input;
        input.context.assign(context.begin(), context.end());
        const Result<sim::RunResult> want = machine.run(input);
        ASSERT_TRUE(static_cast<bool>(want)) << render_text(want.error());
        control::Request r;
        auto& t = *r.mutable_test_run();
        t.set_package("context_bytes");
        t.set_program("bytes");
        t.set_context(context);
        EXPECT_EQ(must(std::move(r)).test_run().result(), want->r0) << n;
        worst = std::max(worst, want->cost);
    }
    EXPECT_LE(worst, built.package->programs[0].worst_case_instructions);
}

MBPF_ON_ALL_DEVICES(ContextBytes);

}  // namespace
}  // namespace mbpf::end_to_end
