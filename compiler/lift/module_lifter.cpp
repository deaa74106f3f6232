// SPDX-License-Identifier: Apache-2.0
// See module_lifter.h and lift.h.
#include "compiler/lift/module_lifter.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/Target/TargetMachine.h>
#include <mbpf/abi/native.h>
#include <mbpf/abi/package.h>

#include <algorithm>

#include "compiler/lift/function_lifter.h"
#include "compiler/lift/trip_counts.h"
#include "compiler/marks.h"

namespace mbpf {
namespace {

constexpr std::size_t kFixedScopes = 5;  // context, packet, record, memory, stack; then one a map

PassAs pass_as(const ValueFact& fact, bool narrow) {
    if (is_pointer(fact)) return PassAs::pointer;
    if (fact.kind != ValueKind::number) return PassAs::either;
    if (!narrow) return PassAs::whole;
    switch (fit_of(fact)) {
        case Fit::whole:
            return PassAs::whole;
        case Fit::unsigned32:
            return PassAs::unsigned32;
        case Fit::signed32:
            return PassAs::signed32;
    }
    return PassAs::whole;
}

llvm::Type* type_of(llvm::LLVMContext& context, PassAs as) {
    switch (as) {
        case PassAs::either:
            return llvm::StructType::get(llvm::Type::getInt64Ty(context), llvm::PointerType::getUnqual(context));
        case PassAs::pointer:
            return llvm::PointerType::getUnqual(context);
        case PassAs::whole:
            return llvm::Type::getInt64Ty(context);
        case PassAs::unsigned32:
        case PassAs::signed32:
            return llvm::Type::getInt32Ty(context);
    }
    return nullptr;
}

// How a subprogram's r0 travels: the number 0 beside a pointer is null.
PassAs result_of(const bpf::Program& code, const ProgramFacts& facts, const bpf::Function& function) {
    bool numbers = false, pointers = false;
    for (std::uint32_t slot = function.begin; slot < function.end; ++slot) {
        const bpf::Op* op = facts.insns[slot].reachable ? bpf::find_op(code.insns[slot]) : nullptr;
        if (op == nullptr || op->kind != bpf::Kind::exit) continue;
        const ValueFact& r0 = facts.insns[slot].before[0];
        if (is_pointer(r0)) pointers = true;
        else if (r0.kind != ValueKind::number) numbers = pointers = true;
        else if (!r0.is_constant() || r0.umin != 0) numbers = true;
    }
    if (numbers && pointers) return PassAs::either;
    return pointers ? PassAs::pointer : PassAs::whole;
}

}  // namespace

Fit fit_of(const ValueFact& fact) {
    if (fact.kind != ValueKind::number) return Fit::whole;
    if (fact.umax <= UINT32_MAX) return Fit::unsigned32;
    if (fits_signed(fact)) return Fit::signed32;
    return Fit::whole;
}

void ModuleLifter::mark_loop_at(llvm::IRBuilder<>& b, std::size_t program, std::uint32_t slot) {
    const auto& loops = verified.facts(program).loops;
    const auto loop = std::ranges::find(loops, slot, &LoopFact::header);
    if (loop == loops.end()) return;
    const auto [mark, added] = loop_marks_.try_emplace({program, slot}, static_cast<std::uint32_t>(loop_executions_.size()));
    if (added) loop_executions_.push_back(loop->max_executions);
    mark_loop(b, mark->second);
}

bool fits_signed(const ValueFact& fact) {
    return fact.kind == ValueKind::number && fact.smin >= INT32_MIN && fact.smax <= INT32_MAX;
}

bool is_pointer(const ValueFact& fact) {
    return fact.kind == ValueKind::pointer || fact.kind == ValueKind::pointer_or_null;
}

std::string program_symbol(std::size_t program) { return "mbpf_prog_" + std::to_string(program); }

ModuleLifter::ModuleLifter(const VerifiedObject& v, const ImagePlan& p, const Target& t, bool once, llvm::Module& m)
    : verified(v), plan(p), target(t), load_once(once), module(m) {
    llvm::MDBuilder metadata(module.getContext());
    domain_ = metadata.createAliasScopeDomain("mbpf.regions");
    for (std::size_t i = 0; i < kFixedScopes + verified.object().maps.size(); ++i)
        scopes_.push_back(metadata.createAliasScope("mbpf.region." + std::to_string(i), domain_));
}

void ModuleLifter::add_program_attributes(llvm::Function& f) const {
    f.addFnAttr(llvm::Attribute::NoUnwind);
    f.addFnAttr(llvm::Attribute::WillReturn);
    f.addFnAttr(llvm::Attribute::NoRecurse);
    f.addFnAttr("no-builtins");
    f.addFnAttr("frame-pointer", "none");
    f.addFnAttr("no-jump-tables", target.ropi ? "false" : "true");
    f.addFnAttr("warn-stack-size", "0");  // reports every frame: how native.cpp learns stack use
    f.addFnAttr("target-cpu", llvm::StringRef(target.cpu.data(), target.cpu.size()));
    f.addFnAttr("target-features", llvm::StringRef(target.features.data(), target.features.size()));
    // Loops are known to end, so hoisting out of them needs no guard.
    f.addFnAttr(llvm::Attribute::MustProgress);
}

Signature ModuleLifter::declare(std::size_t program, std::size_t function) {
    const bpf::Program& code = verified.object().programs[program];
    const ProgramFacts& facts = verified.facts(program);
    llvm::LLVMContext& context = module.getContext();
    Signature s;
    std::vector<llvm::Type*> types;
    if (function == 0) {
        types.push_back(type_of(context, PassAs::pointer));
    } else {
        for (std::size_t i = 0; i < s.arguments.size(); ++i) {
            s.arguments[i] = pass_as(facts.insns[code.functions[function].begin].before[i + 1], narrow());
            if (s.arguments[i] != PassAs::either) {
                types.push_back(type_of(context, s.arguments[i]));
                continue;
            }
            types.push_back(type_of(context, PassAs::whole));
            types.push_back(type_of(context, PassAs::pointer));
        }
        s.result = result_of(code, facts, code.functions[function]);
    }
    types.push_back(type_of(context, PassAs::pointer));  // imports
    const std::string name =
        function == 0 ? program_symbol(program) : program_symbol(program) + "." + std::to_string(function);
    s.function = llvm::Function::Create(
        llvm::FunctionType::get(type_of(context, s.result), types, false),
        function == 0 ? llvm::Function::ExternalLinkage : llvm::Function::InternalLinkage, name, module);
    s.function->setDSOLocal(true);
    if (function == 0) s.function->setVisibility(llvm::Function::HiddenVisibility);
    if (function == 0) s.function->setAlignment(llvm::Align(4));  // the package wants even entries
    add_program_attributes(*s.function);
    const unsigned imports = static_cast<unsigned>(types.size() - 1);
    for (const auto attribute : {llvm::Attribute::NoAlias, llvm::Attribute::NoCapture, llvm::Attribute::ReadOnly,
                                 llvm::Attribute::NonNull, llvm::Attribute::NoUndef})
        s.function->addParamAttr(imports, attribute);
    s.function->getArg(imports)->setName("imports");
    if (function == 0) {
        s.function->getArg(0)->setName("context");
        // Not noalias: alias scopes tell the context from all other memory, and a value kept in a register across a helper's
        // call, because the helper cannot change the context, costs more to save and restore than to load again.
        s.function->addParamAttr(0, llvm::Attribute::getWithAlignment(context, llvm::Align(8)));
    }
    return s;
}

void ModuleLifter::lift_program(std::size_t program) {
    const bpf::Program& code = verified.object().programs[program];
    const ProgramFacts& facts = verified.facts(program);
    signatures_.assign(code.functions.size(), {});
    find_parts(program);
    for (std::size_t f = 0; f < code.functions.size(); ++f)
        if (facts.insns[code.functions[f].begin].reachable) signatures_[f] = declare(program, f);
    for (std::size_t f = 0; f < code.functions.size() && !error_; ++f)
        if (signatures_[f].function != nullptr) {
            FunctionLifter(*this, program, f).run();
            weigh_loops(*signatures_[f].function, loop_executions_, f == 0);
        }
}

llvm::Value* ModuleLifter::import(llvm::IRBuilder<>& b, llvm::Value* table, const Import& row,
                                  std::uint64_t dereferenceable) {
    auto found = std::find(imports_.begin(), imports_.end(), row);
    if (found == imports_.end()) found = imports_.insert(imports_.end(), row);
    const std::string name = "mbpf.import." + std::to_string(found - imports_.begin());
    llvm::LLVMContext& context = module.getContext();
    llvm::FunctionCallee callee =
        module.getOrInsertFunction(name, llvm::FunctionType::get(b.getPtrTy(), {b.getPtrTy()}, false));
    auto* function = llvm::cast<llvm::Function>(callee.getCallee());
    function->setDoesNotAccessMemory();
    for (const auto attribute : {llvm::Attribute::NoUnwind, llvm::Attribute::WillReturn, llvm::Attribute::Speculatable,
                                 llvm::Attribute::NoSync, llvm::Attribute::NoFree})
        function->addFnAttr(attribute);
    function->addRetAttr(llvm::Attribute::NonNull);
    function->addRetAttr(llvm::Attribute::NoUndef);
    if (row.kind == MBPF_IMPORT_MAP_VALUES || row.kind == MBPF_IMPORT_DATA)
        function->addRetAttr(llvm::Attribute::getWithAlignment(context, llvm::Align(8)));
    if (dereferenceable != 0)
        function->addRetAttr(llvm::Attribute::getWithDereferenceableBytes(context, dereferenceable));
    function->addParamAttr(0, llvm::Attribute::NoCapture);
    return b.CreateCall(callee, {table});
}

llvm::GlobalVariable* ModuleLifter::rodata(std::uint32_t map) {
    llvm::GlobalVariable*& global = rodata_[map];
    if (global != nullptr) return global;
    const bpf::Map& m = verified.object().maps[map];
    std::vector<std::uint8_t> bytes = m.initial;
    bytes.resize(m.value_size, 0);
    llvm::Constant* value = llvm::ConstantDataArray::get(module.getContext(), llvm::ArrayRef<std::uint8_t>(bytes));
    global = new llvm::GlobalVariable(module, value->getType(), true, llvm::GlobalValue::PrivateLinkage, value,
                                      "rodata." + std::to_string(map));
    global->setAlignment(llvm::Align(8));
    return global;
}

llvm::Value* ModuleLifter::values_of_map(llvm::IRBuilder<>& b, llvm::Value* table, std::uint32_t map) {
    const bpf::Map& m = verified.object().maps[map];
    if (m.origin == bpf::MapOrigin::rodata) return rodata(map);
    if (m.is_global_data()) {
        llvm::Value* data = import(b, table, {MBPF_IMPORT_DATA, 0, 0}, plan.data_ram_bytes);
        return b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), data, static_cast<std::uint64_t>(plan.data_offsets[map]));
    }
    const std::uint64_t bytes = std::uint64_t{mbpf_array_stride(m.value_size)} * m.max_entries;
    return import(b, table, {MBPF_IMPORT_MAP_VALUES, static_cast<std::uint16_t>(plan.package_map[map]), 0}, bytes);
}

