// SPDX-License-Identifier: Apache-2.0
// The benchmark's rows, and their code made in each way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/native.h"
#include "linker/bounds.h"

namespace mbpf::bench {

struct Row {
    std::string name;
    std::string source;
    std::vector<std::string> defines;
    std::uint32_t bytes;  // of the kernel's memory
    // Of a hook (hooks.h): which of the source's programs, the native source with its maps, which event.
    std::string program{}, scene{};
    unsigned variant = 0;
};
const std::vector<Row>& rows();
// Kernels of the same kinds on which nothing was tuned.
const std::vector<Row>& other_rows();
std::vector<std::uint8_t> input_of(const Row& row);

// Where a hook's maps and context lie, by address, and what makes them ready for a run.
struct Scene {
    std::uint64_t base = 0, reset = 0, digest = 0, context = 0, imports = 0;
    unsigned variant = 0;
};
struct SymbolPlace {
    std::uint64_t address = 0;
    std::uint32_t bytes = 0;
};

// Position independent, or linked for the address asked for.
struct Code {
    std::vector<std::uint8_t> image;
    std::uint32_t entry = 0;  // offset in the image
    std::uint32_t bytes = 0;  // of code and constants, without what comes from libraries
    std::string error;
    std::optional<Scene> scene;
    std::map<std::string, SymbolPlace> symbols;  // of a scene's image
    ProgramBounds bounds;     // of AOT code
    Audit audit;
};

struct Machine {
    const char* target;   // name of find_target()
    const char* triple;   // Clang's
    const char* flags;    // Clang's, as an application's build has them
    const char* libgcc;   // command that prints its path, or null
};
inline constexpr Machine kMachines[] = {
    {"cortex-m4", "thumbv7em-none-eabi", "-mcpu=cortex-m4 -mthumb -mfloat-abi=soft",
     "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=soft -print-libgcc-file-name"},
    {"rv32imac", "riscv32-unknown-elf", "-march=rv32imac_zicsr_zifencei -mabi=ilp32",
     "riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32 -print-libgcc-file-name"},
};
inline constexpr Machine kHost = {"x86_64", "x86_64-linux-gnu", "-fPIC", nullptr};

// The sources' folder; clang-19 and ld.lld-19 on the path. `level` as "-O2".
Code native_code(const std::string& folder, const Row& row, const Machine& machine, const std::string& level, std::uint64_t address);
Code aot_code(const std::string& folder, const Row& row, const Machine& machine, Optimize optimize);
Code bytecode(const std::string& folder, const Row& row);

}  // namespace mbpf::bench
