// SPDX-License-Identifier: Apache-2.0
#include "sdk/rules/rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <utility>

namespace mbpf {

std::vector<std::pair<std::string_view, std::string_view>> rule_files();  // made by mbpf_embed

namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(at), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

// The value of "Key: value", or empty.
std::string_view value_of(std::string_view line, std::string_view key) { return line.starts_with(key) && line.substr(key.size()).starts_with(": ") ? line.substr(key.size() + 2) : std::string_view(); }

// One line of the head, without its "// ".
void read_head(std::string_view line, RuleExample& e) {
    constexpr std::string_view kSteps = "--max-steps ";
    if (const auto platform = value_of(line, "Platform"); !platform.empty()) {
        e.platform = platform;
    } else if (const auto options = value_of(line, "Options"); options.starts_with(kSteps)) {
        std::from_chars(options.data() + kSteps.size(), options.data() + options.size(), e.max_steps);
    } else if (const auto objects = value_of(line, "Objects"); !objects.empty()) {
        e.objects = objects;
    } else {
        std::string& paragraph = e.objects.empty() ? e.why : e.objects;
        paragraph += (paragraph.empty() ? "" : " ") + std::string(line);
    }
}

RuleExample parse(std::string_view name, std::string_view text) {
    RuleExample e;
    e.code = name.substr(0, name.find('.'));
    std::vector<std::string_view> lines = split(text, '\n');
    std::size_t at = 1;  // the first line is the licence
    for (; at < lines.size() && lines[at].starts_with("// "); ++at) read_head(lines[at].substr(3), e);
    char in = ' ';
    for (; at < lines.size(); ++at) {
        if (lines[at] == "#ifdef WRONG") in = '-';
        else if (lines[at] == "#ifndef WRONG") in = '+';
        else if (lines[at] == "#else") in = in == '-' ? '+' : '-';
        else if (lines[at] == "#endif") in = ' ';
        else e.lines.push_back({std::string(lines[at]), in});
    }
    if (!e.lines.empty()) e.language = name.ends_with(".c") ? RuleLanguage::c : RuleLanguage::assembly;
    return e;
}

std::string wrapped(std::string_view text) {
    constexpr std::size_t kWidth = 88;
    std::string out;
    std::size_t column = 0;
    for (const std::string_view word : split(text, ' ')) {
        if (column != 0) out += column + 1 + word.size() > kWidth ? (column = 0, '\n') : (++column, ' ');
        out += word;
        column += word.size();
    }
    return out + "\n";
}

std::string_view class_name(DiagnosticClass c) {
    switch (c) {
        case DiagnosticClass::unsafe: return "unsafe";
        case DiagnosticClass::unsupported: return "unsupported";
        case DiagnosticClass::usage: return "usage";
        case DiagnosticClass::malformed: return "malformed";
        case DiagnosticClass::io: return "input or output";
        case DiagnosticClass::policy: return "policy";
        case DiagnosticClass::internal: return "internal";
    }
    return "internal";
}

std::vector<DiagnosticCode> sorted_codes() {
    std::vector<DiagnosticCode> codes = all_diagnostic_codes();
    std::ranges::sort(codes, {}, &DiagnosticCode::code);
    return codes;
}

// How the example is judged, where that is not by `mbpf-verify FILE`.
std::string judged_how(const RuleExample& e) {
    std::string how;
    if (e.platform != "microbpf") how += " --platform " + e.platform;
    if (e.max_steps != 0) how += " --max-steps " + std::to_string(e.max_steps);
    return how.empty() ? how : " (with" + how + ")";
}

void append_program(std::string& out, const RuleExample& e, char in) {
    for (const RuleLine& line : e.lines)
        if (line.in == ' ' || line.in == in) out += line.text.empty() && line.in == ' ' ? "\n" : std::string(1, line.in) + "   " + line.text + "\n";
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// Edits (insert, delete, replace) between two short words.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)}));
    }
    return row[b.size()];
}

std::string row_text(const DiagnosticCode& row) { return std::string(row.code) + "  " + std::string(row.title) + "\n"; }

Diagnostic unknown_rule(std::string_view asked, const std::string& code) {
    constexpr std::size_t kMost = 8, kLongest = 64;
    std::vector<std::pair<std::size_t, const DiagnosticCode*>> near;
    const std::vector<DiagnosticCode> codes = sorted_codes();
    const std::string word = lower(asked.substr(0, kLongest));
    const bool is_code = std::ranges::any_of(asked, [](unsigned char c) { return std::isdigit(c) != 0; });
    for (const DiagnosticCode& row : codes) {
        if (is_code && code.size() < kLongest) near.emplace_back(distance(code, row.code), &row);
        else if (!is_code && (lower(row.title).find(word) != std::string::npos || lower(row.advice).find(word) != std::string::npos)) near.emplace_back(0, &row);
    }
    std::ranges::stable_sort(near, {}, [](const auto& n) { return n.first; });
    const std::size_t nearest = near.empty() ? 0 : near.front().first;
    std::erase_if(near, [&](const auto& n) { return n.first > nearest || n.first > 2; });
    Diagnostic d;
    d.code = "MBPF2001";
    d.message = "there is no rule " + std::string(asked.substr(0, kLongest));
    d.fix = near.empty() ? "codes stand in brackets at the end of each message; --explain all lists them" : is_code ? "the nearest are:" : "these have the word:";
    for (std::size_t i = 0; i < near.size() && i < kMost; ++i) d.fix += "\n       " + std::string(near[i].second->code) + "  " + std::string(near[i].second->title);
    if (near.size() > kMost) d.fix += "\n       and " + std::to_string(near.size() - kMost) + " more; --explain all lists them";
    return d;
}

