// SPDX-License-Identifier: Apache-2.0
// The front end's outside: all of Clang and LLVM runs under a crash recovery context, on a thread with room
// for deeply nested sources, so that whatever happens inside comes out as a diagnostic.
#include "compiler/front_end.h"

#include <llvm/Config/llvm-config.h>
#include <llvm/Support/CrashRecoveryContext.h>
#include <llvm/Support/ErrorHandling.h>
#include <signal.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <regex>
#include <sstream>

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

bool out_of_memory = false;  // guarded by one_at_a_time()

// A nested macro argument doubles at each level, inside one step of the preprocessor: memory ends before our
// budgets are asked.
void on_out_of_memory() {
    out_of_memory = true;
    if (llvm::CrashRecoveryContext* context = llvm::CrashRecoveryContext::GetCurrent()) context->HandleExit(70);
    std::set_new_handler(nullptr);  // not our thread: let operator new fail as usual
}
void on_bad_alloc(void*, const char*, bool) { on_out_of_memory(); }

// A stack overflow can only be handled on another stack; LLVM's handlers do not ask for it.
void handle_stack_overflow_on_its_own_stack() {
    static thread_local std::vector<char> memory(64 << 10);
    stack_t stack{};
    stack.ss_sp = memory.data();
    stack.ss_size = memory.size();
    sigaltstack(&stack, nullptr);
    struct sigaction action {};
    sigaction(SIGSEGV, nullptr, &action);
    action.sa_flags |= SA_ONSTACK;
    sigaction(SIGSEGV, &action, nullptr);
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
    std::ranges::sort(output.files, {}, &ReadFile::path);
    const auto twice = std::ranges::unique(output.files, {}, &ReadFile::path);
    output.files.erase(twice.begin(), twice.end());
    const bool all_there = std::all_of(modules.begin(), modules.end(), [](const auto& m) { return m != nullptr; });
    if (!modules.empty() && all_there && !any_error(output)) {
        front_end::modules_to_elf(std::move(modules), context, options, want_llvm_ir, output);
    }
}

// "Cannot select: 0x7f…: ch = AtomicFence …, file.c:5:25": what and where; the addresses differ from run to run.
Diagnostic fatal_refusal(const std::string& reason, const std::vector<SourceFile>& sources) {
    Diagnostic d;
    d.code = "MBPF1116";
    d.message = "the eBPF code generator cannot express this";
    d.fix = "write it in simpler terms";
    const std::string first = reason.substr(0, reason.find('\n'));
    std::smatch match;
    if (std::regex_search(first, match, std::regex(" = ([A-Za-z_0-9]+)"))) {
        d.why = "there is no instruction for " + match[1].str();
    } else {
        d.why = std::regex_replace(first, std::regex("0x[0-9a-f]+"), "?");
    }
    if (!std::regex_search(first, match, std::regex(", ([^,]{1,1000}):([0-9]{1,9}):([0-9]{1,9})$"))) return d;
    d.where = {match[1].str(), static_cast<std::uint32_t>(std::stoul(match[2].str())), static_cast<std::uint32_t>(std::stoul(match[3].str())), ""};
    for (const SourceFile& source : sources) {
        if (front_end::compiled_name(source) != d.where.file) continue;
        std::istringstream lines(source.text);
        for (std::uint32_t i = 0; i < d.where.line; ++i) std::getline(lines, d.where.text);
    }
    return d;
}

Diagnostic make(const char* code, std::string message, std::string fix) {
    Diagnostic d;
    d.code = code;
    d.message = std::move(message);
    d.fix = std::move(fix);
    return d;
}

void add(FrontEndOutput& output, const FrontEndOptions& options, Diagnostic d) {
    output.messages += render_text(d, {.colour = options.colour});
    output.diagnostics.push_back(std::move(d));
}

}  // namespace

std::string compiler_version() { return "LLVM " LLVM_VERSION_STRING; }

FrontEndOutput compile_c(const std::vector<SourceFile>& sources, const FrontEndOptions& options, bool want_llvm_ir) {
    FrontEndOutput output;
    if (options.cpu != "v1" && options.cpu != "v2" && options.cpu != "v3" && options.cpu != "v4") {
        add(output, options, make("MBPF2001", "'" + options.cpu + "' is no version of the eBPF instruction set", "use v1, v2, v3 or v4"));
        return output;
    }
    const std::lock_guard<std::mutex> lock(one_at_a_time());
    std::string reason;
    fatal_reason = &reason;
    llvm::install_fatal_error_handler(on_fatal_error);
    out_of_memory = false;
    llvm::install_bad_alloc_error_handler(on_bad_alloc);
    const std::new_handler old_new_handler = std::set_new_handler(on_out_of_memory);
    llvm::CrashRecoveryContext::Enable();
    bool survived = false;
    {
        llvm::CrashRecoveryContext recovery;
        survived = recovery.RunSafelyOnThread(
            [&] {
                handle_stack_overflow_on_its_own_stack();
                compile_all(sources, options, want_llvm_ir, output);
            },
            kThreadStackBytes);
    }
    llvm::CrashRecoveryContext::Disable();
    std::set_new_handler(old_new_handler);
    llvm::remove_bad_alloc_error_handler();
    llvm::remove_fatal_error_handler();
    fatal_reason = nullptr;
    if (!survived) output.elf.clear();
    if (!survived && out_of_memory) {
        add(output, options, make("MBPF1120", "compiling this source needs more memory than there is", "reduce nested macros and large initialisers"));
    } else if (!survived && !reason.empty()) {
        add(output, options, fatal_refusal(reason, sources));
    } else if (!survived && !any_error(output)) {
        add(output, options, make("MBPF9001", "the C compiler crashed on this source", "please report it with the source"));
    } else if (output.elf.empty() && !any_error(output)) {
        add(output, options, make("MBPF1100", "there is nothing to compile", "name at least one C source"));
    }
    return output;
}

}  // namespace mbpf
