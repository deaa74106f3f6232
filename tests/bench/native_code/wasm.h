// SPDX-License-Identifier: Apache-2.0
// Kernels by another safe way, for scale: C to WebAssembly by Clang, back to C by wabt's wasm2c, to machine code by
// Clang. Bounds are checked on devices; on x86-64 wasm2c leaves that to guard pages.
#pragma once

#include "tests/bench/native_code/rows.h"

namespace mbpf::bench {

// wasm2c and wasm-ld are on the path.
bool has_wasm();
Code wasm_code(const std::string& kernels, const std::string& shim, const Row& row, const Machine& machine, std::uint64_t address);

}  // namespace mbpf::bench
