// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/native_code/boards.h"

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cassert>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sdk/cli/cli.h"
#include "tests/bench/native_code/harness.h"

namespace mbpf::bench {
namespace {

constexpr std::size_t kInputs = 0x2000;  // offset of the first input from the table

bool is_arm(const std::string& board) { return board == "cortex-m4"; }
std::uint64_t table_address(const std::string& board) { return is_arm(board) ? 0x21000000 : board == "rv32imac" ? 0x87f00000 : 0x10000000; }

std::uint64_t digest(const std::vector<std::uint8_t>& memory) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (std::uint8_t b : memory) hash = (hash ^ b) * 0x100000001b3u;
    return hash;
}

std::vector<std::uint8_t> table_of(const std::vector<Task>& tasks) {
    const std::uint32_t room = code_room(!tasks.empty() && tasks.front().scene);
    assert(tasks.size() <= BENCH_ROWS && tasks.size() * room <= BENCH_ROWS * BENCH_CODE_BYTES);
    std::vector<std::uint8_t> blob(BENCH_CODE_OFFSET + BENCH_ROWS * BENCH_CODE_BYTES);
    bench_table table{BENCH_MAGIC, static_cast<std::uint32_t>(tasks.size()), {}};
    std::uint32_t input = kInputs;
    const auto word = [](std::uint64_t address) { return static_cast<std::uint32_t>(address); };
    for (std::uint32_t i = 0; i < tasks.size(); ++i) {
        const Task& task = tasks[i];
        const std::uint32_t code = BENCH_CODE_OFFSET + i * room;
        if (i > 0 && tasks[i - 1].input == task.input) {
            input = table.row[i - 1].input;
        } else if (i > 0) {
            input = (table.row[i - 1].input + table.row[i - 1].bytes + 7u) & ~7u;
        }
        table.row[i] = {task.interpreted ? BENCH_BYTECODE : task.once ? BENCH_ONCE : BENCH_MACHINE_CODE, code + task.entry, input, static_cast<std::uint32_t>(task.input.size()), 0, 0, 0, 0, 0};
        if (const auto& scene = task.scene) {
            bench_row& row = table.row[i];
            row.variant = scene->variant, row.reset = word(scene->reset), row.digest = word(scene->digest), row.context = word(scene->context), row.imports = word(scene->imports);
        }
        std::memcpy(blob.data() + code, task.code.data(), std::min<std::size_t>(task.code.size(), room));
        if (!task.input.empty()) std::memcpy(blob.data() + input, task.input.data(), task.input.size());
    }
    static_assert(sizeof table <= kInputs);
    std::memcpy(blob.data(), &table, sizeof table);
    return blob;
}

using Kernel = std::uint64_t (*)(void* memory, void* const* imports);
std::uint64_t nothing(void*, void* const*) { return 0; }

// The child: a trap before and after the call, result and memory in a page shared with the parent.
struct Shared {
    std::uint64_t result, digest;
    std::uint8_t memory[BENCH_MEMORY_BYTES];
};
template <class Function>
Function* function_at(std::uint64_t address) {
    return reinterpret_cast<Function*>(address);
}
[[noreturn]] void child(Kernel kernel, Shared* shared, const std::optional<Scene>& scene) {
    void* context = shared->memory;
    void* const* imports = nullptr;
    if (scene) {
        function_at<void(std::uint32_t)>(scene->reset)(scene->variant);
        context = reinterpret_cast<void*>(scene->context);
        imports = reinterpret_cast<void* const*>(scene->imports);
    }
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    __asm__ volatile("int3");
    const std::uint64_t result = kernel(context, imports);
    __asm__ volatile("int3");
    shared->result = result;
    if (scene) shared->digest = function_at<std::uint64_t()>(scene->digest)();
    ::_exit(0);
}

// Steps between the traps. A single step reports TRAP_TRACE, the trap itself SI_KERNEL.
std::uint64_t steps(Kernel kernel, Shared* shared, const std::optional<Scene>& scene = {}) {
    const pid_t pid = ::fork();
    if (pid == 0) child(kernel, shared, scene);
    int status = 0;
    std::uint64_t count = 0;
    ::waitpid(pid, &status, 0);
    while (WIFSTOPPED(status)) {
        siginfo_t info{};
        ::ptrace(PTRACE_GETSIGINFO, pid, nullptr, &info);
        if (count > 0 && info.si_code != TRAP_TRACE) break;
        ++count;
        ::ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr);
        ::waitpid(pid, &status, 0);
    }
    if (WIFSTOPPED(status)) {
        ::ptrace(PTRACE_CONT, pid, nullptr, nullptr);
        ::waitpid(pid, &status, 0);
    }
    return WIFEXITED(status) ? count : 0;
}

}  // namespace

std::uint32_t code_room(bool with_scene) { return with_scene ? 2 * BENCH_CODE_BYTES : BENCH_CODE_BYTES; }
std::uint64_t code_address(const std::string& board, std::size_t index, bool with_scene) { return table_address(board) + BENCH_CODE_OFFSET + index * code_room(with_scene); }

