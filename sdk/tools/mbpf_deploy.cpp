// SPDX-License-Identifier: Apache-2.0
// mbpf-deploy: packages, programs and maps on a running device.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sdk/cli/cli.h"
#include "sdk/cli/command_line.h"
#include "sdk/deploy/coap_channel.h"
#include "sdk/deploy/commands.h"

namespace {

using namespace mbpf;
using deploy::Arguments;

constexpr const char* kExamples = R"(Examples:
  mbpf-deploy --device unix:board.sock push filter.mbpf
  mbpf-deploy --device serial:/dev/ttyACM0:115200 list --json
  export MBPF_DEVICE=tcp://127.0.0.1:7000
  mbpf-deploy --device coap://192.0.2.7:5683 push filter.mbpf
  mbpf-deploy push filter.mbpf --await-confirm --probation 60
  mbpf-deploy map set filter config 0 250
  mbpf-deploy events filter events --follow
  mbpf-deploy attest --pub device.pub --expect filter.mbpf
  mbpf-deploy test-run filter main --context 0100000000000000 --repeat 100

Keys and values of 1, 2, 4 and 8 bytes are decimal numbers; others are 0x and hexadecimal digits in memory
order, numbers with commas between, or a.b.c.d for 4 bytes.
Exit codes: 0 done, 2 usage, 3 malformed, 4 I/O or not found, 5 the device refused.)";

using Command = std::function<int(ControlClient&, const Arguments&)>;

void add_package_commands(CLI::App& app, Arguments& a, std::vector<std::pair<CLI::App*, Command>>& commands) {
    const auto package = [&](CLI::App* c) { c->add_option("package", a.package, "name of a loaded package")->required(); };
    CLI::App* push = app.add_subcommand("push", "send a package; the device admits it and attaches its programs");
    push->add_option("package", a.package_file, ".mbpf file; - is stdin")->required()->type_name("PKG");
    push->add_flag("--no-activate", a.no_activate, "load, but do not attach");
    push->add_flag("--dry-run", a.dry_run, "let the device judge it, and forget it");
    push->add_flag("--await-confirm", a.await_confirm, "go back to the version before unless `confirm` comes within the probation");
    push->add_option("--probation", a.probation_s, "seconds on trial; default: as the firmware likes")->check(CLI::Range(0.1, 6500.0))->type_name("SECONDS");
    commands.emplace_back(push, deploy::push);
    CLI::App* list = app.add_subcommand("list", "packages with their programs and maps");
    list->add_flag("--hooks", a.show_hooks, "the device's hooks instead");
    commands.emplace_back(list, deploy::list);
    commands.emplace_back(app.add_subcommand("info", "what the device is"), deploy::info);
    for (const auto& [name, help, run] : {std::tuple{"attach", "attach a program to its hook", &deploy::attach}, std::tuple{"detach", "detach a program", &deploy::detach}}) {
        CLI::App* c = app.add_subcommand(name, help);
        package(c);
        c->add_option("program", a.program, "name of a program in it")->required();
        if (run == &deploy::attach) c->add_option("--priority", a.priority, "place among the hook's programs: the lower runs first")->check(CLI::Range(0, 255));
        commands.emplace_back(c, run);
    }
    CLI::App* unload = app.add_subcommand("unload", "remove a package and give its memory back");
    package(unload);
    commands.emplace_back(unload, deploy::unload);
    commands.emplace_back(app.add_subcommand("slots", "packages that the device keeps in flash, and those on trial"), deploy::slots);
    for (const auto& [name, help, run] : {std::tuple{"confirm", "end a package's trial: keep this version", &deploy::confirm}, std::tuple{"revert", "end a package's trial: go back to the version before", &deploy::revert}}) {
        CLI::App* c = app.add_subcommand(name, help);
        package(c);
        commands.emplace_back(c, run);
    }
    CLI::App* run = app.add_subcommand("test-run", "run a loaded program on a context given here");
    package(run);
    run->add_option("program", a.program, "name of a program in it")->required();
    run->add_option("--context", a.context, "context, as hexadecimal bytes")->type_name("HEX");
    run->add_option("--packet", a.packet, "packet, as hexadecimal bytes")->type_name("HEX");
    run->add_option("--repeat", a.repeat, "runs to count instructions over; the device stops early after 0.2 s")->check(CLI::Range(1u, 1000u))->capture_default_str();
    commands.emplace_back(run, deploy::test_run);
}

void add_data_commands(CLI::App& app, Arguments& a, std::vector<std::pair<CLI::App*, Command>>& commands) {
    const auto map = [&](CLI::App* c) {
        c->add_option("package", a.package, "name of a loaded package")->required();
        c->add_option("map", a.map, "name of a map in it")->required();
    };
    CLI::App* maps = app.add_subcommand("map", "read and change maps")->require_subcommand(1);
    const auto on_map = [&](const char* name, const char* help, Command run) {
        CLI::App* c = maps->add_subcommand(name, help);
        map(c);
        commands.emplace_back(c, std::move(run));
        return c;
    };
    on_map("dump", "print all entries", deploy::map_dump);
    on_map("get", "print one value", deploy::map_get)->add_option("key", a.key, "as below")->required();
    CLI::App* set = on_map("set", "set a value", deploy::map_set);
    set->add_option("key", a.key, "as below")->required();
    set->add_option("value", a.value, "as below")->required();
    on_map("delete", "delete an entry", deploy::map_delete)->add_option("key", a.key, "as below")->required();
    CLI::App* events = app.add_subcommand("events", "take records out of a ring buffer");
    map(events);
    events->add_option("--count", a.count, "stop after so many");
    events->add_flag("--follow", a.follow, "wait for more");
    commands.emplace_back(events, deploy::events);
    commands.emplace_back(app.add_subcommand("faults", "print which programs were stopped, and why"), deploy::faults);
    CLI::App* log = app.add_subcommand("log", "print the device's console");
    log->add_flag("--follow", a.follow, "wait for more");
    commands.emplace_back(log, deploy::log);
}

