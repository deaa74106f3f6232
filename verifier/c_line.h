// SPDX-License-Identifier: Apache-2.0
// What stands in a C line, so that messages can use the program's own names. One line is all that an object keeps of its
// source: what is not plain there goes unnamed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/diagnostic.h"

namespace mbpf {

// What stands between the brackets at this place, fit to be compared; empty where that is not plain.
std::string subscript_at(const SourceLocation& where);
// Argument `index` (from 0) of the call of `function` in the line, where it is a variable or member; else empty.
std::string argument_at(const SourceLocation& where, std::string_view function, std::size_t index);
// "v" of "u64 *v = bpf_map_lookup_elem(…)": what the call's result is assigned to; empty if that is not plain.
std::string assigned_at(const SourceLocation& where);
// Whether the line holds the name as a word of its own.
bool mentions(std::string_view line, std::string_view name);

}  // namespace mbpf
