// SPDX-License-Identifier: Apache-2.0
// What a device says of itself, checked: the report's signature and nonce, and that the events told are those
// its signed head stands for. The layout is mbpf/abi/attest.h.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "linker/package.h"
#include "signer/signer.h"

namespace mbpf {

struct AttestedPackage {
    std::string name;  // as the device says it: not fit for terminals
    std::array<std::uint8_t, 32> payload_digest{};
    PackageVersion version;
    std::uint16_t attached = 0;  // bit i: program i
    std::uint32_t rollback_counter = 0;
    std::uint16_t program_count = 0;
    bool runs = false, on_trial = false;
};

struct Attestation {
    std::array<std::uint8_t, 16> device_id{}, group_id{}, class_id{};
    std::uint32_t root_version = 0;
    std::array<std::uint8_t, 32> root_digest{};
    std::string firmware;
    std::uint64_t uptime_s = 0;
    std::uint32_t event_count = 0;
    std::array<std::uint8_t, 32> event_head{};
    std::vector<AttestedPackage> packages;
};

struct DeviceEvent {
    std::uint32_t index = 0;
    std::uint8_t kind = 0;  // MBPF_EVENT_*
    std::uint8_t left_out = 0;  // refusals and attachments before it that were not recorded, at most 255
    std::uint16_t code = 0;
    std::uint64_t time_ms = 0;
    std::array<std::uint8_t, 16> digest{};
    std::string name;
};
std::string event_text(const DeviceEvent& event);  // "refused (admission 13)"

using AttestationNonce = std::array<std::uint8_t, 32>;

// The bytes that a device signs for a report.
std::vector<std::uint8_t> attestation_bytes(std::span<const std::uint8_t> report);
// MBPF3505: no report. MBPF5150: not signed by that key. MBPF5151: it answers another nonce.
Result<Attestation> check_attestation(std::span<const std::uint8_t> report, std::span<const std::uint8_t> signature, const AttestationNonce& nonce, const PublicKey& device);

// The events from the oldest kept, whose chain's hash before them is `base`, up to the signed count; later ones are
// left out. MBPF5152: they are not those that were signed.
Result<std::vector<DeviceEvent>> check_events(const Attestation& signed_report, std::uint32_t first, std::span<const std::uint8_t> base, std::span<const std::uint8_t> events);

}  // namespace mbpf
