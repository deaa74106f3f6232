// SPDX-License-Identifier: Apache-2.0
// The device's store: what it holds, and the end of a trial.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "sdk/cli/cli.h"
#include "sdk/deploy/commands.h"

namespace mbpf::deploy {

namespace {

using nlohmann::json;

void print(const json& j) { std::printf("%s\n", j.dump(-1, ' ', false, json::error_handler_t::replace).c_str()); }

int end_trial(ControlClient& device, const Arguments& a, control::Request request, std::string_view done) {
    auto r = device.call(std::move(request));
    if (!r) return cli::report(r.error(), a.json);
    if (a.json) print({{"done", true}});
    else std::fprintf(stderr, "%.*s %s\n", static_cast<int>(done.size()), done.data(), a.package.c_str());
    return 0;
}

std::string_view state_name(control::SlotsReply::State state) {
    switch (state) {
        case control::SlotsReply::TRIAL: return "on trial";
        case control::SlotsReply::CONFIRMED: return "confirmed";
        default: return "empty";
    }
}

std::string health(const control::SlotsReply& s) {
    if (s.waiting()) return "waits for the trial's end";
    if (!s.running()) return "not loaded: refused at boot, or failed since";
    if (s.state() != control::SlotsReply::TRIAL) return "runs";
    char left[80];
    std::snprintf(left, sizeof left, "try %u runs, %s in %.1f s", s.tries(), s.host_confirms() ? "reverted" : "confirmed", s.probation_left_ms() / 1000.0);
    return left;
}

std::string version(const control::SlotsReply& s) { return std::to_string(s.version_major()) + "." + std::to_string(s.version_minor()) + "." + std::to_string(s.version_patch()); }

}  // namespace

int confirm(ControlClient& device, const Arguments& a) {
    control::Request request;
    request.mutable_confirm()->set_package(a.package);
    return end_trial(device, a, std::move(request), "confirmed");
}

int revert(ControlClient& device, const Arguments& a) {
    control::Request request;
    request.mutable_revert()->set_package(a.package);
    return end_trial(device, a, std::move(request), "reverted");
}

int slots(ControlClient& device, const Arguments& a) {
    auto slots = device.slots();
    if (!slots) return cli::report(slots.error(), a.json);
    json all = json::array();
    for (std::size_t i = 0; i < slots->size(); ++i) {
        const control::SlotsReply& s = (*slots)[i];
        const bool empty = s.state() == control::SlotsReply::EMPTY;
        if (!a.json && empty) std::printf("slot %zu: empty\n", i);
        if (!a.json && !empty)
            std::printf("slot %zu: %s %s, %s; %s; %u bytes, rollback counter %u of at least %u\n", i, printable_text(s.name()).c_str(), version(s).c_str(), std::string(state_name(s.state())).c_str(), health(s).c_str(), s.bytes(), s.rollback_counter(), s.floor());
        json j = {{"slot", i}, {"state", state_name(s.state())}};
        if (!empty)
            j.update({{"name", s.name()}, {"version", version(s)}, {"bytes", s.bytes()}, {"rollback_counter", s.rollback_counter()}, {"least_rollback_counter", s.floor()}, {"tries", s.tries()}, {"host_confirms", s.host_confirms()}, {"running", s.running()}, {"waiting", s.waiting()},
                      {"probation_left_ms", s.probation_left_ms()}});
        all.push_back(j);
    }
    if (a.json) print({{"slots", all}});
    else if (slots->empty()) std::fprintf(stderr, "the device keeps no packages: they are gone after a reset\n");
    return 0;
}

}  // namespace mbpf::deploy
