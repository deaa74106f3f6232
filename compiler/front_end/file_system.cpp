// SPDX-License-Identifier: Apache-2.0
// An overlay: memory first, then the disk through a filter for regular files of sane size.
#include "compiler/front_end/file_system.h"

#include <llvm/Support/MemoryBuffer.h>

#include <string_view>

namespace mbpf {
std::vector<std::pair<std::string_view, std::string_view>> freestanding_headers();  // made by mbpf_embed
}

namespace mbpf::front_end {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{16} << 20;

class RegularFilesOnly : public llvm::vfs::ProxyFileSystem {
  public:
    using ProxyFileSystem::ProxyFileSystem;

    llvm::ErrorOr<llvm::vfs::Status> status(const llvm::Twine& path) override {
        llvm::ErrorOr<llvm::vfs::Status> found = ProxyFileSystem::status(path);
        if (found && !acceptable(*found)) return std::make_error_code(std::errc::no_such_file_or_directory);
        return found;
    }

    // Asks for the status first: opening a pipe would already block.
    llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> openFileForRead(const llvm::Twine& path) override {
        llvm::ErrorOr<llvm::vfs::Status> found = status(path);
        if (!found) return found.getError();
        if (found->isDirectory()) return std::make_error_code(std::errc::is_a_directory);
        return ProxyFileSystem::openFileForRead(path);
    }

  private:
    static bool acceptable(const llvm::vfs::Status& s) {
        return s.isDirectory() || (s.isRegularFile() && s.getSize() <= kMaxHeaderBytes);
    }
};

}  // namespace

std::string compiled_name(const SourceFile& source) { return source.path == "-" ? "<stdin>" : source.path; }

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> make_file_system(const std::vector<SourceFile>& sources,
                                                                 const FrontEndOptions& options) {
    llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> disk = llvm::vfs::createPhysicalFileSystem().release();
    llvm::IntrusiveRefCntPtr<RegularFilesOnly> filtered = llvm::makeIntrusiveRefCnt<RegularFilesOnly>(disk);
    auto memory = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
    if (llvm::ErrorOr<std::string> here = disk->getCurrentWorkingDirectory()) memory->setCurrentWorkingDirectory(*here);
    // Copies end with a NUL, which Clang's lexer relies on.
    const auto add = [&](const std::string& path, llvm::StringRef text) {
        memory->addFile(path, 0, llvm::MemoryBuffer::getMemBufferCopy(text, path));
    };
    for (const auto& [path, text] : freestanding_headers()) {
        add(std::string(kClangHeaders) + "/" + std::string(path), llvm::StringRef(text.data(), text.size()));
    }
    for (const auto& [path, text] : options.virtual_headers) add(std::string(kVirtualHeaders) + "/" + path, text);
    for (const SourceFile& source : sources) add(compiled_name(source), source.text);
    auto overlay = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(filtered);
    overlay->pushOverlay(memory);
    return overlay;
}

}  // namespace mbpf::front_end
