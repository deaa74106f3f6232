// SPDX-License-Identifier: Apache-2.0
// What stands behind each diagnostic code: demand, reason, a program that breaks the rule beside one that keeps it,
// and the way out. From here come `mbpf-verify --explain` and docs/reference/rules.md; the tests judge every example.
//
// An example is a file examples/MBPFnnnn.bpf.c (restricted C) or MBPFnnnn.asm (eBPF instructions, for what C cannot express).
// Its head says why the rule is; `#ifdef WRONG` parts tell the two programs apart. Keys in the head:
//   Platform: linux          what the example is judged on; without: microbpf
//   Options: --max-steps N   budget of its analysis
//   Objects: sentence        no example can stand alone: which objects break the rule
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/result.h"

namespace mbpf {

enum class RuleLanguage : std::uint8_t { none, c, assembly };

struct RuleLine {
    std::string text;
    char in = ' ';  // '-' only in the wrong program, '+' only in the right one, ' ' in both
};

struct RuleExample {
    std::string code;
    std::string why;  // one paragraph
    std::string platform = "microbpf";
    std::string objects;
    std::uint64_t max_steps = 0;  // 0: the verifier's own
    RuleLanguage language = RuleLanguage::none;
    std::vector<RuleLine> lines;

    std::string wrong() const { return program('-'); }
    std::string right() const { return program('+'); }

  private:
    std::string program(char in) const;
};

// Sorted by code.
std::vector<RuleExample> rule_examples();
// Text for a terminal; codes may be given without their letters. An unknown one: MBPF2001 that names near ones,
// or those whose text has the word given.
Result<std::string> explain_rule(std::string_view code);
// Every code with what it demands, one a line.
std::string list_rules();
// One rule as Markdown: demand, reason, both programs as a diff, the way out. Empty: no example.
std::string rule_markdown(std::string_view code);
// docs/reference/rules.md
std::string rules_page();

}  // namespace mbpf
