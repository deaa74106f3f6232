// SPDX-License-Identifier: Apache-2.0
// The two renderings of a message, and the table of codes.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/diagnostic.h"

namespace mbpf {
namespace {

Diagnostic sample() {
    Diagnostic d;
    d.code = "MBPF1012";
    d.message = "read of 4 bytes may pass the end of the packet";
    d.where = {"blink.c", 14, 12, "    return *(uint32_t *)(pkt + 12);"};
    d.instruction = 7;
    d.why = "packet length here is in [0, 65535]; the read needs 16";
    d.fix = "return early unless pkt + 16 <= pkt_end";
    return d;
}

TEST(RenderText, is_the_form_compilers_taught) {
    EXPECT_EQ(render_text(sample()),
              "blink.c:14:12: error: read of 4 bytes may pass the end of the packet [MBPF1012]\n"
              "   14 |     return *(uint32_t *)(pkt + 12);\n"
              "      |            ^~~~~~~~~~~~~~~~~~~~~~~\n"
              "  why: packet length here is in [0, 65535]; the read needs 16 (instruction 7)\n"
              "  fix: return early unless pkt + 16 <= pkt_end\n");
}

TEST(RenderText, leaves_out_what_is_not_known) {
    Diagnostic d;
    d.code = "MBPF4001";
    d.message = "cannot read 'x'";
    d.fix = "read y";
    EXPECT_EQ(render_text(d), "error: cannot read 'x' [MBPF4001]\n  fix: read y\n");
    d.where.file = "x";
    EXPECT_EQ(render_text(d), "x: error: cannot read 'x' [MBPF4001]\n  fix: read y\n");
    d.notes.push_back({"seen here", {"y.c", 3, 0, ""}});
    EXPECT_EQ(render_text(d), "x: error: cannot read 'x' [MBPF4001]\n  fix: read y\n  y.c:3: note: seen here\n");
}

TEST(RenderText, an_error_without_a_fix_of_its_own_gives_the_advice_of_its_code) {
    Diagnostic d;
    d.code = "MBPF3001";
    d.message = "bytecode of 1 bytes";
    EXPECT_EQ(render_text(d), "error: bytecode of 1 bytes [MBPF3001]\n  fix: the section is damaged: rebuild the object\n");
    EXPECT_NE(render_json(d).find("\"fix\":\"the section is damaged"), std::string::npos);
    d.severity = Severity::warning;
    EXPECT_EQ(fix_of(d), "");
    for (const DiagnosticCode& code : all_diagnostic_codes()) {
        d = {};
        d.code = code.code;
        EXPECT_FALSE(fix_of(d).empty()) << code.code;
        EXPECT_FALSE(fix_of(d).ends_with('.')) << code.code;
    }
}

TEST(RenderText, the_caret_stands_under_its_column_behind_tabs_and_letters_of_any_width) {
    Diagnostic d;
    d.message = "m";
    d.where = {"a.c", 2, 1, ""};
    const auto below = [&](std::string before, std::string after) {
        d.where.column = static_cast<std::uint32_t>(before.size()) + 1;
        d.where.text = before + after;
        const std::string text = render_text(d);
        const std::size_t last = text.rfind("      | ");
        return text.substr(last + 8);
    };
    EXPECT_EQ(below("\t\t", "x;"), "  ^\n");
    EXPECT_EQ(below("/* \xc3\xa4\xc3\xb6 */ ", "xyz;"), "         ^~~\n");             // two bytes, one cell
    EXPECT_EQ(below("/* \xe6\xb8\xa9\xe5\xba\xa6 */ ", "x;"), "           ^\n");  // three bytes, two cells
    EXPECT_EQ(below("/* e\xcc\x81 */ ", "x;"), "        ^\n");                       // a combining mark: none
    EXPECT_EQ(below("/* \xff\xc3 */ ", "x;"), "         ^\n");                       // no UTF-8
}

TEST(RenderText, sources_with_carriage_returns_look_like_others) {
    Diagnostic d;
    d.message = "m";
    d.where = {"a.c", 2, 1, "x = y\r"};
    EXPECT_EQ(render_text(d), "a.c:2:1: error: m\n    2 | x = y\n      | ^~~~~\n");
}

TEST(RenderText, hostile_source_lines_do_no_harm) {
    Diagnostic d = sample();
    d.where.text = "\tint\x1b[31m x;";
    d.where.column = 4000;
    const std::string text = render_text(d);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    d.where.column = 1;
    EXPECT_FALSE(render_text(d).empty());
}

// Names in files, labels of tokens and what a device says end up in messages.
TEST(RenderText, nothing_in_a_message_drives_the_terminal) {
    Diagnostic d = sample();
    const std::string bad = "a\x1b[2J\x07\x7f\x9b b\xc2\x9b" "c\xff\r";
    d.message = d.why = d.fix = d.where.file = d.where.text = bad;
    d.notes.push_back({bad, {bad, 1, 1, bad}});
    const std::string text = render_text(d);
    EXPECT_EQ(text.find_first_of("\x1b\x07\x7f\x9b\xc2\xff\r"), std::string::npos) << text;
    EXPECT_NE(text.find("a?[2J???"), std::string::npos);
    d.message = "größer als 3 µs: „so“\nand so on\t.";
    EXPECT_NE(render_text(d).find(d.message), std::string::npos) << "what people write stays";
}

TEST(RenderJson, holds_every_field_and_survives_bad_utf8) {
    Diagnostic d = sample();
    d.notes.push_back({"note \xff", {"y.c", 3, 4, ""}});
    const auto json = nlohmann::json::parse(render_json(d));
    EXPECT_EQ(json["code"], "MBPF1012");
    EXPECT_EQ(json["line"], 14);
    EXPECT_EQ(json["instruction"], 7);
    EXPECT_EQ(json["notes"][0]["column"], 4);
}

TEST(Codes, are_unique_explained_and_in_their_classes) {
    std::set<std::string_view> seen;
    for (const DiagnosticCode& code : all_diagnostic_codes()) {
        EXPECT_TRUE(seen.insert(code.code).second) << code.code;
        EXPECT_FALSE(code.title.empty() || code.advice.empty()) << code.code;
        EXPECT_EQ(find_diagnostic_code(code.code)->title, code.title);
    }
    EXPECT_EQ(find_diagnostic_code("MBPF0000"), nullptr);
}

TEST(ExitCodes, follow_the_class) {
    const auto exits = [](const char* code) {
        Diagnostic d;
        d.code = code;
        return exit_code(d);
    };
    EXPECT_EQ(exits("MBPF1012"), 1);
    EXPECT_EQ(exits("MBPF1801"), 1);
    EXPECT_EQ(exits("MBPF2001"), 2);
    EXPECT_EQ(exits("MBPF3002"), 3);
    EXPECT_EQ(exits("MBPF4001"), 4);
    EXPECT_EQ(exits("MBPF5001"), 5);
    EXPECT_EQ(exits("MBPF9001"), 70);
    EXPECT_EQ(exits("nonsense"), 70);
}

}  // namespace
}  // namespace mbpf
