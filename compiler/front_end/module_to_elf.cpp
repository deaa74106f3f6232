// SPDX-License-Identifier: Apache-2.0
// The optimiser is steered to code that is easy to verify and, later, to lift: loops stay loops with the exit
// test the author wrote, no vectors, no tables instead of switches.
#include "compiler/front_end/module_to_elf.h"

#include <llvm/CodeGen/MachinePassRegistry.h>
#include <llvm/CodeGen/SchedulerRegistry.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Linker/Linker.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/IPO/Internalize.h>
#include <llvm/Transforms/Scalar/LoopIdiomRecognize.h>

#include <optional>

#include "compiler/front_end/module_checks.h"
#include "compiler/front_end/module_lowering.h"
#include "compiler/front_end/module_order.h"
#include "compiler/llvm/options.h"

namespace mbpf::front_end {
namespace {

// What the eBPF code generator says, in our words.
Diagnostic refusal(const std::string& text, SourceLocation where) {
    const llvm::StringRef t(text);
    if (t.contains("built-in function")) {
        const std::string name = t.split('\'').second.split('\'').first.str();
        return module_error("MBPF1111", "the code needs the function '" + name + "', which does not exist here", std::move(where),
                            replacement_for(name));
    }
    if (t.contains("stack limit") || t.contains("stack size")) {
        return module_error("MBPF1112", "this function needs more than 512 bytes of stack", std::move(where),
                            "move large local variables into a global variable or a map value, or split the function");
    }
    if (t.contains("too many arg")) return module_error("MBPF1113", "a call passes more than five arguments", std::move(where), "pass a pointer to a struct");
    if (t.contains("by value") || t.contains("aggregate return") || t.contains("small returns")) {
        return module_error("MBPF1114", "a struct is passed or returned by value", std::move(where), "pass a pointer to the struct");
    }
    if (t.contains("variadic") || t.contains("VarArg")) return module_error("MBPF1103", "a call has variable arguments", std::move(where), "pass a fixed number of arguments");
    if (t.contains("dynamic stack")) return module_error("MBPF1104", "the size of a local variable is not constant", std::move(where), "give it a constant size");
    return module_error("MBPF1116", "the eBPF code generator refuses this: " + text, std::move(where), "write it in simpler terms");
}

class BackEndMessages : public llvm::DiagnosticHandler {
  public:
    explicit BackEndMessages(std::vector<Diagnostic>& out) : out_(out) {}

    bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
        const bool unsupported = info.getKind() == llvm::DK_Unsupported;
        if (info.getSeverity() != llvm::DS_Error && !unsupported) return true;  // remarks, failed unrolling
        std::string text;
        SourceLocation where;
        if (const auto* u = llvm::dyn_cast<llvm::DiagnosticInfoUnsupported>(&info)) {
            text = u->getMessage().str();
            const llvm::DiagnosticLocation at = u->getLocation();
            if (u->isLocationAvailable() && at.getLine() != 0) {
                llvm::StringRef file;
                unsigned line = 0, column = 0;
                u->getLocation(file, line, column);
                where = location_of(u->getFunction());
                where = same_file(u->getFunction(), file, line, column).value_or(where);
            } else {
                where = location_of(u->getFunction());
            }
        } else {
            llvm::raw_string_ostream stream(text);
            llvm::DiagnosticPrinterRawOStream printer(stream);
            info.print(printer);
        }
        while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
        // One construct is often refused twice, as call and as return.
        if (!out_.empty() && where.line != 0 && out_.back().where.line == where.line && out_.back().where.file == where.file) return true;
        out_.push_back(info.getKind() == llvm::DK_Linker
                           ? module_error("MBPF1118", "the sources contradict each other: " + text, {}, "define each function and variable once; make private ones static")
                           : refusal(text, std::move(where)));
        return true;
    }

  private:
    // The diagnostic names a file but not its DIFile, which has the text: that of the function or of what is inlined.
    static std::optional<SourceLocation> same_file(const llvm::Function& f, llvm::StringRef file, unsigned line, unsigned column) {
        for (const llvm::BasicBlock& block : f) {
            for (const llvm::Instruction& i : block) {
                const llvm::DILocation* at = i.getDebugLoc().get();
                if (at != nullptr && at->getFilename() == file) return location_of(at->getFile(), line, column);
            }
        }
        return std::nullopt;
    }

