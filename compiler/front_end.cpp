// SPDX-License-Identifier: Apache-2.0
// The front end's outside: all of Clang and LLVM runs under a crash recovery context, on a thread with room
// for deeply nested sources, so that whatever happens inside comes out as a diagnostic.
#include "compiler/front_end.h"

#include <llvm/Support/CrashRecoveryContext.h>
#include <llvm/Support/ErrorHandling.h>

#include <algorithm>
#include <mutex>

#include "compiler/front_end/file_system.h"
#include "compiler/front_end/module_to_elf.h"
#include "compiler/front_end/source_to_module.h"

namespace mbpf {
namespace {

constexpr unsigned kThreadStackBytes = 256u << 20;  // virtual: only what is touched is paid for

// LLVM's option table, fatal error handler and crash handlers are the process's: one compilation at a time.
std::mutex& one_at_a_time() {
    static std::mutex mutex;
    return mutex;
}

std::string* fatal_reason = nullptr;  // guarded by one_at_a_time()

// report_fatal_error would exit the process after this; it jumps to the recovery point instead.
void on_fatal_error(void*, const char* reason, bool) {
    if (fatal_reason != nullptr) *fatal_reason = reason;
    if (llvm::CrashRecoveryContext* context = llvm::CrashRecoveryContext::GetCurrent()) context->HandleExit(70);
}

bool any_error(const FrontEndOutput& output) {
    return std::any_of(output.diagnostics.begin(), output.diagnostics.end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
}

void compile_all(const std::vector<SourceFile>& sources, const FrontEndOptions& options, bool want_llvm_ir, FrontEndOutput& output) {
    llvm::LLVMContext context;
    llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files = front_end::make_file_system(sources, options);
    std::vector<std::unique_ptr<llvm::Module>> modules;
    for (const SourceFile& source : sources) {  // all of them, even after errors: one run tells everything
        modules.push_back(front_end::source_to_module(source, options, files, context, output));
    }
    const bool all_there = std::all_of(modules.begin(), modules.end(), [](const auto& m) { return m != nullptr; });
    if (!modules.empty() && all_there && !any_error(output)) {
        front_end::modules_to_elf(std::move(modules), context, options, want_llvm_ir, output);
    }
}

void add(FrontEndOutput& output, const FrontEndOptions& options, const char* code, std::string message, std::string why, std::string fix) {
    Diagnostic d;
    d.code = code;
    d.message = std::move(message);
    d.why = std::move(why);
    d.fix = std::move(fix);
    output.messages += render_text(d, {.colour = options.colour});
    output.diagnostics.push_back(std::move(d));
}

}  // namespace

FrontEndOutput compile_c(const std::vector<SourceFile>& sources, const FrontEndOptions& options, bool want_llvm_ir) {
    FrontEndOutput output;
    if (options.cpu != "v1" && options.cpu != "v2" && options.cpu != "v3" && options.cpu != "v4") {
        add(output, options, "MBPF2001", "'" + options.cpu + "' is no version of the eBPF instruction set", "", "use v1, v2, v3 or v4");
        return output;
    }
    const std::lock_guard<std::mutex> lock(one_at_a_time());
    std::string reason;
    fatal_reason = &reason;
    llvm::install_fatal_error_handler(on_fatal_error);
    llvm::CrashRecoveryContext::Enable();
    bool survived = false;
    {
        llvm::CrashRecoveryContext recovery;
        survived = recovery.RunSafelyOnThread([&] { compile_all(sources, options, want_llvm_ir, output); }, kThreadStackBytes);
    }
    llvm::CrashRecoveryContext::Disable();
    llvm::remove_fatal_error_handler();
    fatal_reason = nullptr;
    if (!survived) output.elf.clear();
    if (!survived && !reason.empty()) {
        add(output, options, "MBPF1116", "the eBPF code generator refuses this program", reason, "write it in simpler terms");
    } else if (!survived && !any_error(output)) {
        add(output, options, "MBPF9001", "the C compiler crashed on this source", "", "please report it with the source");
    } else if (output.elf.empty() && !any_error(output)) {
        add(output, options, "MBPF1100", "there is nothing to compile", "", "name at least one C source");
    }
    return output;
}

}  // namespace mbpf
