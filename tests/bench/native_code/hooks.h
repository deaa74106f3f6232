// SPDX-License-Identifier: Apache-2.0
// The examples' hooks, with maps and helpers: as native C that calls the runtime's functions directly, and as AOT
// code that reaches the same functions and maps through its import table (hooks/scene.h).
#pragma once

#include "tests/bench/native_code/rows.h"

namespace mbpf::bench {

const std::vector<Row>& hook_rows();

// The repository's and the build's folders: sources, and the platform's generated headers.
struct Folders {
    std::string source, generated;
};
// Scene and native code as one image, linked for `address`.
Code hook_native_code(const Folders& folders, const Row& row, const Machine& machine, const std::string& level, std::uint64_t address);
// Runs in the scene of `native`, in which it fills in the import table of `way`, an index below BENCH_WAYS.
Code hook_aot_code(const Folders& folders, const Row& row, const Machine& machine, Optimize optimize, Code& native, unsigned way);

}  // namespace mbpf::bench
