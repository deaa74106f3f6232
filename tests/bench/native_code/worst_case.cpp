// SPDX-License-Identifier: Apache-2.0
// The worst case stated for machine code beside what runs on the boards execute: every instruction of every run is
// logged by the emulator, and its cycles are those of the timing model. Fails if a run exceeds what is stated.
//   worst_case_bench [--only WORDS] [--inputs N]
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>

#include "sdk/cli/command_line.h"
#include "tests/bench/native_code/boards.h"
#include "tests/bench/native_code/harness.h"
#include "tests/bench/native_code/rows.h"

namespace {

using namespace mbpf;
using namespace mbpf::bench;

struct Line {
    std::string name;
    ProgramBounds bounds;
    std::uint64_t instructions = 0, cycles = 0;  // of the worst run
};

// The row's own bytes; all alike; falling and rising ones, bytes and words; random ones.
std::vector<std::uint8_t> input_number(const Row& row, unsigned n) {
    std::vector<std::uint8_t> bytes = input_of(row);
    std::mt19937_64 random(n);
    if (row.name == "packet filter" && n == 1) {  // rules that all but match, an address of which they look at nothing
        std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
        const std::size_t frame = bytes.size() - 64;
        bytes[frame + 12] = 8, bytes[frame + 14] = 0x45, bytes[frame + 17] = 60, bytes[frame + 36] = 0xff;
        return bytes;
    }
    const std::size_t size = bytes.size();
    if (row.name == "64-bit division" && n > 9 && n % 4 == 1) {  // divisors of one length where the kernel has shifted them
        const unsigned bits = 33 + n / 4 * 5 % 32;
        for (unsigned i = 0; i < 8; ++i) {
            const std::uint64_t dividend = random() | std::uint64_t{1} << 63, divisor = (random() | std::uint64_t{1} << 63) >> (64 - std::min(bits, 64 - 8 * i)) << (8 * i);
            std::memcpy(bytes.data() + 8 * i, &dividend, 8);
            std::memcpy(bytes.data() + size / 2 + 8 * i, &divisor, 8);
        }
        return bytes;
    }
    if (n > 9 && n % 4 == 0) {  // words of every length
        for (std::size_t i = 0; i < size; i += 8) {
            const std::uint64_t word = random() >> (i < size / 2 ? 0 : random() % 64);
            std::memcpy(bytes.data() + i, &word, std::min<std::size_t>(8, size - i));
        }
        return bytes;
    }
    for (std::size_t i = 0; i < size && n > 0; ++i) {
        const std::size_t word = n < 8 ? i / 4 : i, words = n < 8 ? (size + 3) / 4 : size;
        switch (n) {
            case 1: bytes[i] = 0; break;
            case 2: bytes[i] = 0xff; break;
            case 3: bytes[i] = 1; break;
            case 4: bytes[i] = i % 4 == 0 ? static_cast<std::uint8_t>(words - word) : i % 4 == 1 ? static_cast<std::uint8_t>((words - word) >> 8) : 0; break;
            case 5: bytes[i] = i % 4 == 0 ? static_cast<std::uint8_t>(word) : i % 4 == 1 ? static_cast<std::uint8_t>(word >> 8) : 0; break;
            case 6: bytes[i] = i % 4 == 3 ? static_cast<std::uint8_t>(words - word) : 0; break;
            case 7: bytes[i] = i % 8 < 4 ? 0xff : 0; break;
            case 8: bytes[i] = static_cast<std::uint8_t>(words - word); break;
            case 9: bytes[i] = static_cast<std::uint8_t>(word); break;
            default:
                if (n % 3 == 0) bytes[i] = static_cast<std::uint8_t>(random() >> (random() % 64));
                else if (n % 3 == 1) bytes[i] = static_cast<std::uint8_t>(random());
                else if (random() % 8 == 0) bytes[i] = static_cast<std::uint8_t>(random());  // the row's own, changed here and there
        }
    }
    return bytes;
}

bool measure(const Machine& machine, Optimize optimize, const std::vector<Row>& chosen, unsigned inputs, std::vector<Line>& lines) {
    std::vector<Code> codes;
    for (const Row& row : chosen) {
        codes.push_back(aot_code(KERNELS_FOLDER, row, machine, optimize));
        if (!codes.back().error.empty()) {
            std::fprintf(stderr, "%s, %s: %s\n", machine.target, row.name.c_str(), codes.back().error.c_str());
            return false;
        }
        lines.push_back({row.name, codes.back().bounds, 0, 0});
    }
    struct Run {
        std::size_t row = 0;
        std::uint64_t instructions = 0, cycles = 0;
        const CodeStep* last = nullptr;
        std::uint32_t at = 0, next = 0;  // of the last, and behind it
    };
    std::vector<Run> runs;
    std::vector<Task> tasks;
    bool fine = true;
    const auto go = [&] {
        std::string error;
        trace_on_board(machine.target, FIRMWARE_FOLDER, tasks, [&](std::size_t task, std::uint32_t at) {
            Run& run = runs[task];
            if (run.last != nullptr && at == run.at) return;  // logged, but put off by the emulator
            run.at = at;
            const auto step = codes[run.row].audit.code.find(at);
            if (step == codes[run.row].audit.code.end()) {
                if (fine) std::fprintf(stderr, "%s, %s: an instruction at 0x%x that the audit has not seen\n", machine.target, chosen[run.row].name.c_str(), at);
                fine = false;
                return;
            }
            ++run.instructions;
            run.cycles += step->second.cycles;
            if (run.last != nullptr && at != run.next) run.cycles += run.last->cycles_taken;
            run.last = &step->second;
            run.next = at + step->second.size;
        }, error);
        if (!error.empty()) {
            std::fprintf(stderr, "%s: %s\n", machine.target, error.c_str());
            fine = false;
        }
        for (Run& run : runs) {
            if (run.last != nullptr) run.cycles += run.last->cycles_taken;  // it returned
            fine = fine && run.instructions > 0;
            lines[run.row].instructions = std::max(lines[run.row].instructions, run.instructions);
            lines[run.row].cycles = std::max(lines[run.row].cycles, run.cycles);
        }
        runs.clear();
        tasks.clear();
    };
    for (std::size_t r = 0; r < chosen.size(); ++r)
        for (unsigned n = 0; n < inputs; ++n) {
            if (tasks.size() == BENCH_ROWS) go();
            runs.push_back({r, 0, 0, nullptr, 0, 0});
            tasks.push_back({codes[r].image, codes[r].entry, false, input_number(chosen[r], n)});
        }
    go();
    return fine;
}

double ratio(std::uint64_t a, std::uint64_t b) { return static_cast<double>(a) / static_cast<double>(std::max<std::uint64_t>(b, 1)); }

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Worst cases of machine code beside what runs execute.", "worst_case_bench");
    std::string only;
    unsigned inputs = 24;
    app.add_option("--only", only, "rows whose name has this in it");
    app.add_option("--inputs", inputs, "runs of each row, on different bytes");
    if (const std::optional<int> end = mbpf::cli::parse(app, argc, argv)) return *end;
    std::vector<Row> chosen;
    for (const std::vector<Row>& all : {rows(), other_rows()})
        for (const Row& row : all)
            if (row.name.find(only) != std::string::npos) chosen.push_back(row);
    bool fine = !chosen.empty();
    for (const Machine& machine : kMachines)
        for (const Optimize optimize : {Optimize::speed, Optimize::size}) {
            std::vector<Line> lines;
            fine = measure(machine, optimize, chosen, inputs, lines) && fine;
            std::printf("\n%-22s | instructions%19s | cycles of the model\n%-22s | %11s %11s %7s | %11s %11s %7s\n", (std::string(machine.target) + (optimize == Optimize::speed ? ", speed" : ", size")).c_str(), "", "", "stated", "worst run", "ratio", "stated", "worst run", "ratio");
            for (const Line& l : lines) {
                const std::uint64_t instructions = l.bounds.instructions.value_or(0), cycles = l.bounds.cycles.value_or(0);
                std::printf("%-22s | %11llu %11llu %7.2f | %11llu %11llu %7.2f\n", l.name.c_str(), static_cast<unsigned long long>(instructions), static_cast<unsigned long long>(l.instructions), ratio(instructions, l.instructions), static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(l.cycles), ratio(cycles, l.cycles));
                if (instructions < l.instructions || cycles < l.cycles) {
                    std::printf("a run of %s exceeds what is stated\n", l.name.c_str());
                    fine = false;
                }
            }
        }
    return fine ? 0 : 1;
}
