// SPDX-License-Identifier: Apache-2.0
// From ELF to programs: each entry function with the functions it reaches appended behind it, as libbpf lays
// them out, calls and 64-bit immediates resolved. A reference that cannot be resolved (an extern) stays as
// an instruction the verifier refuses as unsupported, so that one program does not spoil the others.
#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>

#include "core/make_diagnostic.h"
#include "core/bytes.h"
#include "core/core_relocations.h"
#include "core/object_maps.h"

namespace mbpf::bpf {

namespace {

constexpr std::uint32_t kRelocation64 = 1, kRelocationAbs64 = 2, kRelocationAbs32 = 3, kRelocationNoDynamic = 4, kRelocationCall = 10;
constexpr std::uint32_t kMaxFilledElements = 4096;  // of a program array, by the object itself
constexpr std::size_t kMaxProgramSlots = 1u << 20;
constexpr std::size_t kMaxObjectSlots = 1u << 22;  // over all programs, since shared functions are copied
constexpr std::size_t kMaxFunctions = 1024;        // of a program; Linux takes 256

Diagnostic bad(unsigned code, std::string message, std::string fix = {}) { return diagnostic(code, std::move(message), {}, std::move(fix)); }

struct FunctionKey {
    std::size_t section = 0;
    std::uint64_t slot = 0;
    auto operator<=>(const FunctionKey&) const = default;
};

struct FunctionBody {
    std::string name;
    std::uint64_t end = 0;  // slot
    bool global = false;
};

class Reader {
  public:
    Reader(const ElfFile& elf, Object& object, const ReadOptions& options) : elf_(elf), object_(object), options_(options) {}
    Status read();

  private:
    Status read_debug();
    Status decode_sections();
    Status apply_core_relocations();
    Status find_functions();
    Status apply_relocations();
    Status relocate(std::size_t section, const ElfRelocation& relocation);
    void note_extern(const FunctionKey& instruction, const ElfSymbol& symbol);
    Status relocate_imm64(std::size_t section, std::size_t slot, const ElfSymbol& symbol);
    Status relocate_call(std::size_t section, std::size_t slot, const ElfSymbol& symbol);
    Status build_programs();
    void fill_program_arrays();
    Status build(const FunctionKey& entry, const FunctionBody& body);
    Status append(Program& program, const FunctionKey& key, std::map<FunctionKey, std::uint32_t>& placed, std::deque<FunctionKey>& open);
    void add_lines(Program& program, const FunctionKey& key, const Function& function);
    std::uint32_t file_index(std::string_view file);

