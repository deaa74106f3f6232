// SPDX-License-Identifier: Apache-2.0
// Conformance runs on an emulated board: one QEMU process with the reference firmware, provisioned with
// throw-away keys, serves any number of runs over its serial line.
#pragma once

#include <memory>
#include <string_view>

#include "simulator/isa_runner.h"

namespace mbpf::sim {

// `name`: "cortex-m4", "cortex-m33" or "rv32imac". Starts the board; QEMU missing or not starting gives MBPF42xx.
Result<std::unique_ptr<IsaEngine>> make_board_engine(std::string_view name);

}  // namespace mbpf::sim
