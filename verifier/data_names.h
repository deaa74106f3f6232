// SPDX-License-Identifier: Apache-2.0
// What C calls the bytes of map values and global data: from the object's symbols and BTF, for messages only.
#pragma once

#include <optional>
#include <string>

#include "core/btf.h"
#include "core/elf_file.h"
#include "core/program.h"

namespace mbpf {

struct NamedPlace {
    std::string name;            // "histogram", "limits.low"; empty: the whole value of a declared map
    std::int64_t begin = 0;      // in the value, bytes
    std::int64_t size = 0;       // bytes
    std::int64_t element = 0;    // arrays: bytes of an element, else 0
};

class DataNames {
  public:
    // The object must outlive it. Objects without symbols or types have no names.
    explicit DataNames(const bpf::Object& object) : object_(object) {}
    // The variable or member that holds the byte; arrays whole.
    std::optional<NamedPlace> find(const bpf::Map& map, std::int64_t offset) const;

  private:
    NamedPlace descend(std::uint32_t type, NamedPlace place, std::int64_t offset) const;
    std::uint32_t type_of_variable(std::string_view name) const;
    std::uint32_t value_type(std::string_view map) const;

    void read() const;

    const bpf::Object& object_;
    mutable bool is_read_ = false;  // when first asked: most programs have nothing to explain
    mutable std::optional<Result<ElfFile>> elf_;
    mutable std::optional<Result<Btf>> btf_;
};

}  // namespace mbpf
