// SPDX-License-Identifier: Apache-2.0
// Runs proofs, or looks whether they find the mistakes seeded in what they prove. What a proof is given, and how it is run
// along all paths, is for whoever includes this to say: Proof and along_all_paths.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>

#include "tests/proofs/symbolic_integer.h"

namespace mbpf::proof {

struct Rule {
    const char* what;
    Proof proof;
};
inline void prove(const Rule& rule) {
    const std::clock_t begin = std::clock();
    const symbolic::Report r = along_all_paths(rule.proof);
    EXPECT_EQ(r.refuted, 0u) << rule.what << ": " << r.first;
    EXPECT_GT(r.paths, 0u) << rule.what;
    std::printf("%-38s %6u paths %7u claims %7.2f s\n", rule.what, r.paths, r.claims, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    std::fflush(stdout);
}

#ifdef MBPF_MISTAKES
struct Mistake {
    int number;
    const char* rule;
    const char* what;
};
inline constexpr Mistake kMistakes[] = {
#include "mistakes.inc"
};
// The proof of the rule finds each mistake made in it.
inline unsigned find_mistakes(const Rule& rule) {
    unsigned found = 0;
    for (const Mistake& m : kMistakes) {
        if (std::string(rule.what) != m.rule) continue;
        symbolic::mistake = m.number;
        const symbolic::Report r = along_all_paths(rule.proof);
        symbolic::mistake = 0;
        EXPECT_GT(r.refuted, 0u) << m.rule << ": " << m.what;
        std::printf("%-32s %s\n    %s\n", m.rule, m.what, r.first.substr(0, 300).c_str());
        ++found;
    }
    return found;
}
#endif

// The rules of one source, proved or, in the copy with mistakes, found to be wrong.
#ifdef MBPF_MISTAKES
#define MBPF_RULES(suite, name, ...)                                              \
    TEST(suite, mistakes_are_found_##name) {                                      \
        unsigned found = 0;                                                       \
        for (const Rule& r : std::initializer_list<Rule>{__VA_ARGS__}) found += find_mistakes(r); \
        EXPECT_GT(found, 0u);                                                     \
    }
#else
#define MBPF_RULES(suite, name, ...)                                              \
    TEST(suite, name) {                                                           \
        for (const Rule& r : std::initializer_list<Rule>{__VA_ARGS__}) prove(r);  \
    }
#endif

}  // namespace mbpf::proof
