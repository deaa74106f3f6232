// SPDX-License-Identifier: Apache-2.0
// Every message here has its C line from debug information: the AST is gone when these facts are known.
#include "compiler/front_end/module_checks.h"

#include <llvm/ADT/SCCIterator.h>
#include <llvm/Analysis/CallGraph.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

#include <algorithm>
#include <map>

namespace mbpf::front_end {
namespace {

constexpr std::uint64_t kStackLimit = 512;                              // bytes a function, as Linux has it
constexpr std::uint64_t kMaxInlinedInstructions = 1'000'000;            // Linux's limit for a program
constexpr unsigned kMaxFunctionInstructions = 16'384;  // code generation takes time by the square: 3 s for these
constexpr std::uint64_t kMaxGlobalBytes = std::uint64_t{16} << 20;      // far above any device's memory

}  // namespace

// What a call that has no body behind it should become.
std::string replacement_for(llvm::StringRef name) {
    if (name == "printf" || name == "printk" || name == "puts" || name == "fprintf") return "use bpf_printk";
    if (name == "memcpy" || name == "memset" || name == "memmove" || name == "memcmp") {
        return "use __builtin_" + name.str() + ", best with a constant size";
    }
    if (name == "strlen" || name == "strcmp" || name == "strncmp" || name == "strcpy") return "write a loop with a constant bound";
    if (name == "signal" || name == "sigaction") return "there are no signals; attach a program to the event's hook";
    if (name == "sleep" || name == "usleep" || name == "nanosleep") return "programs never wait; attach one to a timer hook";
    if (name == "abort" || name == "exit") return "return a value that says what is wrong";
    if (name == "__multi3" || name == "__muloti4") return "multiply numbers that fit 32 bits, or test for overflow by a division";
    if (name.starts_with("__atomic") || name.starts_with("__udiv") || name.starts_with("__div")) return "use a 32- or 64-bit integer";
    return "define it, add its source file to the command, or use a helper of the platform's header";
}

namespace {

const llvm::Instruction* first_user(const llvm::Value& value) {
    std::vector<const llvm::Value*> work{&value};
    for (std::size_t i = 0; i < work.size() && i < 64; ++i) {
        for (const llvm::User* user : work[i]->users()) {
            if (const auto* instruction = llvm::dyn_cast<llvm::Instruction>(user)) return instruction;
            if (llvm::isa<llvm::Constant>(user)) work.push_back(user);
        }
    }
    return nullptr;
}

bool is_compare(const llvm::Function& f) { return f.isDeclaration() && (f.getName() == "memcmp" || f.getName() == "bcmp"); }

// The code generator expands a comparison of this many bytes at most, and calls a function for the others.
constexpr std::uint64_t kMaxCompareBytes = 128;

void check_compares(const llvm::Module& module, std::vector<Diagnostic>& out) {
    for (const llvm::Function& f : module) {
        if (!is_compare(f)) continue;
        for (const llvm::User* user : f.users()) {
            const auto* call = llvm::dyn_cast<llvm::CallBase>(user);
            const auto* length = call == nullptr || call->arg_size() != 3 ? nullptr : llvm::dyn_cast<llvm::ConstantInt>(call->getArgOperand(2));
            if (length != nullptr && length->getValue().ule(kMaxCompareBytes)) continue;
            const auto* instruction = llvm::dyn_cast<llvm::Instruction>(user);
            out.push_back(module_error("MBPF1111", "this needs the function '" + f.getName().str() + "', which does not exist here",
                                       location_of(instruction == nullptr ? nullptr : instruction->getDebugLoc().get()),
                                       "compare a constant number of bytes, at most " + std::to_string(kMaxCompareBytes) + ", or write the loop yourself"));
        }
    }
}

void check_undefined(const llvm::Module& module, std::vector<Diagnostic>& out) {
    for (const llvm::Function& f : module) {
        if (!f.isDeclaration() || f.isIntrinsic() || f.use_empty()) continue;
        if (is_compare(f)) continue;  // comparisons of constant size are expanded: see check_optimised
        if (f.getSection() == ".ksyms") continue;  // the kernel's: of programs that call them the verifier says so
        const llvm::Instruction* user = first_user(f);
        if (user == nullptr) continue;
        out.push_back(module_error("MBPF1111", "function '" + f.getName().str() + "' is not defined",
                                   location_of(user->getDebugLoc().get()), replacement_for(f.getName())));
    }
    for (const llvm::GlobalVariable& g : module.globals()) {
        if (!g.isDeclaration() || g.use_empty() || g.hasSection()) continue;
        const llvm::Instruction* user = first_user(g);
        if (user == nullptr) continue;
        out.push_back(module_error("MBPF1117", "variable '" + g.getName().str() + "' is not defined",
                                   location_of(user->getDebugLoc().get()),
                                   "define the variable, or add the source file that defines it to the command"));
    }
}

void check_recursion(const llvm::Module& module, std::vector<Diagnostic>& out) {
    llvm::CallGraph graph(const_cast<llvm::Module&>(module));  // builds, does not change
    for (auto it = llvm::scc_begin(&graph); !it.isAtEnd(); ++it) {
        if (!it.hasCycle()) continue;
        std::vector<std::string> names;
        const llvm::Function* first = nullptr;
        for (const llvm::CallGraphNode* node : *it) {
            const llvm::Function* f = node->getFunction();
            if (f == nullptr) continue;
            names.push_back(f->getName().str());
            if (first == nullptr || f->getName() < first->getName()) first = f;
        }
        if (first == nullptr || first->isDeclaration()) continue;
        std::sort(names.begin(), names.end());
        Diagnostic d = module_error("MBPF1102", "function '" + first->getName().str() + "' calls itself", location_of(*first),
                                    "rewrite the recursion as a loop with a constant bound");
        for (const std::string& name : names) d.why += (d.why.empty() ? "the cycle has " : ", ") + name;
        out.push_back(std::move(d));
    }
}

// always_inline functions that call each other twice a level double the code at each level.
void check_inlined_size(const llvm::Module& module, std::vector<Diagnostic>& out) {
    llvm::CallGraph graph(const_cast<llvm::Module&>(module));
    std::map<const llvm::Function*, std::uint64_t> size;
    for (auto it = llvm::scc_begin(&graph); !it.isAtEnd(); ++it) {  // callees first
        for (const llvm::CallGraphNode* node : *it) {
            const llvm::Function* f = node->getFunction();
            if (f == nullptr) continue;
            std::uint64_t total = 0;
            for (const llvm::Instruction& i : llvm::instructions(*f)) {
                ++total;
                const auto* call = llvm::dyn_cast<llvm::CallBase>(&i);
                const llvm::Function* callee = call == nullptr ? nullptr : call->getCalledFunction();
                if (callee != nullptr && callee->hasFnAttribute(llvm::Attribute::AlwaysInline)) total += size[callee];
                if (total > kMaxInlinedInstructions) break;
            }
            size[f] = total;
            if (total > kMaxInlinedInstructions) {
                out.push_back(module_error("MBPF1120", "'" + f->getName().str() + "' has more than " + std::to_string(kMaxInlinedInstructions) +
                                                           " instructions once its functions are inlined",
                                           location_of(*f), "remove always_inline from the functions it calls"));
                return;
            }
        }
    }
}

void check_global_size(const llvm::Module& module, std::vector<Diagnostic>& out) {
    std::uint64_t total = 0;
    for (const llvm::GlobalVariable& g : module.globals()) {
        if (!g.getValueType()->isSized()) continue;
        const std::uint64_t bytes = module.getDataLayout().getTypeAllocSize(g.getValueType()).getFixedValue();
        total = bytes > kMaxGlobalBytes ? kMaxGlobalBytes + 1 : total + bytes;
        if (total <= kMaxGlobalBytes) continue;
        SourceLocation where;
        llvm::SmallVector<llvm::DIGlobalVariableExpression*, 1> variables;
        g.getDebugInfo(variables);
        if (!variables.empty()) where = location_of(variables[0]->getVariable()->getFile(), variables[0]->getVariable()->getLine(), 0);
        out.push_back(module_error("MBPF1120", "the global variables have more than " + std::to_string(kMaxGlobalBytes >> 20) + " MiB", where,
                                   "make '" + g.getName().str() + "' smaller"));
        return;
    }
}

// The assembler keeps sections and symbols in one name space.
void check_section_names(const llvm::Module& module, std::vector<Diagnostic>& out) {
    for (const llvm::Function& f : module) {
        const llvm::GlobalValue* other = f.hasSection() ? module.getNamedValue(f.getSection()) : nullptr;
        if (other == nullptr) continue;
        out.push_back(module_error("MBPF1118", "'" + f.getSection().str() + "' names both a section and a " + (llvm::isa<llvm::Function>(other) ? "function" : "variable"),
                                   location_of(f), "rename the " + std::string(llvm::isa<llvm::Function>(other) ? "function" : "variable")));
    }
}

bool returns_struct(const llvm::Function& f) {
    if (f.hasStructRetAttr()) return true;
    const llvm::Type* t = f.getReturnType();
    return t->isAggregateType() || t->isVectorTy() || (t->isIntegerTy() && t->getIntegerBitWidth() > 64);
}

// Registers its arguments need: [2 x i64] is a struct of up to 16 bytes.
unsigned argument_registers(const llvm::Function& f, bool& by_value) {
    unsigned count = 0;
    for (const llvm::Argument& a : f.args()) {
        if (a.hasByValAttr()) by_value = true;
        const auto* array = llvm::dyn_cast<llvm::ArrayType>(a.getType());
        count += array == nullptr ? 1 : static_cast<unsigned>(array->getNumElements());
    }
    return count;
}

}  // namespace

SourceLocation location_of(const llvm::DIFile* file, unsigned line, unsigned column) {
    SourceLocation result;
    if (file == nullptr) return result;
    result.file = file->getFilename().str();
    if (!file->getDirectory().empty() && !file->getFilename().starts_with("/")) result.file = (file->getDirectory() + "/" + file->getFilename()).str();
    result.line = line;
    result.column = column;
    if (const std::optional<llvm::StringRef> source = file->getSource(); source && line > 0) {
        llvm::StringRef rest = *source;
        for (unsigned i = 1; i < line; ++i) rest = rest.split('\n').second;
        result.text = rest.split('\n').first.rtrim('\r').take_front(400).str();
        // A function or variable is told by its line alone.
        if (column == 0 && !result.text.empty()) result.column = static_cast<std::uint32_t>(std::min(result.text.find_first_not_of(" \t"), result.text.size() - 1)) + 1;
    }
    return result;
}

// Inlined code: the place where the author wrote the call is of no use without the line itself, so the innermost.
SourceLocation location_of(const llvm::DILocation* location) {
    return location == nullptr ? SourceLocation{} : location_of(location->getFile(), location->getLine(), location->getColumn());
}

SourceLocation location_of(const llvm::Function& function) {
    const llvm::DISubprogram* sp = function.getSubprogram();
    return sp == nullptr ? SourceLocation{} : location_of(sp->getFile(), sp->getLine(), 0);
}

Diagnostic module_error(const char* code, std::string message, SourceLocation where, std::string fix) {
    Diagnostic d;
    d.code = code;
    d.message = std::move(message);
    d.where = std::move(where);
    d.fix = std::move(fix);
    return d;
}

bool is_program(const llvm::Function& function) {
    return !function.isDeclaration() && function.hasSection() && !function.getSection().starts_with(".text");
}

std::vector<Diagnostic> check_linked(const llvm::Module& module) {
    std::vector<Diagnostic> out;
    check_undefined(module, out);
    check_recursion(module, out);
    if (out.empty()) check_inlined_size(module, out);  // recursion would make its numbers meaningless
    check_global_size(module, out);
    check_section_names(module, out);
    if (std::none_of(module.begin(), module.end(), is_program)) {
        SourceLocation where;
        if (module.debug_compile_units_begin() != module.debug_compile_units_end()) {
            where = location_of((*module.debug_compile_units_begin())->getFile(), 0, 0);
        }
        out.push_back(module_error("MBPF1115", "no function is marked as a program", where, "write SEC(\"...\") before the entry function, naming the hook it attaches to"));
    }
    return out;
}

std::vector<Diagnostic> check_calling_convention(llvm::Module& module) {
    std::vector<Diagnostic> out;
    for (llvm::Function& f : module) {
        if (f.isDeclaration()) continue;
        bool by_value = false;
        const unsigned registers = argument_registers(f, by_value);
        by_value |= returns_struct(f);
        if (registers <= 5 && !by_value) continue;
        if (!is_program(f) && !f.hasFnAttribute(llvm::Attribute::NoInline)) {
            f.addFnAttr(llvm::Attribute::AlwaysInline);
            continue;
        }
        const std::string name = "'" + f.getName().str() + "'";
        if (by_value) {
            out.push_back(module_error("MBPF1114", name + " takes or returns a struct by value and is not inlined", location_of(f),
                                       "pass a pointer to the struct, or remove noinline"));
        } else {
            out.push_back(module_error("MBPF1113", name + " takes " + std::to_string(registers) + " arguments and is not inlined", location_of(f),
                                       "pass at most five, or a pointer to a struct, or remove noinline"));
        }
    }
    return out;
}

std::vector<Diagnostic> check_optimised(const llvm::Module& module) {
    std::vector<Diagnostic> out;
    check_compares(module, out);
    for (const llvm::Function& f : module) {
        if (f.getInstructionCount() > kMaxFunctionInstructions) {
            out.push_back(module_error("MBPF1120", "'" + f.getName().str() + "' has " + std::to_string(f.getInstructionCount()) + " operations; the code generator takes " +
                                                       std::to_string(kMaxFunctionInstructions),
                                       location_of(f), "make it shorter, or split it into functions marked noinline"));
            continue;
        }
        std::uint64_t total = 0;
        std::vector<std::pair<std::uint64_t, DiagnosticNote>> locals;
        for (const llvm::Instruction& i : llvm::instructions(f)) {
            const auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(&i);
            if (alloca == nullptr) continue;
            const std::optional<llvm::TypeSize> size = alloca->getAllocationSize(module.getDataLayout());
            if (!size) continue;
            const std::uint64_t bytes = size->getFixedValue();
            total = bytes > UINT32_MAX ? UINT32_MAX : std::min<std::uint64_t>(UINT32_MAX, total + bytes);
            const llvm::DILocalVariable* variable = nullptr;
            for (const auto* record : llvm::findDVRDeclares(const_cast<llvm::AllocaInst*>(alloca))) variable = record->getVariable();
            for (const auto* declare : llvm::findDbgDeclares(const_cast<llvm::AllocaInst*>(alloca))) variable = declare->getVariable();
            if (variable == nullptr) continue;
            locals.push_back({bytes, {"'" + variable->getName().str() + "' has " + std::to_string(bytes) + " bytes",
                                      location_of(variable->getFile(), variable->getLine(), 0)}});
        }
        if (total <= kStackLimit) continue;
        std::stable_sort(locals.begin(), locals.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
        Diagnostic d = module_error("MBPF1112", "the local variables of '" + f.getName().str() + "' exceed the stack", location_of(f),
                                    "move large local variables into a global variable or a map value");
        d.why = "they need " + std::to_string(total) + " bytes, inlined functions included; a function has " + std::to_string(kStackLimit);
        for (std::size_t i = 0; i < locals.size() && i < 3; ++i) d.notes.push_back(locals[i].second);
        out.push_back(std::move(d));
    }
    return out;
}

}  // namespace mbpf::front_end
