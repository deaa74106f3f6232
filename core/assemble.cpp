// SPDX-License-Identifier: Apache-2.0
// One line, one instruction: the mnemonic and the kind of its last operand choose the row of the table, the row's
// kind says which operands follow. Labels are filled in at the end.
#include "core/assemble.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

namespace mbpf::bpf {

namespace {

constexpr std::array<std::string_view, 7> kPseudoNames = {"", "map", "map_value", "variable", "function", "map_by_index", "map_value_by_index"};

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '%'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

const Op* op_named(std::string_view name) {
    static const std::map<std::string_view, const Op*> kByName = [] {
        std::map<std::string_view, const Op*> rows;
        for (const Op& op : all_ops()) rows.emplace(op.name, &op);
        return rows;
    }();
    const auto found = kByName.find(name);
    return found == kByName.end() ? nullptr : found->second;
}

// One line of text and how far it is read. A failed read leaves `error`; the first one stays.
class Line {
  public:
    explicit Line(std::string_view text) : text_(text.substr(0, comment_of(text))) { skip_blanks(); }

    bool at_end() const { return at_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    std::size_t column() const { return at_ + 1; }
    bool failed() const { return !error_.empty(); }
    const std::string& error() const { return error_; }
    std::size_t error_column() const { return error_column_; }
    void fail(std::string why) { fail_at(column(), std::move(why)); }
    void fail_at(std::size_t column, std::string why) {
        if (failed()) return;
        error_ = std::move(why);
        error_column_ = column;
    }
    bool take(char c) {
        if (peek() != c) return false;
        ++at_;
        skip_blanks();
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail(std::string("\"") + c + "\" is missing");
    }
    std::string_view word() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_word(text_[at_])) ++at_;
        const std::string_view found = text_.substr(begin, at_ - begin);
        skip_blanks();
        return found;
    }
    std::string_view peek_word() const {
        std::size_t end = at_;
        while (end < text_.size() && is_word(text_[end])) ++end;
        return text_.substr(at_, end - at_);
    }
    bool at_register() const { return register_of(peek_word()).has_value(); }
    std::uint8_t reg() {
        const auto number = register_of(peek_word());
        if (!number) fail("a register is missing");
        else word();
        return static_cast<std::uint8_t>(number.value_or(0));
    }
    bool at_number() const { return peek() == '-' || peek() == '+' || is_digit(peek()); }
    // In [least, most]; two's complement of 64 bits.
    std::uint64_t number(std::int64_t least, std::uint64_t most) {
        const std::size_t begin = at_;
        const bool negative = take('-');
        if (!negative) take('+');
        const std::string_view digits = peek_word();
        const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
        const std::string_view body = hex ? digits.substr(2) : digits;
        std::uint64_t value = 0;
        const auto [end, code] = std::from_chars(body.data(), body.data() + body.size(), value, hex ? 16 : 10);
        const bool whole = !body.empty() && end == body.data() + body.size() && code != std::errc::invalid_argument;
        const bool fits = code == std::errc{} && (negative ? value <= std::uint64_t{0} - static_cast<std::uint64_t>(least) : value <= most);
        if (!whole || !fits) {
            at_ = begin;
            fail(!whole ? "a number is missing" : "the number is not in [" + std::to_string(least) + ", " + std::to_string(most) + "]");
            return 0;
        }
        word();
        return negative ? std::uint64_t{0} - value : value;
    }
    std::int32_t imm32() { return static_cast<std::int32_t>(number(INT32_MIN, UINT32_MAX)); }
    std::int16_t imm16() { return static_cast<std::int16_t>(number(INT16_MIN, INT16_MAX)); }

  private:
    static std::size_t comment_of(std::string_view text) { return std::min({text.find('#'), text.find(';'), text.find("//"), text.size()}); }
    static std::optional<unsigned> register_of(std::string_view word) {
        if (word.starts_with('%')) word.remove_prefix(1);
        if (!word.starts_with('r') || word.size() < 2 || word.size() > 3 || !std::all_of(word.begin() + 1, word.end(), is_digit)) return std::nullopt;
        unsigned number = 0;
        std::from_chars(word.data() + 1, word.data() + word.size(), number);
        return number < 16 && (word.size() == 2 || word[1] != '0') ? std::optional(number) : std::nullopt;
    }
    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string error_;
    std::size_t error_column_ = 0;
};

class Assembler {
  public:
    Assembler(std::string_view text, std::string_view path) : text_(text), path_(path) {}

