// SPDX-License-Identifier: Apache-2.0
// Look-ups on the program model.
#include "core/program.h"

#include <algorithm>

namespace mbpf::bpf {

const Function& Program::function_of(std::uint32_t slot) const {
    const auto after = std::ranges::upper_bound(functions, slot, {}, &Function::begin);
    return after == functions.begin() ? functions.front() : *std::prev(after);
}

const LineInfo* Program::line_of(std::uint32_t slot) const {
    const auto after = std::ranges::upper_bound(lines, slot, {}, &LineInfo::slot);
    if (after == lines.begin()) return nullptr;
    const LineInfo& line = *std::prev(after);
    return line.slot >= function_of(slot).begin ? &line : nullptr;
}

const Map* Object::find_map(std::string_view name) const {
    const auto found = std::ranges::find(maps, name, &Map::name);
    return found == maps.end() ? nullptr : &*found;
}

SourceLocation Object::location(const Program& program, std::uint32_t slot) const {
    SourceLocation where;
    const LineInfo* line = program.line_of(slot);
    if (line == nullptr || line->file >= files.size()) {
        where.file = path;
        return where;
    }
    where.file = files[line->file];
    where.line = line->line;
    where.column = line->column;
    where.text = line->text;
    // Of what belongs to no one statement (a function's entry) debug information names the line alone.
    if (where.column == 0) where.column = static_cast<std::uint32_t>(std::min(where.text.find_first_not_of(" \t"), where.text.size())) + (where.text.empty() ? 0 : 1);
    return where;
}

Result<Object> object_from_slots(std::vector<Insn> slots, std::string section, std::vector<Map> maps) {
    Object object;
    object.path = "<memory>";
    object.maps = std::move(maps);
    Program program;
    program.name = "main";
    program.section = std::move(section);
    program.insns = std::move(slots);
    // Functions: where local calls and function references lead; each extends to the next.
    std::vector<std::uint32_t> starts{0};
    for (std::size_t i = 0; i < program.insns.size(); ++i) {
        const Insn& insn = program.insns[i];
        const Op* op = find_op(insn);
        const bool function = op != nullptr && op->kind == Kind::load_imm64 && static_cast<Pseudo>(insn.src) == Pseudo::function;
        if (op == nullptr || (op->kind != Kind::call_local && !function)) continue;
        const std::int64_t target = static_cast<std::int64_t>(i) + 1 + insn.imm;
        if (target > 0 && target < static_cast<std::int64_t>(program.insns.size())) starts.push_back(static_cast<std::uint32_t>(target));
    }
    std::ranges::sort(starts);
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    for (std::size_t i = 0; i < starts.size(); ++i) {
        Function f;
        f.name = i == 0 ? "main" : "function_" + std::to_string(starts[i]);
        f.begin = starts[i];
        f.end = i + 1 < starts.size() ? starts[i + 1] : static_cast<std::uint32_t>(program.insns.size());
        program.functions.push_back(f);
    }
    object.programs.push_back(std::move(program));
    return object;
}

}  // namespace mbpf::bpf
