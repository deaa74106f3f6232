// SPDX-License-Identifier: Apache-2.0
// Modules of all sources to one eBPF ELF: link, judge, optimise for verification, generate code.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <memory>
#include <vector>

#include "compiler/front_end.h"

namespace mbpf::front_end {

// Messages, ELF and IR text go to `output`; on any error there is no ELF.
void modules_to_elf(std::vector<std::unique_ptr<llvm::Module>> modules, llvm::LLVMContext& context,
                    const FrontEndOptions& options, bool want_llvm_ir, FrontEndOutput& output);

}  // namespace mbpf::front_end
