// SPDX-License-Identifier: Apache-2.0
// Programs as native code beside the same C compiled natively: instructions executed and bytes of code.
//   native_code_bench [--json FILE] [--svg FILE] [--only WORDS]
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "sdk/cli/cli.h"
#include "tests/bench/native_code/boards.h"
#include "tests/bench/native_code/plot.h"
#include "tests/bench/native_code/rows.h"

namespace {

using namespace mbpf;
using namespace mbpf::bench;

enum Way { native_speed, native_size, aot_speed, aot_balanced, aot_size, interpreted, kWays };
constexpr const char* kWayNames[kWays] = {"native -O2", "native -Os", "speed", "balanced", "size", "interpreter"};

struct Cell {
    Count count;
    std::uint32_t bytes = 0;
};
struct Line {
    std::string name;
    Cell cell[kWays];
};

Code code_for(Way way, const Row& row, const Machine& machine, std::uint64_t address) {
    switch (way) {
        case native_speed: return native_code(KERNELS_FOLDER, row, machine, "-O2", address);
        case native_size: return native_code(KERNELS_FOLDER, row, machine, "-Os", address);
        case aot_speed: return aot_code(KERNELS_FOLDER, row, machine, Optimize::speed);
        case aot_balanced: return aot_code(KERNELS_FOLDER, row, machine, Optimize::balanced);
        case aot_size: return aot_code(KERNELS_FOLDER, row, machine, Optimize::size);
        default: return bytecode(KERNELS_FOLDER, row);
    }
}

bool measure(const Machine& machine, const std::vector<Row>& chosen, std::vector<Line>& lines) {
    const bool stepwise = std::string(machine.target) == "x86_64";
    std::vector<Task> tasks;
    bool fine = true;
    for (const Row& row : chosen) {
        Line line{row.name, {}};
        for (int way = 0; way < kWays; ++way) {
            Code code;
            if (!stepwise || way != interpreted) code = code_for(static_cast<Way>(way), row, machine, stepwise ? 0 : code_address(machine.target, tasks.size()));
            if (!code.error.empty()) {
                std::fprintf(stderr, "%s, %s, %s: %s\n", machine.target, row.name.c_str(), kWayNames[way], code.error.c_str());
                fine = false;
            }
            line.cell[way].bytes = code.bytes;
            tasks.push_back({std::move(code.image), code.entry, way == interpreted, input_of(row)});
        }
        lines.push_back(std::move(line));
    }
    if (!fine) return false;
    std::vector<Count> counts;
    std::string error;
    if (stepwise) {
        for (const Task& task : tasks) counts.push_back(task.interpreted ? Count{} : run_stepwise(task));
    } else {
        counts = run_on_board(machine.target, FIRMWARE_FOLDER, tasks, error);
    }
    if (!error.empty()) std::fprintf(stderr, "%s: %s\n", machine.target, error.c_str());
    for (std::size_t i = 0; i < counts.size(); ++i) {
        Line& line = lines[i / kWays];
        line.cell[i % kWays].count = counts[i];
        const Count& native = line.cell[native_speed].count;
        if (stepwise && i % kWays == interpreted) continue;
        if (counts[i].done && counts[i].result == native.result && counts[i].digest == native.digest) continue;
        std::fprintf(stderr, "%s, %s, %s: another result than native C\n", machine.target, line.name.c_str(), kWayNames[i % kWays]);
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

void print(const Machine& machine, const std::vector<Line>& lines) {
    std::printf("\n%s%31s| instructions%34s| bytes%17s|\n", machine.target, "", "", "");
    std::printf("%-20s %9s %9s | %8s %8s %8s %8s | %6s %6s %8s | %s\n", "", "-O2", "speed", "/ -O2", "size/-Os", "bal./-Os", "interp.", "-Os", "size", "/ -Os", "speed / -Os");
    for (const Line& l : lines)
        std::printf("%-20s %9llu %9llu | %8.3f %8.3f %8.3f %8.1f | %6u %6u %8.3f | %8.3f\n", l.name.c_str(), static_cast<unsigned long long>(l.cell[native_speed].count.instructions), static_cast<unsigned long long>(l.cell[aot_speed].count.instructions), instructions(l, aot_speed, native_speed), instructions(l, aot_size, native_size), instructions(l, aot_balanced, native_size), instructions(l, interpreted, native_speed), l.cell[native_size].bytes, l.cell[aot_size].bytes, bytes(l, aot_size), bytes(l, aot_speed));
    const auto of = [&](Way way, Way base) { return mean(lines, [=](const Line& l) { return instructions(l, way, base); }); };
    const bool has_interpreter = lines.front().cell[interpreted].count.done;
    std::printf("%-20s %9s %9s | %8.3f %8.3f %8.3f %8.1f | %6s %6s %8.3f | %8.3f\n", "geometric mean", "", "", of(aot_speed, native_speed), of(aot_size, native_size), of(aot_balanced, native_size), has_interpreter ? of(interpreted, native_speed) : 0.0, "", "", mean(lines, [](const Line& l) { return bytes(l, aot_size); }), mean(lines, [](const Line& l) { return bytes(l, aot_speed); }));
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
    CLI::App app{"Native code of programs beside native C."};
    std::string json_path, svg_path, only, on;
    app.add_option("--json", json_path, "write every figure")->type_name("FILE");
    app.add_option("--svg", svg_path, "draw the ratios")->type_name("FILE");
    app.add_option("--only", only, "rows whose name has this in it");
    app.add_option("--on", on, "one target alone");
    CLI11_PARSE(app, argc, argv);
    std::vector<Row> chosen;
    for (const Row& row : rows())
        if (row.name.find(only) != std::string::npos) chosen.push_back(row);
    nlohmann::json figures;
    std::vector<Series> series;
    bool fine = !chosen.empty();
    for (const Machine& machine : {kMachines[0], kMachines[1], kHost}) {
        if (!on.empty() && on != machine.target) continue;
        std::vector<Line> lines;
        fine = measure(machine, chosen, lines) && fine;
        if (lines.empty()) continue;
        print(machine, lines);
        figures[machine.target] = as_json(lines);
        Series drawn{machine.target, {}};
        for (const Line& l : lines) drawn.bars.push_back({l.name, instructions(l, aot_speed, native_speed)});
        drawn.bars.push_back({"geometric mean", mean(lines, [](const Line& l) { return instructions(l, aot_speed, native_speed); })});
        series.push_back(std::move(drawn));
    }
    if (!json_path.empty() && !cli::write_text(json_path, figures.dump(2) + "\n")) fine = false;
    if (!svg_path.empty() && !cli::write_text(svg_path, plot(series))) fine = false;
    return fine ? 0 : 1;
}
