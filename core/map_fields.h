// SPDX-License-Identifier: Apache-2.0
// Structures of the kernel's inside map values: locks, timers, kernel pointers.
#pragma once

#include <vector>

#include "core/btf.h"
#include "core/program.h"

namespace mbpf {

// Types that may be looked at for all maps of an object: structs of structs hold more members than anyone can look at.
inline constexpr unsigned kMaxFieldVisits = 1u << 18;

// Those in a value of type `type` that lies `offset` bytes into the map value, added to `out` in their order. A type that
// nests too deeply or repeats too often makes the whole value one field; too many fields, or no `visits` left, all of the
// map's value.
void find_kernel_fields(const Btf& btf, std::uint32_t type, std::uint32_t offset, unsigned& visits, std::vector<bpf::MapField>& out);

}  // namespace mbpf
