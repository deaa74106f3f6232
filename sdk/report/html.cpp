// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "sdk/report/report.h"
#include "sdk/rules/rules.h"
#include "verifier/path.h"

namespace mbpf {

std::vector<std::pair<std::string_view, std::string_view>> report_assets();  // made by mbpf_embed

namespace {

// Length of the UTF-8 sequence that `text` begins with, 0 if it is none. Names of files are any bytes, a page is UTF-8.
std::size_t utf8_length(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    if (length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
    return length;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text.substr(at));
        if (length != 1) {
            out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(at, length);
            at += length == 0 ? 1 : length;
            continue;
        }
        const char c = text[at++];
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
        }
    }
    return out;
}

std::string escaped_lines(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        out += escaped(text.substr(at, end - at)) + "\n";
        at = end + 1;
    }
    return out;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

std::string range_text(std::int64_t lo, std::int64_t hi) { return lo == hi ? std::to_string(lo) : "[" + std::to_string(lo) + ", " + std::to_string(hi) + "]"; }

std::string value_text(const bpf::Object& object, const ValueFact& f) {
    if (f.kind == ValueKind::number) {
        if (f.umin == f.umax) return std::to_string(static_cast<std::int64_t>(f.umin));
        if (f.umin == 0 && f.umax == UINT64_MAX && f.smin == INT64_MIN && f.smax == INT64_MAX) return f.bits_mask == UINT64_MAX ? "any number" : "any number of known low bits";
        if (f.smin >= 0) return "[" + std::to_string(f.umin) + ", " + std::to_string(f.umax) + "]";
        return range_text(f.smin, f.smax);
    }
    std::string what = "memory";
    switch (f.region) {
        case Region::context: what = "context"; break;
        case Region::stack: what = "stack"; break;
        case Region::packet: what = "packet"; break;
        case Region::packet_end: return "packet end";
        case Region::packet_meta: what = "packet metadata"; break;
        case Region::map_value: what = "value"; break;
        case Region::map_handle: what = "map"; break;
        case Region::ring_buffer_record: what = "record"; break;
        case Region::function: return "function";
        case Region::object: what = "kernel object"; break;
        case Region::memory:
        case Region::none:
        case Region::mixed: break;
    }
    if (f.map >= 0 && static_cast<std::size_t>(f.map) < object.maps.size()) what += " of " + object.maps[static_cast<std::size_t>(f.map)].name;
    what = "&" + what;
    if (f.smin != 0 || f.smax != 0) what += " + " + range_text(f.smin, f.smax);
    return what + (f.kind == ValueKind::pointer_or_null ? " or NULL" : "");
}

// What C calls the helper or map that an instruction names by number.
std::string name_of_operand(const bpf::Object& object, const Platform* platform, const bpf::Insn& insn) {
    if (insn.opcode == 0x85 && insn.src == 0 && platform != nullptr) {
        const Helper* h = platform->find_helper(static_cast<std::uint32_t>(insn.imm));
        return h == nullptr ? std::string() : "bpf_" + h->name;
    }
    const auto pseudo = static_cast<bpf::Pseudo>(insn.src);
    const bool map = insn.opcode == 0x18 && (pseudo == bpf::Pseudo::map || pseudo == bpf::Pseudo::map_value);
    return map && insn.imm >= 0 && static_cast<std::size_t>(insn.imm) < object.maps.size() ? object.maps[static_cast<std::size_t>(insn.imm)].name : std::string();
}

