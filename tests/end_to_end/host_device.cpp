// SPDX-License-Identifier: Apache-2.0
// The device's own C as a byte stream: what is written goes through its frame receiver byte by byte, its
// console and its replies come back on the same line, as on a board's.
#include <unistd.h>

#include <vector>

#include "flash_posix.h"
#include "mbpf/control.h"
#include "mbpf/store.h"
#include "port_posix.h"
#include "reference/virtual_board.h"
#include "simulator/byte_stream.h"

namespace mbpf::end_to_end {

namespace {

mbpf_runtime runtime;
mbpf_control control;
mbpf_store store;
mbpf_flash_posix flash{.flash = {}, .geometry = {}, .bytes = nullptr, .file = -1, .refused = 0, .before = nullptr, .argument = nullptr};
std::vector<std::uint8_t> line;

void poll() {
    mbpf_virtual_board_poll(&runtime);
    mbpf_store_poll(&runtime);
}

class HostStream : public ByteStream {
  public:
    Status write(std::span<const std::uint8_t> bytes) override {
        for (std::uint8_t byte : bytes)
            if (mbpf_control_byte(&control, byte)) line.insert(line.end(), control.frame, control.frame + control.frame_bytes);
        poll();
        return ok();
    }
    Result<std::vector<std::uint8_t>> read(int) override {
        poll();
        if (line.empty()) ::usleep(200);
        return std::exchange(line, {});
    }
};

}  // namespace

std::unique_ptr<ByteStream> start_host_device(std::span<const std::uint8_t> trust_anchors, const std::string& flash_file) {
    line.clear();
    mbpf_port_posix_set_output([](void*, const std::uint8_t* bytes, std::uint32_t count) { line.insert(line.end(), bytes, bytes + count); }, nullptr);
    mbpf_runtime_init(&runtime);
    mbpf_set_trust_anchors(&runtime, trust_anchors.empty() ? nullptr : trust_anchors.data(), static_cast<std::uint32_t>(trust_anchors.size()));
    mbpf_virtual_board_init(&runtime);
    mbpf_control_init(&control, &runtime);
    control.stimulus = mbpf_virtual_board_stimulus;
    control.attest = mbpf_control_attest;
    runtime.healthy = mbpf_virtual_board_healthy;
    mbpf_flash_posix_close(&flash);
    constexpr std::uint32_t kPageBytes = 4096, kPages = 9 * MBPF_SLOT_BYTES / kPageBytes;  // journal and eight slots
    if (!flash_file.empty() && (!mbpf_flash_posix_open(&flash, flash_file.c_str(), kPageBytes, kPages, 8, true) || mbpf_store_boot(&runtime, &store, &flash.flash) != MBPF_OK)) return nullptr;
    return std::make_unique<HostStream>();
}

}  // namespace mbpf::end_to_end