std::map<std::string, RuleExample> by_code() {
    std::map<std::string, RuleExample> examples;
    for (RuleExample& e : rule_examples()) examples.emplace(e.code, std::move(e));
    return examples;
}

std::string markdown(const DiagnosticCode& row, const RuleExample& e) {
    std::string out = "**" + std::string(row.title) + ".** " + e.why + "\n";
    if (!e.objects.empty()) out += "\nWhich objects break it: " + e.objects + "\n";
    if (e.language != RuleLanguage::none) {
        out += "\n```diff\n";
        for (const RuleLine& line : e.lines) out += line.text.empty() ? "\n" : std::string(1, line.in) + line.text + "\n";
        out += "```\n";
    }
    if (const std::string how = judged_how(e); !how.empty()) out += "\nJudged" + how.substr(2, how.size() - 3) + ".\n";
    return out + "\nHow to mend it: " + std::string(row.advice) + "\n";
}

struct Part {
    std::string_view prefix, heading;
};
constexpr auto kParts = std::to_array<Part>({
    {"MBPF10", "What the verifier proves"},
    {"MBPF11", "Restricted C"},
    {"MBPF13", "Packaging"},
    {"MBPF18", "Not supported"},
});

}  // namespace

std::string RuleExample::program(char in) const {
    std::string text;
    for (const RuleLine& line : lines)
        if (line.in == ' ' || line.in == in) text += line.text + "\n";
    return text;
}

std::vector<RuleExample> rule_examples() {
    std::vector<RuleExample> all;
    for (const auto& [name, text] : rule_files()) all.push_back(parse(name, text));
    std::ranges::sort(all, {}, &RuleExample::code);
    return all;
}

Result<std::string> explain_rule(std::string_view asked) {
    const std::string digits = lower(asked).starts_with("mbpf") ? std::string(asked.substr(4)) : std::string(asked);
    const std::string code = "MBPF" + digits;
    const DiagnosticCode* row = find_diagnostic_code(code);
    if (row == nullptr) return unknown_rule(asked, code);
    std::string out = wrapped(code + " (" + std::string(class_name(row->cls)) + "): " + std::string(row->title));
    for (const RuleExample& e : rule_examples()) {
        if (e.code != code) continue;
        out += "\n" + wrapped(e.why);
        if (!e.objects.empty()) out += "\n" + wrapped("Which objects break it: " + e.objects);
        if (e.language == RuleLanguage::none) continue;
        out += "\nRejected" + judged_how(e) + ":\n\n";
        append_program(out, e, '-');
        out += "\nAccepted:\n\n";
        append_program(out, e, '+');
    }
    return out + "\n" + wrapped("How to mend it: " + std::string(row->advice));
}

std::string list_rules() {
    std::string out;
    for (const DiagnosticCode& row : sorted_codes()) out += row_text(row);
    return out;
}

std::string rule_markdown(std::string_view code) {
    const DiagnosticCode* row = find_diagnostic_code(code);
    for (const RuleExample& e : rule_examples())
        if (row != nullptr && e.code == code) return markdown(*row, e);
    return {};
}

std::string rules_page() {
    std::string out = R"(<!-- SPDX-License-Identifier: Apache-2.0 -->
# Diagnostic codes

Made from `sdk/rules/examples/` and `core/codes/`; `mbpf-verify --explain CODE` prints the same. Each example is two programs in
one: lines with `-` belong to the one that is rejected with that code, lines with `+` to the one that is accepted. The
tests judge both.
)";
    const auto examples = by_code();
    for (const Part& part : kParts) {
        out += "\n## " + std::string(part.heading) + "\n";
        for (const DiagnosticCode& row : sorted_codes()) {
            const auto found = examples.find(std::string(row.code));
            if (!row.code.starts_with(part.prefix) || found == examples.end()) continue;
            out += "\n### " + std::string(row.code) + "\n\n" + markdown(row, found->second);
        }
    }
    out += "\n## Other codes\n\n| code | demand | what to do |\n| --- | --- | --- |\n";
    for (const DiagnosticCode& row : sorted_codes())
        if (!examples.contains(std::string(row.code))) out += "| " + std::string(row.code) + " | " + std::string(row.title) + " | " + std::string(row.advice) + " |\n";
    return out;
}

}  // namespace mbpf