class Page {
  public:
    std::string run(const std::vector<JudgedInput>& inputs, const std::string& version) {
        std::string css, js;
        for (const auto& [name, text] : report_assets()) (name == "report.css" ? css : js) = std::string(text);
        unsigned good = 0, all = 0, without = 0;
        bool states = false, paths = false;
        for (const JudgedInput& input : inputs) {
            without += input.result.verification.verdicts.empty();
            for (const ProgramVerdict& v : input.result.verification.verdicts) {
                ++all;
                good += v.accepted;
                states = states || v.facts != nullptr;
                paths = paths || !v.path.empty() || (!v.accepted && v.diagnostics.front().instruction);
            }
        }
        const std::string not_judged = without == 0 ? "" : "; " + std::to_string(without) + (without == 1 ? " input" : " inputs") + " without a verdict";
        out_ = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Verification: " + std::to_string(good) + " of " + std::to_string(all) +
               " accepted" + not_judged + "</title><style>" + css + "</style></head><body><header><h1>Verification report</h1><p>" + std::to_string(good) + " of " + std::to_string(all) + " programs accepted" + not_judged + ". mbpf-verify " + escaped(version) + "</p>";
        if (states || paths) out_ += "<div class=\"controls\">" + std::string(states ? "<button data-act=\"states\" aria-pressed=\"true\">Proved states (s)</button>" : "") + (paths ? "<button data-act=\"next\">Next step of the path (n)</button><button data-act=\"previous\">Previous (p)</button>" : "") + "</div>";
        if (all + without > 1) contents(inputs);
        out_ += "</header><main>";
        unsigned id = 0;
        for (const JudgedInput& input : inputs) {
            if (input.result.verification.verdicts.empty()) {
                out_ += "<section class=\"program\" id=\"p" + std::to_string(id++) + "\"><h2>" + escaped(input.path) + " <span class=\"verdict reject\">no verdict</span></h2>";
                for (const Diagnostic& d : other_diagnostics(input)) message(d);
                out_ += "</section>";
            }
            for (const ProgramVerdict& v : input.result.verification.verdicts) program(input, v, id++);
        }
        out_ += "</main><script>" + js + "</script></body></html>\n";
        return std::move(out_);
    }

  private:
    void contents(const std::vector<JudgedInput>& inputs) {
        std::map<std::string_view, unsigned> named;  // of one name the hook and the source tell which
        for (const JudgedInput& input : inputs)
            for (const ProgramVerdict& v : input.result.verification.verdicts) ++named[v.function];
        out_ += "<nav aria-label=\"Programs\">";
        unsigned id = 0;
        for (const JudgedInput& input : inputs) {
            if (input.result.verification.verdicts.empty()) out_ += "<a href=\"#p" + std::to_string(id++) + "\">" + escaped(input.path) + " <span class=\"reject\">✗</span></a>";
            for (const ProgramVerdict& v : input.result.verification.verdicts) {
                const std::string place = v.section + ", " + input.path;
                out_ += "<a href=\"#p" + std::to_string(id) + "\" title=\"" + escaped(place) + "\">" + escaped(v.function) + (named[v.function] > 1 ? " <code>" + escaped(place) + "</code>" : "") + " <span class=\"" + (v.accepted ? "accept\">✓" : "reject\">✗") + "</span></a>";
                ++id;
            }
        }
        out_ += "</nav>";
    }

    static std::string times(const LoopFact& l) { return "at most " + std::to_string(l.max_iterations) + (l.max_iterations == 1 ? " time" : " times"); }

    void figure(const std::string& name, const std::string& value) { out_ += "<div><dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd></div>"; }

    // The line, the statement at its column marked.
    static std::string marked(const SourceLocation& where) {
        const std::string_view text = where.text;
        if (where.column == 0 || where.column > text.size()) return escaped(text);
        const std::size_t begin = where.column - 1, end = std::min(text.find_first_of(";{", begin), text.size());
        return escaped(text.substr(0, begin)) + "<mark>" + escaped(text.substr(begin, end - begin)) + "</mark>" + escaped(text.substr(end));
    }

