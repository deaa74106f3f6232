// SPDX-License-Identifier: Apache-2.0
// See native_host.h. Helpers are a few bytes of machine code: only those of the conformance platform exist.
#include "native_host.h"

#include <mbpf/abi/native.h>
#include <mbpf/abi/package.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "compiler/lift/image_plan.h"
#include "linker/image.h"

// Calls entry(context, imports) on another stack.
extern "C" std::uint64_t mbpf_test_call(const void* entry, void* context, void* imports, void* stack_top);
__asm__(
    ".text\n.globl mbpf_test_call\nmbpf_test_call:\n"
    "  push %rbp\n  mov %rsp, %rbp\n  mov %rcx, %rsp\n  mov %rdi, %rax\n  mov %rsi, %rdi\n  mov %rdx, %rsi\n"
    "  call *%rax\n  mov %rbp, %rsp\n  pop %rbp\n  ret\n");

namespace mbpf::test {
namespace {

constexpr std::size_t kArenaBytes = 8u << 20;
constexpr std::size_t kContextBytes = 4096;
constexpr std::size_t kStackBytes = 64u << 10;

// mov %rdi, %rax; ret
constexpr std::uint8_t kIdentity[] = {0x48, 0x89, 0xf8, 0xc3};

}  // namespace

const Target kX32 = {
    .name = "x32",
    .triple = "x86_64-unknown-linux-gnux32",
    .cpu = "x86-64",
    .isa = MBPF_ISA_X86_64,
    .pointer_bytes = 4,
    .atomic_load_bits = 32,
    .atomic_rmw_bits = 64,
    .vectors = true,
    .return_address_bytes = 8,
};

NativeHost::~NativeHost() {
    if (arena_ != nullptr) ::munmap(arena_, kArenaBytes);
}

std::uint8_t* NativeHost::allocate(std::size_t bytes) {
    std::uint8_t* at = arena_ + used_;
    used_ += (bytes + 63) & ~std::size_t{63};
    return used_ <= kArenaBytes ? at : nullptr;
}

// movabs $function, %rax; jmp *%rax: the import table of 32-bit pointers cannot hold the function's own address.
std::uint8_t* NativeHost::stub(const void* function) {
    std::uint8_t code[12] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0};
    std::memcpy(code + 2, &function, sizeof function);
    std::uint8_t* at = allocate(sizeof code);
    std::memcpy(at, code, sizeof code);
    return at;
}

std::size_t NativeHost::map_of_handle(const void* handle) const {
    return static_cast<std::size_t>(std::find(handles_.begin(), handles_.end(), handle) - handles_.begin());
}

std::uint8_t* NativeHost::map_bytes(std::size_t map) { return maps_[map]; }

Result<std::unique_ptr<NativeHost>> NativeHost::load(const VerifiedObject& verified, const NativeObject& native, HelperAddress helper) {
    std::vector<std::string> symbols;
    for (const NativeProgram& program : native.programs()) symbols.push_back(program.symbol);
    const Result<Image> image = link_image(native.elf(), native.target(), symbols);
    if (!image) return image.error();
    std::unique_ptr<NativeHost> host(new NativeHost);
    void* arena = ::mmap(nullptr, kArenaBytes, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (arena == MAP_FAILED) {
        Diagnostic d;
        d.code = "MBPF9001";
        d.message = "no memory below 4 GiB";
        return d;
    }
    host->arena_ = static_cast<std::uint8_t*>(arena);
    host->text_ = host->allocate(image->text.size());
    std::memcpy(host->text_, image->text.data(), image->text.size());
    for (const std::string& symbol : symbols) host->entries_.push_back(image->symbols.at(symbol));
    std::uint8_t* identity = host->allocate(sizeof kIdentity);
    std::memcpy(identity, kIdentity, sizeof kIdentity);

    const ImagePlan plan = plan_image(verified);
    std::uint8_t* data = host->allocate(plan.data_ram_bytes + 1u);
    if (!plan.data.empty()) std::memcpy(data, plan.data.data(), plan.data.size());
    const auto& maps = verified.object().maps;
    for (std::size_t m = 0; m < maps.size(); ++m) {
        std::uint8_t* bytes = nullptr;
        if (plan.data_offsets[m] >= 0) bytes = data + plan.data_offsets[m];
        if (plan.package_map[m] >= 0)
            bytes = host->allocate(std::size_t{mbpf_array_stride(maps[m].value_size)} * maps[m].max_entries + 1);
        host->maps_.push_back(bytes);
        host->handles_.push_back(host->allocate(64));
    }
    const unsigned width = target_pointer_bytes(native.target());
    host->imports_ = host->allocate(native.imports().size() * width + 1);
    for (std::size_t i = 0; i < native.imports().size(); ++i) {
        const Import& row = native.imports()[i];
        std::uint8_t* value = nullptr;
        if (row.kind == MBPF_IMPORT_HELPER) value = helper == nullptr ? identity : host->stub(helper(row.index));
        if (row.kind == MBPF_IMPORT_MAP) value = host->handles_[plan.object_maps[row.index]];
        if (row.kind == MBPF_IMPORT_DATA) value = data + row.value;
        if (row.kind == MBPF_IMPORT_MAP_VALUES) value = host->maps_[plan.object_maps[row.index]];
        const auto address = reinterpret_cast<std::uintptr_t>(value);
        std::memcpy(host->imports_ + i * width, &address, width);
    }
    host->context_ = host->allocate(kContextBytes);
    host->stack_top_ = host->allocate(kStackBytes) + kStackBytes;
    return host;
}

std::uint64_t NativeHost::run(std::size_t program, std::vector<std::uint8_t>& context) {
    std::memcpy(context_, context.data(), context.size());
    const std::uint64_t r0 = mbpf_test_call(text_ + entries_[program], context_, imports_, stack_top_);
    std::memcpy(context.data(), context_, context.size());
    return r0;
}

}  // namespace mbpf::test
