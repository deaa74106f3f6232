// SPDX-License-Identifier: Apache-2.0
// The reference firmware on the emulated boards, with hand-written machine code: signatures, loading and
// counting are those of the device itself.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>
#include <sodium.h>
#include <filesystem>

#include "core/platform.h"
#include "linker/package.h"
#include "mbpf/abi/admission.h"
#include "mbpf/abi/map_layout.h"
#include "mbpf/abi/package.h"
#include "signer/root.h"
#include "simulator/board.h"
#include "simulator/control_client.h"
#include "tests/firmware_runtime/board_packages.h"

namespace mbpf::test {
namespace {

class Board : public testing::TestWithParam<BoardKind> {
  protected:
    static std::unique_ptr<ControlClient> connect(const BoardProcess& board) {
        Result<std::unique_ptr<ByteStream>> stream = open_stream(board.endpoint());
        if (!stream) return nullptr;
        return std::make_unique<ControlClient>(std::move(*stream));
    }
};

TEST_P(Board, answers_hello_and_keeps_answering) {
    Result<BoardProcess> board = start_board(GetParam(), provisioned());
    ASSERT_TRUE(static_cast<bool>(board)) << render_text(board.error());
    auto client = connect(*board);
    ASSERT_NE(client, nullptr);
    for (int i = 0; i < 50; ++i) {
        control::Request request;
        request.mutable_hello();
        const Result<control::Response> r = client->call(request);
        ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
        EXPECT_EQ(r->hello().board(), board_name(GetParam()));
        EXPECT_EQ(r->hello().trusted_keys(), 2u);
    }
}

TEST_P(Board, without_provisioning_admits_nothing) {
    Result<BoardProcess> board = start_board(GetParam());
    ASSERT_TRUE(static_cast<bool>(board)) << render_text(board.error());
    auto client = connect(*board);
    ASSERT_NE(client, nullptr);
    const Result<control::Response> r = client->push(signed_bytes(increment(GetParam())), {});
    ASSERT_FALSE(static_cast<bool>(r));
    EXPECT_EQ(r.error().code, "MBPF5129");
}

TEST_P(Board, runs_code_and_counts_its_instructions) {
    Result<BoardProcess> board = start_board(GetParam(), provisioned());
    ASSERT_TRUE(static_cast<bool>(board)) << render_text(board.error());
    auto client = connect(*board);
    ASSERT_NE(client, nullptr);
    Package p = increment(GetParam());
    p.programs[0].hook_abi = builtin_platform("isa")->hooks[0].abi_hash();
    const Result<control::Response> pushed = client->push(signed_bytes(p), {});
    ASSERT_TRUE(static_cast<bool>(pushed)) << render_text(pushed.error());
    control::Request request;
    control::TestRun& run = *request.mutable_test_run();
    run.set_package("demo");
    run.set_program("main");
    run.set_context(std::string("\x29\0\0\0", 4));
    run.set_repeat(40);
    const Result<control::Response> r = client->call(request);
    ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
    EXPECT_EQ(r->test_run().result(), 42u);
    EXPECT_LE(r->test_run().instructions(), 4u);  // 4 of ours, less the 2 or 3 of an empty program
}

TEST_P(Board, refuses_flipped_bits_foreign_code_and_missing_roles) {
    Result<BoardProcess> board = start_board(GetParam(), provisioned());
    ASSERT_TRUE(static_cast<bool>(board)) << render_text(board.error());
    auto client = connect(*board);
    ASSERT_NE(client, nullptr);
    std::vector<std::uint8_t> flipped = signed_bytes(increment(GetParam()));
    flipped[300] ^= 1;
    const auto code_of = [&](const std::vector<std::uint8_t>& bytes) {
        const Result<control::Response> r = client->push(bytes, {});
        return r ? std::string("accepted") : r.error().code;
    };
    EXPECT_EQ(code_of(flipped), "MBPF5114");
    EXPECT_EQ(code_of(signed_bytes(increment(GetParam() == BoardKind::rv32imac ? BoardKind::cortex_m4 : BoardKind::rv32imac))), "MBPF5107");
    Package half = increment(GetParam());
    verifier().sign(half);
    EXPECT_EQ(code_of(half.serialize(true)), "MBPF5111");
}

TEST_P(Board, tcp_endpoint_on_a_free_port) {
    BoardOptions options = provisioned();
    options.endpoint = "tcp://127.0.0.1:0";
    Result<BoardProcess> board = start_board(GetParam(), options);
    ASSERT_TRUE(static_cast<bool>(board)) << render_text(board.error());
    EXPECT_TRUE(board->endpoint().starts_with("tcp://127.0.0.1:"));
    EXPECT_NE(connect(*board), nullptr);
}

TEST_P(Board, ends_with_its_process_object) {
    pid_t pid = 0;
    std::string endpoint;
    {
        Result<BoardProcess> board = start_board(GetParam());
        ASSERT_TRUE(static_cast<bool>(board)) << render_text(board.error());
        pid = board->pid();
        endpoint = board->endpoint().substr(5);
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_NE(::kill(pid, 0), 0);
    EXPECT_FALSE(std::filesystem::exists(endpoint));
}

TEST_P(Board, missing_firmware_is_said) {
    BoardOptions options;
    options.firmware = "/nonexistent/firmware.elf";
    const Result<BoardProcess> board = start_board(GetParam(), options);
    ASSERT_FALSE(static_cast<bool>(board));
    EXPECT_EQ(board.error().code, "MBPF4202");
}

TEST_P(Board, missing_emulator_is_said) {
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", "/nonexistent", 1);
    const Result<BoardProcess> board = start_board(GetParam());
    ::setenv("PATH", path.c_str(), 1);
    ASSERT_FALSE(static_cast<bool>(board));
    EXPECT_EQ(board.error().code, "MBPF4201");
}

TEST_P(Board, firmware_that_is_none_is_said) {
    const std::string text = testing::TempDir() + "no_firmware.elf";
    std::ofstream(text) << "this is no ELF file";
    BoardOptions options;
    options.firmware = text;
    const Result<BoardProcess> board = start_board(GetParam(), options);
    ASSERT_FALSE(static_cast<bool>(board));
    EXPECT_EQ(board.error().code, "MBPF4202");
    EXPECT_NE(board.error().why.find("ELF"), std::string::npos) << board.error().why;
}

TEST_P(Board, an_emulator_that_ends_is_said_with_its_message) {
    BoardOptions options;
    options.endpoint = "unix:/nonexistent/folder/socket";
    const Result<BoardProcess> board = start_board(GetParam(), options);
    ASSERT_FALSE(static_cast<bool>(board));
    EXPECT_EQ(board.error().code, "MBPF4203");
    EXPECT_NE(board.error().why.find("socket"), std::string::npos) << board.error().why;
}

TEST_P(Board, a_flash_file_of_another_kind_or_place_is_said) {
    BoardOptions options;
    options.flash = testing::TempDir() + "short_flash";
    std::ofstream(options.flash) << "this is no flash";
    Result<BoardProcess> board = start_board(GetParam(), options);
    ASSERT_FALSE(static_cast<bool>(board));
    EXPECT_EQ(board.error().code, "MBPF4205");
    std::filesystem::remove(options.flash);
    options.flash = "/nonexistent/folder/flash";
    board = start_board(GetParam(), options);
    ASSERT_FALSE(static_cast<bool>(board));
    EXPECT_EQ(board.error().code, "MBPF4205");
}

TEST_P(Board, bad_endpoint_is_said) {
    BoardOptions options;
    for (const char* endpoint : {"carrier-pigeon:", "tcp://127.0.0.1:x", "tcp://10.0.0.1:5", "unix:"}) {
        options.endpoint = endpoint;
        const Result<BoardProcess> board = start_board(GetParam(), options);
        ASSERT_FALSE(static_cast<bool>(board)) << endpoint;
        EXPECT_EQ(board.error().code, "MBPF4204");
    }
}

// What an image that speaks no protocol says for a byte, from `first` on.
std::string said_by(const char* image, BoardKind kind, const std::string& first) {
    BoardOptions options;
    options.firmware = MBPF_BINARY_DIR "/firmware/" + std::string(image) + "-" + std::string(board_name(kind)) + ".elf";
    options.wait_until_ready = false;
    Result<BoardProcess> board = start_board(kind, options);
    if (!board) return render_text(board.error());
    Result<std::unique_ptr<ByteStream>> stream = open_stream(board->endpoint());
    for (int i = 0; i < 100 && !stream; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        stream = open_stream(board->endpoint());
    }
    if (!stream) return render_text(stream.error());
    // Bytes may come one by one, behind what the board said while it started: time ends the wait, not a number of reads.
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    std::string said;
    std::size_t begins = std::string::npos, ends = std::string::npos;
    while (ends == std::string::npos && std::chrono::steady_clock::now() < until) {
        const Result<std::vector<std::uint8_t>> bytes = (*stream)->read(200);
        if (!bytes) return said + render_text(bytes.error());
        said.append(bytes->begin(), bytes->end());
        if (bytes->empty()) (void)(*stream)->write(std::array<std::uint8_t, 1>{'?'});  // it is not busy with resets
        begins = said.find(first);
        if (begins != std::string::npos) ends = said.find("done", begins);
    }
    return begins == std::string::npos ? "never said: " + said : said.substr(begins, ends == std::string::npos ? ends : ends - begins);
}

// Not even privileged code runs what lies in the runtime's RAM: a spoilt pointer leads to a reset.
TEST(ExecuteNever, holds_for_the_runtimes_ram) {
    for (const BoardKind kind : {BoardKind::cortex_m4, BoardKind::cortex_m33})
        EXPECT_EQ(said_by("execute-never", kind, "data "), "data refused\nbss refused\nstack refused\nlog refused\nopen area refused\n") << board_name(kind);
}

// Cortex-M: an interrupt of the watchdog that is left over from the run before; RISC-V: a carry in its clock.
TEST_P(Board, no_program_runs_unwatched_or_is_stopped_for_another) {
    const std::string said = said_by("watchdog", GetParam(), "stopped ");
    EXPECT_NE(said.find("stopped for another's time 0\nraces lost 0\n"), std::string::npos) << said;
    EXPECT_EQ(said.find("stopped 0\n"), std::string::npos) << "the window holds programs that end in time and others: " << said;
    EXPECT_EQ(said.find("returned 0\n"), std::string::npos) << said;
}

// An image with MBPF_ROOT_ROTATION=0 does not know the request; it admits by the anchors that it has.
TEST(FixedTrust, no_root_record_is_taken_and_packages_are_judged) {
    for (const bool fixed : {true, false}) {
        BoardOptions options = provisioned();
        if (fixed) options.firmware = MBPF_BINARY_DIR "/firmware/size-fixed-cortex-m4.elf";
        Result<BoardProcess> board = start_board(BoardKind::cortex_m4, options);
        ASSERT_TRUE(static_cast<bool>(board)) << render_text(board.error());
        Result<std::unique_ptr<ByteStream>> stream = open_stream(board->endpoint());
        ASSERT_TRUE(static_cast<bool>(stream));
        ControlClient client(std::move(*stream));
        control::Request update;
        update.mutable_root_update()->set_record("ROOT");
        const Result<control::Response> root = client.call(update);
        ASSERT_FALSE(static_cast<bool>(root));
        EXPECT_EQ(root.error().code, fixed ? "MBPF4107" : "MBPF5136");
        Package p = increment(BoardKind::cortex_m4);
        verifier().sign(p);
        const Result<control::Response> half = client.push(p.serialize(true), {});
        ASSERT_FALSE(static_cast<bool>(half));
        EXPECT_EQ(half.error().code, "MBPF5111");
        control::Request hello;
        hello.mutable_hello();
        const Result<control::Response> r = client.call(hello);
        ASSERT_TRUE(static_cast<bool>(r)) << render_text(r.error());
        EXPECT_EQ(r->hello().trusted_keys(), 2u);
    }
}

INSTANTIATE_TEST_SUITE_P(Emulated, Board, testing::ValuesIn(kBoardKinds), name_of);

}  // namespace
}  // namespace mbpf::test
