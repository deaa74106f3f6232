// SPDX-License-Identifier: Apache-2.0
// What mbpf-deploy does, one function a command. Data goes to stdout, messages to stderr; each returns the
// tool's exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulator/control_client.h"

namespace mbpf::deploy {

struct Arguments {
    std::string device;
    std::string package, program, map, key, value, path, method = "get", payload, context, packet;
    std::string package_file, device_key, nonce;
    std::vector<std::string> expected;
    bool json = false, no_activate = false, dry_run = false, show_hooks = false, follow = false, stop = false, await_confirm = false;
    std::optional<std::uint32_t> priority;
    std::uint32_t count = 0, repeat = 1;
    std::uint32_t chip = 0, line = 0, level = 0, ifindex = 1;
    std::uint32_t period_us = 1000, outlier_every = 0, samples = 0, sensor = 0;
    std::int32_t amplitude = 100, outlier = 1000;
    int timeout_ms = 1000;
    double probation_s = 0;
};

int push(ControlClient& device, const Arguments& a);
int list(ControlClient& device, const Arguments& a);
int info(ControlClient& device, const Arguments& a);
int attach(ControlClient& device, const Arguments& a);
int detach(ControlClient& device, const Arguments& a);
int unload(ControlClient& device, const Arguments& a);
int confirm(ControlClient& device, const Arguments& a);
int revert(ControlClient& device, const Arguments& a);
int slots(ControlClient& device, const Arguments& a);
int map_dump(ControlClient& device, const Arguments& a);
int map_get(ControlClient& device, const Arguments& a);
int map_set(ControlClient& device, const Arguments& a);
int map_delete(ControlClient& device, const Arguments& a);
int events(ControlClient& device, const Arguments& a);
int faults(ControlClient& device, const Arguments& a);
int log(ControlClient& device, const Arguments& a);
int test_run(ControlClient& device, const Arguments& a);
int attest(ControlClient& device, const Arguments& a);
int root_push(ControlClient& device, const Arguments& a);
int stimulus(ControlClient& device, const Arguments& a, const std::string& what);

}  // namespace mbpf::deploy
