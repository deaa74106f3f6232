// SPDX-License-Identifier: Apache-2.0
// AOT compilation, step by step: plan the image, lift, optimise, settle the import table, generate code.
#include "compiler/native.h"

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include "compiler/lift/lift.h"
#include "compiler/native_passes.h"
#include "compiler/targets/target.h"

namespace mbpf {
namespace {

Diagnostic internal_error(std::string message, std::string why) {
    Diagnostic d;
    d.code = "MBPF9001";
    d.message = std::move(message);
    d.why = std::move(why);
    return d;
}

}  // namespace

class NativeObjectMaker {
  public:
    static Result<NativeObject> make(const VerifiedObject& verified, const Target& target, const AotOptions& options);
};

Result<NativeObject> NativeObjectMaker::make(const VerifiedObject& verified, const Target& target,
                                             const AotOptions& options) {
    const auto machine = make_target_machine(target);
    if (machine == nullptr) return internal_error("LLVM has no code generator for " + std::string(target.name), {});
    CodegenReport report;
    llvm::LLVMContext context;
    watch(context, report);
    const ImagePlan plan = plan_image(verified);
    Result<LiftedModule> lifted = lift(verified, plan, target, options.concurrent_writers, *machine, context);
    if (!lifted) return lifted.error();
    llvm::Module& module = *lifted->module;
    std::string broken;
    llvm::raw_string_ostream broken_stream(broken);
    if (llvm::verifyModule(module, &broken_stream))
        return internal_error("lifted code is not valid", broken_stream.str());
    optimize_module(module, *machine, options.optimize, target.vectors);

    NativeObject result;
    result.target_ = &target;
    result.imports_ = materialize_imports(module, lifted->imports);
    result.data_offsets_ = plan.data_offsets;
    result.loop_executions_ = std::move(lifted->loop_executions);
    if (options.want_llvm_ir) result.llvm_ir_ = module_text(module);
    if (options.want_assembly && !emit_assembly(module, *machine, result.assembly_))
        return internal_error("LLVM cannot write assembly for " + std::string(target.name), {});
    if (!emit_object(module, *machine, result.elf_) || !report.errors.empty())
        return internal_error("code generation failed for " + std::string(target.name), report.errors);
    for (std::size_t p = 0; p < verified.object().programs.size(); ++p) {
        NativeProgram program;
        program.symbol = program_symbol(p);
        program.stack_bytes = static_cast<std::uint32_t>(stack_bytes(module, program.symbol, report, target));
        // x86_64: for size a small constant is pushed and popped, beyond the frame.
        if (options.optimize == Optimize::size) program.stack_bytes += target.return_address_bytes;
        result.programs_.push_back(std::move(program));
    }
    return result;
}

Result<NativeObject> compile_native(const VerifiedObject& verified, const Target& target, const AotOptions& options) {
    return NativeObjectMaker::make(verified, target, options);
}

}  // namespace mbpf
