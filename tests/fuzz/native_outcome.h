// SPDX-License-Identifier: Apache-2.0
// One program, the same inputs, two engines: what the reference interpreter says, and what native code does in this
// process or on an emulated CPU.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/compiler/native_device.h"
#include "verifier/verify.h"

namespace mbpf::fuzz {

inline constexpr std::size_t kRuns = 6;  // a program, one after the other on the same maps

struct Expected {
    std::vector<test::NativeInput> inputs;  // kRuns
    std::vector<test::NativeOutcome> outcomes;
    std::string trap;  // of the interpreter, which a verified program never meets
};

// `seed` decides the inputs; `wide`: 64-bit pointers in the native context.
Expected interpret(const VerifiedObject& verified, std::size_t program, std::uint64_t seed, bool wide);
// As run_emulated(), in this process, for targets x86_64 and test::kX32.
Result<std::vector<test::NativeOutcome>> run_here(const VerifiedObject& verified, const NativeObject& native, std::span<const test::NativeInput> inputs);
// Empty: equal.
std::string difference(const test::NativeOutcome& actual, const test::NativeOutcome& expected);

}  // namespace mbpf::fuzz