llvm::MDNode* ModuleLifter::scope(Region region, std::int32_t map) {
    switch (region) {
        case Region::context:
            return scopes_[0];
        case Region::packet:
        case Region::packet_meta:
            return scopes_[1];
        case Region::ring_buffer_record:
            return scopes_[2];
        case Region::memory:
            return scopes_[3];
        case Region::stack:
            return scopes_[4];
        case Region::map_value:
            if (map >= 0 && kFixedScopes + static_cast<std::size_t>(map) < scopes_.size())
                return scopes_[kFixedScopes + static_cast<std::size_t>(map)];
            return nullptr;
        case Region::none:
        case Region::packet_end:
        case Region::map_handle:
        case Region::function:
        case Region::object:
        case Region::mixed:
            return nullptr;
    }
    return nullptr;
}

// Regions whose offsets count from one place, or from places that are whole values apart.
bool ModuleLifter::has_parts(std::size_t program, Region region, std::int32_t map) const {
    const Hook& hook = verified.hook(program);
    if (region == Region::context) return target.pointer_bytes == 4 || hook.native64_context_size == 0;
    return (region == Region::memory && hook.raw_memory) || (region == Region::map_value && map >= 0);
}

void ModuleLifter::find_parts(std::size_t program) {
    constexpr std::size_t kMost = 16;  // every access names all scopes but its own
    parts_.clear();
    const bpf::Program& code = verified.object().programs[program];
    const ProgramFacts& facts = verified.facts(program);
    for (std::size_t slot = 0; slot < code.insns.size(); ++slot) {
        const bpf::Op* op = facts.insns[slot].reachable ? bpf::find_op(code.insns[slot]) : nullptr;
        if (op == nullptr) continue;
        const bool load = op->kind == bpf::Kind::load || op->kind == bpf::Kind::load_sx;
        if (!load && op->kind != bpf::Kind::store_reg && op->kind != bpf::Kind::store_imm) continue;
        const bpf::Insn& insn = code.insns[slot];
        const ValueFact& base = facts.insns[slot].before[load ? insn.src : insn.dst];
        if (base.smin == base.smax || !has_parts(program, base.region, base.map)) continue;
        Part part{base.region, base.map, base.smin + insn.offset, base.smax + insn.offset + bpf::access_bytes(*op), nullptr};
        for (std::size_t i = 0; i < parts_.size();) {
            const Part& other = parts_[i];
            if (other.region != part.region || other.map != part.map || other.end <= part.begin || part.end <= other.begin) {
                ++i;
                continue;
            }
            part.begin = std::min(part.begin, other.begin);
            part.end = std::max(part.end, other.end);
            parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(i));
            i = 0;  // the union may touch what neither did
        }
        parts_.push_back(part);
    }
    if (parts_.size() > kMost) parts_.clear();
    llvm::MDBuilder metadata(module.getContext());
    for (std::size_t i = 0; i < parts_.size(); ++i)
        parts_[i].scope = metadata.createAliasScope("mbpf.part." + std::to_string(program) + "." + std::to_string(i), domain_);
}

