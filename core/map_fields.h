// SPDX-License-Identifier: Apache-2.0
// Structures of the kernel's inside map values: locks, timers, kernel pointers.
#pragma once

#include <vector>

#include "core/btf.h"
#include "core/program.h"

namespace mbpf {

// Those in a value of type `type` that lies `offset` bytes into the map value, appended to `out`. A type that
// nests too deeply or repeats too often makes the whole value one field.
void find_kernel_fields(const Btf& btf, std::uint32_t type, std::uint32_t offset, std::vector<bpf::MapField>& out);

}  // namespace mbpf