    const ElfFile& elf_;
    Object& object_;
    const ReadOptions& options_;
    std::optional<Btf> btf_;
    std::map<std::string_view, std::vector<BtfLine>> lines_;  // by section
    ObjectMaps maps_;
    std::map<std::size_t, std::vector<Insn>> code_;           // by section
    std::map<FunctionKey, FunctionBody> functions_;
    // Calls and function references whose target is known: (section, slot of the instruction).
    std::map<FunctionKey, FunctionKey> targets_;
    std::map<std::string_view, std::uint32_t> file_indices_;
    std::map<FunctionKey, std::int32_t> program_at_;  // by its entry function
    std::size_t slots_ = 0;
    std::vector<BtfCoreRelocation> core_relocations_;
    std::map<FunctionKey, std::string> unresolved_;  // by instruction: why it was poisoned
    std::map<FunctionKey, std::string_view> extern_uses_;  // by instruction: the symbol it names
};

bool is_code(const ElfSection& section) { return section.type == kElfProgbits && (section.flags & kElfExecutable) != 0 && section.size != 0; }

Status Reader::read_debug() {
    const ElfSection* btf = elf_.find(".BTF");
    if (btf == nullptr || btf->bytes.empty()) return ok();
    auto parsed = read_btf(btf->bytes);
    if (!parsed) return parsed.error();
    btf_ = std::move(parsed).value();
    const ElfSection* extension = elf_.find(".BTF.ext");
    if (extension == nullptr || extension->bytes.empty()) return ok();
    auto lines = read_btf_lines(extension->bytes, *btf_);
    if (!lines) return lines.error();
    for (BtfLine& line : *lines) lines_[line.section].push_back(line);
    for (auto& [section, list] : lines_) {
        std::ranges::stable_sort(list, {}, &BtfLine::byte_offset);
        const auto again = std::ranges::unique(list, {}, &BtfLine::byte_offset);  // no line of ours: one is an instruction's
        list.erase(again.begin(), again.end());
    }
    auto relocations = read_btf_core_relocations(extension->bytes, *btf_);
    if (!relocations) return relocations.error();
    core_relocations_ = std::move(relocations).value();
    object_.has_core_relocations = !core_relocations_.empty();
    return ok();
}

Status Reader::decode_sections() {
    for (std::size_t i = 1; i < elf_.sections.size(); ++i) {
        if (!is_code(elf_.sections[i])) continue;
        auto insns = decode(elf_.sections[i].bytes);
        if (!insns) return insns.error();
        code_[i] = std::move(insns).value();
    }
    if (code_.empty()) return bad(3008, "object contains no programs", "mark an entry function with SEC(\"hook/…\")");
    return ok();
}

// BTF of the machine the program is for, raw or in an ELF file.
Result<Btf> read_target_btf(std::span<const std::uint8_t> bytes) {
    constexpr std::uint8_t kElf[] = {0x7f, 'E', 'L', 'F'};
    if (bytes.size() < sizeof kElf || !std::equal(std::begin(kElf), std::end(kElf), bytes.begin())) return read_btf(bytes);
    auto section = read_elf_section(bytes, ".BTF");
    if (!section) return section.error();
    if (section->empty()) return bad(3006, "the file of the target's types has no BTF", "give a kernel image with BTF, or raw BTF");
    return read_btf(*section);
}

Status Reader::apply_core_relocations() {
    if (core_relocations_.empty()) return ok();
    std::optional<Btf> target;
    if (!options_.target_btf.empty()) {
        auto parsed = read_target_btf(options_.target_btf);
        if (!parsed) return parsed.error();
        target = std::move(parsed).value();
    }
    CoreRelocator relocator(*btf_, target ? &*target : nullptr);
    std::map<std::string_view, std::size_t> sections;
    for (const auto& [section, code] : code_) sections.emplace(elf_.sections[section].name, section);
    for (const BtfCoreRelocation& relocation : core_relocations_) {
        const auto section = sections.find(relocation.section);
        if (section == sections.end()) continue;
        std::vector<Insn>& code = code_[section->second];
        if (relocation.byte_offset % kSlotBytes != 0 || relocation.byte_offset / kSlotBytes >= code.size()) return bad(3010, "CO-RE relocation outside its section");
        const std::size_t slot = relocation.byte_offset / kSlotBytes;
        if (std::string why = relocator.apply(relocation, code, slot); !why.empty()) unresolved_[{section->second, slot}] = std::move(why);
        if (relocator.exhausted()) return bad(3006, "debug information (BTF): its types are too tangled to be matched");
    }
    return ok();
}

Status Reader::find_functions() {
    std::set<std::size_t> typed;  // sections with symbols that say they are functions
    for (const ElfSymbol& symbol : elf_.symbols)
        if (symbol.type == kElfSymbolFunction) typed.insert(symbol.section);
    for (const ElfSymbol& symbol : elf_.symbols) {
        const auto code = code_.find(symbol.section);
        if (code == code_.end()) continue;
        const bool untyped = symbol.type == kElfSymbolNone && symbol.binding != kElfLocal && !typed.contains(symbol.section);
        if (symbol.type != kElfSymbolFunction && !untyped) continue;
        const std::uint64_t limit = code->second.size();
        if (symbol.value % kSlotBytes != 0 || symbol.value / kSlotBytes >= limit)
            return bad(3009, "function " + std::string(symbol.name) + " lies outside its section");
        const std::uint64_t begin = symbol.value / kSlotBytes;
        std::uint64_t end = symbol.size == 0 ? limit : begin + symbol.size / kSlotBytes;
        if (symbol.size % kSlotBytes != 0 || symbol.size / kSlotBytes > limit - begin)
            return bad(3009, "function " + std::string(symbol.name) + " runs past its section's end");
        functions_[{symbol.section, begin}] = FunctionBody{std::string(symbol.name), end, symbol.binding != kElfLocal};
    }
    // Older compilers left symbols untyped: then a section with one of them is one program of the section's name.
    for (const auto& [section, code] : code_) {
        const auto first = functions_.lower_bound({section, 0});
        if (typed.contains(section) || first == functions_.end() || first->first != FunctionKey{section, 0}) continue;
        const auto second = std::next(first);
        if (second == functions_.end() || second->first.section != section) first->second = FunctionBody{std::string(elf_.sections[section].name), code.size(), true};
    }
    // Symbols without a size extend to the next function.
    for (auto it = functions_.begin(); it != functions_.end(); ++it) {
        const auto next = std::next(it);
        if (next != functions_.end() && next->first.section == it->first.section) it->second.end = std::min(it->second.end, next->first.slot);
    }
    return ok();
}

void Reader::note_extern(const FunctionKey& instruction, const ElfSymbol& symbol) {
    object_.externs.push_back(std::string(symbol.name));
    extern_uses_[instruction] = symbol.name;
}

Status Reader::relocate_imm64(std::size_t section, std::size_t slot, const ElfSymbol& symbol) {
    std::vector<Insn>& code = code_[section];
    if (slot + 1 >= code.size()) return bad(3010, "relocation at the last slot of a section");
    Insn& insn = code[slot];
    const std::uint64_t addend = static_cast<std::uint32_t>(insn.imm);
    const std::uint64_t offset = symbol.value + addend;
    if (const auto map = maps_.declared.find({symbol.section, offset}); map != maps_.declared.end()) {
        insn.src = static_cast<std::uint8_t>(Pseudo::map);
        insn.imm = static_cast<std::int32_t>(map->second);
        code[slot + 1].imm = 0;
        return ok();
    }
    if (const auto data = maps_.data.find(symbol.section); data != maps_.data.end()) {
        insn.src = static_cast<std::uint8_t>(Pseudo::map_value);
        insn.imm = static_cast<std::int32_t>(data->second);
        code[slot + 1].imm = static_cast<std::int32_t>(static_cast<std::uint32_t>(offset));
        return ok();
    }
    if (code_.contains(symbol.section)) {
        const FunctionKey target{symbol.section, offset / kSlotBytes};
        insn.src = static_cast<std::uint8_t>(Pseudo::function);
        targets_[{section, slot}] = target;
        return ok();
    }
    if (symbol.section == 0 && !symbol.name.empty()) note_extern({section, slot}, symbol);
    if (const auto value = maps_.configuration.find(symbol.name); symbol.section == 0 && value != maps_.configuration.end()) {
        insn.src = static_cast<std::uint8_t>(Pseudo::map_value);
        insn.imm = static_cast<std::int32_t>(maps_.configuration_map);
        code[slot + 1].imm = static_cast<std::int32_t>(value->second + static_cast<std::uint32_t>(addend));
        return ok();
    }
    // An extern variable of another kind (ksym) or an unknown section: judged by the verifier where it is used.
    insn.src = static_cast<std::uint8_t>(Pseudo::variable);
    return ok();
}

Status Reader::relocate_call(std::size_t section, std::size_t slot, const ElfSymbol& symbol) {
    Insn& insn = code_[section][slot];
    if (!code_.contains(symbol.section)) {  // an extern function (kfunc)
        insn.src = 2;
        insn.imm = 0;
        note_extern({section, slot}, symbol);
        return ok();
    }
    const std::int64_t target = static_cast<std::int64_t>(symbol.value / kSlotBytes) + insn.imm + 1;
    if (target < 0) return bad(3010, "call to a place before its section");
    insn.src = 1;
    targets_[{section, slot}] = FunctionKey{symbol.section, static_cast<std::uint64_t>(target)};
    return ok();
}

Status Reader::relocate(std::size_t section, const ElfRelocation& relocation) {
    if (relocation.type == kRelocationAbs64 || relocation.type == kRelocationAbs32 || relocation.type == kRelocationNoDynamic) return ok();
    const std::vector<Insn>& code = code_[section];
    if (relocation.offset % kSlotBytes != 0 || relocation.offset / kSlotBytes >= code.size())
        return bad(3010, "relocation outside its section");
    const std::size_t slot = static_cast<std::size_t>(relocation.offset / kSlotBytes);
    const ElfSymbol& symbol = elf_.symbols[relocation.symbol];
    const Op* op = find_op(code[slot]);
    const bool call = code[slot].opcode == 0x85;
    if (relocation.type != kRelocation64 && relocation.type != kRelocationCall)
        return bad(3010, "relocation type " + std::to_string(relocation.type) + " is unknown");
    if (call) return relocate_call(section, slot, symbol);
    if (op != nullptr && op->kind == Kind::load_imm64) return relocate_imm64(section, slot, symbol);
    return bad(3010, "relocation at an instruction that takes none: " + disassemble(code, slot));
}

Status Reader::apply_relocations() {
    for (auto& [section, code] : code_) {
        for (const ElfRelocation& relocation : elf_.relocations[section])
            if (Status s = relocate(section, relocation); !s) return s;
        for (std::size_t slot = 0; slot < code.size(); ++slot) {
            const Insn& insn = code[slot];
            if (insn.opcode != 0x85 || insn.src != 1 || targets_.contains({section, slot})) continue;
            const std::int64_t target = static_cast<std::int64_t>(slot) + 1 + insn.imm;
            if (target < 0 || target >= static_cast<std::int64_t>(code.size())) return bad(3010, "call leaves its section");
            targets_[{section, slot}] = FunctionKey{section, static_cast<std::uint64_t>(target)};
        }
    }
    return ok();
}

std::uint32_t Reader::file_index(std::string_view file) {
    const auto [it, added] = file_indices_.try_emplace(file, static_cast<std::uint32_t>(object_.files.size()));
    if (added) object_.files.emplace_back(file);
    return it->second;
}

void Reader::add_lines(Program& program, const FunctionKey& key, const Function& function) {
    const auto found = lines_.find(elf_.sections[key.section].name);
    if (found == lines_.end()) return;
    const std::uint64_t begin = key.slot * kSlotBytes, end = begin + std::uint64_t{function.end - function.begin} * kSlotBytes;
    auto line = std::ranges::lower_bound(found->second, begin, {}, [](const BtfLine& l) { return std::uint64_t{l.byte_offset}; });
    for (; line != found->second.end() && line->byte_offset < end; ++line) {
        LineInfo info;
        info.slot = function.begin + static_cast<std::uint32_t>((line->byte_offset - begin) / kSlotBytes);
        info.file = file_index(line->file);
        info.line = line->line;
        info.column = line->column;
        info.text = line->text;
        program.lines.push_back(std::move(info));
    }
}

Status Reader::append(Program& program, const FunctionKey& key, std::map<FunctionKey, std::uint32_t>& placed, std::deque<FunctionKey>& open) {
    const auto body = functions_.find(key);
    if (body == functions_.end()) return bad(3009, "program " + program.name + " calls into the middle of a function");
    if (program.functions.size() == kMaxFunctions) return bad(3011, "program " + program.name + " has more than " + std::to_string(kMaxFunctions) + " functions");
    const std::vector<Insn>& code = code_[key.section];
    Function function;
    function.name = body->second.name;
    function.begin = static_cast<std::uint32_t>(program.insns.size());
    const std::size_t count = static_cast<std::size_t>(body->second.end - key.slot);
    slots_ += count;
    if (program.insns.size() + count > kMaxProgramSlots || slots_ > kMaxObjectSlots) return bad(3011, "program " + program.name + " is too long");
    const auto first = code.begin() + static_cast<std::ptrdiff_t>(key.slot);
    program.insns.insert(program.insns.end(), first, first + static_cast<std::ptrdiff_t>(count));
    function.end = static_cast<std::uint32_t>(program.insns.size());
    placed[key] = function.begin;
    for (auto target = targets_.lower_bound(key); target != targets_.end() && target->first.section == key.section && target->first.slot < body->second.end; ++target)
        if (!placed.contains(target->second)) {
            placed[target->second] = UINT32_MAX;  // queued; its place follows
            open.push_back(target->second);
        }
    for (auto why = unresolved_.lower_bound(key); why != unresolved_.end() && why->first.section == key.section && why->first.slot < body->second.end; ++why)
        object_.unresolved.push_back({static_cast<std::uint32_t>(object_.programs.size()), function.begin + static_cast<std::uint32_t>(why->first.slot - key.slot), why->second});
    for (auto use = extern_uses_.lower_bound(key); use != extern_uses_.end() && use->first.section == key.section && use->first.slot < body->second.end; ++use)
        object_.extern_uses.push_back({static_cast<std::uint32_t>(object_.programs.size()), function.begin + static_cast<std::uint32_t>(use->first.slot - key.slot), std::string(use->second)});
    add_lines(program, key, function);
    program.functions.push_back(std::move(function));
    return ok();
}

Status Reader::build(const FunctionKey& entry, const FunctionBody& body) {
    Program program;
    program.name = body.name;
    program.section = elf_.sections[entry.section].name;
    std::map<FunctionKey, std::uint32_t> placed;
    std::deque<FunctionKey> open{entry};
    std::vector<FunctionKey> order;
    while (!open.empty()) {
        const FunctionKey key = open.front();
        open.pop_front();
        order.push_back(key);
        if (Status s = append(program, key, placed, open); !s) return s;
    }
    for (std::size_t f = 0; f < order.size(); ++f) {
        const Function& function = program.functions[f];
        const std::uint64_t end = order[f].slot + (function.end - function.begin);
        for (auto target = targets_.lower_bound(order[f]); target != targets_.end() && target->first.section == order[f].section && target->first.slot < end; ++target) {
            const std::uint32_t slot = function.begin + static_cast<std::uint32_t>(target->first.slot - order[f].slot);
            program.insns[slot].imm = static_cast<std::int32_t>(std::int64_t{placed[target->second]} - slot - 1);
        }
    }
    program_at_[entry] = static_cast<std::int32_t>(object_.programs.size());
    object_.programs.push_back(std::move(program));
    return ok();
}

// Functions in .text are callees, unless there is nothing else. Of a section's static functions those that are
// called are callees too; the others are programs (tail-call targets are often static).
Status Reader::build_programs() {
    const auto in_text = [&](const FunctionKey& key) { return elf_.sections[key.section].name == ".text"; };
    const bool only_text = std::ranges::all_of(functions_, [&](const auto& f) { return in_text(f.first); });
    std::set<FunctionKey> called;
    for (const auto& [from, to] : targets_) called.insert(to);
    for (const auto& [key, body] : functions_) {
        const bool chosen = in_text(key) && !only_text ? options_.text_functions : body.global || options_.text_functions || !called.contains(key);
        if (!chosen) continue;
        if (Status s = build(key, body); !s) return s;
    }
    return ok();
}

// libbpf: `.values = {[1] = (void *)&f}` of a program array is relocations inside its definition, a pointer of 8 bytes
// an element.
void Reader::fill_program_arrays() {
    for (const auto& [place, index] : maps_.declared) {
        Map& map = maps_.maps[index];
        const auto values = maps_.values_at.find(index);
        if (map.type != static_cast<std::uint32_t>(MapType::prog_array) || values == maps_.values_at.end()) continue;
        const std::uint64_t first = place.second + values->second;
        for (const ElfRelocation& relocation : elf_.relocations[place.first]) {
            if (relocation.offset < first || relocation.offset % 8 != first % 8) continue;
            const std::uint64_t element = (relocation.offset - first) / 8;
            if (element >= std::min(map.max_entries, kMaxFilledElements)) continue;
            const ElfSymbol& symbol = elf_.symbols[relocation.symbol];
            const auto program = program_at_.find(FunctionKey{symbol.section, symbol.value / kSlotBytes});
            if (map.programs.size() <= element) map.programs.resize(static_cast<std::size_t>(element) + 1, kNoProgram);
            map.programs[static_cast<std::size_t>(element)] = program == program_at_.end() ? kNotAProgram : program->second;
        }
    }
}

Status Reader::read() {
    if (Status s = read_debug(); !s) return s;
    auto maps = read_maps(elf_, btf_ ? &*btf_ : nullptr);
    if (!maps) return maps.error();
    maps_ = std::move(maps).value();
    if (const ElfSection* license = elf_.find("license")) object_.license = read_string(license->bytes, 0).value_or(std::string_view());
    if (Status s = decode_sections(); !s) return s;
    if (Status s = apply_core_relocations(); !s) return s;
    if (Status s = find_functions(); !s) return s;
    if (Status s = apply_relocations(); !s) return s;
    if (Status s = build_programs(); !s) return s;
    if (object_.programs.empty()) return bad(3008, "object contains no programs", "mark an entry function with SEC(\"hook/…\")");
    fill_program_arrays();
    object_.maps = std::move(maps_.maps);
    return ok();
}

}  // namespace

Result<Object> read_object(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
    const auto named = [&](Diagnostic d) {
        d.where.file = options.path;
        return d;
    };
    auto elf = read_elf(bytes);
    if (!elf) return named(elf.error());
    Object object;
    object.path = options.path;
    object.elf.assign(bytes.begin(), bytes.end());
    if (Status s = Reader(*elf, object, options).read(); !s) return named(s.error());
    return object;
}

}  // namespace mbpf::bpf
