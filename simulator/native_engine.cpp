// SPDX-License-Identifier: Apache-2.0
// Pages are writable while text is copied, executable afterwards, never both.
#include "simulator/native_engine.h"

#include <mbpf/abi/native.h>
#include <sys/mman.h>

#include <cstring>

namespace mbpf::sim {

namespace {

Diagnostic cannot(std::string why) {
    Diagnostic d;
    d.code = "MBPF3401";
    d.message = "package cannot run in this process";
    d.why = std::move(why);
    d.fix = "build it for x86_64, without maps or device helpers; or use the interpreter";
    return d;
}

class Executable {
  public:
    explicit Executable(std::span<const std::uint8_t> text) : size_(text.size() + 1) {
        base_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base_ == MAP_FAILED) return;
        std::memcpy(base_, text.data(), text.size());
        ready_ = ::mprotect(base_, size_, PROT_READ | PROT_EXEC) == 0;
    }
    ~Executable() {
        if (base_ != MAP_FAILED) ::munmap(base_, size_);
    }
    Executable(const Executable&) = delete;
    Executable& operator=(const Executable&) = delete;
    bool ready() const { return ready_; }
    mbpf_entry entry(std::uint32_t offset) const {
        std::uint8_t* at = static_cast<std::uint8_t*>(base_) + offset;
        mbpf_entry function;
        static_assert(sizeof function == sizeof at);
        std::memcpy(&function, &at, sizeof at);
        return function;
    }

  private:
    void* base_ = MAP_FAILED;
    std::size_t size_;
    bool ready_ = false;
};

}  // namespace

Result<NativeRun> run_native(const Package& package, std::size_t program, std::vector<std::uint8_t> context, const HelperAddress& helper) {
    if (package.isa != MBPF_ISA_X86_64) return cannot("it is for another instruction set");
    if (program >= package.programs.size()) return cannot("it has no program " + std::to_string(program));
    std::vector<std::uint8_t> data(package.data_ram_bytes + 16);
    std::copy(package.data.begin(), package.data.end(), data.begin());
    std::vector<void*> imports;
    for (const Import& row : package.imports) {
        void* address = nullptr;
        if (row.kind == MBPF_IMPORT_HELPER) address = helper(row.index);
        else if (row.kind == MBPF_IMPORT_DATA && row.value <= package.data_ram_bytes) address = data.data() + row.value;
        if (address == nullptr) return cannot("import kind " + std::to_string(row.kind) + ", index " + std::to_string(row.index) + " is not offered");
        imports.push_back(address);
    }
    imports.push_back(nullptr);
    const Executable code(package.text);
    if (!code.ready()) return cannot("no executable memory");
    NativeRun run;
    // One byte more, so that empty memory has an address too.
    context.push_back(0);
    run.r0 = code.entry(package.programs[program].entry_offset)(context.data(), imports.data());
    context.pop_back();
    run.memory = std::move(context);
    return run;
}

}  // namespace mbpf::sim
