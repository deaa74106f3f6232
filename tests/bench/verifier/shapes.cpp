// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/verifier/shapes.h"

namespace mbpf::bench {

namespace {

using bpf::Insn;

Insn slot(unsigned opcode, unsigned dst = 0, unsigned src = 0, int offset = 0, std::int32_t imm = 0) {
    return {static_cast<std::uint8_t>(opcode), static_cast<std::uint8_t>(dst), static_cast<std::uint8_t>(src), static_cast<std::int16_t>(offset), imm};
}
const Insn kExit = slot(0x95), kZero = slot(0xb7);

Shape shape(std::string name, std::vector<Insn> code, std::vector<bpf::Function> functions = {}) {
    Shape s{std::move(name), bpf::object_from_slots(std::move(code), "trace/x").value()};
    if (!functions.empty()) s.object.programs.front().functions = std::move(functions);
    return s;
}

Shape straight(unsigned n) {
    std::vector<Insn> code(n, slot(0x07, 0, 0, 0, 1));
    code.front() = kZero;
    code.back() = kExit;
    return shape(std::to_string(n) + " instructions in a row", code);
}

// Sixty slots written from the context, then read and written in turn.
Shape slots(unsigned n) {
    std::vector<Insn> code{slot(0xbf, 6, 1), kZero};
    for (int i = 1; i <= 60; ++i) {
        code.push_back(slot(0x79, 2, 6, 16));
        code.push_back(slot(0x7b, 10, 2, -8 * i));
    }
    for (unsigned i = 0; code.size() + 4 < n; ++i) {
        code.push_back(slot(0x79, 2, 10, -8 * static_cast<int>(1 + i % 60)));
        code.push_back(slot(0x0f, 0, 2));
        code.push_back(slot(0x7b, 10, 0, -8 * static_cast<int>(1 + i * 7 % 60)));
    }
    while (code.size() + 1 < n) code.push_back(slot(0x07, 0, 0, 0, 1));
    code.push_back(kExit);
    return shape(std::to_string(n) + " instructions, 60 live slots", code);
}

Shape branches(unsigned n) {
    std::vector<Insn> code{slot(0x79, 2, 1, 16), kZero};
    for (unsigned i = 0; i < n; ++i) {
        code.push_back(slot(0x15, 2, 0, 1, static_cast<std::int32_t>(i)));
        code.push_back(slot(0x07, 0, 0, 0, 1));
    }
    code.push_back(kExit);
    return shape(std::to_string(n) + " branches in sequence", code);
}

// Every branch loads the context anew, so that none tells anything of another.
Shape independent_branches(unsigned n) {
    std::vector<Insn> code{slot(0xbf, 6, 1), kZero};
    for (unsigned i = 0; i < n; ++i) {
        code.push_back(slot(0x79, 2, 6, static_cast<int>(16 + 8 * (i % 4))));
        code.push_back(slot(0x25, 2, 0, 2, static_cast<std::int32_t>(i)));
        code.push_back(slot(0x07, 0, 0, 0, 1));
        code.push_back(slot(0x7b, 10, 0, -8 * static_cast<int>(1 + i % 16)));
    }
    code.push_back(kExit);
    return shape(std::to_string(n) + " independent branches", code);
}

Shape nested_ifs(unsigned n) {
    std::vector<Insn> code{slot(0xbf, 6, 1), kZero};
    for (unsigned i = 0; i < n; ++i) {
        code.push_back(slot(0x79, 2, 6, static_cast<int>(16 + 8 * (i % 4))));
        code.push_back(slot(0x25, 2, 0, static_cast<int>(3 * (n - i - 1) + 1), static_cast<std::int32_t>(i)));
        code.push_back(slot(0x07, 0, 0, 0, 1));
    }
    code.push_back(slot(0x07, 0, 0, 0, 1));
    code.push_back(kExit);
    return shape(std::to_string(n) + " nested ifs", code);
}

Shape calls(unsigned n, std::vector<Insn> body, const std::string& what) {
    std::vector<Insn> code{slot(0xbf, 6, 1), slot(0xb7, 7)};
    for (unsigned i = 0; i < n; ++i) {
        code.push_back(slot(0x79, 1, 6, 16));
        code.push_back(slot(0x85, 0, 1, 0, 0));
        code.push_back(slot(0x0f, 7, 0));
    }
    code.push_back(slot(0xbf, 0, 7));
    code.push_back(kExit);
    const std::uint32_t target = static_cast<std::uint32_t>(code.size());
    for (std::uint32_t i = 0; i < code.size(); ++i)
        if (code[i].opcode == 0x85) code[i].imm = static_cast<std::int32_t>(target - i - 1);
    code.insert(code.end(), body.begin(), body.end());
    const std::uint32_t end = static_cast<std::uint32_t>(code.size());
    return shape(std::to_string(n) + " calls of a function" + what, std::move(code), {{"f", 0, target, 0}, {"g", target, end, 0}});
}

Shape wide_switch(unsigned n) {
    std::vector<Insn> code{slot(0x79, 2, 1, 16), kZero};
    for (unsigned i = 0; i < n; ++i) code.push_back(slot(0x15, 2, 0, static_cast<int>(n - i - 1 + 1 + 2 * i), static_cast<std::int32_t>(i)));
    code.push_back(kExit);
    for (unsigned i = 0; i < n; ++i) {
        code.push_back(slot(0xb7, 0, 0, 0, static_cast<std::int32_t>(i)));
        code.push_back(kExit);
    }
    return shape("switch of " + std::to_string(n) + " cases", code);
}

}  // namespace

std::vector<Shape> shapes() {
    std::vector<Shape> all;
    all.push_back(straight(16000));
    all.push_back(slots(3005));
    all.push_back(slots(12005));
    all.push_back(branches(250));
    all.push_back(branches(2500));
    all.push_back(independent_branches(250));
    all.push_back(independent_branches(2500));
    all.push_back(nested_ifs(60));
    all.push_back(wide_switch(1000));
    all.push_back(calls(1000, {slot(0xbf, 0, 1), slot(0x57, 0, 0, 0, 255), kExit}, ""));
    all.push_back(calls(1000, {slot(0xbf, 0, 1), slot(0x25, 1, 0, 1, 9), slot(0x07, 0, 0, 0, 1), kExit}, " with a branch"));
    all.push_back(calls(1000, {kZero, slot(0xb7, 2), slot(0x0f, 0, 1), slot(0x07, 2, 0, 0, 1), slot(0xa5, 2, 0, -3, 8), kExit}, " with a loop"));
    return all;
}

}  // namespace mbpf::bench
