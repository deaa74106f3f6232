// SPDX-License-Identifier: Apache-2.0
// Emulated boards: QEMU with the reference firmware, its serial line as an endpoint the control client can
// open. A board lives as long as its BoardProcess, whatever way this process ends.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "core/result.h"

namespace mbpf {

enum class BoardKind : std::uint8_t { cortex_m4, cortex_m33, rv32imac };
inline constexpr std::array kBoardKinds = {BoardKind::cortex_m4, BoardKind::cortex_m33, BoardKind::rv32imac};

std::optional<BoardKind> parse_board(std::string_view name);  // "cortex-m4", "cortex-m33", "rv32imac"
std::string_view board_name(BoardKind kind);

struct BoardOptions {
    // ELF to run; empty: firmware-<board>.elf in $MBPF_FIRMWARE_DIR, beside the tools, or in the build folder.
    std::string firmware;
    // As encode_trust_anchors() gives them; empty: the board is not provisioned and admits nothing.
    std::vector<std::uint8_t> trust_anchors;
    // "unix:PATH" or "tcp://127.0.0.1:PORT" (port 0: a free one); empty: a socket in a private folder.
    std::string endpoint;
    // File that holds the board's flash across runs; made if there is none. Empty: the flash is blank at each start.
    std::string flash;
    // One virtual nanosecond an instruction: exact, repeatable counts. Off is faster but counts nothing.
    bool exact_counts = true;
    int ready_timeout_ms = 20000;
    // Waits until the firmware answers `hello`; bare-metal harnesses that speak no protocol turn it off.
    bool wait_until_ready = true;
};

// A running board. Move-only; destruction ends the emulator and removes its files.
class BoardProcess {
  public:
    BoardProcess(BoardProcess&& other) noexcept;
    BoardProcess& operator=(BoardProcess&& other) noexcept;
    BoardProcess(const BoardProcess&) = delete;
    BoardProcess& operator=(const BoardProcess&) = delete;
    ~BoardProcess();

    // What open_stream() and `mbpf-deploy --device` take. The line serves one client at a time.
    const std::string& endpoint() const { return endpoint_; }
    BoardKind kind() const { return kind_; }
    pid_t pid() const { return pid_; }
    bool running();
    void stop();

  private:
    BoardProcess() = default;
    friend class BoardStarter;  // board.cpp
    BoardKind kind_ = BoardKind::cortex_m4;
    pid_t pid_ = -1;
    std::string endpoint_;
    std::string folder_;     // private; holds socket, anchors and the emulator's messages
    std::string socket_;     // to remove, if outside the folder
};

// MBPF4201 emulator missing, 4202 firmware missing, 4203 emulator ended or never got ready, 4204 bad endpoint, 4205 bad flash file.
Result<BoardProcess> start_board(BoardKind kind, const BoardOptions& options = {});

// For `mbpf-sim board`: returns when SIGINT or SIGTERM comes (ok) or the emulator ends by itself (MBPF4203).
Status wait_for_interrupt(BoardProcess& board);

// Public key files to the blob a board is provisioned with.
Result<std::vector<std::uint8_t>> trust_anchors_from_files(std::span<const std::string> public_key_files);

}  // namespace mbpf
