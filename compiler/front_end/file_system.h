// SPDX-License-Identifier: Apache-2.0
// What the C compiler can see of the world: sources and generated headers in memory, the disk's regular files
// below it. Devices, pipes and huge files do not exist for it: #include "/dev/zero" must not hang us.
#pragma once

#include <llvm/Support/VirtualFileSystem.h>

#include <vector>

#include "compiler/front_end.h"

namespace mbpf::front_end {

inline constexpr const char* kClangHeaders = "/microbpf/clang";      // Clang's own freestanding headers
inline constexpr const char* kVirtualHeaders = "/microbpf/include";  // FrontEndOptions::virtual_headers

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> make_file_system(const std::vector<SourceFile>& sources,
                                                                 const FrontEndOptions& options);
// The name a source has in that file system: its path, or <stdin> for "-".
std::string compiled_name(const SourceFile& source);

}  // namespace mbpf::front_end