    Result<std::vector<Insn>> run() {
        std::uint32_t number = 0;
        for (std::string_view rest = text_; !rest.empty();) {
            const std::size_t end = rest.find('\n');
            const std::string_view text = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
            Line line(text);
            current_ = {.file = std::string(path_), .line = ++number, .column = 0, .text = std::string(text)};
            read(line);
            if (!line.failed() && !line.at_end()) line.fail("this is too much for the instruction");
            if (line.failed()) return refusal(line.error(), current_, line.error_column());
        }
        for (const Jump& jump : jumps_)
            if (std::string why = resolve(jump); !why.empty()) return refusal(why, jump.where, jump.where.column);
        return std::move(out_);
    }

  private:
    struct Jump {
        std::size_t slot;
        std::string label;
        bool by_imm;
        SourceLocation where;
    };

    static Diagnostic refusal(std::string why, SourceLocation where, std::size_t column) {
        where.column = static_cast<std::uint32_t>(column);
        Diagnostic d;
        d.code = "MBPF3012";
        d.message = std::move(why);
        d.where = std::move(where);
        return d;
    }
    std::string resolve(const Jump& jump) {
        const auto label = labels_.find(jump.label);
        if (label == labels_.end() && (jump.label != "exit" || !first_exit_)) return "there is no label \"" + jump.label + "\"";
        const std::size_t to = label == labels_.end() ? *first_exit_ : label->second;
        const std::int64_t distance = static_cast<std::int64_t>(to) - static_cast<std::int64_t>(jump.slot) - 1;
        if (!jump.by_imm && (distance < INT16_MIN || distance > INT16_MAX)) return "label \"" + jump.label + "\" is " + std::to_string(distance) + " slots away, more than the instruction can say";
        if (jump.by_imm) out_[jump.slot].imm = static_cast<std::int32_t>(distance);
        else out_[jump.slot].offset = static_cast<std::int16_t>(distance);
        return {};
    }
    void read(Line& line) {
        if (line.at_end()) return;
        std::size_t column = line.column();
        std::string name(line.word());
        if (line.take(':')) {
            if (name.empty() || is_digit(name[0])) return line.fail("a label is a word");
            if (!labels_.emplace(name, out_.size()).second) return line.fail("label \"" + name + "\" is there twice");
            if (line.at_end()) return;
            column = line.column();
            name = line.word();
        }
        if (name == ".slot") return slot(line);
        name = full_name(std::move(name), line);
        const Op* op = row(name, line);
        if (op == nullptr) return line.fail_at(column, "there is no instruction \"" + name + "\" with such operands");
        operands(*op, line);
    }
    // "lock fetch add" is lock_fetch_add, "call local" call_local, "ja32" gotol, "swap16" bswap16.
    static std::string full_name(std::string name, Line& line) {
        if (name == "lock") {
            while (line.peek() != '[' && !line.peek_word().empty()) name += "_" + std::string(line.word());
        } else if (name == "call") {
            if (line.at_register()) return "callx";
            const std::string_view kind = line.peek_word();
            if (kind == "helper" || kind == "local" || kind == "btf") {
                line.word();
                if (kind != "helper") name += "_" + std::string(kind);
            }
        } else if (name == "ja32") {
            return "gotol";
        } else if (name.starts_with("swap")) {
            return "b" + name;
        }
        return name;
    }
    // The row by the name, with 64 for no width, and by whether the operand after the first is a register.
    static const Op* row(const std::string& name, const Line& line) {
        Line ahead = line;
        if (!ahead.at_number()) ahead.word();
        const bool by_register = ahead.take(',') && ahead.at_register();
        for (const std::string& base : {name, name + "64"}) {
            const Op* plain = op_named(base);
            const Op* immediate = op_named(base + "_imm");
            if (immediate != nullptr && !by_register) return immediate;
            if (plain != nullptr) return plain;
        }
        return nullptr;
    }
    void slot(Line& line) {
        Insn insn;
        const auto byte = [&] { return static_cast<std::uint8_t>(line.number(0, 0xff)); };
        insn.opcode = byte();
        const std::uint8_t registers = byte();
        insn.dst = registers & 15, insn.src = registers >> 4;
        std::uint32_t offset = byte(), imm = 0;
        offset |= std::uint32_t{byte()} << 8;
        for (unsigned shift = 0; shift < 32; shift += 8) imm |= std::uint32_t{byte()} << shift;
        insn.offset = static_cast<std::int16_t>(offset);
        insn.imm = static_cast<std::int32_t>(imm);
        out_.push_back(insn);
    }
    void place(Line& line, std::uint8_t& base, std::int16_t& offset) {
        line.expect('[');
        base = line.reg();
        if (line.peek() == '+' || line.peek() == '-') offset = line.imm16();
        line.expect(']');
    }
    void target(Line& line, bool by_imm, Insn& insn) {
        if (line.at_number()) {
            if (by_imm) insn.imm = static_cast<std::int32_t>(line.number(INT32_MIN, INT32_MAX));
            else insn.offset = line.imm16();
            return;
        }
        Jump jump{.slot = out_.size(), .label = {}, .by_imm = by_imm, .where = current_};
        jump.where.column = static_cast<std::uint32_t>(line.column());
        jump.label = line.word();
        if (jump.label.empty()) return line.fail("a label or a number of slots is missing");
        jumps_.push_back(std::move(jump));
    }
    void second(const Op& op, Line& line, Insn& insn) {
        line.expect(',');
        if (op.uses_src) insn.src = line.reg();
        else insn.imm = line.imm32();
    }
    void wide(Line& line, Insn& insn, Insn& next) {
        insn.dst = line.reg();
        line.expect(',');
        if (line.at_number()) {
            const std::uint64_t value = line.number(INT64_MIN, UINT64_MAX);
            insn.imm = static_cast<std::int32_t>(value & 0xffffffffu);
            next.imm = static_cast<std::int32_t>(value >> 32);
            return;
        }
        const auto* pseudo = std::find(kPseudoNames.begin() + 1, kPseudoNames.end(), line.peek_word());
        if (pseudo == kPseudoNames.end()) return line.fail("a number is missing");
        line.word();
        insn.src = static_cast<std::uint8_t>(pseudo - kPseudoNames.begin());
        if (static_cast<Pseudo>(insn.src) == Pseudo::function) target(line, true, insn);
        else insn.imm = line.imm32();
        if (line.take(',')) next.imm = line.imm32();
    }
    void operands(const Op& op, Line& line) {
        Insn insn;
        insn.opcode = op.opcode;
        if (op.src_is_key) insn.src = op.src_key;
        if (op.offset_is_key) insn.offset = op.offset_key;
        if (op.imm_is_key) insn.imm = op.imm_key;
        switch (op.kind) {
            case Kind::alu:
                insn.dst = line.reg();
                if (op.alu != AluOp::neg) second(op, line, insn);
                break;
            case Kind::movsx:
                insn.dst = line.reg();
                second(op, line, insn);
                break;
            case Kind::to_le:
            case Kind::to_be:
            case Kind::bswap: insn.dst = line.reg(); break;
            case Kind::load:
            case Kind::load_sx:
                insn.dst = line.reg();
                line.expect(',');
                place(line, insn.src, insn.offset);
                break;
            case Kind::store_reg:
            case Kind::store_imm:
            case Kind::atomic:
                place(line, insn.dst, insn.offset);
                second(op, line, insn);
                break;
            case Kind::load_imm64: {
                Insn next;
                wide(line, insn, next);
                out_.push_back(insn);
                out_.push_back(next);
                return;
            }
            case Kind::jump:
                insn.dst = line.reg();
                second(op, line, insn);
                line.expect(',');
                target(line, false, insn);
                break;
            case Kind::jump_always: target(line, op.width == 32, insn); break;
            case Kind::call_local: target(line, true, insn); break;
            case Kind::call_helper: insn.imm = line.imm32(); break;
            case Kind::call_btf:
                insn.imm = line.imm32();
                if (line.take(',')) insn.offset = line.imm16();
                break;
            case Kind::call_indirect: insn.dst = line.reg(); break;
            case Kind::exit:
                if (!first_exit_) first_exit_ = out_.size();
                break;
            case Kind::load_abs: insn.imm = line.imm32(); break;
            case Kind::load_ind:
                insn.src = line.reg();
                line.expect(',');
                insn.imm = line.imm32();
                break;
        }
        out_.push_back(insn);
    }

