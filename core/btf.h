// SPDX-License-Identifier: Apache-2.0
// BPF Type Format: as much as an object reader needs (map definitions, sizes, source lines). Type ids and
// string offsets are checked when used, so hostile data yields "nothing", not a crash.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mbpf {

enum class BtfKind : std::uint8_t {
    unknown = 0, integer = 1, pointer = 2, array = 3, structure = 4, union_ = 5, enumeration = 6, forward = 7, type_definition = 8,
    volatile_ = 9, constant = 10, restrict_ = 11, function = 12, function_prototype = 13, variable = 14, data_section = 15,
    floating = 16, declaration_tag = 17, type_tag = 18, enumeration64 = 19,
};

struct BtfMemberRef {
    std::string_view name;
    std::uint32_t type = 0;
    std::uint32_t offset_bits = 0;
    std::uint32_t bitfield_bits = 0;  // 0: no bit-field
};
struct BtfEnumerator {
    std::string_view name;
    std::uint64_t value = 0;  // of 32-bit enumerations sign-extended
};
struct BtfSectionVariable {
    std::uint32_t type = 0;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
};

struct BtfType {
    BtfKind kind = BtfKind::unknown;
    std::string_view name;
    std::uint32_t size_or_type = 0;
    bool flag = false;                             // enumerations: signed; forward: a union
    bool is_signed = false;                        // integer
    std::uint32_t encoding = 0;                    // integer: signed 1, char 2, bool 4
    std::uint32_t integer_offset = 0;              // integer: bits; not 0 only in ancient bit-fields
    std::uint32_t element_type = 0, elements = 0;  // array
    std::vector<BtfMemberRef> members;             // structure, union
    std::vector<BtfSectionVariable> variables;     // data_section
    std::vector<BtfEnumerator> enumerators;        // enumeration, enumeration64
    std::vector<std::uint32_t> parameters;         // function_prototype: types
};

class Btf {
  public:
    // Null if there is no such type; id 0 is void.
    const BtfType* type(std::uint32_t id) const { return id < types_.size() ? &types_[id] : nullptr; }
    std::size_t count() const { return types_.size(); }
    // Strips typedefs and qualifiers; null for void, broken chains and cycles.
    const BtfType* resolve(std::uint32_t id) const;
    // Likewise the id; 0 where resolve() gives null.
    std::uint32_t resolve_id(std::uint32_t id) const;
    std::optional<std::uint32_t> size_of(std::uint32_t id) const;
    std::string_view text(std::uint32_t offset) const;

  private:
    friend Result<Btf> read_btf(std::span<const std::uint8_t> bytes);
    std::vector<BtfType> types_;
    std::span<const std::uint8_t> strings_;
};

// `bytes`: the .BTF section; must outlive the result. Malformed: MBPF3006.
Result<Btf> read_btf(std::span<const std::uint8_t> bytes);

struct BtfLine {
    std::string_view section;
    std::uint32_t byte_offset = 0;  // of the instruction in its section
    std::string_view file, text;
    std::uint32_t line = 0, column = 0;
};
// `bytes`: the .BTF.ext section. Malformed: MBPF3006.
Result<std::vector<BtfLine>> read_btf_lines(std::span<const std::uint8_t> bytes, const Btf& btf);

// A place whose value depends on the layout of types on the machine where the program will run (CO-RE).
struct BtfCoreRelocation {
    std::string_view section;
    std::uint32_t byte_offset = 0;  // of the instruction in its section
    std::uint32_t type = 0;
    std::string_view access;        // "0:1:2": indices of members and elements
    std::uint32_t kind = 0;
};
// `bytes`: the .BTF.ext section. Malformed: MBPF3006.
Result<std::vector<BtfCoreRelocation>> read_btf_core_relocations(std::span<const std::uint8_t> bytes, const Btf& btf);

}  // namespace mbpf
