// SPDX-License-Identifier: Apache-2.0
// What mbpf-deploy's commands print and end with, on devices that answer for real.
#include "sdk/deploy/commands.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {
namespace {

using deploy::Arguments;
using nlohmann::json;

struct Printed {
    int exit_code;
    std::string out, err;
};

class DeployCommands : public DeviceTest {
  protected:
    Printed run(const std::function<int(ControlClient&, const Arguments&)>& command, const Arguments& a) {
        ::testing::internal::CaptureStdout();
        ::testing::internal::CaptureStderr();
        const int code = command(device(), a);
        Printed p{code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
        return p;
    }
    // A package file as mbpf-sign leaves it: with host sections.
    std::string file_of(Package package, bool with_release = true) {
        EXPECT_TRUE(sign_package(package, trusted_key(Role::verifier)));
        if (with_release) {
            EXPECT_TRUE(sign_package(package, trusted_key(Role::release)));
        }
        const auto bytes = package.serialize();
        const std::string path = folder_ + "/" + package.name + ".mbpf";
        std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return path;
    }
    Printed push_example(const char* file) {
        Arguments a;
        a.package_file = file_of(build_example(file, target()));
        return run(deploy::push, a);
    }
    void SetUp() override {
        folder_ = (std::filesystem::temp_directory_path() / ("mbpf-deploy-" + std::to_string(::getpid()))).string();
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string folder_;
};

TEST_P(DeployCommands, push_strips_host_sections_and_says_what_happened) {
    start();
    const auto first = push_example("imu_filter/imu_filter.bpf.c");
    EXPECT_EQ(first.exit_code, 0);
    EXPECT_TRUE(first.err.starts_with("loaded: ")) << first.err;
    EXPECT_EQ(first.out, "");
    EXPECT_NE(push_example("imu_filter/imu_filter.bpf.c").err.find(", 3 maps kept"), std::string::npos);
    Arguments a;
    a.dry_run = a.json = true;
    a.package_file = file_of(build_example("estop/estop.bpf.c", target()));
    const auto dry = run(deploy::push, a);
    const json j = json::parse(dry.out, nullptr, false);
    ASSERT_TRUE(j.is_object()) << dry.out;
    EXPECT_EQ(j["dry_run"], true);
    EXPECT_EQ(j["bytes"], for_device(build_example("estop/estop.bpf.c", target())).size());
}

TEST_P(DeployCommands, refusals_name_the_check_and_end_with_5) {
    start();
    Arguments a;
    a.package_file = file_of(build_example("estop/estop.bpf.c", target()), false);
    const auto text = run(deploy::push, a);
    EXPECT_EQ(text.exit_code, 5);
    EXPECT_EQ(text.err, "error: device refused: no release signature (admission 11) [MBPF5111]\n  why: expected 1, actual 0\n  fix: sign with a release key: mbpf-sign sign --key\n");
    a.json = true;
    const auto j = json::parse(run(deploy::push, a).out, nullptr, false);
    ASSERT_TRUE(j.is_object());
    EXPECT_EQ(j["code"], "MBPF5111");
}

TEST_P(DeployCommands, files_that_are_no_packages_are_not_sent) {
    start();
    Arguments a;
    a.package_file = std::string(MBPF_SOURCE_DIR) + "/LICENSE";
    EXPECT_EQ(run(deploy::push, a).exit_code, 3);
    a.package_file = "/nonexistent.mbpf";
    EXPECT_EQ(run(deploy::push, a).exit_code, 4);
}

TEST_P(DeployCommands, list_and_info_show_what_is_there) {
    start();
    Arguments a;
    EXPECT_EQ(run(deploy::list, a).err, "no packages loaded\n");
    push_example("estop/estop.bpf.c");
    const auto text = run(deploy::list, a);
    EXPECT_NE(text.out.find("estop 0.1.0 (rollback counter 0)"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("on gpio/chip0/line3/rising, ran 0 times"), std::string::npos) << text.out;
    a.show_hooks = true;
    EXPECT_NE(run(deploy::list, a).out.find("coap/"), std::string::npos);
    a.json = true;
    EXPECT_GE(json::parse(run(deploy::list, a).out)["hooks"].size(), 7u);
    a.show_hooks = false;
    EXPECT_EQ(json::parse(run(deploy::list, a).out)["packages"][0]["name"], "estop");
    EXPECT_EQ(json::parse(run(deploy::info, a).out)["trusted_keys"], 3);
}

TEST_P(DeployCommands, maps_are_read_and_changed_by_people) {
    start();
    push_example("udp_acl/udp_acl.bpf.c");
    Arguments a;
    a.package = "udp_acl";
    a.map = "allowed";
    for (const char* port : {"53", "5683", "123"}) {
        a.key = port;
        a.value = "7,9";
        EXPECT_EQ(run(deploy::map_set, a).err, "allowed[" + std::string(port) + "] = 7,9\n");
    }
    a.key = "5683";
    EXPECT_EQ(run(deploy::map_get, a).out, "0x07000000000000000900000000000000\n");
    EXPECT_EQ(run(deploy::map_delete, a).exit_code, 0);
    EXPECT_EQ(run(deploy::map_get, a).exit_code, 4);
    a.json = true;
    EXPECT_EQ(json::parse(run(deploy::map_dump, a).out)["entries"].size(), 2u);
    a.json = false;
    a.key = "70000000000";
    EXPECT_EQ(run(deploy::map_get, a).exit_code, 2);
    a.map = "nosuch";
    EXPECT_EQ(run(deploy::map_dump, a).exit_code, 4);
}

TEST_P(DeployCommands, events_stop_at_the_count_asked_for) {
    start();
    push_example("imu_filter/imu_filter.bpf.c");
    Arguments a;
    a.package = "imu_filter";
    a.map = "config";
    a.key = "0";
    a.value = "100";
    ASSERT_EQ(run(deploy::map_set, a).exit_code, 0);
    a.stop = true;  // at once, not by the clock
    a.samples = 160;
    a.outlier_every = 16;
    a.amplitude = 80;
    a.outlier = 5000;
    const auto samples = run([](ControlClient& d, const Arguments& x) { return deploy::stimulus(d, x, "sensor"); }, a);
    EXPECT_EQ(samples.out, "samples in 160, passed 150, last value -40\n");
    const auto status = run([](ControlClient& d, const Arguments& x) { return deploy::stimulus(d, x, "status"); }, a);
    EXPECT_EQ(status.out, "sensor 0: samples in 160, passed 150, last value -40\nGPIO outputs 0x0, motors stopped 0x0\n");
    a.map = "events";
    a.count = 3;
    const auto three = run(deploy::events, a).out;
    EXPECT_EQ(std::count(three.begin(), three.end(), '\n'), 3);
    a.count = 0;
    const auto rest = run(deploy::events, a).out;
    EXPECT_EQ(std::count(rest.begin(), rest.end(), '\n'), 7);
    a.count = 1;
    a.map = "config";
    EXPECT_NE(run(deploy::events, a).exit_code, 0);
}

TEST_P(DeployCommands, test_run_takes_context_and_repeats) {
    start();
    push_example("estop/estop.bpf.c");
    Arguments a;
    a.package = "estop";
    a.program = "estop";
    a.context = "0x0000000000000000 ";
    EXPECT_EQ(run(deploy::test_run, a).exit_code, 2);
    a.context = "00f2052a01000000000000000300000001000000010000000000000000000000";
    a.context.resize(48);
    a.repeat = 20;
    a.json = true;
    const auto r = run(deploy::test_run, a);
    ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
    EXPECT_EQ(json::parse(r.out)["repeat"], 20);
    a.program = "none";
    EXPECT_EQ(run(deploy::test_run, a).exit_code, 4);
}

TEST_P(DeployCommands, trials_are_shown_and_ended) {
    keep_flash();
    start();
    Arguments a;
    a.package = "estop";
    a.await_confirm = true;
    a.probation_s = 600;
    a.package_file = file_of(build_example("estop/estop.bpf.c", target()));
    Printed p = run(deploy::push, a);
    EXPECT_EQ(p.exit_code, 0);
    EXPECT_NE(p.err.find("the device goes back unless mbpf-deploy confirm comes in time"), std::string::npos) << p.err;
    p = run(deploy::slots, a);
    EXPECT_NE(p.out.find("estop 0.1.0, on trial; try 1 runs, reverted in "), std::string::npos) << p.out;
    p = run(deploy::confirm, a);
    EXPECT_EQ(p.exit_code, 0);
    EXPECT_EQ(p.err, "confirmed estop\n");
    EXPECT_EQ(run(deploy::confirm, a).exit_code, 4);  // not on trial any more
    a.json = true;
    EXPECT_EQ(run(deploy::push, a).exit_code, 0);
    std::string states;
    const auto slots = json::parse(run(deploy::slots, a).out)["slots"];
    EXPECT_EQ(slots.size(), 8u);
    for (const json& s : slots)
        if (s["state"] != "empty") states += s["state"].get<std::string>() + (s["running"] ? " runs, " : s["waiting"] ? " waits, " : " rests, ");
    EXPECT_TRUE(states == "confirmed waits, on trial runs, " || states == "on trial runs, confirmed waits, ") << states;
    EXPECT_EQ(json::parse(run(deploy::revert, a).out)["done"], true);
    EXPECT_EQ(run(deploy::revert, a).exit_code, 4);
    a.package = "nothing";
    EXPECT_EQ(run(deploy::confirm, a).exit_code, 4);
}

TEST_P(DeployCommands, coap_answers_are_printed_as_people_write_them) {
    start();
    push_example("weather/weather.bpf.c");
    Arguments a;
    a.path = "temperature";
    const auto coap = [](ControlClient& d, const Arguments& x) { return deploy::stimulus(d, x, "coap"); };
    EXPECT_EQ(run(coap, a).out, "2.05 21.50\n");
    a.package = "weather";
    a.program = "temperature";
    EXPECT_EQ(run(deploy::detach, a).err, "detached temperature\n");
    EXPECT_EQ(run(coap, a).out, "4.04 \n");
    EXPECT_EQ(run(deploy::attach, a).exit_code, 0);
    EXPECT_EQ(run(deploy::unload, a).err, "unloaded weather\n");
    EXPECT_EQ(run(deploy::unload, a).exit_code, 4);
}

TEST_P(DeployCommands, attest_and_root_say_what_the_device_proved) {
    start();
    const auto write = [&](const std::string& name, std::span<const std::uint8_t> bytes) {
        std::ofstream(folder_ + "/" + name, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return folder_ + "/" + name;
    };
    const auto text = [&](const std::string& name, const std::string& line) { return write(name, {reinterpret_cast<const std::uint8_t*>(line.data()), line.size()}); };
    ASSERT_EQ(push_example("imu_filter/imu_filter.bpf.c").exit_code, 0);
    Arguments a;
    a.device_key = text("device.pub", encode_public_key(trusted_key(Role::device).public_key()));
    a.expected = {folder_ + "/imu_filter.mbpf"};
    const auto good = run(deploy::attest, a);
    EXPECT_EQ(good.exit_code, 0) << good.err;
    EXPECT_NE(good.out.find("  package imu_filter "), std::string::npos) << good.out;
    EXPECT_NE(good.out.find("1 of 1 programs attached"), std::string::npos) << good.out;
    EXPECT_NE(good.out.find("event   1  imu_filter admitted"), std::string::npos) << good.out;
    a.json = true;
    const json j = json::parse(run(deploy::attest, a).out);
    EXPECT_EQ(j["packages"][0]["name"], "imu_filter");
    EXPECT_EQ(j["events"][0]["what"], "started");
    a.json = false;
    a.expected.push_back(file_of(build_example("estop/estop.bpf.c", target())));
    const auto missing = run(deploy::attest, a);
    EXPECT_EQ(missing.exit_code, 5);
    EXPECT_NE(missing.err.find("MBPF5153"), std::string::npos) << missing.err;
    a.expected.clear();
    a.nonce = "00";
    EXPECT_EQ(run(deploy::attest, a).exit_code, 2);
    a.nonce.clear();
    a.device_key = text("other.pub", encode_public_key(strange_key(Role::device).public_key()));
    EXPECT_EQ(run(deploy::attest, a).exit_code, 5);
    a.device_key = text("release.pub", encode_public_key(trusted_key(Role::release).public_key()));
    EXPECT_EQ(run(deploy::attest, a).exit_code, 5);

    RootRecord next = succeed_root(root_record(), root_record()).value();
    ASSERT_TRUE(sign_root(next, trusted_key(Role::root)));
    Arguments r;
    r.package_file = write("root.bin", encode_root(next).value());
    EXPECT_EQ(run(deploy::root_push, r).exit_code, 0);
    EXPECT_EQ(run(deploy::root_push, r).exit_code, 5);
    r.package_file = a.device_key;
    EXPECT_EQ(run(deploy::root_push, r).exit_code, 3);
}

MBPF_ON_ALL_DEVICES(DeployCommands);

}  // namespace
}  // namespace mbpf::end_to_end
