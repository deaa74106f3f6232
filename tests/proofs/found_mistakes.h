// SPDX-License-Identifier: Apache-2.0
// Runs proofs that need no State of shipped_rules.h: each by its name, or, built from the copies with mistakes, each
// against the mistakes that seed_mistakes.py made for it.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>
#include <initializer_list>
#include <string>

#include "tests/proofs/symbolic_integer.h"

namespace mbpf::symbolic {

struct Proof {
    const char* what;
    Report (*run)();
};

inline void show(const Proof& p) {
    const std::clock_t begin = std::clock();
    const Report r = p.run();
    EXPECT_EQ(r.refuted, 0u) << p.what << ": " << r.first;
    EXPECT_GT(r.paths, 0u) << p.what;
    std::printf("%-38s %8u paths %9u claims %7.2f s\n", p.what, r.paths, r.claims, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    std::fflush(stdout);
}

#ifdef MBPF_MISTAKES
struct SeededMistake {
    int number;
    const char* rule;
    const char* what;
};
inline constexpr SeededMistake kSeededMistakes[] = {
#include "mistakes.inc"
};
inline void show_mistakes(const Proof& p) {
    unsigned found = 0;
    for (const SeededMistake& m : kSeededMistakes) {
        if (std::string(p.what) != m.rule) continue;
        mistake = m.number;
        const Report r = p.run();
        mistake = 0;
        EXPECT_GT(r.refuted, 0u) << m.rule << ": " << m.what;
        std::printf("%-32s %s\n    %s\n", m.rule, m.what, r.first.substr(0, 300).c_str());
        ++found;
    }
    EXPECT_GT(found, 0u) << p.what << ": no mistake is made in it";
}
#define MBPF_PROOFS(suite, name, ...)                                                                \
    TEST(suite, mistakes_are_found_##name) {                                                         \
        for (const ::mbpf::symbolic::Proof& p : std::initializer_list<::mbpf::symbolic::Proof>{__VA_ARGS__}) ::mbpf::symbolic::show_mistakes(p); \
    }
#else
#define MBPF_PROOFS(suite, name, ...)                                                                \
    TEST(suite, name) {                                                                              \
        for (const ::mbpf::symbolic::Proof& p : std::initializer_list<::mbpf::symbolic::Proof>{__VA_ARGS__}) ::mbpf::symbolic::show(p); \
    }
#endif

}  // namespace mbpf::symbolic
