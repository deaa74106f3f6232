// SPDX-License-Identifier: Apache-2.0
// Programs as native code beside the same C compiled natively: instructions executed and bytes of code.
//   native_code_bench [--json FILE] [--svg FILE] [--only WORDS]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "sdk/cli/cli.h"
#include "sdk/cli/command_line.h"
#include "tests/bench/native_code/boards.h"
#include "tests/bench/native_code/harness.h"
#include "tests/bench/native_code/hooks.h"
#include "tests/bench/native_code/plot.h"
#include "tests/bench/native_code/rows.h"
#include "tests/bench/native_code/wasm.h"

namespace {

using namespace mbpf;
using namespace mbpf::bench;

enum Way { native_speed, native_size, aot_speed, aot_balanced, aot_size, interpreted, wasm, kWays };
constexpr std::size_t kRowsARun = BENCH_ROWS / kWays;  // of one start of a board
constexpr const char* kWayNames[kWays] = {"native -O2", "native -Os", "speed", "balanced", "size", "interpreter", "wasm2c"};

struct Cell {
    Count count;
    std::uint32_t bytes = 0;
};
struct Line {
    std::string name;
    Cell cell[kWays];
};

const Folders kFolders = {MBPF_SOURCE_DIR, GENERATED_FOLDER};

Code kernel_code(Way way, const Row& row, const Machine& machine, std::uint64_t address) {
    switch (way) {
        case native_speed: return native_code(KERNELS_FOLDER, row, machine, "-O2", address);
        case native_size: return native_code(KERNELS_FOLDER, row, machine, "-Os", address);
        case aot_speed: return aot_code(KERNELS_FOLDER, row, machine, Optimize::speed);
        case aot_balanced: return aot_code(KERNELS_FOLDER, row, machine, Optimize::balanced);
        case aot_size: return aot_code(KERNELS_FOLDER, row, machine, Optimize::size);
        case wasm: return wasm_code(KERNELS_FOLDER, kFolders.source + "/tests/bench/native_code/wasm", row, machine, address);
        default: return bytecode(KERNELS_FOLDER, row);
    }
}

// AOT code runs in the scene of `native`.
Code hook_code(Way way, const Row& row, const Machine& machine, std::uint64_t address, Code& native) {
    switch (way) {
        case native_speed: return hook_native_code(kFolders, row, machine, "-O2", address);
        case native_size: return hook_native_code(kFolders, row, machine, "-Os", address);
        case aot_speed: return hook_aot_code(kFolders, row, machine, Optimize::speed, native, 0);
        case aot_balanced: return hook_aot_code(kFolders, row, machine, Optimize::balanced, native, 1);
        default: return hook_aot_code(kFolders, row, machine, Optimize::size, native, 2);
    }
}

// The ways that the row is run in here; the interpreter of the benchmark has no maps and is not for this CPU.
bool has(Way way, const Row& row, bool stepwise) {
    static const bool wasm_here = has_wasm();
    if (way == wasm) return wasm_here && row.scene.empty();
    return way != interpreted || (row.scene.empty() && !stepwise);
}

bool measure(const Machine& machine, const std::vector<Row>& chosen, std::vector<Line>& lines) {
    const bool stepwise = std::string(machine.target) == "x86_64";
    std::vector<Task> tasks;
    std::vector<std::pair<std::size_t, Way>> places;  // of each task: line and way
    bool fine = true;
    for (const Row& row : chosen) {
        Line line{row.name, {}};
        Code native;
        const std::size_t first = tasks.size();
        for (int w = 0; w < kWays; ++w) {
            const Way way = static_cast<Way>(w);
            if (!has(way, row, stepwise)) continue;
            const std::uint64_t address = stepwise && row.scene.empty() ? 0 : code_address(machine.target, tasks.size(), !row.scene.empty());
            Code code = row.scene.empty() ? kernel_code(way, row, machine, address) : hook_code(way, row, machine, address, native);
            if (code.error.empty() && code.image.size() > code_room(!row.scene.empty())) code.error = std::to_string(code.image.size()) + " bytes are too many for the benchmark";
            if (!code.error.empty()) {
                std::fprintf(stderr, "%s, %s, %s: %s\n", machine.target, row.name.c_str(), kWayNames[way], code.error.c_str());
                fine = false;
                if (way == native_speed) return false;
            }
            line.cell[way].bytes = code.bytes;
            places.emplace_back(lines.size(), way);
            tasks.push_back({.code = code.image, .entry = code.entry, .interpreted = way == interpreted, .input = row.scene.empty() ? input_of(row) : std::vector<std::uint8_t>{}, .scene = code.scene, .scene_image = {}});
            if (way == native_speed) native = std::move(code);
            else if (way == native_size) tasks.back().scene_image = code.image;
        }
        // The import tables are in the scene now.
        if (!row.scene.empty()) {
            tasks[first].code = native.image;
            for (std::size_t t = first; t < tasks.size(); ++t)
                if (tasks[t].scene_image.empty()) tasks[t].scene_image = native.image;
        }
        lines.push_back(std::move(line));
    }
    if (!fine) return false;
    std::vector<Count> counts;
    std::string error;
    if (stepwise) {
        for (const Task& task : tasks) counts.push_back(run_stepwise(task));
    } else {
        counts = run_on_board(machine.target, FIRMWARE_FOLDER, tasks, error);
    }
    if (!error.empty()) std::fprintf(stderr, "%s: %s\n", machine.target, error.c_str());
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto [at, way] = places[i];
        Line& line = lines[at];
        line.cell[way].count = counts[i];
        const Count& native = line.cell[native_speed].count;
        // A hook returns an int.
        const std::uint64_t different = (counts[i].result ^ native.result) & (chosen[at].scene.empty() ? UINT64_MAX : UINT32_MAX);
        if (counts[i].done && different == 0 && counts[i].digest == native.digest) continue;
        std::fprintf(stderr, "%s, %s, %s: another result than native C\n", machine.target, line.name.c_str(), kWayNames[way]);
        fine = false;
    }
    return fine && error.empty();
}

