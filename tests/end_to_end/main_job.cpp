// SPDX-License-Identifier: Apache-2.0
// The examples do on a device what they say, change while it runs, and leave nothing behind.
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "sdk/examples/fletcher16/fletcher16.h"
#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {
namespace {

class MainJob : public DeviceTest {
  protected:
    control::StimulusReply sensor(std::uint32_t samples, std::uint32_t outlier_every, std::int32_t outlier) {
        control::Request r;
        auto& s = *r.mutable_stimulus()->mutable_sensor();
        s.set_period_us(1000);
        s.set_samples(samples);
        s.set_outlier_every(outlier_every);
        s.set_amplitude(80);
        s.set_outlier(outlier);
        return must(std::move(r)).stimulus();
    }
    control::StimulusReply gpio(std::uint32_t line, std::uint32_t level) {
        control::Request r;
        r.mutable_stimulus()->mutable_gpio()->set_line(line);
        r.mutable_stimulus()->mutable_gpio()->set_value(level);
        return must(std::move(r)).stimulus();
    }
    control::StimulusReply coap(const std::string& path) {
        control::Request r;
        r.mutable_stimulus()->mutable_coap()->set_path(path);
        r.mutable_stimulus()->mutable_coap()->set_method(1);
        return must(std::move(r)).stimulus();
    }
    control::EventsReply events(const std::string& package, const std::string& map) {
        control::Request r;
        r.mutable_events()->set_package(package);
        r.mutable_events()->set_map(map);
        return must(std::move(r)).events();
    }
    control::StimulusReply udp(std::uint16_t port) {
        std::string frame(42 + 8, '\0');
        frame[12] = 8;                    // IPv4
        frame[14] = 0x45;                 // version, header length
        frame[23] = 17;                   // UDP
        frame[36] = static_cast<char>(port >> 8);
        frame[37] = static_cast<char>(port);
        frame[39] = 16;                   // UDP length
        control::Request r;
        r.mutable_stimulus()->mutable_packet()->set_ifindex(1);
        r.mutable_stimulus()->mutable_packet()->set_data(frame);
        return must(std::move(r)).stimulus();
    }
};

constexpr std::int64_t kXdpDrop = 1, kXdpPass = 2;

TEST_P(MainJob, the_device_says_what_it_is) {
    start();
    const control::HelloReply h = hello();
    EXPECT_EQ(h.protocol(), 1u);
    EXPECT_EQ(h.platform(), "microbpf");
    EXPECT_EQ(h.trusted_keys(), 3u);
    EXPECT_EQ(h.device_id().substr(0, 10), "under test");
    EXPECT_GT(h.ram_free(), 0u);
    EXPECT_EQ(h.isa(), build_example("estop/estop.bpf.c", target()).isa);
    auto hooks = device().hooks();
    ASSERT_TRUE(hooks);
    EXPECT_GE(hooks->size(), 7u);
    auto list = device().list();
    ASSERT_TRUE(list);
    EXPECT_TRUE(list->empty());
}

// The version that ran last is gone two swaps later, and its memory is the next one's: its protection must be gone, too.
TEST_P(MainJob, memory_of_the_last_that_ran_is_written_again) {
    start();
    const auto package = for_device(build_example("imu_filter/imu_filter.bpf.c", target()));
    const auto other = for_device(build_example("udp_acl/udp_acl.bpf.c", target()));
    push(package);
    const std::string name = device().list()->front().name();
    update(name, "config", u32(0), u32(4321));
    sensor(5, 0, 0);
    for (int i = 0; i < 4; ++i) push(package);
    EXPECT_EQ(to_u32(lookup(name, "config", u32(0))), 4321u) << "the device has started anew";
    sensor(5, 0, 0);
    control::Request r;
    r.mutable_unload()->set_package(name);
    EXPECT_EQ(code_of(std::move(r)), "ok");
    push(other);
    push(package);
    sensor(5, 0, 0);
    EXPECT_EQ(device().list()->size(), 2u);
}

TEST_P(MainJob, a_priority_that_the_host_sets_stays_over_a_hot_swap) {
    start();
    const auto package = for_device(build_example("imu_filter/imu_filter.bpf.c", target()));
    push(package);
    const auto now = [&] { return device().list()->front().programs(0); };
    const std::string name = device().list()->front().name(), program = now().name();
    const auto attach = [&](std::optional<std::uint32_t> priority) {
        control::Request r;
        r.mutable_attach()->set_package(name);
        r.mutable_attach()->set_program(program);
        if (priority) r.mutable_attach()->set_priority(*priority);
        return code_of(std::move(r));
    };
    const auto detach = [&] {
        control::Request r;
        r.mutable_detach()->set_package(name);
        r.mutable_detach()->set_program(program);
        return code_of(std::move(r));
    };
    EXPECT_EQ(now().priority(), 0u);
    EXPECT_NE(attach({}), "ok");  // it is attached
    EXPECT_NE(attach(256), "ok");
    EXPECT_TRUE(now().attached());
    EXPECT_EQ(attach(7), "ok");
    EXPECT_EQ(now().priority(), 7u);
    push(package);
    EXPECT_EQ(now().priority(), 7u);
    EXPECT_EQ(detach(), "ok");
    EXPECT_EQ(attach({}), "ok");
    EXPECT_EQ(now().priority(), 7u);
    // Samples in, each tenth an outlier: what the program did with them is counted.
    EXPECT_EQ(now().runs(), 0u);
    sensor(50, 10, 30000);
    const control::ProgramInfo after = now();
    EXPECT_EQ(after.runs(), 50u);
    EXPECT_GT(after.drops(), 0u);
    EXPECT_LT(after.drops(), 50u);
    EXPECT_GT(after.worst_cycles(), 0u);
    EXPECT_LE(after.worst_cycles(), after.total_cycles());
    EXPECT_LE(after.total_cycles(), after.runs() * after.worst_cycles());
}

TEST_P(MainJob, fletcher16_is_that_of_native_c) {
    start();
    push(for_device(build_example("fletcher16/fletcher16.bpf.c", target())));
    std::string input(FLETCHER_BYTES, '\0');
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<char>(i * 7 + 3);
    update("fletcher16", "input", u32(0), input);
    control::Request run;
    run.mutable_test_run()->set_package("fletcher16");
    run.mutable_test_run()->set_program("checksum");
    run.mutable_test_run()->set_repeat(3);
    const auto first = must(run).test_run(), second = must(run).test_run();
    EXPECT_EQ(first.result(), fletcher16(reinterpret_cast<const unsigned char*>(input.data()), FLETCHER_BYTES));
    EXPECT_EQ(second.result(), first.result());
    if (is_board()) {
        EXPECT_GT(first.instructions(), 1u * FLETCHER_BYTES);
        EXPECT_LT(first.instructions(), 100u * FLETCHER_BYTES);
    }
}

TEST_P(MainJob, a_filter_is_tuned_and_swapped_while_samples_flow) {
    start();
    const control::Response loaded = push(for_device(build_example("imu_filter/imu_filter.bpf.c", target())));
    EXPECT_FALSE(loaded.push().replaced());
    update("imu_filter", "config", u32(0), u32(400));
    auto s = sensor(64, 16, 5000);  // samples 15, 31, 47 and 63 are outliers
    EXPECT_EQ(s.samples_in(), 64u);
    EXPECT_EQ(s.samples_passed(), 60u);
    const auto reported = events("imu_filter", "events");
    ASSERT_EQ(reported.records_size(), 4);
    EXPECT_EQ(to_u32(reported.records(0), 8), 5000u);
    EXPECT_EQ(to_u32(reported.records(0), 16), 15u);
    EXPECT_EQ(events("imu_filter", "events").records_size(), 0);  // consumed

    update("imu_filter", "config", u32(0), u32(1'000'000));  // live: now anything passes
    s = sensor(16, 16, 5000);
    EXPECT_EQ(s.samples_passed(), 76u);
    EXPECT_EQ(s.last_value(), 5000);
    update("imu_filter", "config", u32(0), u32(400));

    Package next = build_example("imu_filter/imu_filter_v2.bpf.c", target());
    next.name = "imu_filter";
    next.version = {0, 2, 0};
    next.rollback_counter = 1;
    const std::string learnt = lookup("imu_filter", "state", u32(0));
    const control::Response swapped = push(for_device(next));
    EXPECT_TRUE(swapped.push().replaced());
    EXPECT_EQ(swapped.push().maps_kept(), 3u);
    EXPECT_EQ(lookup("imu_filter", "config", u32(0)), u32(400));
    EXPECT_EQ(lookup("imu_filter", "state", u32(0)), learnt);
    s = sensor(32, 16, 90'000);
    EXPECT_EQ(s.samples_in(), 112u);
    EXPECT_EQ(s.samples_passed(), 108u);  // replaced, not dropped
    EXPECT_LT(s.last_value(), 1000);
    auto list = device().list();
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 1u);
    EXPECT_EQ(list->at(0).version_minor(), 2u);
}

// The sensor runs by the board's own clock; no sample is lost or left unfiltered across the swap.
TEST_P(MainJob, samples_by_the_clock_see_every_version) {
    start();
    push(for_device(build_example("imu_filter/imu_filter.bpf.c", target())));
    update("imu_filter", "config", u32(0), u32(400));
    control::Request sensor_on;
    auto& s = *sensor_on.mutable_stimulus()->mutable_sensor();
    s.set_running(true);
    s.set_period_us(1000);
    s.set_outlier_every(10);
    s.set_amplitude(80);
    s.set_outlier(5000);
    must(sensor_on);
    const auto look = [&] {
        control::Request r;
        r.mutable_stimulus();
        return must(std::move(r)).stimulus();
    };
    const auto wait_for = [&](std::uint64_t samples) {
        control::StimulusReply now = look();
        for (int i = 0; i < 20'000 && now.samples_in() < samples; ++i) {
            ::usleep(500);  // host time; boards have their own clock
            now = look();
        }
        EXPECT_GE(now.samples_in(), samples);
        return now;
    };
    control::StimulusReply now = wait_for(50);
    EXPECT_EQ(now.samples_in() - now.samples_passed(), now.samples_in() / 10);  // version 1 drops
    Package next = build_example("imu_filter/imu_filter_v2.bpf.c", target());
    next.name = "imu_filter";
    EXPECT_TRUE(push(for_device(next)).push().replaced());
    const control::StimulusReply before = look();
    now = wait_for(before.samples_in() + 50);
    EXPECT_EQ(now.samples_in() - now.samples_passed(), before.samples_in() - before.samples_passed());  // version 2 replaces
    const std::string state = lookup("imu_filter", "state", u32(0));
    EXPECT_GE(to_u32(state, 4), now.samples_in());  // each went through one or the other
    control::StimulusReply off = sensor(0, 0, 0);
    EXPECT_EQ(to_u32(lookup("imu_filter", "state", u32(0)), 4), off.samples_in());
    EXPECT_EQ(look().samples_in(), off.samples_in());
}

TEST_P(MainJob, a_limit_switch_stops_the_motors) {
    start();
    push(for_device(build_example("estop/estop.bpf.c", target())));
    EXPECT_EQ(gpio(4, 1).programs_run(), 0u);
    EXPECT_EQ(gpio(4, 1).motor_stopped(), 0u);
    const auto s = gpio(3, 1);
    EXPECT_EQ(s.programs_run(), 1u);
    EXPECT_EQ(s.motor_stopped(), 3u);
    EXPECT_EQ(gpio(3, 0).programs_run(), 0u);  // the falling edge is not its hook
    const auto stops = events("estop", "stops");
    ASSERT_EQ(stops.records_size(), 1);
    EXPECT_EQ(to_u32(stops.records(0), 8), 3u);
    EXPECT_EQ(to_u32(stops.records(0), 12), 1u);
}

TEST_P(MainJob, coap_resources_come_and_go_with_their_programs) {
    start();
    EXPECT_EQ(coap("temperature").coap_code(), 132u);  // 4.04
    push(for_device(build_example("weather/weather.bpf.c", target())));
    EXPECT_EQ(coap("temperature").data(), "21.50");
    EXPECT_EQ(coap("humidity").data(), "48.00");
    EXPECT_EQ(coap("stats").data(), "2");
    control::Request detach;
    detach.mutable_detach()->set_package("weather");
    detach.mutable_detach()->set_program("humidity");
    must(detach);
    EXPECT_EQ(coap("humidity").coap_code(), 132u);
    EXPECT_EQ(code_of(detach), "MBPF4105");
    control::Request attach;
    attach.mutable_attach()->set_package("weather");
    attach.mutable_attach()->set_program("humidity");
    must(attach);
    EXPECT_EQ(coap("humidity").data(), "48.00");
    attach.mutable_attach()->set_program("pressure");
    EXPECT_EQ(code_of(attach), "MBPF4104");
}

TEST_P(MainJob, packet_rules_follow_the_map) {
    start();
    push(for_device(build_example("udp_acl/udp_acl.bpf.c", target())));
    EXPECT_EQ(udp(5683).verdict(), kXdpDrop);
    update("udp_acl", "allowed", u32(5683), std::string(16, '\0'));
    EXPECT_EQ(udp(5683).verdict(), kXdpPass);
    EXPECT_EQ(udp(5684).verdict(), kXdpDrop);
    EXPECT_EQ(to_u32(lookup("udp_acl", "allowed", u32(5683))), 1u);
    const auto first = must(map_request("udp_acl", "allowed", control::MapAccess::NEXT_KEY)).map();
    EXPECT_EQ(first.key(), u32(5683));
    EXPECT_TRUE(must(map_request("udp_acl", "allowed", control::MapAccess::NEXT_KEY, first.key())).map().end());
    must(map_request("udp_acl", "allowed", control::MapAccess::DELETE, u32(5683)));
    EXPECT_EQ(udp(5683).verdict(), kXdpDrop);
    EXPECT_EQ(code_of(map_request("udp_acl", "allowed", control::MapAccess::LOOKUP, u32(5683))), "MBPF4104");
    EXPECT_EQ(code_of(map_request("udp_acl", "allowed", control::MapAccess::LOOKUP, "xy")), "MBPF3502");
}

TEST_P(MainJob, unloading_gives_everything_back) {
    start();
    const std::uint32_t before = hello().ram_free();
    for (const char* example : {"estop/estop.bpf.c", "weather/weather.bpf.c", "udp_acl/udp_acl.bpf.c"}) push(for_device(build_example(example, target())));
    EXPECT_LT(hello().ram_free(), before);
    control::Request unload;
    for (const char* package : {"weather", "estop", "udp_acl"}) {
        unload.mutable_unload()->set_package(package);
        must(unload);
    }
    EXPECT_EQ(hello().ram_free(), before);
    EXPECT_EQ(gpio(3, 1).motor_stopped(), 0u);
    EXPECT_EQ(code_of(unload), "MBPF4104");
}

TEST_P(MainJob, dry_runs_load_nothing_and_inactive_ones_attach_nothing) {
    start();
    const auto package = for_device(build_example("estop/estop.bpf.c", target()));
    const std::uint32_t before = hello().ram_free();
    EXPECT_EQ(code_of_push(package, {.dry_run = true}), "ok");
    EXPECT_EQ(hello().ram_free(), before);
    EXPECT_EQ(device().list().value().size(), 0u);
    EXPECT_EQ(code_of_push(package, {.activate = false}), "ok");
    EXPECT_EQ(gpio(3, 1).programs_run(), 0u);
    EXPECT_FALSE(device().list().value().at(0).programs(0).attached());
}

MBPF_ON_ALL_DEVICES(MainJob);

}  // namespace
}  // namespace mbpf::end_to_end