    std::vector<Diagnostic>& out_;
};

using ScopedFlag = ScopedOption<bool>;
using ScopedScheduler = ScopedOption<llvm::RegisterScheduler::FunctionPassCtor, llvm::RegisterPassParser<llvm::RegisterScheduler>>;

std::unique_ptr<llvm::TargetMachine> make_machine(const std::string& cpu) {
    LLVMInitializeBPFTargetInfo();
    LLVMInitializeBPFTarget();
    LLVMInitializeBPFTargetMC();
    LLVMInitializeBPFAsmPrinter();
    LLVMInitializeBPFAsmParser();
    std::string error;
    const llvm::Target* target = llvm::TargetRegistry::lookupTarget("bpfel", error);
    if (target == nullptr) return nullptr;
    llvm::TargetOptions options;
    return std::unique_ptr<llvm::TargetMachine>(
        target->createTargetMachine("bpfel", cpu, "", options, llvm::Reloc::Static, std::nullopt, llvm::CodeGenOptLevel::Default));
}

std::unique_ptr<llvm::Module> link(std::vector<std::unique_ptr<llvm::Module>> modules) {
    std::unique_ptr<llvm::Module> whole = std::move(modules.front());
    for (std::size_t i = 1; i < modules.size(); ++i) {
        if (llvm::Linker::linkModules(*whole, std::move(modules[i]))) return nullptr;
    }
    return whole;
}

// Functions that are no programs become private, so that they can be inlined or dropped. Variables stay: the
// host reads and writes global data by name.
void internalize(llvm::Module& module) {
    llvm::internalizeModule(module, [](const llvm::GlobalValue& value) {
        const auto* f = llvm::dyn_cast<llvm::Function>(&value);
        return f == nullptr || is_program(*f);
    });
}

void optimise(llvm::Module& module, llvm::TargetMachine& machine) {
    llvm::PipelineTuningOptions tuning;
    tuning.LoopUnrolling = false;  // still done where #pragma unroll demands it
    tuning.LoopInterleaving = false;
    tuning.LoopVectorization = false;
    tuning.SLPVectorization = false;
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager components;
    llvm::ModuleAnalysisManager modules;
    llvm::PassBuilder builder(&machine, tuning);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

bool generate(llvm::Module& module, llvm::TargetMachine& machine, std::vector<std::uint8_t>& elf) {
    llvm::SmallVector<char, 0> bytes;
    llvm::raw_svector_ostream stream(bytes);
    llvm::legacy::PassManager passes;
    if (machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile)) return false;
    passes.run(module);
    elf.assign(bytes.begin(), bytes.end());
    return true;
}

bool lower(llvm::Module& module, llvm::TargetMachine& machine, const FrontEndOptions& options, bool want_llvm_ir,
           std::vector<Diagnostic>& found, FrontEndOutput& output) {
    const ScopedFlag keep_exit_tests("disable-lftr", true);     // `i < n` stays, not `i != n`
    const ScopedFlag keep_tests("indvars-predicate-loops", false);  // a test of each turn is not made one of all before the loop
    const ScopedFlag keep_indices("disable-lsr", true);         // a[i] stays base plus index
    // The order stays the source's: what suits ten registers, whose spills are gone after lifting, costs there.
    const ScopedScheduler keep_order("pre-RA-sched", &llvm::createSourceListDAGScheduler);
    const bool loop_idioms = llvm::DisableLIRP::All;
    llvm::DisableLIRP::All = true;  // a copying loop stays one: as memmove it would come back bytewise
    internalize(module);
    optimise(module, machine);
    llvm::DisableLIRP::All = loop_idioms;
    found = check_optimised(module);
    if (!found.empty()) return false;
    if (options.cpu != "v4") expand_signed_division(module);
    expand_trailing_zeros(module);
    widen_pointer_distances(module);
    choose_addresses_by_branches(module);
    subtract_in_order(module);
    test_what_was_shifted(module);
    split_range_checks(module);
    test_next_counters(module);
    expand_memory_intrinsics(module, machine);
    if (want_llvm_ir) {
        llvm::raw_string_ostream stream(output.llvm_ir);
        module.print(stream, nullptr);
    }
    return generate(module, machine, output.elf);
}

}  // namespace

void modules_to_elf(std::vector<std::unique_ptr<llvm::Module>> modules, llvm::LLVMContext& context,
                    const FrontEndOptions& options, bool want_llvm_ir, FrontEndOutput& output) {
    std::vector<Diagnostic> found, said;
    context.setDiagnosticHandler(std::make_unique<BackEndMessages>(said));
    std::unique_ptr<llvm::TargetMachine> machine = make_machine(options.cpu);
    std::unique_ptr<llvm::Module> module = link(std::move(modules));
    if (module != nullptr && machine != nullptr) {
        module->setDataLayout(machine->createDataLayout());
        found = check_linked(*module);
        if (found.empty()) found = check_calling_convention(*module);
        if (found.empty()) lower(*module, *machine, options, want_llvm_ir, found, output);
    }
    found.insert(found.end(), said.begin(), said.end());
    if (found.empty() && output.elf.empty()) found.push_back(module_error("MBPF9001", "the eBPF code generator gave no object", {}, ""));
    if (!found.empty()) output.elf.clear();
    for (Diagnostic& d : found) {
        output.messages += render_text(d, {.colour = options.colour});
        output.diagnostics.push_back(std::move(d));
    }
    module.reset();  // before the handler's list goes
    context.setDiagnosticHandler(nullptr);
}

}  // namespace mbpf::front_end
