// SPDX-License-Identifier: Apache-2.0
// CO-RE access specifications: a path of members and elements through a type of the program, and the same path
// found in the types of the machine it will run on. Rules and names are those of libbpf's relo_core.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/btf.h"

namespace mbpf {

enum class CoreKind : std::uint32_t {
    field_byte_offset = 0, field_byte_size = 1, field_exists = 2, field_signed = 3, field_lshift_u64 = 4, field_rshift_u64 = 5,
    type_id_local = 6, type_id_target = 7, type_exists = 8, type_size = 9, enum_value_exists = 10, enum_value = 11, type_matches = 12,
};
bool is_field_based(CoreKind kind);
bool is_type_based(CoreKind kind);

// One step: a named member, or an element of an array (no name).
struct CoreAccessor {
    std::uint32_t type = 0;   // of the struct, or of the element
    std::uint32_t index = 0;  // of the member or element
    std::string_view name;
};

struct CoreSpec {
    std::uint32_t root = 0;
    CoreKind kind = CoreKind::field_byte_offset;
    std::vector<CoreAccessor> accessors;
    std::uint64_t bit_offset = 0;
};

// Matching hostile types can cost far more than their size: it stops when this reaches 0.
struct CoreBudget {
    std::uint64_t steps = 50'000'000;
    bool take() { return steps != 0 && steps-- != 0; }
};

// "task_struct" of "task_struct___old": programs tell versions of one type apart by such suffixes.
std::string_view essential_name(std::string_view name);

// The path `access` from type `root`; nothing if it leads nowhere.
std::optional<CoreSpec> parse_core_spec(const Btf& btf, std::uint32_t root, std::string_view access, CoreKind kind);
// The same path from `target_root` in `target`; nothing if it is not there.
std::optional<CoreSpec> match_core_spec(const Btf& local, const CoreSpec& spec, const Btf& target, std::uint32_t target_root, CoreBudget& budget);

// Kinds agree and, behind pointers and arrays, kinds agree again (type_exists and its like).
bool core_types_compatible(const Btf& local, std::uint32_t local_id, const Btf& target, std::uint32_t target_id, CoreBudget& budget, unsigned depth = 32);
// Every member, enumerator and parameter of the local type is there (type_matches).
bool core_types_match(const Btf& local, std::uint32_t local_id, const Btf& target, std::uint32_t target_id, CoreBudget& budget, bool behind_pointer = false, unsigned depth = 32);

// Types by essential name; made once per target.
class CoreCandidates {
  public:
    explicit CoreCandidates(const Btf& target);
    // Ids of the types that `local` may stand for.
    std::vector<std::uint32_t> of(const BtfType& local) const;

  private:
    const Btf& target_;
    std::multimap<std::string_view, std::uint32_t> by_name_;
};

}  // namespace mbpf
