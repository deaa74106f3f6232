// SPDX-License-Identifier: Apache-2.0
// Assembly keeps its place in the file, so that a diagnostic names the file's own line.
#include "tests/conformance/data_file.h"

#include <charconv>
#include <map>

#include "core/assemble.h"

namespace mbpf::conformance {

namespace {

Diagnostic bad(std::string_view path, std::string why) {
    Diagnostic d;
    d.code = "MBPF3012";
    d.message = std::move(why);
    d.where.file = std::string(path);
    return d;
}

// Bytes in hex, with or without spaces between them.
Result<std::vector<std::uint8_t>> hex_bytes(std::string_view text, std::string_view path) {
    std::string digits;
    for (const char c : text)
        if (std::string_view(" \t\r\n").find(c) == std::string_view::npos) digits += c;
    std::vector<std::uint8_t> bytes(digits.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        if (const char* at = digits.data() + 2 * i; std::from_chars(at, at + 2, bytes[i], 16).ptr != at + 2) return bad(path, "memory that is not hexadecimal");
    if (digits.size() % 2 != 0) return bad(path, "memory of half a byte");
    return bytes;
}

// One 0x… of 64 bits a line.
Result<std::vector<bpf::Insn>> raw_program(std::string_view text, std::string_view path) {
    std::string digits;
    for (std::size_t at = text.find("0x"); at != std::string_view::npos; at = text.find("0x", at + 1)) {
        std::uint64_t value = 0;
        std::from_chars(text.data() + at + 2, text.data() + text.size(), value, 16);
        static constexpr char kHex[] = "0123456789abcdef";
        for (unsigned byte = 0; byte < 8; ++byte)
            for (const unsigned shift : {4u, 0u}) digits += kHex[value >> (8 * byte + shift) & 15];
    }
    auto bytes = hex_bytes(digits, path);
    if (!bytes) return bytes.error();
    return bpf::decode(*bytes);
}

}  // namespace

Result<DataFile> read_data_file(std::string_view text, std::string_view path) {
    std::map<std::string, std::string, std::less<>> sections;
    std::string section, skipped;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with("-- ")) {
            section = line.substr(3);
            if (!sections.emplace(section, section == "asm" ? skipped + "\n" : "").second) return bad(path, "section \"" + section + "\" is there twice");
        } else if (!section.empty() && !(section != "asm" && line.starts_with('#'))) {
            sections[section] += std::string(line) + "\n";
        }
        skipped += '\n';
    }
    DataFile file;
    const std::size_t slash = path.rfind('/');
    file.test.name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
    if (file.test.name.ends_with(".data")) file.test.name.resize(file.test.name.size() - 5);
    auto program = sections.contains("raw") ? raw_program(sections["raw"], path) : sections.contains("asm") ? bpf::assemble(sections["asm"], path) : Result<std::vector<bpf::Insn>>(bad(path, "neither asm nor raw"));
    if (!program) return program.error();
    file.test.program = std::move(program).value();
    auto memory = hex_bytes(sections["mem"], path);
    if (!memory) return memory.error();
    file.test.memory = std::move(memory).value();
    for (const bpf::Insn& insn : file.test.program)
        if (const bpf::Op* op = bpf::find_op(insn); op != nullptr && op->kind == bpf::Kind::call_indirect) file.calls_register = true;
    file.must_fail = sections.contains("error");
    if (file.must_fail) return file;
    std::string_view result = sections["result"];
    const bool hex = result.starts_with("0x");
    if (hex) result.remove_prefix(2);
    if (std::from_chars(result.data(), result.data() + result.size(), file.result, hex ? 16 : 10).ec != std::errc{}) return bad(path, "no result");
    return file;
}

}  // namespace mbpf::conformance
