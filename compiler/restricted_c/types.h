// SPDX-License-Identifier: Apache-2.0
// Which types a program may use: no floating point, nothing wider than 64 bits.
#pragma once

#include <clang/AST/ASTContext.h>

namespace mbpf::restricted_c {

enum class TypeFault { none, floating_point, too_wide };

// The worst that is in the type itself: through pointers, arrays, vectors and atomics, not into structs
// (their fields are judged where they are declared).
TypeFault type_fault(const clang::ASTContext& context, clang::QualType type);

}  // namespace mbpf::restricted_c
