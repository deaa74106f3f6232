// SPDX-License-Identifier: Apache-2.0
// Command lines of the fuzzers: numbers, "--name N" or "--name=N". Read before googletest sees the arguments, whose own
// --help would hide them.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mbpf::fuzz {

struct Option {
    const char* name;   // "--seed"
    const char* value;  // "N" in the help; empty: a flag
    const char* says;
    std::function<bool(std::string_view)> take;  // whether the value is one
};

inline std::function<bool(std::string_view)> number(std::uint64_t& into) {
    return [&into](std::string_view text) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
        return error == std::errc{} && end == text.data() + text.size();
    };
}

// Nothing: go on, with what is left (googletest's) in argv; else the exit code.
inline std::optional<int> read_options(int& argc, char** argv, const char* tool, const char* summary, std::span<const Option> options, bool googletest = true) {
    const auto help = [&](std::FILE* to) {
        std::fprintf(to, "%s [option]…: %s\n", tool, summary);
        for (const Option& o : options) std::fprintf(to, "  %-12s %-7s %s\n", o.name, o.value, o.says);
        if (googletest) std::fprintf(to, "Besides, googletest's own, as --gtest_filter=PATTERN; --gtest_help lists them.\n");
    };
    std::vector<char*> left = {argv[0]};
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--help" || argument == "-h") {
            help(stdout);
            return 0;
        }
        if (googletest && argument.starts_with("--gtest_")) {
            left.push_back(argv[i]);
            continue;
        }
        const std::size_t equals = argument.find('=');
        const std::string_view name = argument.substr(0, equals);
        const Option* option = nullptr;
        for (const Option& o : options)
            if (name == o.name) option = &o;
        const bool flag = option != nullptr && *option->value == '\0';
        const bool has_value = equals != std::string_view::npos || (!flag && i + 1 < argc);
        if (option == nullptr || has_value == flag) {
            std::fprintf(stderr, "%s: %s %s\n", tool, option == nullptr ? "there is no option" : flag ? "no value belongs to" : "a value is missing behind", argv[i]);
            help(stderr);
            return 2;
        }
        const std::string_view value = flag ? std::string_view() : equals != std::string_view::npos ? argument.substr(equals + 1) : argv[++i];
        if (!option->take(value)) {
            std::fprintf(stderr, "%s: \"%.*s\" is no value of %s\n", tool, static_cast<int>(value.size()), value.data(), option->name);
            help(stderr);
            return 2;
        }
    }
    argc = static_cast<int>(left.size());
    for (int i = 0; i < argc; ++i) argv[i] = left[static_cast<std::size_t>(i)];
    return std::nullopt;
}

}  // namespace mbpf::fuzz
