// SPDX-License-Identifier: Apache-2.0
// Requests, retries, and refusals as diagnostics with the texts of the shared admission table.
#include "simulator/control_client.h"

#include <mbpf/abi/admission.h>
#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "linker/package.h"

namespace mbpf {

namespace {

struct AdmissionRow {
    unsigned number;
    const char* what;
    const char* fix;
};
#define MBPF_ROW(number, name, what, fix) {number, what, fix},
constexpr AdmissionRow kAdmission[] = {MBPF_ADMISSION_TABLE(MBPF_ROW)};
#undef MBPF_ROW

Diagnostic make(unsigned code, std::string message, std::string why = {}, std::string fix = {}) {
    Diagnostic d;
    d.code = "MBPF" + std::to_string(code);
    d.message = std::move(message);
    d.why = std::move(why);
    d.fix = std::move(fix);
    return d;
}

std::string hex(std::uint64_t value, int digits = 1) {
    char text[20];
    std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(value));
    return text;
}

// The two values a check compared, in the form a person compares them: key ids as mbpf-sign prints them, masks
// and hashes in hexadecimal, instruction sets by name.
std::string compared(const control::Response& r) {
    const auto both = [&](const auto& form) { return "expected " + form(r.expected()) + ", actual " + form(r.actual()); };
    switch (r.admission()) {
        case MBPF_ADMIT_ISA: return both([](std::uint64_t v) { return isa_name(v); });
        case MBPF_ADMIT_KEY_UNKNOWN: return "expected a trusted key, actual key " + hex(r.actual(), 16);
        case MBPF_ADMIT_SIGNATURE_INVALID: return "expected a signature that holds, actual one by key " + hex(r.actual(), 16);
        case MBPF_ADMIT_MAGIC:
        case MBPF_ADMIT_FLAGS:
        case MBPF_ADMIT_ISA_EXTENSION:
        case MBPF_ADMIT_PAYLOAD_DIGEST:
        case MBPF_ADMIT_CAPABILITY:
        case MBPF_ADMIT_HOOK_ABI:
        case MBPF_ADMIT_HELPER_ABI: return both([](std::uint64_t v) { return "0x" + hex(v); });
        default: return both([](std::uint64_t v) { return std::to_string(v); });
    }
}

}  // namespace

Diagnostic refusal(const control::Response& r) {
    const std::string detail = printable_text(r.detail());
    switch (r.code()) {
        case control::CODE_REFUSED:
            for (const AdmissionRow& row : kAdmission)
                if (row.number == r.admission() && row.number != 0)
                    return make(5100 + row.number, std::string("device refused: ") + row.what + " (admission " + std::to_string(row.number) + ")",
                                compared(r) + (detail.empty() ? "" : "; " + detail), row.fix);
            return make(3501, "device refused with an unknown admission number " + std::to_string(r.admission()), detail, "the firmware is newer than this tool: update the SDK");
        case control::CODE_NOT_FOUND: return make(4104, "the device has no such package, program, map or key", detail, "see mbpf-deploy list");
        case control::CODE_BAD_STATE: return make(4105, "the device cannot do that in its present state", detail, "see mbpf-deploy list");
        case control::CODE_FULL: return make(4106, "the device has no room for that", detail, "unload a package, or delete entries");
        case control::CODE_UNSUPPORTED: return make(4107, "this firmware does not support that request", detail, "use firmware with this feature");
        case control::CODE_OUT_OF_RANGE: return make(4108, "a value is out of the range the device allows", detail, "see the sizes in mbpf-deploy list");
        default: return make(3502, "the device could not understand the request", detail, "the firmware may be of another SDK release");
    }
}

ControlClient::ControlClient(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {
    // A random start, so that a device does not take a new client's first request for an old one repeated.
    sequence_ = randombytes_random();
}

Result<control::Response> ControlClient::attempt(std::span<const std::uint8_t> frame, std::uint32_t sequence, bool& answered) {
    answered = true;
    if (Status s = stream_->write(frame); !s) return s.error();
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
        if (left <= 0) break;
        auto bytes = stream_->read(static_cast<int>(left));
        if (!bytes) return bytes.error();
        const auto messages = receiver_.receive(*bytes);
        if (const std::string text = receiver_.take_text(); !text.empty() && on_text) on_text(text);
        for (const auto& message : messages) {
            control::Response response;
            if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) continue;
            if (response.sequence() != sequence) continue;  // late answer to an earlier try
            if (response.code() != control::CODE_OK) return refusal(response);
            return response;
        }
    }
    answered = false;
    return make(4102, "the device does not answer", std::to_string(tries) + " tries of " + std::to_string(timeout_ms) + " ms", "check that the line leads to a device that runs MicroBPF");
}

Result<control::Response> ControlClient::call(control::Request request) {
    request.set_sequence(++sequence_);
    std::string message;
    request.SerializeToString(&message);
    if (message.size() > kMaxMessageBytes) return make(3503, "request of " + std::to_string(message.size()) + " bytes is too large for one message", "", "send less at once");
    const auto frame = encode_frame(std::span(reinterpret_cast<const std::uint8_t*>(message.data()), message.size()));
    for (int i = 1;; ++i) {
        bool answered = false;
        auto response = attempt(frame, request.sequence(), answered);
        if (answered || i >= tries) return response;
    }
}

Result<control::Response> ControlClient::push(std::span<const std::uint8_t> package, const PushOptions& options, const Progress& progress) {
    control::Request hello;
    hello.mutable_hello();
    auto about = call(std::move(hello));
    if (!about) return about.error();
    const std::size_t chunk = std::clamp<std::size_t>(about->hello().max_chunk(), 16, 900);

    control::Request begin;
    std::uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, package.data(), package.size());
    begin.mutable_push_begin()->set_bytes(static_cast<std::uint32_t>(package.size()));
    begin.mutable_push_begin()->set_sha256(digest, sizeof digest);
    if (auto r = call(std::move(begin)); !r) return r.error();
    for (std::size_t at = 0; at < package.size(); at += chunk) {
        const auto part = package.subspan(at, std::min(chunk, package.size() - at));
        control::Request data;
        data.mutable_push_data()->set_offset(static_cast<std::uint32_t>(at));
        data.mutable_push_data()->set_data(part.data(), part.size());
        if (auto r = call(std::move(data)); !r) return r.error();
        if (progress) progress(at + part.size(), package.size());
    }
    control::Request commit;
    commit.mutable_push_commit()->set_activate(options.activate);
    commit.mutable_push_commit()->set_dry_run(options.dry_run);
    return call(std::move(commit));
}

Result<std::vector<control::ListReply>> ControlClient::list() {
    std::vector<control::ListReply> all;
    for (std::uint32_t index = 0, count = 1; index < count; ++index) {
        control::Request request;
        request.mutable_list()->set_index(index);
        auto r = call(std::move(request));
        if (!r) return r.error();
        count = std::min(r->list().count(), 1000u);
        if (count != 0) all.push_back(r->list());
    }
    return all;
}

Result<std::vector<control::HooksReply>> ControlClient::hooks() {
    std::vector<control::HooksReply> all;
    for (std::uint32_t index = 0, count = 1; index < count; ++index) {
        control::Request request;
        request.mutable_list_hooks()->set_index(index);
        auto r = call(std::move(request));
        if (!r) return r.error();
        count = std::min(r->hooks().count(), 1000u);
        if (count != 0) all.push_back(r->hooks());
    }
    return all;
}

}  // namespace mbpf
