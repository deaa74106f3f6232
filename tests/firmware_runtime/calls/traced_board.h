// SPDX-License-Identifier: Apache-2.0
// Runs a package's programs on an emulated board, behind its protection and with the reference firmware's helpers, and
// tells what each run executed, instruction by instruction: in the package's own code, and in each call out of it, the
// way through the gate and back included. Cycles are those of linker/timing.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "linker/package.h"

namespace mbpf::test {

struct Event {
    std::size_t program = 0;  // of the package
    std::vector<std::uint8_t> context, packet;  // one of them
};

struct Work {
    std::uint64_t instructions = 0, cycles = 0;
};
struct Call : Work {
    std::string function;  // of the firmware: mbpf_helper_… or mbpf_rt_…
};
struct Trace {
    bool returned = false;
    Work all;                 // from the program's first instruction to its return
    std::vector<Call> calls;  // what each call out of its text took
};

// One emulation. `error` is empty if every run was seen from its beginning to its end.
std::vector<Trace> trace_runs(const std::string& target, const std::string& firmware_folder, const Package& package, const std::vector<Event>& events, std::string& error);

}  // namespace mbpf::test