    std::string_view text_, path_;
    SourceLocation current_;
    std::vector<Insn> out_;
    std::map<std::string, std::size_t, std::less<>> labels_;
    std::optional<std::size_t> first_exit_;
    std::vector<Jump> jumps_;
};

std::string reg(unsigned number) { return "r" + std::to_string(number); }
std::string signed_number(std::int64_t value) { return (value < 0 ? "" : "+") + std::to_string(value); }
std::string place(unsigned base, std::int16_t offset) { return "[" + reg(base) + signed_number(offset) + "]"; }

// What assemble() would not give back: no operation, or a field that the syntax does not show.
std::string raw_slot(const Insn& insn) {
    std::string text = ".slot";
    for (const std::uint8_t byte : encode(std::span(&insn, 1))) text += " " + std::to_string(byte);
    return text;
}

std::string wide(const Insn& insn, const Insn& next) {
    const std::uint64_t value = static_cast<std::uint32_t>(insn.imm) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(next.imm)) << 32;
    if (insn.src == 0) return std::to_string(static_cast<std::int64_t>(value));
    const std::string first = static_cast<Pseudo>(insn.src) == Pseudo::function ? signed_number(insn.imm) : std::to_string(insn.imm);
    return std::string(kPseudoNames[insn.src]) + " " + first + (next.imm == 0 ? "" : ", " + std::to_string(next.imm));
}

