// SPDX-License-Identifier: Apache-2.0
// Requests, retries, and refusals as diagnostics with the texts of the shared admission table.
#include "simulator/control_client.h"

#include <mbpf/abi/admission.h>
#include <mbpf/abi/attest.h>
#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "core/make_diagnostic.h"
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

Diagnostic too_large(std::size_t bytes, std::size_t most) { return diagnostic(3503, "request of " + std::to_string(bytes) + " bytes is too large for one message", "the device takes " + std::to_string(most), "send less at once"); }

constexpr unsigned kRandomBits = 12;
constexpr std::size_t kMostEventBytes = 1u << 20;  // of a device that would tell without end

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
                    return diagnostic(5100 + row.number, std::string("device refused: ") + row.what + " (admission " + std::to_string(row.number) + ")",
                                compared(r) + (detail.empty() ? "" : "; " + detail), row.fix);
            return diagnostic(3501, "device refused with an unknown admission number " + std::to_string(r.admission()), detail, "the firmware is newer than this tool: update the SDK");
        case control::CODE_NOT_FOUND: return diagnostic(4104, "the device has no such package, program, map or key", detail, "see mbpf-deploy list");
        case control::CODE_BAD_STATE: return diagnostic(4105, "the device cannot do that in its present state", detail, "see mbpf-deploy list");
        case control::CODE_FULL: return diagnostic(4106, "the device has no room for that", detail, "unload a package, or delete entries");
        case control::CODE_FLASH_FAILED: return diagnostic(4110, "the device's flash did not keep what was written", detail, "try again; the part may be worn out");
        case control::CODE_UNSUPPORTED: return diagnostic(4107, "this firmware does not support that request", detail, "use firmware with this feature");
        case control::CODE_OUT_OF_RANGE: return diagnostic(4108, "a value is out of the range the device allows", detail, "see the sizes in mbpf-deploy list");
        case control::CODE_STALE: return diagnostic(4109, "the device has restarted or done other requests meanwhile, so whether it has done this one is unknown", detail, "see mbpf-deploy list, then ask again");
        case control::CODE_STOPPED: return diagnostic(4111, "the program was stopped, and its package unloaded", detail, "see mbpf-deploy faults");
        default: return diagnostic(3502, "the device could not understand the request", detail, "the firmware may be of another SDK release");
    }
}

// Rising for the device, which takes nothing older than it has done. By the clock, so that what a client before
// us left on the line is older than anything of ours; the last bits at random, so that a late answer to it is
// never taken for ours.
std::uint64_t ControlClient::next_sequence() {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    count_ = std::max(count_ + 1, static_cast<std::uint64_t>(now));
    return count_ << kRandomBits | randombytes_uniform(1u << kRandomBits);
}

Status ControlClient::send(const control::Request& request, std::size_t* bytes) {
    std::string message;
    request.SerializeToString(&message);
    if (message.size() > kMaxMessageBytes) return too_large(message.size(), kMaxMessageBytes);
    if (bytes) *bytes = channel_->bytes_on_line(message.size());
    return channel_->send(std::span(reinterpret_cast<const std::uint8_t*>(message.data()), message.size()));
}

Result<std::vector<control::Response>> ControlClient::receive(int wait_ms) {
    auto messages = channel_->receive(wait_ms);
    if (!messages) return messages.error();
    if (const std::string text = channel_->take_text(); !text.empty() && on_text) on_text(text);
    std::vector<control::Response> responses;
    for (const auto& message : *messages) {
        control::Response response;
        if (response.ParseFromArray(message.data(), static_cast<int>(message.size()))) responses.push_back(std::move(response));
    }
    return responses;
}

Result<control::Response> ControlClient::exchange(const control::Request& request, int& tries_used) {
    for (tries_used = 1;; ++tries_used) {
        if (Status s = send(request); !s) return s.error();
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
            if (left <= 0) break;
            auto responses = receive(static_cast<int>(left));
            if (!responses) return responses.error();
            for (control::Response& response : *responses)
                if (response.sequence() == request.sequence()) return std::move(response);  // others are late answers
        }
        if (tries_used >= tries) return diagnostic(4102, "the device does not answer", std::to_string(tries) + " tries of " + std::to_string(timeout_ms) + " ms", "check that the line leads to a device that runs MicroBPF");
    }
}

