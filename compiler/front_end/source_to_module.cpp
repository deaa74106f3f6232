// SPDX-License-Identifier: Apache-2.0
// Clang's cc1 job without a driver: nothing is searched for on the disk but what the caller named.
#include "compiler/front_end/source_to_module.h"

#include <clang/AST/ASTConsumer.h>
#include <clang/AST/Attr.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/SHA256.h>
#include <llvm/Support/raw_ostream.h>

#include "compiler/front_end/file_system.h"
#include "compiler/front_end/message_collector.h"
#include "compiler/front_end/source_budget.h"
#include "compiler/restricted_c/rules.h"

namespace mbpf::front_end {
namespace {

constexpr const char* kNowhere = "/microbpf-cwd";  // debug information must not know the real one

// Clang 19 dereferences null for the debug information of a declared alias on eBPF. Our rules refuse aliases.
class Consumers : public clang::MultiplexConsumer {
  public:
    using MultiplexConsumer::MultiplexConsumer;
    void CompleteExternalDeclaration(clang::DeclaratorDecl* d) override {
        if (!d->hasAttr<clang::AliasAttr>() && !d->hasAttr<clang::IFuncAttr>()) MultiplexConsumer::CompleteExternalDeclaration(d);
    }
};

std::string mapped_path(std::string path, const FrontEndOptions& options) {
    for (auto map = options.path_maps.rbegin(); map != options.path_maps.rend(); ++map)  // as Clang: the last one given wins
        if (path.starts_with(map->first)) return map->second + path.substr(map->first.size());
    return path;
}

class CompileAction : public clang::EmitLLVMOnlyAction {
  public:
    CompileAction(llvm::LLVMContext* context, const FrontEndOptions& options, std::vector<ReadFile>& files) : EmitLLVMOnlyAction(context), options_(options), files_(files) {}

  protected:
    void EndSourceFileAction() override {
        const clang::SourceManager& sources = getCompilerInstance().getSourceManager();
        for (auto file = sources.fileinfo_begin(); file != sources.fileinfo_end(); ++file) {
            const auto text = file->second == nullptr ? std::nullopt : file->second->getBufferDataIfLoaded();
            if (!text) continue;  // looked at, never read
            files_.push_back({mapped_path(file->first.getName().str(), options_), llvm::SHA256::hash(llvm::arrayRefFromStringRef(*text))});
        }
        EmitLLVMOnlyAction::EndSourceFileAction();
    }

    bool BeginSourceFileAction(clang::CompilerInstance& compiler) override {
        budget_ = SourceBudget::attach(compiler);
        return EmitLLVMOnlyAction::BeginSourceFileAction(compiler);
    }

    std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler, llvm::StringRef file) override {
        std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
        consumers.push_back(restricted_c::make_rules(compiler));
        consumers.push_back(EmitLLVMOnlyAction::CreateASTConsumer(compiler, file));
        return std::make_unique<Consumers>(std::move(consumers));
    }

  private:
    const FrontEndOptions& options_;
    std::vector<ReadFile>& files_;
    std::unique_ptr<SourceBudget> budget_;
};

std::vector<std::string> cc1_arguments(const SourceFile& source, const FrontEndOptions& options) {
    std::vector<std::string> a = {
        "-triple", "bpfel", "-target-cpu", options.cpu, "-O2", "-disable-llvm-passes", "-mrelocation-model", "static",
        "-mframe-pointer=all", "-fno-jump-tables", "-fgnuc-version=4.2.1", "-std=gnu17",
        // Line information for messages comes from BTF, which takes the line's text from here.
        "-debug-info-kind=constructor", "-dwarf-version=4", "-gembed-source", "-debugger-tuning=gdb",
        std::string("-fdebug-compilation-dir=") + kNowhere, std::string("-fdebug-prefix-map=") + kNowhere + "=",
        "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-pass-failed", "-Wno-stack-exhausted", "-ferror-limit", "20", "-fmessage-length=0",
        "-D__MICROBPF__=1", "-nostdsysteminc", "-nobuiltininc"};
    if (options.warnings_as_errors) a.push_back("-Werror");
    for (const auto& [from, to] : options.path_maps) {
        a.push_back("-fdebug-prefix-map=" + from + "=" + to);
        a.push_back("-fmacro-prefix-map=" + from + "=" + to);
    }
    for (const std::string& path : options.include_paths) a.insert(a.end(), {"-I", path});
    for (const std::string& define : options.defines) a.insert(a.end(), {"-D", define});
    a.insert(a.end(), {"-internal-isystem", kVirtualHeaders, "-internal-isystem", kClangHeaders});
    a.insert(a.end(), {"-main-file-name", compiled_name(source), "-x", "c", compiled_name(source)});
    return a;
}

}  // namespace

std::unique_ptr<llvm::Module> source_to_module(const SourceFile& source, const FrontEndOptions& options,
                                               llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files,
                                               llvm::LLVMContext& context, FrontEndOutput& output) {
    llvm::raw_string_ostream rendered(output.messages);
    rendered.SetUnbuffered();  // what was said before a crash must not be lost
    rendered.enable_colors(options.colour);
    auto diagnostic_options = llvm::makeIntrusiveRefCnt<clang::DiagnosticOptions>();
    diagnostic_options->ShowColors = options.colour;
    MessageCollector collector(rendered, diagnostic_options.get(), output.diagnostics);

    const std::vector<std::string> arguments = cc1_arguments(source, options);
    std::vector<const char*> pointers;
    for (const std::string& argument : arguments) pointers.push_back(argument.c_str());

    clang::CompilerInstance compiler;
    clang::DiagnosticsEngine early(llvm::makeIntrusiveRefCnt<clang::DiagnosticIDs>(), diagnostic_options, &collector, false);
    if (!clang::CompilerInvocation::CreateFromArgs(compiler.getInvocation(), pointers, early)) return nullptr;
    compiler.getFrontendOpts().DisableFree = false;
    compiler.getDiagnosticOpts().ShowColors = options.colour;
    compiler.createDiagnostics(&collector, /*ShouldOwnClient=*/false);
    compiler.setVerboseOutputStream(llvm::nulls());  // "2 errors generated." would go to stderr
    compiler.createFileManager(std::move(files));

    CompileAction action(&context, options, output.files);
    if (!compiler.ExecuteAction(action)) return nullptr;
    return action.takeModule();
}

}  // namespace mbpf::front_end
