// SPDX-License-Identifier: Apache-2.0
// The checker on both boards: the same verdicts as here, on proofs and on damaged ones, in the memory it claims.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "sdk/cli/cli.h"
#include "sdk/pipeline/build.h"
#include "tests/verifier/on_board/stream.h"
#include "verifier/checker/check.h"
#include "verifier/prove.h"

namespace mbpf {
namespace {

struct Board {
    const char* name;
    const char* command;
    const char* address;
};
constexpr Board kBoards[] = {
    {"cortex-m4", "qemu-system-arm -M mps2-an386 -semihosting-config enable=on,target=native", "0x21000000"},
    {"rv32imac", "qemu-system-riscv32 -M virt -bios none -cpu rv32", "0x87f00000"},
};

struct Verdict {
    unsigned error = 0;
    unsigned long long worst = 0, work = 0;
    unsigned memory = 0, stack = 0;
};

std::vector<std::uint8_t> task(const proof::Environment& env, const Bytes& certificate, std::uint32_t memory) {
    std::vector<std::uint8_t> blob(std::size_t{1} << 19);
    proof::Stream s{blob.data(), true};
    proof::Environment e = env;
    pass(s, e);
    for (std::uint32_t i = 0; i < env.insn_count; ++i) {
        bpf::Insn insn = env.insns[i];
        pass(s, insn);
    }
    for (std::uint32_t i = 0; i < env.field_count; ++i) {
        proof::Field f = env.fields[i];
        pass(s, f);
    }
    for (std::uint32_t i = 0; i < env.helper_count; ++i) {
        proof::HelperRule h = env.helpers[i];
        pass(s, h);
        for (std::uint32_t m = 0; m < env.map_count; ++m) {
            std::uint32_t cost = h.map_costs == nullptr ? 0 : h.map_costs[m];
            s.number(cost);
        }
    }
    for (std::uint32_t i = 0; i < env.map_count; ++i) {
        proof::MapRule m = env.maps[i];
        pass(s, m);
        s.number(m.initial_size);
        s.bytes(const_cast<std::uint8_t*>(m.initial), m.initial_size);
    }
    Bytes copy = certificate;
    std::uint32_t size = static_cast<std::uint32_t>(copy.size());
    s.numbers(memory, size);
    s.bytes(copy.data(), size);
    blob.resize(static_cast<std::size_t>(s.at - blob.data()));
    return blob;
}

bool on_board(const Board& board, const std::vector<std::uint8_t>& blob, Verdict& v) {
    const std::filesystem::path folder = std::filesystem::temp_directory_path();
    const std::string input = (folder / ("checker-" + std::to_string(::getpid()) + ".task")).string();
    std::ofstream(input, std::ios::binary).write(reinterpret_cast<const char*>(blob.data()), static_cast<std::streamsize>(blob.size()));
    const std::string command = "timeout 60 " + std::string(board.command) + " -nodefaults -display none -serial stdio -kernel " + FIRMWARE_FOLDER + "/checker-" + board.name + ".elf -device loader,file=" + input + ",addr=" + board.address + ",force-raw=on 2>/dev/null </dev/null";
    std::FILE* out = ::popen(command.c_str(), "r");
    if (out == nullptr) return false;
    const int fields = std::fscanf(out, "error %u worst %llu work %llu memory %u stack %u", &v.error, &v.worst, &v.work, &v.memory, &v.stack);
    ::pclose(out);
    std::filesystem::remove(input);
    return fields == 5;
}

Verdict on_host(const proof::Environment& env, const Bytes& certificate, std::uint32_t memory) {
    std::vector<std::uint8_t> work(memory);
    const proof::CheckResult r = proof::check(env, certificate.data(), certificate.size(), work.data(), work.size());
    return {static_cast<unsigned>(r.error), r.worst_case, r.work, r.peak_bytes, 0};
}

// About a thousand instructions, all of two frames' stack in use: one function fills 32 slots from the context and
// calls another that does likewise and has branches.
std::vector<bpf::Insn> large_program() {
    const auto slot = [](unsigned opcode, unsigned dst = 0, unsigned src = 0, int offset = 0, std::int32_t imm = 0) {
        return bpf::Insn{static_cast<std::uint8_t>(opcode), static_cast<std::uint8_t>(dst), static_cast<std::uint8_t>(src), static_cast<std::int16_t>(offset), imm};
    };
    std::vector<bpf::Insn> code{slot(0xbf, 6, 1)};
    const auto fill = [&](unsigned rounds) {
        for (unsigned round = 0; round < rounds; ++round)
            for (int i = 1; i <= 32; ++i) {
                code.push_back(slot(0x79, 2, 6, 16 + 8 * (i % 4)));     // r2 = context word
                code.push_back(slot(0x57, 2, 0, 0, 0xff + i));          // r2 &= …
                code.push_back(slot(0x7b, 10, 2, -8 * i));              // slot i = r2
            }
    };
    fill(4);
    code.push_back(slot(0xbf, 1, 6));
    code.push_back(slot(0x85, 0, 1, 0, 1));  // call the function behind the exit
    code.push_back(slot(0x95));
    code.push_back(slot(0xbf, 6, 1));
    fill(4);
    code.push_back(slot(0xb7, 0));
    for (int i = 1; i <= 64; ++i) {
        code.push_back(slot(0x79, 3, 10, -8 * (1 + i % 32)));
        code.push_back(slot(0x25, 3, 0, 1, 40 + i));  // if r3 > … skip
        code.push_back(slot(0x0f, 0, 3));
    }
    code.push_back(slot(0x57, 0, 0, 0, 1));
    code.push_back(slot(0x95));
    return code;
}

class OnBoard : public ::testing::TestWithParam<Board> {};

TEST_P(OnBoard, gives_the_verdicts_of_the_host) {
    const std::string path = std::string(LOOPS_FOLDER) + "/bounded.bpf.c";
    const std::string text = cli::read_text(path).value();
    BuildOptions options;
    options.goal = BuildGoal::object;
    options.platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
    const BuildResult built = build({{path, std::vector<std::uint8_t>(text.begin(), text.end())}}, options);
    ASSERT_TRUE(built.ok()) << built.messages;
    std::mt19937_64 random(3);
    unsigned proofs = 0, mutations = 0, most_memory = 0, most_stack = 0;
    for (std::size_t p = 0; p < built.object->programs.size(); p += 4) {
        const bpf::Program& program = built.object->programs[p];
        const auto hook = match_section(*options.platform, program.section);
        const ProofEnvironment env(*built.object, program, *options.platform, *hook->hook, 0);
        const CfgResult cfg = build_cfg(program, *options.platform);
        const Found found = find_proof(env, cfg.cfg, {1'000'000});
        ASSERT_FALSE(found.certificate.empty()) << program.name;
        for (unsigned mutation = 0; mutation < 4; ++mutation) {
            Bytes certificate = found.certificate;
            if (mutation > 0) certificate[5 + random() % (certificate.size() - 5)] ^= static_cast<std::uint8_t>(1u << random() % 8);
            const Verdict here = on_host(env.tables(), certificate, 20480);
            Verdict there;
            ASSERT_TRUE(on_board(GetParam(), task(env.tables(), certificate, 20480), there)) << program.name;
            EXPECT_EQ(here.error, there.error) << program.name << " mutation " << mutation;
            EXPECT_EQ(here.work, there.work) << program.name << " mutation " << mutation;
            if (here.error == 0) {
                EXPECT_EQ(here.worst, there.worst) << program.name;
            }
            if (mutation == 0) {
                EXPECT_EQ(there.error, 0u) << program.name;
            }
            ++(mutation == 0 ? proofs : mutations);
            most_memory = std::max(most_memory, there.memory);
            most_stack = std::max(most_stack, there.stack);
        }
    }
    std::printf("%s: %u proofs and %u damaged ones judged as on the host; at most %u bytes of memory and %u of stack\n", GetParam().name, proofs, mutations, most_memory, most_stack);
}

TEST_P(OnBoard, needs_16_kb_for_a_thousand_instructions_and_two_frames) {
    auto object = bpf::object_from_slots(large_program(), "trace/x").value();
    const std::uint32_t exit = 3 + 4 * 96;
    object.programs.front().functions = {{"f", 0, exit + 1, 0}, {"g", exit + 1, static_cast<std::uint32_t>(object.programs.front().insns.size()), 0}};
    const Platform& platform = *builtin_platform("microbpf");
    const auto hook = match_section(platform, "trace/x");
    const ProofEnvironment env(object, object.programs.front(), platform, *hook->hook, 0);
    const CfgResult cfg = build_cfg(object.programs.front(), platform);
    ASSERT_FALSE(cfg.error) << render_text(*cfg.error);
    const Found found = find_proof(env, cfg.cfg, {1'000'000});
    ASSERT_FALSE(found.certificate.empty()) << render_text(*found.problem);
    EXPECT_EQ(found.stack_bytes, 512u);
    Verdict there;
    ASSERT_TRUE(on_board(GetParam(), task(env.tables(), found.certificate, 24000), there));
    EXPECT_EQ(there.error, 0u);
    std::printf("%s: %zu instructions, %zu bytes of certificate, %u bytes of memory and %u of stack\n", GetParam().name, object.programs.front().insns.size(), found.certificate.size(), there.memory, there.stack);
    EXPECT_LE(there.memory + there.stack, 16384u);
}

INSTANTIATE_TEST_SUITE_P(Boards, OnBoard, ::testing::ValuesIn(kBoards), [](const auto& i) { return std::string(i.param.name) == "rv32imac" ? "rv32imac" : "cortex_m4"; });

}  // namespace
}  // namespace mbpf
