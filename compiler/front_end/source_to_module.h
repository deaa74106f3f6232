// SPDX-License-Identifier: Apache-2.0
// One C source through Clang to one LLVM module, not yet optimised: sources are optimised together.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <memory>

#include "compiler/front_end.h"

namespace mbpf::front_end {

// Null after any error; the messages are in `output`.
std::unique_ptr<llvm::Module> source_to_module(const SourceFile& source, const FrontEndOptions& options,
                                               llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files,
                                               llvm::LLVMContext& context, FrontEndOutput& output);

}  // namespace mbpf::front_end
