// SPDX-License-Identifier: Apache-2.0
// Conformance programs as bpf_conformance keeps them, one a file: sections "-- asm", "-- raw" (wins over asm),
// "-- mem", "-- result", "-- error"; lines that open with # and other sections are for people.
#pragma once

#include <string_view>

#include "tests/conformance/cases.h"

namespace mbpf::conformance {

struct DataFile {
    Case test;
    std::uint64_t result = 0;
    bool must_fail = false;      // it has a section "error": no engine may come to an end
    bool calls_register = false; // callx: no platform of ours has it
};

// Malformed text: MBPF3012.
Result<DataFile> read_data_file(std::string_view text, std::string_view path);

}  // namespace mbpf::conformance
