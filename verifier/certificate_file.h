// SPDX-License-Identifier: Apache-2.0
// The proofs of an object in one file, `core/proto/certificate.proto`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/program.h"
#include "core/result.h"
#include "verifier/verify.h"

namespace mbpf {

// Of the accepted programs among `verdicts`. Deterministic.
std::vector<std::uint8_t> write_certificates(const VerifyReport& report, const Platform& platform);
// As VerifyOptions wants them: by index into object.programs; a program without a proof has an empty one, which proves
// nothing. Bad files give MBPF3601.
struct ObjectProofs {
    std::vector<std::vector<std::uint8_t>> programs;
    std::vector<std::vector<LoopProof>> loops;
};
Result<ObjectProofs> read_certificates(std::span<const std::uint8_t> bytes, const bpf::Object& object, const Platform& platform);

}  // namespace mbpf