std::string operands(const Op& op, const Insn& insn, const Insn& next) {
    const std::string second = op.uses_src ? reg(insn.src) : std::to_string(insn.imm);
    switch (op.kind) {
        case Kind::alu: return reg(insn.dst) + (op.alu == AluOp::neg ? "" : ", " + second);
        case Kind::movsx: return reg(insn.dst) + ", " + second;
        case Kind::to_le:
        case Kind::to_be:
        case Kind::bswap: return reg(insn.dst);
        case Kind::load:
        case Kind::load_sx: return reg(insn.dst) + ", " + place(insn.src, insn.offset);
        case Kind::store_reg:
        case Kind::store_imm:
        case Kind::atomic: return place(insn.dst, insn.offset) + ", " + second;
        case Kind::load_imm64: return reg(insn.dst) + ", " + wide(insn, next);
        case Kind::jump: return reg(insn.dst) + ", " + second + ", " + signed_number(insn.offset);
        case Kind::jump_always: return signed_number(op.width == 32 ? insn.imm : insn.offset);
        case Kind::call_local: return signed_number(insn.imm);
        case Kind::call_helper: return std::to_string(insn.imm);
        case Kind::call_btf: return std::to_string(insn.imm) + (insn.offset == 0 ? "" : ", " + std::to_string(insn.offset));
        case Kind::call_indirect: return reg(insn.dst);
        case Kind::exit: return {};
        case Kind::load_abs: return std::to_string(insn.imm);
        case Kind::load_ind: return reg(insn.src) + ", " + std::to_string(insn.imm);
    }
    return {};
}

}  // namespace

Result<std::vector<Insn>> assemble(std::string_view text, std::string_view path) { return Assembler(text, path).run(); }

std::string assembly(std::span<const Insn> insns, std::size_t slot) {
    const Insn& insn = insns[slot];
    const Op* op = find_op(insn);
    if (op == nullptr) return raw_slot(insn);
    Insn next;
    if (op->kind == Kind::load_imm64) {
        if (slot + 1 == insns.size()) return raw_slot(insn);
        next = insns[slot + 1];
        // The second slot holds nothing but its immediate, and the first no offset.
        if (next.opcode != 0 || next.dst != 0 || next.src != 0 || next.offset != 0) return raw_slot(insn);
    }
    if (op->kind == Kind::call_indirect && (insn.src != 0 || insn.imm != 0)) return raw_slot(insn);
    std::string name(op->name);
    if (name.ends_with("_imm")) name.resize(name.size() - 4);
    const std::string rest = operands(*op, insn, next);
    return rest.empty() ? name : name + " " + rest;
}

}  // namespace mbpf::bpf
