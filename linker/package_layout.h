// SPDX-License-Identifier: Apache-2.0
// Where the parts of a package lie. There is exactly one layout for given sizes, so the writer follows it and
// the reader demands it: no gaps to hide bytes in, no overlaps to reason about, and reading then writing
// gives the same bytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "linker/package.h"

namespace mbpf {

struct PackageLayout {
    std::uint64_t text_offset = 0;
    std::uint64_t data_offset = 0;
    std::uint64_t imports_offset = 0;
    std::uint64_t programs_offset = 0;
    std::uint64_t maps_offset = 0;
    std::uint64_t signed_bytes = 0;
};

// 64-bit arithmetic on 32-bit sizes: cannot wrap.
PackageLayout package_layout(std::uint32_t text_bytes, std::uint32_t data_init_bytes, std::uint32_t import_count,
                             std::uint32_t program_count, std::uint32_t map_count);

// What a package takes on the device once it bears the two signatures that a device demands, by what it is for, padding
// included. `fixed` is the same for every package: header and signatures.
struct DeviceBytes {
    std::uint64_t fixed = 0, text = 0, data = 0, relocations = 0, programs = 0, maps = 0;
    std::uint64_t total() const { return fixed + text + data + relocations + programs + maps; }
};
DeviceBytes device_bytes(const Package& package);

using Sha256Digest = std::array<std::uint8_t, 32>;
Sha256Digest sha256(std::span<const std::uint8_t> bytes);

}  // namespace mbpf