    void message(const Diagnostic& d) {
        out_ += "<div class=\"message" + std::string(d.severity == Severity::error ? "" : " mild") + "\"><p>" + (d.severity == Severity::warning ? "Warning: " : "") + "<strong>" + escaped(d.message) + "</strong>" + (d.severity != Severity::error ? "" : " [" + escaped(d.code) + "]") +
                (diagnostic_class(d) == DiagnosticClass::unsupported ? " — not supported, which does not say that it is unsafe" : "") + "</p>";
        if (d.where.line > 0) out_ += "<p>" + escaped(d.where.file) + ":" + std::to_string(d.where.line) + (d.where.column > 0 ? ":" + std::to_string(d.where.column) : "") + "</p><pre>" + marked(d.where) + "</pre>";
        if (!d.why.empty()) out_ += "<p>Why: " + escaped(d.why) + "</p>";
        if (const std::string fix = fix_of(d); !fix.empty()) out_ += "<p>Fix: " + escaped(fix) + "</p>";
        if (!d.notes.empty()) {
            out_ += (d.severity == Severity::error ? "<p>The way there:</p><ol>" : "<ol>");
            for (const DiagnosticNote& n : d.notes) {
                out_ += "<li>" + escaped(n.message);
                if (n.where.line > 0) out_ += "<br><code>" + (n.where.file == d.where.file ? "" : escaped(n.where.file) + ":") + std::to_string(n.where.line) + ": " + escaped(trimmed(n.where.text)) + "</code>";
                out_ += "</li>";
            }
            out_ += "</ol>";
        }
        if (const auto rule = explain_rule(d.code); rule && d.severity == Severity::error) out_ += "<details><summary>The rule, with a wrong and a right program</summary><pre>" + escaped_lines(*rule) + "</pre></details>";
        out_ += "</div>";
    }

    void program(const JudgedInput& input, const ProgramVerdict& v, unsigned id) {
        out_ += "<section class=\"program\" id=\"p" + std::to_string(id) + "\"><h2><code>" + escaped(v.section) + "</code> " + escaped(v.function) + " <span class=\"verdict " + (v.accepted ? "accept\">accepted" : "reject\">rejected") + "</span></h2><dl class=\"figures\">";
        figure("from", input.path);
        figure("instructions", std::to_string(v.instructions));
        if (v.accepted) {
            figure("worst case", std::to_string(v.worst_case_instructions) + " instructions");
            figure("stack", std::to_string(v.stack_bytes) + " bytes");
            figure("certificate", std::to_string(v.certificate_bytes) + " bytes");
        }
        figure("steps of analysis", std::to_string(v.stats.steps));
        const ProgramFacts* facts = v.facts.get();
        if (facts != nullptr)
            for (const LoopFact& l : facts->loops) {
                if (l.max_iterations == 0 || input.result.object == nullptr) continue;
                const bpf::Program& code = input.result.object->programs[v.program];
                const std::uint32_t line = input.result.object->location(code, loop_condition(*input.result.object, code, l.header)).line;
                figure("loop at " + (line > 0 ? "line " + std::to_string(line) : "instruction " + std::to_string(l.header)), times(l));
            }
        out_ += "</dl>";
        for (const Diagnostic& d : v.diagnostics) message(d);
        if (&v == &input.result.verification.verdicts.front())
            for (const Diagnostic& d : other_diagnostics(input)) message(d);
        if (!v.values.empty()) {
            out_ += "<p>Known there:</p><dl class=\"figures\">";
            for (const auto& [name, value] : v.values) figure(name, value);
            out_ += "</dl>";
        }
        if (input.result.object != nullptr) listing(*input.result.object, input.platform.get(), v, facts);
        out_ += "</section>";
    }

