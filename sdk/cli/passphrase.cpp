// SPDX-License-Identifier: Apache-2.0
// The terminal is asked through /dev/tty, so that pipes stay free; its echo is restored after an interrupt too.
#include "sdk/cli/passphrase.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "sdk/cli/cli.h"

namespace mbpf::cli {

namespace {

// One line typed without echo. The terminal gives us keys, not signals, so that an interrupt cannot leave it mute.
std::optional<std::string> read_hidden_line(int tty) {
    constexpr char kInterrupt = 3, kEnd = 4, kBackspace = 8, kKillLine = 21, kDelete = 127;
    std::string line;
    for (char c = 0; line.size() < 1024;) {
        if (::read(tty, &c, 1) != 1 || c == kInterrupt) return std::nullopt;
        if (c == '\n' || c == '\r' || c == kEnd) break;
        if (c == kKillLine) line.clear();
        else if (c != kBackspace && c != kDelete) line.push_back(c);
        else if (!line.empty()) line.pop_back();
    }
    return line;
}

Result<std::string> ask(const std::string& prompt, const std::string& fix = "set MBPF_PASSPHRASE, or give --passphrase-file") {
    const int tty = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    termios before{};
    if (tty < 0 || ::tcgetattr(tty, &before) != 0) {
        if (tty >= 0) ::close(tty);
        return usage_error("a passphrase is needed and there is no terminal to ask", fix);
    }
    termios quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    ::tcsetattr(tty, TCSAFLUSH, &quiet);
    std::optional<std::string> line;
    if (::write(tty, prompt.data(), prompt.size()) >= 0) line = read_hidden_line(tty);
    ::tcsetattr(tty, TCSAFLUSH, &before);
    (void)!::write(tty, "\n", 1);
    ::close(tty);
    if (!line) return usage_error("no passphrase was entered", "enter it, set MBPF_PASSPHRASE, or give --passphrase-file");
    return *line;
}

std::optional<Result<std::string>> given(const std::string& file, bool none) {
    if (none) return Result<std::string>(std::string());
    if (!file.empty()) {
        auto text = read_text(file);
        if (!text) return text;
        return Result<std::string>(text->substr(0, text->find('\n')));
    }
    if (const auto from_environment = environment("PASSPHRASE")) return Result<std::string>(*from_environment);
    return std::nullopt;
}

}  // namespace

Result<std::string> passphrase(const std::string& file, bool none, const std::string& what) {
    if (auto p = given(file, none)) return *p;
    return ask("passphrase of " + what + ": ");
}

Result<std::string> new_passphrase(const std::string& file, bool none) {
    if (auto p = given(file, none)) {
        if (*p && p->value().empty() && !none) return usage_error("the passphrase is empty", "choose one, or say --no-passphrase for a test key");
        return *p;
    }
    auto first = ask("new passphrase: ");
    if (!first) return first;
    if (first->empty()) return usage_error("the passphrase is empty", "choose one, or say --no-passphrase for a test key");
    auto second = ask("again: ");
    if (!second) return second;
    if (*first != *second) return usage_error("the two passphrases differ", "try again");
    return first;
}

Result<std::string> pin(const std::string& file, const std::string& what) {
    if (!file.empty()) return *given(file, false);
    if (const auto from_environment = environment("PIN")) return *from_environment;
    return ask("PIN of " + what + ": ", "set MBPF_PIN, or give --pin-file");
}

Status write_key_pair(const std::string& name, std::string_view secret, std::string_view public_line) {
    const auto bytes = [](std::string_view text) { return std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()); };
    // The public half first: should the secret one fail to be written, nothing secret is left without a trace.
    if (Status s = write_output(name + ".pub", bytes(public_line), 0644, false); !s) return s;
    Status s = write_output(name + ".key", bytes(secret), 0600, false);
    if (!s) ::unlink((name + ".pub").c_str());
    return s;
}

Result<std::vector<std::uint8_t>> parse_hex(const std::string& text) {
    std::vector<std::uint8_t> bytes;
    const std::string digits = text.starts_with("0x") ? text.substr(2) : text;
    const auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        if (i + 1 >= digits.size() || value(digits[i]) < 0 || value(digits[i + 1]) < 0) return usage_error("'" + text + "' is no hexadecimal byte string", "write two digits a byte: 0a1b2c");
        bytes.push_back(static_cast<std::uint8_t>(value(digits[i]) * 16 + value(digits[i + 1])));
    }
    return bytes;
}

Status parse_trust_options(const std::string& capabilities, const std::string& device_id, const Platform& platform, std::uint64_t& granted, std::array<std::uint8_t, 16>& id) {
    auto bytes = parse_hex(device_id);
    if (!bytes) return bytes.error();
    if (bytes->size() > id.size()) return usage_error("device id has more than 16 bytes", "shorten it");
    std::copy(bytes->begin(), bytes->end(), id.begin());
    if (capabilities == "all") {
        granted = ~std::uint64_t{0};
        return ok();
    }
    granted = 0;
    for (std::size_t at = 0; at < capabilities.size();) {
        const std::size_t comma = std::min(capabilities.find(',', at), capabilities.size());
        const std::string name = capabilities.substr(at, comma - at);
        const Capability* capability = platform.find_capability(name);
        if (capability == nullptr) return usage_error("platform " + platform.name + " has no capability '" + name + "'", "see the platform reference");
        granted |= std::uint64_t{1} << capability->bit;
        at = comma + 1;
    }
    return ok();
}

}  // namespace mbpf::cli
