// SPDX-License-Identifier: Apache-2.0
// Verdicts on programs written as assembly text.
#pragma once

#include <gtest/gtest.h>

#include "core/assemble.h"
#include "verifier/verify.h"

namespace mbpf {

// "" if accepted, else the code of the first diagnostic.
inline std::string code_of(const VerifyReport& report) { return report.accepted() ? "" : report.verdicts.front().diagnostics.front().code; }

// `pseudo`: what each lddw loads (BPF_PSEUDO_MAP_FD, BPF_PSEUDO_FUNC, ...).
inline VerifyReport judged(std::string_view text, const char* section = "tc", const char* platform = "linux", std::vector<bpf::Map> maps = {}, std::uint8_t pseudo = 4) {
    auto code = bpf::assemble(text);
    EXPECT_TRUE(code) << render_text(code.error());
    for (bpf::Insn& insn : code.value())
        if (insn.opcode == 0x18) insn.src = pseudo;
    auto object = bpf::object_from_slots(code.value(), section, std::move(maps));
    EXPECT_TRUE(object) << render_text(object.error());
    return verify(std::make_shared<const bpf::Object>(std::move(object).value()), std::make_shared<const Platform>(*builtin_platform(platform)));
}

}  // namespace mbpf