    void listing(const bpf::Object& object, const Platform* platform, const ProgramVerdict& v, const ProgramFacts* facts) {
        const bpf::Program& program = object.programs[v.program];
        std::map<std::uint32_t, const PathStep*> path;
        for (const PathStep& s : v.path) path[s.slot] = &s;
        std::map<std::uint32_t, std::string> loops;  // what is known of each, by its head
        if (facts != nullptr)
            for (const LoopFact& l : facts->loops) loops[l.header] = l.max_iterations == 0 ? "" : times(l);
        // Where a budget is exceeded no one instruction is at fault.
        const std::int64_t fault = v.diagnostics.empty() || !v.diagnostics.front().instruction ? -1 : std::int64_t{*v.diagnostics.front().instruction};
        out_ += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Code of " + escaped(v.function) + "\"><table class=\"code\"><thead><tr><th></th><th>instruction</th>";
        if (facts != nullptr) out_ += "<th class=\"state\">proved before it</th>";
        out_ += "</tr></thead><tbody>";
        const std::string columns = facts != nullptr ? "2" : "1";
        std::string last, last_file;
        for (std::uint32_t slot = 0; slot < program.insns.size(); ++slot) {
            for (const bpf::Function& f : program.functions)
                if (f.begin == slot && program.functions.size() > 1) out_ += "<tr class=\"source\"><td></td><td colspan=\"" + columns + "\"><strong>" + escaped(f.name) + "</strong></td></tr>";
            const SourceLocation at = object.location(program, slot);
            const std::string line = at.file + ":" + std::to_string(at.line);
            if (at.line > 0 && line != last) {
                out_ += "<tr class=\"source\"><td class=\"n\">" + std::to_string(at.line) + "</td><td colspan=\"" + columns + "\">" + escaped(at.text) + (at.file == last_file ? "" : " <span class=\"at\">" + escaped(at.file) + "</span>") + "</td></tr>";
                last = line;
                last_file = at.file;
            }
            row(object, platform, program, slot, path, loops, std::int64_t{slot} == fault, facts);
            if (program.insns[slot].opcode == 0x18) ++slot;
        }
        out_ += "</tbody></table></div>";
    }

    void row(const bpf::Object& object, const Platform* platform, const bpf::Program& program, std::uint32_t slot, const std::map<std::uint32_t, const PathStep*>& path, const std::map<std::uint32_t, std::string>& loops, bool fault, const ProgramFacts* facts) {
        const auto step = path.find(slot);
        const bool dead = facts != nullptr && !facts->insns[slot].reachable;
        std::string kind = fault ? "fault" : step != path.end() ? "path" : dead ? "dead" : "";
        const auto loop = loops.find(slot);
        if (loop != loops.end()) kind += kind.empty() ? "loop" : " loop";
        out_ += "<tr" + (kind.empty() ? "" : " class=\"" + kind + "\"") + (fault || step != path.end() ? " tabindex=\"-1\"" : "") + "><td class=\"n\">" + std::to_string(slot) + "</td><td>" + escaped(bpf::disassemble(program.insns, slot));
        if (const std::string name = name_of_operand(object, platform, program.insns[slot]); !name.empty()) out_ += "   <span class=\"at\">" + escaped(name) + "</span>";
        if (loop != loops.end() && !loop->second.empty()) out_ += "   <span class=\"at\">↻ " + loop->second + "</span>";
        if (step != path.end()) out_ += std::string(step->second->taken ? "   ⟵ taken" : "   ⟵ not taken") + (step->second->text.empty() ? "" : ": " + escaped(step->second->text));
        out_ += "</td>";
        if (facts != nullptr) {
            out_ += "<td class=\"state\">";
            bool first = true;
            if (dead) out_ += "never reached";
            else
                for (const std::string& text : state_lines(object, facts->insns[slot])) {
                    out_ += (first ? "" : "   ") + escaped(text);
                    first = false;
                }
            out_ += "</td>";
        }
        out_ += "</tr>";
    }

    std::string out_;
};

}  // namespace

std::vector<std::string> state_lines(const bpf::Object& object, const InsnFacts& facts) {
    std::vector<std::string> lines;
    for (unsigned r = 0; r < bpf::kFramePointer; ++r)
        if (facts.before[r].kind != ValueKind::unknown) lines.push_back("r" + std::to_string(r) + " = " + value_text(object, facts.before[r]));
    return lines;
}

std::string html_report(const std::vector<JudgedInput>& inputs, const std::string& version) { return Page().run(inputs, version); }

}  // namespace mbpf
