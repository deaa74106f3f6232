// SPDX-License-Identifier: Apache-2.0
// See native_passes.h. The library-function table is empty, so that no pass turns a loop into a call of
// memset that the device does not have; what code generation itself calls is in compiler/runtime.
#include "compiler/native_passes.h"

#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <mutex>
#include <set>
#include <unordered_map>

#include "compiler/lift/leading_zeros.h"
#include "compiler/lift/narrow_sums.h"
#include "compiler/lift/scaled_addresses.h"
#include "compiler/llvm/options.h"
#include "compiler/marks.h"
#include "compiler/rv32_products.h"
#include "compiler/targets/target.h"
#include "compiler/upper_halves.h"

namespace mbpf {
namespace {

llvm::StringRef ref(std::string_view text) { return {text.data(), text.size()}; }

void initialize_llvm() {
    static std::once_flag once;
    std::call_once(once, [] {
        llvm::InitializeAllTargetInfos();
        llvm::InitializeAllTargets();
        llvm::InitializeAllTargetMCs();
        llvm::InitializeAllAsmPrinters();
        llvm::InitializeAllAsmParsers();
    });
}

struct Watcher : llvm::DiagnosticHandler {
    explicit Watcher(CodegenReport& r) : report(r) {}
    bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
        if (const auto* stack = llvm::dyn_cast<llvm::DiagnosticInfoStackSize>(&info)) {
            report.frames[stack->getFunction().getName().str()] = stack->getStackSize();
            return true;
        }
        if (info.getSeverity() == llvm::DS_Error) {
            llvm::raw_string_ostream out(report.errors);
            llvm::DiagnosticPrinterRawOStream printer(out);
            info.print(printer);
            out << '\n';
        }
        return true;
    }
    CodegenReport& report;
};

llvm::OptimizationLevel level_of(Optimize optimize) {
    switch (optimize) {
        case Optimize::speed:
            return llvm::OptimizationLevel::O2;
        case Optimize::balanced:
            return llvm::OptimizationLevel::Os;
        case Optimize::size:
            return llvm::OptimizationLevel::Oz;
    }
    return llvm::OptimizationLevel::O2;
}

// A branch of the bytecode is one that an optimiser left, or a choice between two values, since eBPF has no other. So
// those without code become choices again, and nothing is run ahead on both ways to make more.
struct BranchesStay {
    ScopedOption<unsigned> one_way{"phi-node-folding-threshold", 0}, two_ways{"two-entry-phi-node-folding-threshold", 1};
};

// Of solutions that cost the same, loop strength reduction takes what it meets first in the lists of uses. Cloning leaves
// them backwards; in the program's order loads beside each other find one base.
void order_uses(llvm::Module& module) {
    for (llvm::Function& function : module) {
        std::unordered_map<const llvm::User*, unsigned> place;
        for (const llvm::BasicBlock& block : function)
            for (const llvm::Instruction& insn : block) place.emplace(&insn, static_cast<unsigned>(place.size()));
        const auto earlier = [&](const llvm::Use& a, const llvm::Use& b) { return place.at(a.getUser()) < place.at(b.getUser()); };
        for (llvm::Argument& argument : function.args()) argument.sortUseList(earlier);
        for (llvm::BasicBlock& block : function)
            for (llvm::Instruction& insn : block) insn.sortUseList(earlier);
    }
}

template <class Stream, class Buffer>
bool emit(const llvm::Module& module, llvm::TargetMachine& machine, llvm::CodeGenFileType type, Buffer& buffer) {
    const std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
    const BranchesStay branches_stay;
    expand_products(*copy, machine);
    order_uses(*copy);
    place_marks(*copy, machine);
    Stream out(buffer);
    llvm::legacy::PassManager passes;
    llvm::TargetLibraryInfoImpl library(machine.getTargetTriple());
    library.disableAllFunctions();
    passes.add(new llvm::TargetLibraryInfoWrapperPass(library));
    // What addPassesToEmitFile() does, with passes of ours behind instruction selection and behind the target's last.
    auto& generator = static_cast<llvm::LLVMTargetMachine&>(machine);
    auto* functions = new llvm::MachineModuleInfoWrapperPass(&generator);
    llvm::TargetPassConfig* config = generator.createPassConfig(passes);
    passes.add(config);
    passes.add(functions);
    if (config->addISelPasses()) return false;
    passes.add(create_upper_half_pass());
    config->addMachinePasses();
    config->setInitialized();
    passes.add(create_mark_pass());
    if (generator.addAsmPrinter(passes, out, nullptr, type, functions->getMMI().getContext())) return false;
    passes.add(llvm::createFreeMachineFunctionPass());
    passes.run(*copy);
    return true;
}

std::uint64_t deepest(const llvm::Function& function, const CodegenReport& report, const Target& target,
                      std::set<const llvm::Function*>& path) {
    if (function.isDeclaration() || !path.insert(&function).second) return 0;
    std::uint64_t below = 0;
    for (const llvm::BasicBlock& block : function)
        for (const llvm::Instruction& insn : block) {
            const auto* call = llvm::dyn_cast<llvm::CallBase>(&insn);
            if (call == nullptr || call->getCalledFunction() == nullptr) continue;
            below = std::max(below, deepest(*call->getCalledFunction(), report, target, path));
        }
    path.erase(&function);
    const auto frame = report.frames.find(function.getName().str());
    return (frame == report.frames.end() ? 0 : frame->second) + target.return_address_bytes + below;
}

}  // namespace