double ratio(double a, double b) { return b > 0 ? a / b : 0; }
double instructions(const Line& l, Way way, Way base) { return ratio(static_cast<double>(l.cell[way].count.instructions), static_cast<double>(l.cell[base].count.instructions)); }
double bytes(const Line& l, Way way) { return ratio(l.cell[way].bytes, l.cell[native_size].bytes); }
template <class Ratio>
double mean(const std::vector<Line>& lines, Ratio of) {
    double sum = 0;
    for (const Line& l : lines) sum += std::log(of(l));
    return std::exp(sum / static_cast<double>(lines.size()));
}

void print(const Machine& machine, const std::vector<Line>& lines, const char* mean_name) {
    std::printf("\n%s%31s| instructions%43s| bytes%17s|\n", machine.target, "", "", "");
    std::printf("%-20s %9s %9s | %8s %8s %8s %8s %8s | %6s %6s %8s | %s\n", "", "-O2", "speed", "/ -O2", "size/-Os", "bal./-Os", "interp.", "wasm2c", "-Os", "size", "/ -Os", "speed / -Os");
    for (const Line& l : lines)
        std::printf("%-20s %9llu %9llu | %8.3f %8.3f %8.3f %8.1f %8.2f | %6u %6u %8.3f | %8.3f\n", l.name.c_str(), static_cast<unsigned long long>(l.cell[native_speed].count.instructions), static_cast<unsigned long long>(l.cell[aot_speed].count.instructions), instructions(l, aot_speed, native_speed), instructions(l, aot_size, native_size), instructions(l, aot_balanced, native_size), instructions(l, interpreted, native_speed), instructions(l, wasm, native_speed), l.cell[native_size].bytes, l.cell[aot_size].bytes, bytes(l, aot_size), bytes(l, aot_speed));
    const auto of = [&](Way way, Way base) { return mean(lines, [=](const Line& l) { return instructions(l, way, base); }); };
    const auto if_run = [&](Way way) { return lines.front().cell[way].count.done ? of(way, native_speed) : 0.0; };
    std::printf("%-20s %9s %9s | %8.3f %8.3f %8.3f %8.1f %8.2f | %6s %6s %8.3f | %8.3f\n", mean_name, "", "", of(aot_speed, native_speed), of(aot_size, native_size), of(aot_balanced, native_size), if_run(interpreted), if_run(wasm), "", "", mean(lines, [](const Line& l) { return bytes(l, aot_size); }), mean(lines, [](const Line& l) { return bytes(l, aot_speed); }));
}

nlohmann::json as_json(const std::vector<Line>& lines) {
    nlohmann::json out = nlohmann::json::array();
    for (const Line& l : lines) {
        nlohmann::json row{{"kernel", l.name}};
        for (int way = 0; way < kWays; ++way)
            if (l.cell[way].count.done) row[kWayNames[way]] = {{"instructions", l.cell[way].count.instructions}, {"bytes", l.cell[way].bytes}};
        out.push_back(std::move(row));
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Native code of programs beside native C.", "native_code_bench");
    std::string json_path, svg_path, only, on;
    app.add_option("--json", json_path, "write every figure")->type_name("FILE");
    app.add_option("--svg", svg_path, "draw the ratios")->type_name("FILE");
    app.add_option("--only", only, "rows whose name has this in it");
    app.add_option("--on", on, "one target alone");
    if (const std::optional<int> end = mbpf::cli::parse(app, argc, argv)) return *end;
    const auto chosen = [&](const std::vector<Row>& from) {
        std::vector<Row> with;
        for (const Row& row : from)
            if (row.name.find(only) != std::string::npos) with.push_back(row);
        return with;
    };
    const std::vector<std::pair<std::vector<Row>, const char*>> groups = {{chosen(rows()), "geometric mean"}, {chosen(other_rows()), "mean of others"}, {chosen(hook_rows()), "mean of hooks"}};
    nlohmann::json figures;
    std::vector<Series> series;
    bool fine = std::any_of(groups.begin(), groups.end(), [](const auto& group) { return !group.first.empty(); });
    for (const Machine& machine : {kMachines[0], kMachines[1], kHost}) {
        if (!on.empty() && on != machine.target) continue;
        Series drawn{machine.target, {}};
        for (const auto& [group, mean_name] : groups) {
            std::vector<Line> lines;
            for (std::size_t at = 0; at < group.size(); at += kRowsARun) {
                const std::vector<Row> part(group.begin() + static_cast<std::ptrdiff_t>(at), group.begin() + static_cast<std::ptrdiff_t>(std::min(at + kRowsARun, group.size())));
                std::vector<Line> measured;
                fine = measure(machine, part, measured) && fine;
                lines.insert(lines.end(), measured.begin(), measured.end());
            }
            if (lines.empty()) continue;
            print(machine, lines, mean_name);
            for (auto& row : as_json(lines)) figures[machine.target].push_back(std::move(row));
            for (const Line& l : lines) drawn.bars.push_back({l.name, instructions(l, aot_speed, native_speed)});
            drawn.bars.push_back({mean_name, mean(lines, [](const Line& l) { return instructions(l, aot_speed, native_speed); })});
        }
        series.push_back(std::move(drawn));
    }
    if (!json_path.empty() && !cli::write_text(json_path, figures.dump(2) + "\n")) fine = false;
    if (!svg_path.empty() && !cli::write_text(svg_path, plot(series))) fine = false;
    return fine ? 0 : 1;
}