namespace {

std::vector<Count> emulate(const std::string& board, const std::string& firmware_folder, const std::vector<Task>& tasks, const std::string& options, std::string& error) {
    std::vector<Count> counts(tasks.size());
    const auto path = std::filesystem::temp_directory_path() / ("native-code-table-" + std::to_string(::getpid()));
    if (!cli::write_output(path.string(), table_of(tasks))) {
        error = "cannot write " + path.string();
        return counts;
    }
    char address[32];
    std::snprintf(address, sizeof address, "0x%llx", static_cast<unsigned long long>(table_address(board)));
    const std::string machine = is_arm(board) ? "qemu-system-arm -M mps2-an386 -semihosting-config enable=on,target=native" : "qemu-system-riscv32 -M virt -bios none -cpu rv32";
    const std::string command = "timeout 300 " + machine + " -icount shift=0 " + options + " -nodefaults -display none -serial stdio -kernel " + firmware_folder + "/bench-" + board + ".elf -device loader,file=" + path.string() + ",addr=" + address + ",force-raw=on </dev/null";
    error = "the board did not come to an end";
    if (std::FILE* out = ::popen(command.c_str(), "r")) {
        char line[256];
        while (std::fgets(line, sizeof line, out) != nullptr) {
            unsigned long long index, result, digest, instructions;
            if (std::sscanf(line, "%llu %llu %llu %llu", &index, &result, &digest, &instructions) == 4 && index < counts.size()) counts[index] = {result, digest, instructions, true};
            if (std::strncmp(line, "end", 3) == 0) error.clear();
        }
        ::pclose(out);
    }
    std::filesystem::remove(path);
    return counts;
}

}  // namespace

std::vector<Count> run_on_board(const std::string& board, const std::string& firmware_folder, const std::vector<Task>& tasks, std::string& error) {
    return emulate(board, firmware_folder, tasks, {}, error);
}

// The emulator translates one instruction at a time and logs each that it executes within the tasks' code.
void trace_on_board(const std::string& board, const std::string& firmware_folder, std::vector<Task> tasks, const std::function<void(std::size_t, std::uint32_t)>& executed, std::string& error) {
    for (Task& task : tasks) task.once = true;
    const auto log = std::filesystem::temp_directory_path() / ("native-code-trace-" + std::to_string(::getpid()));
    char options[256];
    std::snprintf(options, sizeof options, "-singlestep -d nochain,exec -dfilter 0x%llx+0x%llx -D ", static_cast<unsigned long long>(code_address(board, 0)), static_cast<unsigned long long>(tasks.size() * BENCH_CODE_BYTES));
    emulate(board, firmware_folder, tasks, options + log.string(), error);
    std::ifstream in(log);
    for (std::string line; std::getline(in, line);) {  // Trace 0: 0x7f… [flags/address/…
        const std::size_t slash = line.find('/');
        unsigned long long address = 0;
        if (!line.starts_with("Trace ") || slash == std::string::npos || std::sscanf(line.c_str() + slash, "/%llx/", &address) != 1) continue;
        const std::uint64_t offset = address - code_address(board, 0);
        if (offset < tasks.size() * BENCH_CODE_BYTES) executed(offset / BENCH_CODE_BYTES, static_cast<std::uint32_t>(offset % BENCH_CODE_BYTES));
    }
    std::filesystem::remove(log);
}

Count run_stepwise(const Task& task) {
    Count count;
    void* shared_page = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void* code = ::mmap(nullptr, task.code.size() + 1, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void* wanted = task.scene ? reinterpret_cast<void*>(task.scene->base) : nullptr;
    void* scene = task.scene ? ::mmap(wanted, task.scene_image.size(), PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) : nullptr;
    if (shared_page == MAP_FAILED || code == MAP_FAILED || scene != wanted) return count;
    auto* shared = static_cast<Shared*>(shared_page);
    std::memcpy(code, task.code.data(), task.code.size());
    if (!task.input.empty()) std::memcpy(shared->memory, task.input.data(), task.input.size());
    if (task.scene) std::memcpy(scene, task.scene_image.data(), task.scene_image.size());
    // Native code of a hook is linked for its scene's place and runs there.
    std::uint8_t* base = static_cast<std::uint8_t*>(task.scene && task.code == task.scene_image ? scene : code);
    const std::uint64_t with = steps(reinterpret_cast<Kernel>(base + task.entry), shared, task.scene);
    count.result = shared->result;
    count.digest = task.scene ? shared->digest : digest({shared->memory, shared->memory + task.input.size()});
    const std::uint64_t without = steps(nothing, shared);
    count.done = with > 0 && without > 0;
    count.instructions = with - without;
    if (task.scene) ::munmap(scene, task.scene_image.size());
    ::munmap(shared_page, sizeof(Shared));
    ::munmap(code, task.code.size() + 1);
    return count;
}

}  // namespace mbpf::bench