void ModuleLifter::add_scopes(llvm::Instruction& access, Region region, std::int32_t map, std::int64_t begin, std::int64_t end) {
    llvm::MDNode* mine = scope(region, map);
    if (mine == nullptr) return;
    for (const Part& p : parts_)
        if (p.region == region && p.map == map && begin < p.end && p.begin < end) mine = p.scope;
    std::vector<llvm::Metadata*> others;
    for (llvm::MDNode* s : scopes_)
        if (s != mine) others.push_back(s);
    for (const Part& p : parts_)
        if (p.scope != mine) others.push_back(p.scope);
    access.setMetadata(llvm::LLVMContext::MD_alias_scope, llvm::MDNode::get(module.getContext(), {mine}));
    access.setMetadata(llvm::LLVMContext::MD_noalias, llvm::MDNode::get(module.getContext(), others));
}

Result<LiftedModule> lift(const VerifiedObject& verified, const ImagePlan& plan, const Target& target, bool load_once,
                          llvm::TargetMachine& machine, llvm::LLVMContext& context) {
    LiftedModule result;
    result.module = std::make_unique<llvm::Module>("mbpf", context);
    result.module->setTargetTriple(machine.getTargetTriple().str());
    result.module->setDataLayout(machine.createDataLayout());
    result.module->setPICLevel(llvm::PICLevel::SmallPIC);
    if (!target.abi.empty() && machine.getTargetTriple().isRISCV())
        result.module->addModuleFlag(
            llvm::Module::Error, "target-abi",
            llvm::MDString::get(context, llvm::StringRef(target.abi.data(), target.abi.size())));
    ModuleLifter lifter(verified, plan, target, load_once, *result.module);
    for (std::size_t p = 0; p < verified.object().programs.size() && !lifter.error(); ++p) lifter.lift_program(p);
    if (lifter.error()) return *lifter.error();
    result.imports = lifter.take_imports();
    result.loop_executions = lifter.take_loop_executions();
    return result;
}

}  // namespace mbpf
