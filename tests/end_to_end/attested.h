// SPDX-License-Identifier: Apache-2.0
// A device under test asked what it is: its report checked with its key, its events against the report.
#pragma once

#include "mbpf/abi/attest.h"
#include "signer/attestation.h"
#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {

class AttestedTest : public DeviceTest {
  protected:
    AttestationNonce nonce{1, 2, 3, 4};
    PublicKey device_key = trusted_key(Role::device).public_key();

    static std::span<const std::uint8_t> bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
    control::AttestReply attest() {
        control::Request request;
        request.mutable_attest()->set_nonce(nonce.data(), nonce.size());
        return must(std::move(request)).attest();
    }
    control::AttestReply told() {
        auto r = device().events();
        if (r) return *r;
        ADD_FAILURE() << render_text(r.error());
        return {};
    }
    Result<Attestation> checked(const control::AttestReply& r) { return check_attestation(bytes_of(r.report()), bytes_of(r.signature()), nonce, device_key); }
    static Result<std::vector<DeviceEvent>> events(const Attestation& a, const control::AttestReply& r) { return check_events(a, r.first(), bytes_of(r.base()), bytes_of(r.events())); }
};

}  // namespace mbpf::end_to_end
