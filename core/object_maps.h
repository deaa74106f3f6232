// SPDX-License-Identifier: Apache-2.0
// The maps an object declares: BTF-defined ones (.maps), old struct bpf_map_def ones (maps), and global data
// sections, which are maps of one entry; so are the externs of .kconfig, which the loader fills in.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "core/btf.h"
#include "core/elf_file.h"
#include "core/map_fields.h"
#include "core/program.h"

namespace mbpf {

struct ObjectMaps {
    std::vector<bpf::Map> maps;
    // (section, byte offset) of a declared map to its index.
    std::map<std::pair<std::size_t, std::uint64_t>, std::uint32_t> declared;
    // By index, where in its definition a map's .values begin, in bytes.
    std::map<std::uint32_t, std::uint64_t> values_at;
    // Section of global data to its index.
    std::map<std::size_t, std::uint32_t> data;
    // Externs of the kernel's configuration by name: where they lie in the map of that index.
    std::map<std::string_view, std::uint32_t> configuration;
    std::uint32_t configuration_map = 0;
    unsigned field_visits = kMaxFieldVisits;  // left, while the maps are read
};

// `btf` may be null. Malformed definitions give MBPF3007.
Result<ObjectMaps> read_maps(const ElfFile& elf, const Btf* btf);

}  // namespace mbpf
