// SPDX-License-Identifier: Apache-2.0
// Whom a device believes, and what it says of itself.
#include <mbpf/abi/package.h>
#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/bytes.h"
#include "sdk/cli/cli.h"
#include "sdk/cli/passphrase.h"
#include "sdk/deploy/commands.h"
#include "signer/attestation.h"
#include "signer/root.h"

namespace mbpf::deploy {

int root_push(ControlClient& device, const Arguments& a) {
    auto bytes = cli::read_input(a.package_file);
    if (!bytes) return cli::report(bytes.error(), a.json);
    auto record = parse_root(*bytes);
    if (!record) {
        Diagnostic d = record.error();
        d.where.file = a.package_file;
        return cli::report(d, a.json);
    }
    auto reply = device.update_root(*bytes);
    if (!reply) return cli::report(reply.error(), a.json);
    if (a.json) std::printf("{\"root_version\":%u}\n", record->version);
    else std::fprintf(stderr, "the device believes root record version %u now\n", record->version);
    return 0;
}

namespace {

using nlohmann::json;

std::span<const std::uint8_t> bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
std::string version_text(const AttestedPackage& p) { return std::to_string(p.version.major) + "." + std::to_string(p.version.minor) + "." + std::to_string(p.version.patch); }

Result<PublicKey> device_key(const Arguments& a) {
    auto text = cli::read_text(a.device_key);
    if (!text) return text.error();
    auto key = parse_public_key(*text);
    if (key) return key;
    Diagnostic d = key.error();
    d.where.file = a.device_key;
    return d;
}

Result<AttestationNonce> fresh_nonce(const Arguments& a) {
    AttestationNonce nonce;
    randombytes_buf(nonce.data(), nonce.size());
    if (a.nonce.empty()) return nonce;
    auto bytes = cli::parse_hex(a.nonce);
    if (!bytes) return bytes.error();
    if (bytes->size() != nonce.size()) return cli::usage_error("a nonce has 32 bytes", "leave --nonce out for a random one");
    std::copy(bytes->begin(), bytes->end(), nonce.begin());
    return nonce;
}

struct Checked {
    Attestation report;
    std::vector<DeviceEvent> events;
};

Result<Checked> ask(ControlClient& device, const PublicKey& key, const AttestationNonce& nonce) {
    control::Request request;
    request.mutable_attest()->set_nonce(nonce.data(), nonce.size());
    auto reply = device.call(request);
    if (!reply) return reply.error();
    auto report = check_attestation(bytes_of(reply->attest().report()), bytes_of(reply->attest().signature()), nonce, key);
    if (!report) return report.error();
    auto told = device.events(report->event_count);
    if (!told) return told.error();
    auto events = check_events(*report, told->first(), bytes_of(told->base()), bytes_of(told->events()));
    if (!events) return events.error();
    return Checked{std::move(report).value(), std::move(events).value()};
}

// Each package given must be what runs under its name, to the last byte of its payload.
Status runs_what_is_expected(const Attestation& report, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        auto bytes = cli::read_input(path);
        if (!bytes) return bytes.error();
        auto package = parse_package(*bytes);
        if (!package) return package.error();
        const auto header = package->header_bytes();
        const auto digest = std::span(header).subspan(offsetof(mbpf_package_header, payload_digest), MBPF_DIGEST_BYTES);
        const auto runs = [&](const AttestedPackage& p) { return p.runs && p.name == package->name && std::ranges::equal(p.payload_digest, digest); };
        if (std::ranges::any_of(report.packages, runs)) continue;
        Diagnostic d;
        d.code = "MBPF5153";
        d.message = "the device does not run this '" + package->name + "'";
        d.where.file = path;
        d.why = "its payload is " + hex_digits(digest.first(8));
        for (const AttestedPackage& p : report.packages)
            if (p.name == package->name) d.why += "; the device has " + version_text(p) + ", " + hex_digits(std::span(p.payload_digest).first(8));
        d.fix = "push it, or find out who put another there";
        return d;
    }
    return ok();
}

void print(const Checked& c) {
    const Attestation& r = c.report;
    std::printf("device %s, firmware %s, up %llu s, root record version %u\n", hex_digits(r.device_id).c_str(), printable_text(r.firmware).c_str(), static_cast<unsigned long long>(r.uptime_s), r.root_version);
    for (const AttestedPackage& p : r.packages) std::printf("  package %-20s %s, counter %u, %d of %u programs attached, payload %s%s\n", printable_text(p.name).c_str(), version_text(p).c_str(), p.rollback_counter, std::popcount(p.attached), p.program_count, hex_digits(std::span(p.payload_digest).first(8)).c_str(), p.on_trial ? ", on trial" : p.runs ? "" : ", held back");
    // The line may leave out what it likes of the log's beginning: the device keeps only the newest itself.
    if (c.events.size() != r.event_count) std::printf("  events 0 to %zu were not told\n", r.event_count - c.events.size() - 1);
    for (const DeviceEvent& e : c.events) std::printf("  event %3u  %s%s%s\n", e.index, e.name.empty() ? "" : printable_text(e.name).c_str(), e.name.empty() ? "" : " ", event_text(e).c_str());
}

void print_json(const Checked& c) {
    const Attestation& r = c.report;
    json j = {{"device_id", hex_digits(r.device_id)}, {"group_id", hex_digits(r.group_id)}, {"class_id", hex_digits(r.class_id)}, {"firmware", r.firmware}, {"uptime_s", r.uptime_s}, {"root_version", r.root_version}, {"root_digest", hex_digits(r.root_digest)}, {"event_count", r.event_count}, {"event_head", hex_digits(r.event_head)}, {"packages", json::array()}, {"events", json::array()}};
    for (const AttestedPackage& p : r.packages) j["packages"].push_back({{"name", p.name}, {"version", version_text(p)}, {"rollback_counter", p.rollback_counter}, {"payload_digest", hex_digits(p.payload_digest)}, {"programs", p.program_count}, {"attached", p.attached}, {"runs", p.runs}, {"on_trial", p.on_trial}});
    for (const DeviceEvent& e : c.events) j["events"].push_back({{"index", e.index}, {"kind", e.kind}, {"what", event_text(e)}, {"code", e.code}, {"time_ms", e.time_ms}, {"left_out", e.left_out}, {"name", e.name}, {"digest", hex_digits(e.digest)}});
    std::printf("%s\n", j.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
}

}  // namespace

int attest(ControlClient& device, const Arguments& a) {
    auto key = device_key(a);
    if (!key) return cli::report(key.error(), a.json);
    auto nonce = fresh_nonce(a);
    if (!nonce) return cli::report(nonce.error(), a.json);
    auto checked = ask(device, *key, *nonce);
    if (!checked) return cli::report(checked.error(), a.json);
    if (a.json) print_json(*checked);
    else print(*checked);
    if (Status s = runs_what_is_expected(checked->report, a.expected); !s) return cli::report(s.error(), a.json);
    return 0;
}

}  // namespace mbpf::deploy
