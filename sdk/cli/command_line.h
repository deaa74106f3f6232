// SPDX-License-Identifier: Apache-2.0
// CLI11 throws; our tools end with the exit codes of all our tools. This is where the one becomes the other:
// call parse() first thing in main() and return its value if it has one.
#pragma once

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>

#include "sdk/cli/cli.h"

namespace mbpf::cli {

inline constexpr const char* kVersion = "0.1.0";

// An option whose value is MBPF_<name> unless the flag is given. CLI11's own envname() also fills options of
// commands that were not chosen, over the flag given, where commands share a variable.
inline CLI::Option* or_environment(CLI::Option* option, std::string& value, std::string_view name) {
    if (const auto set = environment(name)) value = *set;
    return option->description(option->get_description() + " (MBPF_" + std::string(name) + ")");
}

// "mbpf-deploy map set": as far as the command line could be followed.
inline std::string chosen_command(const CLI::App& app) {
    std::string name = app.get_name();
    for (const CLI::App* at = &app; !at->get_subcommands().empty(); name += " " + at->get_name()) at = at->get_subcommands().front();
    return name;
}

// Parses; nothing to return means: go on. --help and --version print to stdout and end with 0, anything the
// tool does not understand prints MBPF2001 and ends with 2.
inline std::optional<int> parse(CLI::App& app, int argc, char** argv) {
    take_standard_streams();
    try {
        app.parse(argc, argv);
        return std::nullopt;
    } catch (const CLI::Success& end) {  // help, version
        return finish(app.exit(end, std::cout, std::cerr) == 0 ? 0 : 2);
    } catch (const CLI::RequiredError& error) {
        // CLI11 says only that a command is missing, even where a wrong one stands.
        const std::vector<std::string> rest = app.remaining();
        const bool wrong_command = app.get_subcommands().empty() && !rest.empty() && !rest.front().starts_with("-");
        return report(usage_error(wrong_command ? "there is no command '" + rest.front() + "'" : std::string(error.what()),
                                  "run " + chosen_command(app) + " --help"));
    } catch (const CLI::ParseError& error) {
        std::string message = error.what();
        const std::size_t line_end = message.find('\n');
        if (line_end != std::string::npos) message.resize(line_end);
        return report(usage_error(message, "run " + chosen_command(app) + " --help"));
    }
}

}  // namespace mbpf::cli
