// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/native_code/wasm.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "sdk/cli/cli.h"

namespace mbpf::bench {

bool has_wasm() { return std::system("command -v wasm2c >/dev/null && command -v wasm-ld-19 >/dev/null") == 0; }

// The kernel's memory is the beginning of the linear one; constants would follow at 4096, and the stack.
Code wasm_code(const std::string& kernels, const std::string& shim, const Row& row, const Machine& machine, std::uint64_t address) {
    Code code;
    const std::filesystem::path scratch = std::filesystem::temp_directory_path() / ("wasm-code-" + std::to_string(::getpid()));
    std::filesystem::create_directories(scratch);
    const auto file = [&](const char* name) { return (scratch / name).string(); };
    std::string command = "clang-19 --target=wasm32 -O2 -nostdlib -ffreestanding -Wl,--no-entry -Wl,--export=kernel -Wl,--global-base=4096 -Wl,-z,stack-size=1024 " + kernels + "/" + row.source + " -o " + file("kernel.wasm");
    for (const std::string& define : row.defines) command += " -D" + define;
    command += " && wasm2c " + file("kernel.wasm") + " -n kernel -o " + file("module.c") + " && ! grep -q data_segment " + file("module.c");
    command += " && clang-19 --target=" + std::string(machine.triple) + " " + machine.flags + " -O2 -ffreestanding -ffunction-sections -fno-asynchronous-unwind-tables -fno-stack-protector -DMODULE_FILE='\"" + file("module.c") + "\"' -DMODULE_TYPE=$(sed -n 's/^typedef struct \\(.*\\) {/\\1/p' " + file("module.h") + ") -DMODULE_KERNEL=w2c_kernel -I" + shim + "/include -idirafter /usr/include -c " + shim + "/shim.c -o " + file("kernel.o");
    char script[320];
    std::snprintf(script, sizeof script, "SECTIONS { .text 0x%llx : { KEEP(*(.text.kernel)) *(.text .text.* .rodata .rodata.* .srodata* .data .data.* .sdata* .bss .bss.* .sbss* COMMON .got*) } /DISCARD/ : { *(.ARM.exidx* .comment .note* .eh_frame*) } }\n", static_cast<unsigned long long>(address));
    command += " && ld.lld-19 -T " + file("kernel.ld") + " --gc-sections --entry=kernel " + file("kernel.o") + (machine.libgcc == nullptr ? std::string() : " $(" + std::string(machine.libgcc) + ")") + " -o " + file("kernel.elf") + " && llvm-objcopy-19 -O binary " + file("kernel.elf") + " " + file("kernel.bin");
    if (!cli::write_text(file("kernel.ld"), script) || std::system(command.c_str()) != 0) code.error = "failed: " + command;
    if (const auto bytes = cli::read_input(file("kernel.bin")); code.error.empty() && bytes) code.image = *bytes;
    code.bytes = static_cast<std::uint32_t>(code.image.size());
    std::filesystem::remove_all(scratch);
    return code;
}

}  // namespace mbpf::bench