Result<control::Response> ControlClient::greet() {
    control::Request request;
    request.mutable_hello()->set_nonce(std::uint64_t{randombytes_random()} << 32 | randombytes_random());
    request.set_sequence(next_sequence());
    int tries_used = 0;
    auto response = exchange(request, tries_used);
    if (!response) return response;
    if (response->code() != control::CODE_OK) return refusal(*response);
    session_ = response->hello().session();
    // What says less than a hello's own length would leave nothing to talk with.
    const std::size_t most = response->hello().message_bytes();
    message_bytes_ = most == 0 ? kMaxMessageBytes : std::clamp<std::size_t>(most, kLeastMessageBytes, kMaxMessageBytes);
    count_ = std::max(count_, response->hello().last_sequence() >> kRandomBits);
    greeted_ = true;
    return response;
}

Result<control::Response> ControlClient::call(control::Request request) {
    if (request.has_hello()) return greet();
    const std::size_t bytes = request.ByteSizeLong() + kEnvelopeBytes;
    if (bytes > kMaxMessageBytes) return too_large(bytes, kMaxMessageBytes);
    for (int round = 0;; ++round) {
        if (!greeted_)
            if (auto hello = greet(); !hello) return hello.error();
        if (bytes > message_bytes_) return too_large(bytes, message_bytes_);
        request.set_session(session_);
        request.set_sequence(next_sequence());
        int tries_used = 0;
        auto response = exchange(request, tries_used);
        if (!response) return response;
        if (response->code() == control::CODE_OK) return response;
        if (response->code() != control::CODE_STALE) return refusal(*response);
        // The device has restarted, or does others' requests too. Sent once, ours was certainly not done.
        greeted_ = false;
        if (tries_used > 1 || round >= 3) return refusal(*response);
    }
}

Result<control::AttestReply> ControlClient::events(std::uint32_t until) {
    control::AttestReply all;
    for (std::uint64_t next = 0; (next == 0 || next < until) && all.events().size() < kMostEventBytes;) {
        control::Request request;
        request.mutable_attest()->set_from(static_cast<std::uint32_t>(next));
        auto r = call(std::move(request));
        if (!r) return r.error();
        const control::AttestReply& part = r->attest();
        if (all.events().empty()) all = part;
        else if (part.events().empty() || part.first() != next) break;  // there are no more, or the device has forgotten it meanwhile
        else all.mutable_events()->append(part.events());
        next = all.first() + all.events().size() / MBPF_EVENT_BYTES;
        if (part.events().empty()) break;
    }
    return all;
}

// The rest of a package whose first part did not hold all.
Status ControlClient::list_rest(std::uint32_t index, control::ListReply& package) {
    for (bool more = package.more(); more;) {
        control::Request request;
        request.mutable_list()->set_index(index);
        request.mutable_list()->set_program(static_cast<std::uint32_t>(package.programs_size()));
        request.mutable_list()->set_map(static_cast<std::uint32_t>(package.maps_size()));
        auto r = call(std::move(request));
        if (!r) return r.error();
        const control::ListReply& part = r->list();
        if (part.package_id() != package.package_id()) break;  // another has its place by now
        package.mutable_programs()->MergeFrom(part.programs());
        package.mutable_maps()->MergeFrom(part.maps());
        more = part.more() && part.programs_size() + part.maps_size() != 0 && package.programs_size() + package.maps_size() < 1000;
    }
    return ok();
}

Result<std::vector<control::ListReply>> ControlClient::list() {
    std::vector<control::ListReply> all;
    for (std::uint32_t index = 0, count = 1; index < count; ++index) {
        control::Request request;
        request.mutable_list()->set_index(index);
        auto r = call(std::move(request));
        if (!r) return r.error();
        count = std::min(r->list().count(), 1000u);
        if (count == 0) break;
        all.push_back(r->list());
        if (Status s = list_rest(index, all.back()); !s) return s.error();
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

Result<std::vector<control::SlotsReply>> ControlClient::slots() {
    std::vector<control::SlotsReply> all;
    for (std::uint32_t index = 0, count = 1; index < count; ++index) {
        control::Request request;
        request.mutable_list_slots()->set_index(index);
        auto r = call(std::move(request));
        if (!r) return r.error();
        count = std::min(r->slots().count(), 1000u);
        if (count != 0) all.push_back(r->slots());
    }
    return all;
}

}  // namespace mbpf
