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
        EXPECT_FALSE(rule.at("shortDescription").at("text").get<std::string>().empty());
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