std::unique_ptr<llvm::TargetMachine> make_target_machine(const Target& target) {
    initialize_llvm();
    std::string error;
    const llvm::Target* found = llvm::TargetRegistry::lookupTarget(std::string(target.triple), error);
    if (found == nullptr) return nullptr;
    llvm::TargetOptions options;
    options.FunctionSections = true;
    options.DataSections = true;
    options.MCOptions.ABIName = std::string(target.abi);
    options.FloatABIType = llvm::FloatABI::Soft;
    options.EmitStackSizeSection = false;
    const auto relocation = target.ropi ? llvm::Reloc::ROPI : llvm::Reloc::PIC_;
    // RISC-V: medany, so that every address is formed relative to the program counter. AArch64: tiny, since the small
    // model's ADRP counts in pages, so that the text would run at addresses of a page only.
    const llvm::Triple triple(ref(target.triple));
    const auto code_model = triple.isRISCV() ? llvm::CodeModel::Medium : triple.isAArch64() ? llvm::CodeModel::Tiny : llvm::CodeModel::Small;
    return std::unique_ptr<llvm::TargetMachine>(found->createTargetMachine(
        ref(target.triple), ref(target.cpu), ref(target.features), options, relocation, code_model));
}

void watch(llvm::LLVMContext& context, CodegenReport& report) {
    context.setDiagnosticHandler(std::make_unique<Watcher>(report), false);
}

void optimize_module(llvm::Module& module, llvm::TargetMachine& machine, Optimize optimize, bool vectors) {
    for (llvm::Function& function : module) {
        if (function.isDeclaration() || optimize == Optimize::speed) continue;
        function.addFnAttr(llvm::Attribute::OptimizeForSize);
        if (optimize == Optimize::size) function.addFnAttr(llvm::Attribute::MinSize);
    }
    const BranchesStay branches_stay;
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager graphs;
    llvm::ModuleAnalysisManager modules;
    llvm::PipelineTuningOptions tuning;
    tuning.LoopVectorization = tuning.SLPVectorization = vectors && optimize != Optimize::size;
    llvm::PassBuilder builder(&machine, tuning);
    llvm::TargetLibraryInfoImpl library(machine.getTargetTriple());
    library.disableAllFunctions();
    functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(graphs);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, graphs, modules);
    builder.registerPeepholeEPCallback([](llvm::FunctionPassManager& passes, llvm::OptimizationLevel) { 
        passes.addPass(ScaledAddresses());
        passes.addPass(NarrowSums());
        passes.addPass(LeadingZeros());
    });
    builder.buildPerModuleDefaultPipeline(level_of(optimize)).run(module, modules);
}

std::string module_text(const llvm::Module& module) {
    std::string text;
    llvm::raw_string_ostream out(text);
    module.print(out, nullptr);
    return text;
}

bool emit_object(const llvm::Module& module, llvm::TargetMachine& machine, std::vector<std::uint8_t>& elf) {
    llvm::SmallVector<char, 0> buffer;
    if (!emit<llvm::raw_svector_ostream>(module, machine, llvm::CodeGenFileType::ObjectFile, buffer)) return false;
    elf.assign(buffer.begin(), buffer.end());
    return true;
}

bool emit_assembly(const llvm::Module& module, llvm::TargetMachine& machine, std::string& text) {
    llvm::SmallVector<char, 0> buffer;
    if (!emit<llvm::raw_svector_ostream>(module, machine, llvm::CodeGenFileType::AssemblyFile, buffer)) return false;
    text.assign(buffer.begin(), buffer.end());
    return true;
}

std::uint64_t stack_bytes(const llvm::Module& module, const std::string& function, const CodegenReport& report,
                          const Target& target) {
    const llvm::Function* start = module.getFunction(function);
    std::set<const llvm::Function*> path;
    return start == nullptr ? 0 : deepest(*start, report, target, path);
}

}  // namespace mbpf
