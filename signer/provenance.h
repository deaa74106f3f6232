// SPDX-License-Identifier: Apache-2.0
// Where a package comes from: an in-toto Statement with SLSA's provenance predicate, in a host section. The
// signed header holds its digest, so whoever signs the package signs the statement.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "linker/package.h"

namespace mbpf {

struct ProvenanceFacts {
    std::vector<std::pair<std::string, std::array<std::uint8_t, 32>>> files;  // path -> SHA-256 of what was read
    std::vector<std::pair<std::string, std::string>> tools;                   // name -> version
    std::vector<std::pair<std::string, std::string>> parameters;              // what the builder was told
    std::vector<std::string> defines;
};

// JSON, the same bytes for the same facts; the subject is the package's payload. No time stands in it: the
// same input gives the same package.
std::string provenance_statement(const Package& package, const ProvenanceFacts& facts);

// Whether the statement in the package, if it has one, is about this package. MBPF3305: it is no statement.
// MBPF5015: it is about something else.
Status check_provenance(const Package& package);

}  // namespace mbpf
