// SPDX-License-Identifier: Apache-2.0
// The commands: a request or a few, and the replies as text or JSON.
#include "sdk/deploy/commands.h"

#include <mbpf/abi/map_layout.h>
#include <mbpf/abi/package.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "linker/package.h"
#include "sdk/cli/cli.h"
#include "sdk/cli/passphrase.h"
#include "sdk/deploy/map_values.h"

namespace mbpf::deploy {

namespace {

using nlohmann::json;

constexpr useconds_t kPollMicroseconds = 100'000;

std::span<const std::uint8_t> span_of(const std::string& bytes) { return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}; }
std::string string_of(const std::vector<std::uint8_t>& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
// Device strings in text output: a device must not drive our terminal. JSON escapes them itself.
std::string shown(const std::string& text) { return printable_text(text); }
void print(const json& j) { std::printf("%s\n", j.dump(-1, ' ', false, json::error_handler_t::replace).c_str()); }
int failed(const Diagnostic& d, const Arguments& a) { return cli::report(d, a.json); }

std::string version_text(const control::ListReply& p) { return std::to_string(p.version_major()) + "." + std::to_string(p.version_minor()) + "." + std::to_string(p.version_patch()); }

int simple(ControlClient& device, const Arguments& a, control::Request request, const std::string& done) {
    auto r = device.call(std::move(request));
    if (!r) return failed(r.error(), a);
    if (a.json) print({{"done", true}});
    else std::fprintf(stderr, "%s\n", done.c_str());
    return 0;
}

// A damaged package, cut where its header says the device's part ends, so that the device judges just that.
std::vector<std::uint8_t> device_part(std::vector<std::uint8_t> bytes) {
    const auto word = [&](std::size_t at) { return at + 4 <= bytes.size() ? std::uint64_t{bytes[at]} | std::uint64_t{bytes[at + 1]} << 8 | std::uint64_t{bytes[at + 2]} << 16 | std::uint64_t{bytes[at + 3]} << 24 : UINT64_MAX; };
    const std::uint64_t signatures_at = word(offsetof(mbpf_package_header, signed_bytes));
    if (signatures_at >= bytes.size()) return bytes;
    const std::uint64_t count = word(static_cast<std::size_t>(signatures_at) + offsetof(mbpf_signature_block_header, count)) & 0xffff;
    const std::uint64_t end = signatures_at + MBPF_SIGNATURE_BLOCK_HEADER_BYTES + count * sizeof(mbpf_signature_entry);
    if (end < bytes.size()) bytes.resize(static_cast<std::size_t>(end));
    return bytes;
}

control::Request map_request(const Arguments& a, control::MapAccess::Op op) {
    control::Request request;
    auto& m = *request.mutable_map();
    m.set_package(a.package);
    m.set_map(a.map);
    m.set_op(op);
    return request;
}

// The map's sizes, from the device.
Result<control::MapInfo> map_info(ControlClient& device, const Arguments& a) {
    auto r = device.call(map_request(a, control::MapAccess::INFO));
    if (!r) return r.error();
    return r->map().info();
}

json package_json(const control::ListReply& p) {
    json j = {{"name", p.name()}, {"version", version_text(p)}, {"rollback_counter", p.rollback_counter()}, {"ram_bytes", p.ram_bytes()}, {"text_bytes", p.text_bytes()}, {"programs", json::array()}, {"maps", json::array()}};
    for (const auto& x : p.programs())
        j["programs"].push_back({{"name", x.name()}, {"attach", x.attach()}, {"attached", x.attached()}, {"runs", x.runs()}, {"last_result", x.last_result()}, {"stack_bytes", x.stack_bytes()}, {"worst_case_instructions", x.worst_case_instructions()}, {"native_instructions", x.native_instructions()}, {"native_cycles", x.native_cycles()}, {"worst_cycles", x.worst_cycles()}, {"total_cycles", x.total_cycles()}, {"drops", x.drops()}, {"priority", x.priority()}});
    for (const auto& m : p.maps()) j["maps"].push_back({{"name", m.name()}, {"type", m.type()}, {"key_size", m.key_size()}, {"value_size", m.value_size()}, {"max_entries", m.max_entries()}, {"used", m.used()}, {"lost", m.lost()}});
    return j;
}

// Linux's numbers (bpf_map_type), and ours from 1000.
std::string map_type(std::uint32_t type) {
    switch (type) {
        case 1: return "hash";
        case 2: return "array";
        case 3: return "program array";
        case 5: return "per-CPU hash";
        case 6: return "per-CPU array";
        case 9: return "LRU hash";
        case 11: return "LPM trie";
        case 22: return "queue";
        case 23: return "stack";
        case 27: return "ring buffer";
        case 1000: return "time series";
        default: return "type " + std::to_string(type);
    }
}

void print_map(const control::MapInfo& m) {
    const std::string name = shown(m.name()), type = map_type(m.type());
    if (m.key_size() == 0 && m.value_size() == 0) std::printf("  map     %-20s %s, %u of %u bytes%s\n", name.c_str(), type.c_str(), m.used(), m.max_entries(), m.lost() != 0 ? (", " + std::to_string(m.lost()) + " records lost").c_str() : "");
    else std::printf("  map     %-20s %s, key %u, value %u, %u of %u entries\n", name.c_str(), type.c_str(), m.key_size(), m.value_size(), m.used(), m.max_entries());
}

void print_program(const control::ProgramInfo& p) {
    std::printf("  program %-20s %s %s", shown(p.name()).c_str(), p.attached() ? "on" : "detached from", shown(p.attach()).c_str());
    if (p.priority() != 0) std::printf(", priority %u", p.priority());
    std::printf(", ran %llu times", static_cast<unsigned long long>(p.runs()));
    if (p.worst_cycles() != 0) std::printf(", cycles at most %llu, in all %llu", static_cast<unsigned long long>(p.worst_cycles()), static_cast<unsigned long long>(p.total_cycles()));
    if (p.drops() != 0) std::printf(", dropped %llu", static_cast<unsigned long long>(p.drops()));
    std::printf("\n");
}

int list_hooks(ControlClient& device, const Arguments& a) {
    auto hooks = device.hooks();
    if (!hooks) return failed(hooks.error(), a);
    json all = json::array();
    for (const auto& h : *hooks) {
        all.push_back({{"name", h.name()}, {"prefix", h.prefix()}, {"fired", h.fired()}});
        if (!a.json) std::printf("%s%-40s fired %llu\n", shown(h.name()).c_str(), h.prefix() ? "…" : "", static_cast<unsigned long long>(h.fired()));
    }
    if (a.json) print({{"hooks", all}});
    return 0;
}

}  // namespace

int push(ControlClient& device, const Arguments& a) {
    auto bytes = cli::read_input(a.package_file);
    if (!bytes) return failed(bytes.error(), a);
    // A package that cannot be read is sent as it is, without any stripping: the device judges it. But a
    // file that is no package at all is refused here.
    std::vector<std::uint8_t> send = *bytes;
    auto package = parse_package(*bytes);
    if (package) send = package->serialize(true);
    else if (bytes->size() < 4 || !(bytes->at(0) == 'M' && bytes->at(1) == 'B' && bytes->at(2) == 'P' && bytes->at(3) == 'F')) {
        Diagnostic d = package.error();
        d.where.file = a.package_file;
        return failed(d, a);
    } else {
        send = device_part(std::move(send));
        std::fprintf(stderr, "warning: %s: %s [%s]; the device will judge it\n", a.package_file.c_str(), package.error().message.c_str(), package.error().code.c_str());
    }
    cli::ProgressBar bar("sending", send.size());
    auto r = device.push(send, {!a.no_activate, a.dry_run, a.await_confirm, static_cast<std::uint32_t>(a.probation_s * 1000)}, [&](std::uint64_t done, std::uint64_t) { bar.update(done); });
    if (!r) return failed(r.error(), a);
    if (a.json) print({{"package_id", r->push().package_id()}, {"bytes", send.size()}, {"replaced", r->push().replaced()}, {"maps_kept", r->push().maps_kept()}, {"dry_run", a.dry_run}, {"on_trial", r->push().on_trial()}});
    else if (a.dry_run) std::fprintf(stderr, "the device would admit it (%zu bytes)\n", send.size());
    else std::fprintf(stderr, "%s %zu bytes%s\n", r->push().replaced() ? "replaced the running version:" : "loaded:", send.size(), r->push().maps_kept() != 0 ? (", " + std::to_string(r->push().maps_kept()) + " maps kept").c_str() : "");
    if (!a.json && !a.dry_run && r->push().on_trial())
        std::fprintf(stderr, "on trial in slot %u: %s\n", r->push().slot(), a.await_confirm ? "the device goes back unless mbpf-deploy confirm comes in time" : "kept if it does not fail");
    return 0;
}

int list(ControlClient& device, const Arguments& a) {
    if (a.show_hooks) return list_hooks(device, a);
    auto packages = device.list();
    if (!packages) return failed(packages.error(), a);
    if (a.json) {
        json all = json::array();
        for (const auto& p : *packages) all.push_back(package_json(p));
        print({{"packages", all}});
        return 0;
    }
    if (packages->empty()) std::fprintf(stderr, "no packages loaded\n");
    for (const auto& p : *packages) {
        std::printf("%s %s (rollback counter %u), text %u, RAM %u bytes\n", shown(p.name()).c_str(), version_text(p).c_str(), p.rollback_counter(), p.text_bytes(), p.ram_bytes());
        for (const auto& x : p.programs()) print_program(x);
        for (const auto& m : p.maps()) print_map(m);
    }
    return 0;
}

int info(ControlClient& device, const Arguments& a) {
    control::Request request;
    request.mutable_hello();
    auto r = device.call(std::move(request));
    if (!r) return failed(r.error(), a);
    const auto& h = r->hello();
    if (a.json) {
        print({{"board", h.board()}, {"platform", h.platform()}, {"platform_version", h.platform_version()}, {"firmware", h.firmware_version()}, {"isa", h.isa()}, {"slots", h.slot_count()}, {"slot_bytes", h.slot_bytes()}, {"ram_free", h.ram_free()},
               {"trusted_keys", h.trusted_keys()}, {"uptime_ns", h.uptime_ns()}, {"device_id", hex_text(span_of(h.device_id()))}});
        return 0;
    }
    std::printf("board %s, firmware %s, platform %s version %u\n%u slots of %u bytes, %u bytes of RAM free, %u trusted keys, up %.3f s\n", shown(h.board()).c_str(), shown(h.firmware_version()).c_str(), shown(h.platform()).c_str(), h.platform_version(), h.slot_count(), h.slot_bytes(),
                h.ram_free(), h.trusted_keys(), static_cast<double>(h.uptime_ns()) / 1e9);
    return 0;
}

int attach(ControlClient& device, const Arguments& a) {
    control::Request request;
    request.mutable_attach()->set_package(a.package);
    request.mutable_attach()->set_program(a.program);
    if (a.priority) request.mutable_attach()->set_priority(*a.priority);
    return simple(device, a, std::move(request), "attached " + a.program);
}

int detach(ControlClient& device, const Arguments& a) {
    control::Request request;
    request.mutable_detach()->set_package(a.package);
    request.mutable_detach()->set_program(a.program);
    return simple(device, a, std::move(request), "detached " + a.program);
}

int unload(ControlClient& device, const Arguments& a) {
    control::Request request;
    request.mutable_unload()->set_package(a.package);
    return simple(device, a, std::move(request), "unloaded " + a.package);
}

int map_dump(ControlClient& device, const Arguments& a) {
    auto info = map_info(device, a);
    if (!info) return failed(info.error(), a);
    json entries = json::array();
    std::string key;
    // Programs change the map meanwhile, so a walk may meet keys twice; more than it, or any map, can hold it never prints.
    for (std::uint32_t i = 0; i < std::min(info->max_entries(), MBPF_MAX_MAP_ENTRIES); ++i) {
        control::Request next = map_request(a, control::MapAccess::NEXT_KEY);
        next.mutable_map()->set_key(key);
        auto r = device.call(std::move(next));
        if (!r) return failed(r.error(), a);
        if (r->map().end()) break;
        key = r->map().key();
        control::Request lookup = map_request(a, control::MapAccess::LOOKUP);
        lookup.mutable_map()->set_key(key);
        auto value = device.call(std::move(lookup));
        if (!value && value.error().code == "MBPF4104") continue;  // deleted since
        if (!value) return failed(value.error(), a);
        const std::string k = bytes_text(span_of(key)), v = bytes_text(span_of(value->map().value()));
        entries.push_back({{"key", k}, {"value", v}, {"key_hex", hex_text(span_of(key))}, {"value_hex", hex_text(span_of(value->map().value()))}});
        if (!a.json) std::printf("%s: %s\n", k.c_str(), v.c_str());
    }
    if (a.json) print({{"map", a.map}, {"entries", entries}});
    return 0;
}

int map_get(ControlClient& device, const Arguments& a) {
    auto info = map_info(device, a);
    if (!info) return failed(info.error(), a);
    auto key = parse_value(a.key, info->key_size(), "key");
    if (!key) return failed(key.error(), a);
    control::Request request = map_request(a, control::MapAccess::LOOKUP);
    request.mutable_map()->set_key(string_of(*key));
    auto r = device.call(std::move(request));
    if (!r) return failed(r.error(), a);
    const std::string value = bytes_text(span_of(r->map().value()));
    if (a.json) print({{"key", a.key}, {"value", value}, {"value_hex", hex_text(span_of(r->map().value()))}});
    else std::printf("%s\n", value.c_str());
    return 0;
}

int map_set(ControlClient& device, const Arguments& a) {
    auto info = map_info(device, a);
    if (!info) return failed(info.error(), a);
    auto key = parse_value(a.key, info->key_size(), "key");
    if (!key) return failed(key.error(), a);
    auto value = parse_value(a.value, info->value_size(), "value");
    if (!value) return failed(value.error(), a);
    control::Request request = map_request(a, control::MapAccess::UPDATE);
    request.mutable_map()->set_key(string_of(*key));
    request.mutable_map()->set_value(string_of(*value));
    return simple(device, a, std::move(request), a.map + "[" + a.key + "] = " + a.value);
}

int map_delete(ControlClient& device, const Arguments& a) {
    auto info = map_info(device, a);
    if (!info) return failed(info.error(), a);
    auto key = parse_value(a.key, info->key_size(), "key");
    if (!key) return failed(key.error(), a);
    control::Request request = map_request(a, control::MapAccess::DELETE);
    request.mutable_map()->set_key(string_of(*key));
    return simple(device, a, std::move(request), "deleted " + a.map + "[" + a.key + "]");
}

int events(ControlClient& device, const Arguments& a) {
    std::uint32_t seen = 0;
    for (;;) {
        control::Request request;
        auto& e = *request.mutable_events();
        e.set_package(a.package);
        e.set_map(a.map);
        e.set_max_records(a.count == 0 ? 8 : std::min(8u, a.count - seen));
        auto r = device.call(std::move(request));
        if (!r) return failed(r.error(), a);
        for (const std::string& record : r->events().records()) {
            ++seen;
            if (a.json) print({{"record", hex_text(span_of(record))}});
            else std::printf("%s\n", hex_text(span_of(record)).c_str());
        }
        if (std::fflush(stdout) != 0) return 0;  // the tool's end says so; records taken now would be lost
        if (a.count != 0 && seen >= a.count) break;
        if (r->events().more() && r->events().records_size() != 0) continue;
        if (!a.follow) break;
        ::usleep(kPollMicroseconds);
    }
    return 0;
}

int log(ControlClient& device, const Arguments& a) {
    for (std::uint32_t from = 0;;) {
        control::Request request;
        request.mutable_log()->set_from(from);
        auto r = device.call(std::move(request));
        if (!r) return failed(r.error(), a);
        const std::string& text = r->log().text();
        if (a.json && !text.empty()) print({{"text", text}, {"lost", r->log().lost()}});
        else std::fputs(shown(text).c_str(), stdout);
        std::fflush(stdout);
        const bool more = r->log().next() != from && !text.empty();
        from = r->log().next();
        if (more) continue;
        if (!a.follow) break;
        ::usleep(kPollMicroseconds);
    }
    return 0;
}

int test_run(ControlClient& device, const Arguments& a) {
    auto context = cli::parse_hex(a.context), packet = cli::parse_hex(a.packet);
    if (!context) return failed(context.error(), a);
    if (!packet) return failed(packet.error(), a);
    control::Request request;
    auto& t = *request.mutable_test_run();
    t.set_package(a.package);
    t.set_program(a.program);
    t.set_context(string_of(*context));
    t.set_packet(string_of(*packet));
    t.set_repeat(a.repeat);
    auto r = device.call(std::move(request));
    if (!r) return failed(r.error(), a);
    const auto& reply = r->test_run();
    if (a.json)
        print({{"result", reply.result()}, {"instructions", reply.instructions()}, {"total_instructions", reply.total_instructions()}, {"repeat", a.repeat}, {"context", hex_text(span_of(reply.context()))}, {"packet", hex_text(span_of(reply.packet()))}});
    else std::printf("r0 = %llu (0x%llx), %llu instructions\n", static_cast<unsigned long long>(reply.result()), static_cast<unsigned long long>(reply.result()), static_cast<unsigned long long>(reply.instructions()));
    return 0;
}

int stimulus(ControlClient& device, const Arguments& a, const std::string& what) {
    control::Request request;
    auto& s = *request.mutable_stimulus();
    if (what == "gpio") {
        s.mutable_gpio()->set_chip(a.chip);
        s.mutable_gpio()->set_line(a.line);
        s.mutable_gpio()->set_value(a.level);
    } else if (what == "packet") {
        auto packet = cli::parse_hex(a.packet);
        if (!packet) return failed(packet.error(), a);
        s.mutable_packet()->set_ifindex(a.ifindex);
        s.mutable_packet()->set_data(string_of(*packet));
    } else if (what == "coap") {
        const std::uint32_t method = a.method == "get" ? 1 : a.method == "post" ? 2 : a.method == "put" ? 3 : 4;
        s.mutable_coap()->set_path(a.path);
        s.mutable_coap()->set_method(method);
        s.mutable_coap()->set_payload(a.payload);
    } else if (what == "sensor") {
        auto& sensor = *s.mutable_sensor();
        sensor.set_device_id(a.sensor);
        sensor.set_period_us(a.period_us);
        sensor.set_outlier_every(a.outlier_every);
        sensor.set_amplitude(a.amplitude);
        sensor.set_outlier(a.outlier);
        sensor.set_running(!a.stop);
        sensor.set_samples(a.samples);
    }
    auto r = device.call(std::move(request));
    if (!r) return failed(r.error(), a);
    const auto& x = r->stimulus();
    if (a.json) {
        print({{"programs_run", x.programs_run()}, {"verdict", x.verdict()}, {"data", hex_text(span_of(x.data()))}, {"text", what == "coap" ? x.data() : std::string()}, {"coap_code", x.coap_code()}, {"gpio_outputs", x.gpio_outputs()},
               {"motor_stopped", x.motor_stopped()}, {"samples_in", x.samples_in()}, {"samples_passed", x.samples_passed()}, {"last_value", x.last_value()}});
        return 0;
    }
    if (what == "coap") std::printf("%u.%02u %s\n", x.coap_code() >> 5, x.coap_code() & 31, shown(x.data()).c_str());
    else if (what == "status")
        std::printf("sensor 0: samples in %llu, passed %llu, last value %d\nGPIO outputs 0x%x, motors stopped 0x%x\n", static_cast<unsigned long long>(x.samples_in()), static_cast<unsigned long long>(x.samples_passed()), x.last_value(), x.gpio_outputs(), x.motor_stopped());
    else if (what == "sensor") std::printf("samples in %llu, passed %llu, last value %d\n", static_cast<unsigned long long>(x.samples_in()), static_cast<unsigned long long>(x.samples_passed()), x.last_value());
    else std::printf("verdict %lld by %u programs, motors stopped 0x%x\n", static_cast<long long>(x.verdict()), x.programs_run(), x.motor_stopped());
    return 0;
}

}  // namespace mbpf::deploy
