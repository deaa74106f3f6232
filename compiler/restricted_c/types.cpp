// SPDX-License-Identifier: Apache-2.0
// Peels a type down to its element. A pointer to float counts too: whoever declares one means to use it.
#include "compiler/restricted_c/types.h"

namespace mbpf::restricted_c {

TypeFault type_fault(const clang::ASTContext& context, clang::QualType type) {
    while (!type.isNull()) {
        const clang::Type* t = type.getCanonicalType().getTypePtr();
        if (t->isPointerType()) {
            type = t->getPointeeType();
        } else if (const auto* array = llvm::dyn_cast<clang::ArrayType>(t)) {
            type = array->getElementType();
        } else if (const auto* vector = llvm::dyn_cast<clang::VectorType>(t)) {
            type = vector->getElementType();
        } else if (const auto* atomic = llvm::dyn_cast<clang::AtomicType>(t)) {
            type = atomic->getValueType();
        } else {
            if (t->isAnyComplexType() || t->isRealFloatingType()) return TypeFault::floating_point;
            const bool integer = t->isIntegerType() && !t->isDependentType() && !t->isIncompleteType();
            return integer && context.getTypeSize(t) > 64 ? TypeFault::too_wide : TypeFault::none;
        }
    }
    return TypeFault::none;
}

}  // namespace mbpf::restricted_c