void add_trust_commands(CLI::App& app, Arguments& a, std::vector<std::pair<CLI::App*, Command>>& commands) {
    CLI::App* root = app.add_subcommand("root", "replace the device's root record");
    root->add_option("record", a.package_file, "as mbpf-sign root made and signed it")->required()->type_name("FILE");
    commands.emplace_back(root, deploy::root_push);
    CLI::App* attest = app.add_subcommand("attest", "let the device prove who it is and what runs on it");
    attest->add_option("--pub", a.device_key, "the device's own public key")->required()->type_name("FILE");
    attest->add_option("--expect", a.expected, "package that must run, to the last byte")->type_name("PKG")->allow_extra_args(false);
    attest->add_option("--nonce", a.nonce, "32 bytes (default: random)")->type_name("HEX");
    commands.emplace_back(attest, deploy::attest);
}

void add_stimulus_commands(CLI::App& app, Arguments& a, std::vector<std::pair<CLI::App*, Command>>& commands) {
    CLI::App* all = app.add_subcommand("stimulus", "drive the virtual hardware of an emulated board")->require_subcommand(1);
    const auto add = [&](const char* name, const char* help) {
        CLI::App* c = all->add_subcommand(name, help);
        commands.emplace_back(c, [what = std::string(name)](ControlClient& d, const Arguments& args) { return deploy::stimulus(d, args, what); });
        return c;
    };
    CLI::App* gpio = add("gpio", "change the level of an input line");
    gpio->add_option("chip", a.chip)->required();
    gpio->add_option("line", a.line)->required();
    gpio->add_option("level", a.level, "0 or 1")->required()->check(CLI::Range(0u, 1u));
    CLI::App* packet = add("packet", "let a frame arrive");
    packet->add_option("data", a.packet, "hexadecimal bytes")->required();
    packet->add_option("--ifindex", a.ifindex, "interface it arrives by")->capture_default_str();
    CLI::App* coap = add("coap", "send a CoAP request");
    coap->add_option("path", a.path, "without coap/: temperature")->required();
    coap->add_option("--method", a.method)->check(CLI::IsMember({"get", "post", "put", "delete"}))->capture_default_str();
    coap->add_option("--payload", a.payload, "at most 64 bytes");
    CLI::App* sensor = add("sensor", "set up a software sensor");
    sensor->add_option("--id", a.sensor, "which: 0 accel_x, 1 temperature, 2 humidity, 3 pressure")->check(CLI::Range(0u, 3u))->capture_default_str();
    sensor->add_option("--period-us", a.period_us)->capture_default_str();
    sensor->add_option("--outlier-every", a.outlier_every, "every so many samples; 0: none")->capture_default_str();
    sensor->add_option("--amplitude", a.amplitude)->capture_default_str();
    sensor->add_option("--outlier", a.outlier, "its value")->capture_default_str();
    sensor->add_option("--samples", a.samples, "stop by itself after so many; 0: never")->capture_default_str();
    sensor->add_flag("--stop", a.stop, "stop it; with --samples: take so many at once");
    add("status", "change nothing, show counters and outputs");
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    CLI::App app("Loads, watches and changes programs on devices.", "mbpf-deploy");
    app.set_version_flag("--version", std::string("mbpf-deploy ") + cli::kVersion);
    app.footer(kExamples);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--device", a.device, "coap://HOST[:PORT], tcp://HOST:PORT, unix:PATH or serial:/dev/ttyX[:BAUD]")->envname("MBPF_DEVICE")->type_name("URL");
    app.add_option("--timeout-ms", a.timeout_ms, "how long to wait for each answer; five tries")->check(CLI::Range(10, 60000))->capture_default_str();
    app.add_flag("--json", a.json, "machine-readable output");
    std::vector<std::pair<CLI::App*, Command>> commands;
    add_package_commands(app, a, commands);
    add_data_commands(app, a, commands);
    add_trust_commands(app, a, commands);
    add_stimulus_commands(app, a, commands);
    if (const std::optional<int> end = cli::parse(app, argc, argv)) return *end;
    if (a.device.empty()) return cli::report(cli::usage_error("no device given", "give --device or set MBPF_DEVICE: coap://HOST:PORT, tcp://HOST:PORT, unix:PATH or serial:/dev/ttyX"));
    auto channel = deploy::open_channel(a.device);
    if (!channel) return cli::report(channel.error(), a.json);
    ControlClient device(std::move(channel).value());
    device.timeout_ms = a.timeout_ms;
    for (const auto& [app_command, run] : commands)
        if (app_command->parsed()) return cli::finish(run(device, a));
    return cli::report(cli::usage_error("no command given"));
}
