// SPDX-License-Identifier: Apache-2.0
// The examples as packages, and the two keys that devices under test are provisioned with.
#pragma once

#include <string>
#include <vector>

#include "linker/package.h"
#include "sdk/pipeline/build.h"
#include "signer/root.h"

namespace mbpf::end_to_end {

// An example ("estop/estop.bpf.c") built for a target, not signed; built once, then from memory.
// Any program of the repository likewise, with all that was made on the way. Its package is there, if only an empty
// one and a failure of the test.
const BuildResult& build_program(const std::string& file, const std::string& target);
Package build_example(const std::string& file, const std::string& target);

// The first key of a role is trusted by the devices under test, the second is not.
SecretKey trusted_key(Role role);
SecretKey strange_key(Role role);

// As a device gets it: signed by both trusted keys, without host sections.
std::vector<std::uint8_t> for_device(Package package);

// The devices' first root record: one key each of root, verifier and release.
RootRecord root_record();

// What the devices trust. Bit 63 is the one capability they do not grant.
std::vector<std::uint8_t> trust_anchors();
inline constexpr std::uint64_t kNotGranted = std::uint64_t{1} << 63;

}  // namespace mbpf::end_to_end
