// SPDX-License-Identifier: Apache-2.0
// Maps of every type under a program's random operations: a device gives what the reference interpreter gives, run
// by run, and the host reads from the device what the interpreter's maps hold.
#include <gtest/gtest.h>

#include <algorithm>

#include "sdk/pipeline/build.h"
#include "simulator/interpreter.h"
#include "simulator/model_world.h"
#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Entries = std::vector<std::pair<Bytes, Bytes>>;

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }
Bytes place(std::size_t n) { return bytes_of(u32(static_cast<std::uint32_t>(n))); }

class MapTypes : public DeviceTest {
  protected:
    std::uint64_t run_on_device(const std::string& context) {
        control::Request r;
        auto& t = *r.mutable_test_run();
        t.set_package("map_types");
        t.set_program("maps");
        t.set_context(context);
        return must(std::move(r)).test_run().result();
    }

    Entries read_from_device(const std::string& map) {
        Entries entries;
        for (std::string key; entries.size() < 64;) {
            const control::Response next = must(map_request("map_types", map, control::MapAccess::NEXT_KEY, key));
            if (next.map().end()) break;
            key = next.map().key();
            entries.emplace_back(bytes_of(key), bytes_of(lookup("map_types", map, key)));
        }
        return entries;
    }
};

// As the host sees the model.
Entries read_from_model(const sim::MapModel& map) {
    Entries entries;
    for (const Bytes& key : map.keys()) entries.emplace_back(key, map.value(key));
    for (const Bytes& value : map.values()) entries.emplace_back(place(entries.size()), value);
    return entries;
}

TEST_P(MapTypes, do_what_the_interpreters_do) {
    start();
    const BuildResult& built = build_program("tests/end_to_end/programs/map_types.bpf.c", target());
    ASSERT_TRUE(built.package && built.object);
    Package package = *built.package;
    package.name = "map_types";
    push(for_device(package));

    const Platform& platform = *builtin_platform("microbpf");
    sim::ModelWorld world(*built.object);
    std::uint64_t worst = 0;
    for (std::uint32_t run = 1; run <= 60; ++run) {
        std::string context(48, '\0');
        const std::string id = u32(run * 2654435761u);
        std::copy(id.begin(), id.end(), context.begin() + 8);
        sim::Machine machine(*built.object, 0, platform, world);
        sim::RunInput input;
        input.context = bytes_of(context);
        const Result<sim::RunResult> want = machine.run(input);
        ASSERT_TRUE(static_cast<bool>(want)) << render_text(want.error());
        ASSERT_EQ(run_on_device(context), want->r0) << "run " << run;
        worst = std::max(worst, want->cost);
    }
    EXPECT_LE(worst, package.programs[0].worst_case_instructions);

    for (std::size_t m = 0; m < world.map_count(); ++m) {
        const sim::MapModel& map = world.map(m);
        const std::string& name = map.description().name;
        if (map.description().is_global_data()) continue;
        Entries have = read_from_device(name);
        if (map.description().type == static_cast<std::uint32_t>(bpf::MapType::time_series)) {
            ASSERT_EQ(have.size(), map.samples().size());
            for (std::size_t i = 0; i < have.size(); ++i) {
                const Bytes& sample = have[i].second;
                ASSERT_EQ(sample.size(), 32u);
                EXPECT_EQ(to_u32({reinterpret_cast<const char*>(sample.data()), sample.size()}, 0), static_cast<std::uint32_t>(map.samples()[i].time_ns));
                EXPECT_EQ(Bytes(sample.begin() + 8, sample.begin() + 12), map.samples()[i].key);
                EXPECT_EQ(Bytes(sample.begin() + 16, sample.end()), map.samples()[i].value);
            }
            continue;
        }
        Entries want = read_from_model(map);
        std::ranges::sort(have);
        std::ranges::sort(want);
        EXPECT_EQ(have, want) << name;
        EXPECT_FALSE(have.empty()) << name;
    }
}

TEST_P(MapTypes, the_host_fills_a_queue_and_empties_it) {
    start();
    Package package = *build_program("tests/end_to_end/programs/map_types.bpf.c", target()).package;
    package.name = "map_types";
    push(for_device(package));
    const auto access = [&](control::MapAccess::Op op, const std::string& key, const std::string& value) { return code_of(map_request("map_types", "queue", op, key, value)); };
    const std::string first(16, 'a'), second(16, 'b');
    EXPECT_EQ(access(control::MapAccess::UPDATE, "", first), "ok");
    EXPECT_EQ(access(control::MapAccess::UPDATE, "", second), "ok");
    EXPECT_NE(access(control::MapAccess::UPDATE, u32(0), second), "ok");
    EXPECT_EQ(lookup("map_types", "queue", u32(1)), second);
    EXPECT_EQ(access(control::MapAccess::DELETE, "", ""), "ok");
    EXPECT_EQ(lookup("map_types", "queue", u32(0)), second);
    EXPECT_EQ(access(control::MapAccess::DELETE, "", ""), "ok");
    EXPECT_EQ(access(control::MapAccess::DELETE, "", ""), "MBPF4104");
}

MBPF_ON_ALL_DEVICES(MapTypes);

}  // namespace
}  // namespace mbpf::end_to_end
