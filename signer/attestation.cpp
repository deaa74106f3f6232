// SPDX-License-Identifier: Apache-2.0
// Nothing of a report is believed before its signature holds.
#include "signer/attestation.h"

#include <mbpf/abi/admission.h>
#include <mbpf/abi/attest.h>
#include <mbpf/abi/reader.h>

#include <algorithm>

#include "core/make_diagnostic.h"
#include "linker/package_layout.h"

namespace mbpf {

namespace {

// Reads through the device's own reader; after its end everything is zero.
class Reader {
  public:
    explicit Reader(std::span<const std::uint8_t> bytes) : in_(mbpf_reader_at(bytes.data(), static_cast<std::uint32_t>(bytes.size()), 0, static_cast<std::uint32_t>(bytes.size()))) {}
    std::uint16_t u16() { return mbpf_read_u16(&in_); }
    std::uint32_t u32() { return mbpf_read_u32(&in_); }
    std::uint64_t u64() { return mbpf_read_u64(&in_); }
    std::uint8_t u8() { return mbpf_read_u8(&in_); }
    template <std::size_t N>
    void bytes(std::array<std::uint8_t, N>& to) {
        if (const std::uint8_t* at = mbpf_read_bytes(&in_, N)) std::copy_n(at, N, to.begin());
    }
    template <std::size_t N>
    std::string text() {
        std::array<std::uint8_t, N> field{};
        bytes(field);
        return {field.begin(), std::ranges::find(field, 0)};
    }
    bool failed() const { return in_.failed; }
    std::size_t left() const { return in_.left; }

  private:
    mbpf_reader in_;
};

}  // namespace

std::string event_text(const DeviceEvent& event) {
    std::string what = "event " + std::to_string(event.kind);
    switch (event.kind) {
#define MBPF_EVENT_TEXT(number, name, words) \
    case number: what = words; break;
        MBPF_EVENT_TABLE(MBPF_EVENT_TEXT)
#undef MBPF_EVENT_TEXT
        default: break;
    }
    if (event.kind == MBPF_EVENT_REFUSED || event.kind == MBPF_EVENT_ROOT_REFUSED) what += " (admission " + std::to_string(event.code) + ")";
    if (event.kind == MBPF_EVENT_FAULT) what += " (kind " + std::to_string(event.code) + ")";
    if (event.left_out != 0) what += ", after " + std::to_string(event.left_out) + (event.left_out == 255 ? " or more" : "") + " refusals or attachments that were not recorded";
    return what;
}

std::vector<std::uint8_t> attestation_bytes(std::span<const std::uint8_t> report) {
    static constexpr char kPrefix[] = MBPF_TBS_PREFIX_ATTEST;
    std::vector<std::uint8_t> out(kPrefix, kPrefix + sizeof kPrefix - 1);
    const auto digest = sha256(report);
    out.insert(out.end(), digest.begin(), digest.end());
    return out;
}

Result<Attestation> check_attestation(std::span<const std::uint8_t> report, std::span<const std::uint8_t> signature, const AttestationNonce& nonce, const PublicKey& device) {
    if (device.role != Role::device) return diagnostic(5009, "a key of role " + std::string(role_name(device.role)) + " attests nothing", "", "give the device's own public key with --pub");
    std::array<std::uint8_t, 64> signed_with{};
    if (signature.size() == signed_with.size()) std::ranges::copy(signature, signed_with.begin());
    if (signature.size() != signed_with.size() || !signature_holds(device, attestation_bytes(report), signed_with)) return diagnostic(5150, "the report is not signed by device key " + key_id_text(device.id()), "", "this is another device, or an impostor on the line");
    Reader in(report);
    const std::uint32_t magic = in.u32();
    const std::uint16_t version = in.u16(), packages = in.u16();
    AttestationNonce answered{};
    in.bytes(answered);
    Attestation a;
    for (auto* id : {&a.device_id, &a.group_id, &a.class_id}) in.bytes(*id);
    a.root_version = in.u32();
    in.bytes(a.root_digest);
    a.firmware = in.text<MBPF_ATTEST_FIRMWARE_BYTES>();
    a.uptime_s = in.u64();
    a.event_count = in.u32();
    in.bytes(a.event_head);
    if (in.failed() || magic != MBPF_ATTEST_MAGIC || version != MBPF_ATTEST_VERSION || in.left() != packages * sizeof(mbpf_attest_package)) return diagnostic(3505, "the device's report is not one this tool knows", std::to_string(report.size()) + " bytes", "use firmware of the same SDK release");
    if (answered != nonce) return diagnostic(5151, "the report answers another nonce", "", "it is an old one, replayed: something is on the line");
    for (unsigned i = 0; i < packages; ++i) {
        AttestedPackage p;
        p.name = in.text<MBPF_NAME_BYTES>();
        in.bytes(p.payload_digest);
        p.version.major = in.u16();
        p.version.minor = in.u16();
        p.version.patch = in.u16();
        p.attached = in.u16();
        p.rollback_counter = in.u32();
        p.program_count = in.u16();
        const std::uint16_t flags = in.u16();
        p.runs = (flags & MBPF_ATTEST_RUNS) != 0;
        p.on_trial = (flags & MBPF_ATTEST_ON_TRIAL) != 0;
        a.packages.push_back(std::move(p));
    }
    return a;
}

Result<std::vector<DeviceEvent>> check_events(const Attestation& a, std::uint32_t first, std::span<const std::uint8_t> base, std::span<const std::uint8_t> events) {
    const auto wrong = [&](std::string why) { return diagnostic(5152, "the events are not those the device signed for", std::move(why), "something on the line changed them, or more happened meanwhile: ask again"); };
    if (base.size() != 32 || events.size() % MBPF_EVENT_BYTES != 0) return wrong("they are cut");
    if (first > a.event_count || a.event_count - first > events.size() / MBPF_EVENT_BYTES) return wrong(std::to_string(events.size() / MBPF_EVENT_BYTES) + " from " + std::to_string(first) + ", " + std::to_string(a.event_count) + " signed");
    std::array<std::uint8_t, 32> head;
    std::ranges::copy(base, head.begin());
    if (first == 0 && std::ranges::any_of(head, [](std::uint8_t b) { return b != 0; })) return wrong("the chain does not begin with zeros");
    std::vector<DeviceEvent> out;
    for (std::uint32_t i = first; i < a.event_count; ++i) {
        const auto record = events.subspan((i - first) * MBPF_EVENT_BYTES, MBPF_EVENT_BYTES);
        std::vector<std::uint8_t> link(head.begin(), head.end());
        link.insert(link.end(), record.begin(), record.end());
        head = sha256(link);
        Reader in(record);
        DeviceEvent e;
        e.index = in.u32();
        e.kind = in.u8();
        e.left_out = in.u8();
        e.code = in.u16();
        e.time_ms = in.u64();
        in.bytes(e.digest);
        e.name = in.text<MBPF_NAME_BYTES>();
        if (e.index != i) return wrong("event " + std::to_string(e.index) + " stands in place of " + std::to_string(i));
        out.push_back(std::move(e));
    }
    if (head != a.event_head) return wrong("their hash is another");
    return out;
}

}  // namespace mbpf
