// SPDX-License-Identifier: Apache-2.0
// Reports: SARIF has what its schema requires, the page is whole, loads nothing, and shows hostile text as text.
#include <gtest/gtest.h>

#include "sdk/report/report.h"

namespace mbpf {
namespace {

using nlohmann::json;

JudgedInput judge(const std::string& path, const std::string& text) {
    BuildOptions options;
    options.goal = BuildGoal::verified;
    options.platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
    return {path, build({{path, std::vector<std::uint8_t>(text.begin(), text.end())}}, options), options.platform};
}

std::vector<JudgedInput> inputs() {
    std::vector<JudgedInput> all;
    all.push_back(judge("good.bpf.c", "#include <mbpf/microbpf.h>\nSEC(\"trace/x\") long f(struct trace_event *e) { u64 s = 0; for (u32 i = 0; i < 9; i++) { s += i; asm volatile(\"\" : \"+r\"(s)); } return s; }\n"));
    all.push_back(judge("a b/b\"<&>%.bpf.c", "#include <mbpf/microbpf.h>\nstatic const u32 t[4] = {1};\nSEC(\"trace/x\") long f(struct trace_event *e) { const char *s = \"</script><b>&\"; if (e->arg[0] < 9 && s) return t[e->arg[0]]; return 0; }\n"));
    all.push_back(judge("broken.bpf.c", "int f( {\n"));
    all.push_back(judge("cut.o", std::string("\177ELF")));
    return all;
}

// What sarif-schema-2.1.0 requires of the objects that are used, and the types it demands.
void check_location(const json& at) {
    ASSERT_TRUE(at.is_object());
    const json& physical = at.at("physicalLocation");
    const std::string uri = physical.at("artifactLocation").at("uri").get<std::string>();
    for (const char c : uri) EXPECT_TRUE(std::string_view("\"<>\\^`{|} ").find(c) == std::string_view::npos) << uri;
    if (!physical.contains("region")) return;
    EXPECT_GE(physical.at("region").at("startLine").get<int>(), 1);
    if (physical.at("region").contains("startColumn")) {
        EXPECT_GE(physical.at("region").at("startColumn").get<int>(), 1);
    }
}

TEST(Sarif, has_what_the_schema_requires) {
    const json log = json::parse(sarif_report(inputs(), "1.2.3"));
    EXPECT_EQ(log.at("version"), "2.1.0");
    ASSERT_EQ(log.at("runs").size(), 1u);
    const json& run = log.at("runs")[0];
    const json& driver = run.at("tool").at("driver");
    EXPECT_EQ(driver.at("name"), "mbpf-verify");
    std::set<std::string> ids;
    for (const json& rule : driver.at("rules")) {
        EXPECT_TRUE(ids.insert(rule.at("id").get<std::string>()).second);
        for (const char* text : {"shortDescription", "fullDescription", "help"}) EXPECT_FALSE(rule.at(text).at("text").get<std::string>().empty());  // which hosts demand
    }
    ASSERT_GE(run.at("results").size(), 3u);
    bool flows = false, in_c_terms = false;
    for (const json& r : run.at("results")) {
        EXPECT_FALSE(r.at("message").at("text").get<std::string>().empty());
        EXPECT_TRUE(r.at("level") == "error" || r.at("level") == "warning" || r.at("level") == "note");
        EXPECT_EQ(driver.at("rules").at(r.at("ruleIndex").get<std::size_t>()).at("id"), r.at("ruleId"));
        ASSERT_FALSE(r.at("locations").empty());
        for (const json& at : r.at("locations")) check_location(at);
        if (!r.contains("codeFlows")) continue;
        flows = true;
        for (const json& flow : r.at("codeFlows"))
            for (const json& thread : flow.at("threadFlows")) {
                ASSERT_FALSE(thread.at("locations").empty());
                for (const json& step : thread.at("locations")) {
                    check_location(step.at("location"));
                    const std::string text = step.at("location").at("message").at("text").get<std::string>();
                    EXPECT_FALSE(text.empty());
                    in_c_terms = in_c_terms || text.starts_with("here ctx->arg[0] <= 8 (it is in [0, 8])");
                }
            }
    }
    EXPECT_TRUE(flows);
    EXPECT_TRUE(in_c_terms);
    for (const json& rule : driver.at("rules"))
        if (rule.at("id") == "MBPF1013") {
            EXPECT_NE(rule.at("help").at("markdown").get<std::string>().find("```diff\n"), std::string::npos);
        }
}

// Hosts of repositories know files by their names below the root, and columns in UTF-16.
TEST(Sarif, names_files_as_the_repository_does) {
    const std::string bad = "#include <mbpf/microbpf.h>\nSEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) { /* \xc3\xa9\xf0\x9f\x98\x80 */ return e->edge; }\n";
    const auto at = [&](const std::string& path) {
        std::vector<JudgedInput> one;
        one.push_back(judge(path, bad));
        const json run = json::parse(sarif_report(one, "1", "/checkout/project")).at("runs")[0];
        EXPECT_EQ(run.at("invocations")[0].at("executionSuccessful"), true);
        return run.at("results")[0].at("locations")[0].at("physicalLocation");
    };
    for (const char* path : {"src/f.bpf.c", "./src/f.bpf.c", "src/../src/f.bpf.c", "/checkout/project/src/f.bpf.c"}) {
        EXPECT_EQ(at(path).at("artifactLocation").at("uri"), "src/f.bpf.c") << path;
        EXPECT_EQ(at(path).at("artifactLocation").at("uriBaseId"), "%SRCROOT%") << path;
    }
    const json elsewhere = at("/checkout/project2/f.bpf.c").at("artifactLocation");
    EXPECT_EQ(elsewhere.at("uri"), "file:///checkout/project2/f.bpf.c");
    EXPECT_FALSE(elsewhere.contains("uriBaseId"));
    const std::string line = "SEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) { /* ";
    const json region = at("f.bpf.c").at("region");
    EXPECT_EQ(region.at("startLine"), 2);
    EXPECT_EQ(region.at("startColumn"), line.size() + 1 + 3 + 4);  // é is one unit, the picture two
    EXPECT_EQ(region.at("endColumn"), line.size() + 1 + 3 + 4 + std::string("return e->edge").size());
}

TEST(Sarif, tells_warnings_and_what_could_not_be_judged) {
    std::vector<JudgedInput> two;
    two.push_back(judge("warned.bpf.c", "#include <mbpf/microbpf.h>\nSEC(\"trace/x\") long f(struct trace_event *e) { int unused; return 0; }\n"));
    ASSERT_TRUE(two[0].result.ok());
    two.push_back({"missing.o", {}, nullptr});
    two[1].result.diagnostics.emplace_back().code = "MBPF4001";
    two[1].result.diagnostics.front().message = "cannot read 'missing.o'";
    const json run = json::parse(sarif_report(two, "1")).at("runs")[0];
    ASSERT_EQ(run.at("results").size(), 2u) << run.dump(1);
    EXPECT_EQ(run.at("results")[0].at("level"), "warning");
    EXPECT_EQ(run.at("results")[1].at("ruleId"), "MBPF4001");
    EXPECT_EQ(run.at("results")[1].at("locations")[0].at("physicalLocation").at("artifactLocation").at("uri"), "missing.o");
    EXPECT_EQ(run.at("invocations")[0].at("executionSuccessful"), false);
    const json warned = input_json(two[0]);
    EXPECT_EQ(warned.at("programs")[0].at("verdict"), "accept");
    EXPECT_EQ(warned.at("diagnostics")[0].at("severity"), "warning");
    const std::string page = html_report(two, "1");
    EXPECT_NE(page.find("1 of 1 programs accepted; 1 input without a verdict"), std::string::npos);
    EXPECT_NE(page.find("cannot read"), std::string::npos);
    EXPECT_NE(page.find("Warning: "), std::string::npos);
}

TEST(Sarif, of_accepted_programs_has_no_results) {
    std::vector<JudgedInput> good;
    good.push_back(std::move(inputs().front()));
    EXPECT_TRUE(json::parse(sarif_report(good, "1")).at("runs")[0].at("results").empty());
}

// Every tag that is opened is closed, in order.
std::string unbalanced(const std::string& page) {
    static const std::set<std::string> kAlone{"meta", "br", "!doctype"};
    std::vector<std::string> open;
    for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
        const std::size_t end = page.find('>', at);
        if (end == std::string::npos) return "unfinished tag";
        const bool closes = page[at + 1] == '/';
        const std::size_t first = at + (closes ? 2 : 1);
        const std::string name = page.substr(first, page.find_first_of(" >", first) - first);
        if (kAlone.contains(name)) continue;
        if (!closes) {
            open.push_back(name);
            if (name == "script" || name == "style") at = page.find("</" + name, end) - 1;
            continue;
        }
        if (open.empty() || open.back() != name) return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
        open.pop_back();
    }
    return open.empty() ? "" : open.back() + " stays open";
}

TEST(Json, tells_the_path_with_the_values_known) {
    const json v = verdict_json(inputs()[1].result.verification.verdicts.front());
    ASSERT_FALSE(v.at("path").empty());
    EXPECT_EQ(v.at("path")[0].at("values").at("ctx->arg[0]"), "in [0, 8]");
    ASSERT_FALSE(v.at("notes").empty());
    EXPECT_EQ(v.at("notes")[0].at("line"), 3);
}

TEST(Page, is_whole_and_loads_nothing) {
    const std::string page = html_report(inputs(), "1.2.3");
    EXPECT_EQ(unbalanced(page), "");
    for (const char* loads : {"src=", "<link", "@import", "url(", "fetch("}) EXPECT_EQ(page.find(loads), std::string::npos) << loads;
    EXPECT_NE(page.find("worst case"), std::string::npos);
    EXPECT_NE(page.find(" = [0, 8]"), std::string::npos) << "the proved state of the loop's counter";
    EXPECT_NE(page.find("class=\"fault\""), std::string::npos);
    EXPECT_NE(page.find("class=\"path\""), std::string::npos);
    EXPECT_NE(page.find("<li>here ctx-&gt;arg[0] &lt;= 8 (it is in [0, 8])"), std::string::npos) << "the way to the rejection";
    EXPECT_NE(page.find("<summary>The rule, with a wrong and a right program</summary><pre>MBPF1013"), std::string::npos);
}

TEST(Page, tells_loops_by_their_lines) {
    std::vector<JudgedInput> one;
    one.push_back(judge("loops.bpf.c", "#include <mbpf/microbpf.h>\nstruct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 16); __type(key, u32); __type(value, u64); } m SEC(\".maps\");\nSEC(\"trace/x\") long f(struct trace_event *e) {\n u64 s = 0;\n for (u32 i = 0; i < 8; i++) {\n u64 *v = bpf_map_lookup_elem(&m, &i);\n if (!v) continue;\n s = s * 31 + *v; }\n return s; }\n"));
    ASSERT_TRUE(one[0].result.ok()) << one[0].result.messages;
    const std::string page = html_report(one, "1");
    EXPECT_NE(page.find("<dt>loop at line 5</dt><dd>at most 8 times</dd>"), std::string::npos);
    EXPECT_NE(page.find("↻ at most 8 times"), std::string::npos) << "beside the loop's head";
}

// Where a budget is exceeded no instruction is at fault, and there is no path to walk along.
TEST(Page, lights_up_only_what_is_at_fault) {
    std::vector<JudgedInput> one;
    one.push_back(judge("long.bpf.c", "#include <mbpf/microbpf.h>\nSEC(\"gpio/chip0/line1/both\") int f(struct gpio_event *e) { volatile u32 s = 0; for (int i = 0; i < 60000; i++) s += e->edge; return 1; }\n"));
    ASSERT_EQ(one[0].result.verification.verdicts.front().diagnostics.front().code, "MBPF1040");
    const std::string page = html_report(one, "1");
    EXPECT_EQ(page.find("<tr class=\"fault\""), std::string::npos);
    EXPECT_EQ(page.find("Next step of the path"), std::string::npos);
}

TEST(Page, tells_programs_of_one_name_apart) {
    const std::string page = html_report(inputs(), "1.2.3");
    EXPECT_NE(page.find(">f <code>trace/x, good.bpf.c</code> <span class=\"accept\">"), std::string::npos);
    EXPECT_NE(page.find(">f <code>trace/x, a b/b&quot;&lt;&amp;&gt;%.bpf.c</code> <span class=\"reject\">"), std::string::npos);
}

TEST(Page, is_utf_8_whatever_files_are_called) {
    std::vector<JudgedInput> one;
    one.push_back(judge("caf\xe9 \xc3\xa9.bpf.c", "#include <mbpf/microbpf.h>\nSEC(\"trace/x\") long f(struct trace_event *e) { return 0; }\n"));
    EXPECT_NE(html_report(one, "1.2.3").find("caf\xef\xbf\xbd \xc3\xa9.bpf.c"), std::string::npos);
}

TEST(Page, shows_hostile_text_as_text) {
    const std::string page = html_report(inputs(), "1.2.3");
    EXPECT_EQ(page.find("<b>&"), std::string::npos);
    EXPECT_NE(page.find("&lt;/script&gt;&lt;b&gt;&amp;"), std::string::npos);
    EXPECT_NE(page.find("b&quot;&lt;&amp;&gt;%.bpf.c"), std::string::npos);
}

}  // namespace
}  // namespace mbpf
