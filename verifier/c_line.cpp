// SPDX-License-Identifier: Apache-2.0
#include "verifier/c_line.h"

#include <algorithm>
#include <cctype>

namespace mbpf {

namespace {

constexpr std::size_t kLongest = 40;  // of a name or an index that is repeated in a message

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A variable or a member of one: "n", "s->len", "hdr.count".
bool is_name(std::string_view text) {
    if (text.empty() || text.size() > kLongest || std::isdigit(static_cast<unsigned char>(text[0])) != 0 || !in_word(text[0])) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '-' && text.substr(i, 2) == "->") ++i;
        else if (text[i] != '.' && !in_word(text[i])) return false;
    }
    return in_word(text.back());
}

// Where the bracket that opens at `at` closes, or npos.
std::size_t closing(std::string_view line, std::size_t at) {
    std::size_t open = 0;
    for (; at < line.size(); ++at) {
        if (line[at] == '(' || line[at] == '[') ++open;
        if ((line[at] == ')' || line[at] == ']') && --open == 0) return at;
    }
    return std::string_view::npos;
}

// Calls may change something, or give another value next time; so may assignments.
bool is_pure(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '(' && i > 0 && (in_word(text[i - 1]) || text[i - 1] == ')' || text[i - 1] == ']')) return false;
    return text.find("++") == std::string_view::npos && text.find("--") == std::string_view::npos && text.find_first_of("=,;\"'") == std::string_view::npos;
}

}  // namespace

std::string subscript_at(const SourceLocation& where) {
    const std::string_view line = where.text;
    std::size_t at = where.column == 0 ? line.size() : where.column - 1;
    while (at < line.size() && in_word(line[at])) ++at;
    if (at >= line.size() || line[at] != '[') return {};
    const std::size_t end = closing(line, at);
    if (end == std::string_view::npos || (end + 1 < line.size() && line[end + 1] == '[')) return {};
    const std::string index(line.substr(at + 1, end - at - 1));
    if (index.empty() || index.size() > kLongest || !is_pure(index)) return {};
    const bool wrapped = index[0] == '(' && closing(index, 0) == index.size() - 1;
    // Operators that bind looser than >= get parentheses.
    return !wrapped && (index.find_first_of("&|^?<") != std::string::npos || index.find(" >") != std::string::npos) ? "(" + index + ")" : index;
}

std::string argument_at(const SourceLocation& where, std::string_view function, std::size_t index) {
    const std::string_view line = where.text;
    const std::size_t call = line.find(function, where.column == 0 ? 0 : where.column - 1);
    if (call == std::string_view::npos || (call > 0 && in_word(line[call - 1]))) return {};
    std::size_t at = call + function.size();
    const std::size_t end = at < line.size() && line[at] == '(' ? closing(line, at) : std::string_view::npos;
    if (end == std::string_view::npos) return {};
    std::size_t begin = ++at;
    for (std::size_t open = 0; at <= end; ++at) {
        if (at == end || (line[at] == ',' && open == 0)) {
            if (index-- == 0) {
                const std::string_view text = trimmed(line.substr(begin, at - begin));
                return is_name(text) ? std::string(text) : std::string();
            }
            begin = at + 1;
        }
        if (line[at] == '(' || line[at] == '[') ++open;
        if ((line[at] == ')' || line[at] == ']') && open > 0) --open;
    }
    return {};
}

std::string assigned_at(const SourceLocation& where) {
    if (where.column == 0 || where.column > where.text.size()) return {};
    std::string_view before = trimmed(std::string_view(where.text).substr(0, where.column - 1));
    if (before.ends_with(')') && before.rfind('(') != std::string_view::npos) before = trimmed(before.substr(0, before.rfind('(')));  // a cast
    if (!before.ends_with('=')) return {};
    before = trimmed(before.substr(0, before.size() - 1));
    std::size_t begin = before.size();
    while (begin > 0 && (in_word(before[begin - 1]) || before[begin - 1] == '.' || before[begin - 1] == '>' || (before[begin - 1] == '-' && begin < before.size() && before[begin] == '>'))) --begin;
    const std::string_view name = before.substr(begin);
    if (begin > 0 && before[begin - 1] == '*' && trimmed(before.substr(0, begin - 1)).empty()) return {};  // not the pointer, but where it leads
    return is_name(name) ? std::string(name) : std::string();
}

bool mentions(std::string_view line, std::string_view name) {
    for (std::size_t at = line.find(name); at != std::string_view::npos && !name.empty(); at = line.find(name, at + 1))
        if ((at == 0 || !in_word(line[at - 1])) && (at + name.size() == line.size() || !in_word(line[at + name.size()]))) return true;
    return false;
}

}  // namespace mbpf
