// SPDX-License-Identifier: Apache-2.0
// One interface to the devices under test: the runtime as host code in this process, and the emulated
// boards. Each test gets a fresh one.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "simulator/board.h"
#include "simulator/control_client.h"

namespace mbpf::end_to_end {

struct Kind {
    const char* name;
    const char* target;        // what its packages are built for
    const char* other_target;  // what it cannot run
    std::optional<BoardKind> board;
};
inline void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
inline constexpr Kind kHost{"host", "x86_64", "cortex-m4", std::nullopt};
inline constexpr Kind kCortexM4{"cortex_m4", "cortex-m4", "rv32imac", BoardKind::cortex_m4};
inline constexpr Kind kCortexM33{"cortex_m33", "cortex-m33", "rv32imac", BoardKind::cortex_m33};
inline constexpr Kind kRv32imac{"rv32imac", "rv32imac", "cortex-m4", BoardKind::rv32imac};

// The runtime in this process; a new one resets it. `flash`: file that keeps its packages; empty: it has none.
std::unique_ptr<ByteStream> start_host_device(std::span<const std::uint8_t> trust_anchors, const std::string& flash = {});

// Anything between the client and the line: faults to inject.
using WrapStream = std::function<std::unique_ptr<ByteStream>(std::unique_ptr<ByteStream>)>;

// Keeps the line within reach of the test beside its client.
class Share : public ByteStream {
  public:
    explicit Share(std::shared_ptr<ByteStream> line) : line_(std::move(line)) {}
    Status write(std::span<const std::uint8_t> bytes) override { return line_->write(bytes); }
    Result<std::vector<std::uint8_t>> read(int timeout_ms) override { return line_->read(timeout_ms); }

  private:
    std::shared_ptr<ByteStream> line_;
};

class DeviceTest : public ::testing::TestWithParam<Kind> {
  protected:
    ~DeviceTest() override;
    // From now on the device starts with flash that keeps what it held when it was last started.
    void keep_flash();
    // Starts the device anew; ends the test if it cannot.
    void start(bool provisioned = true, const WrapStream& wrap = {});
    bool is_board() const { return GetParam().board.has_value(); }
    std::string target() const { return GetParam().target; }
    ControlClient& device() { return *client_; }

    // Requests that must succeed; a failure is reported with what the device said.
    control::Response must(control::Request request);
    control::Response push(std::span<const std::uint8_t> package);
    control::HelloReply hello();
    std::string lookup(const std::string& package, const std::string& map, const std::string& key);
    void update(const std::string& package, const std::string& map, const std::string& key, const std::string& value);

    // "ok" or the diagnostic's code.
    std::string code_of_push(std::span<const std::uint8_t> package, ControlClient::PushOptions options = {});
    std::string code_of(control::Request request);

  private:
    std::optional<BoardProcess> board_;
    std::optional<ControlClient> client_;
    std::string flash_;
};

std::string u32(std::uint32_t value);  // 4 bytes, little-endian
std::uint32_t to_u32(std::string_view bytes, std::size_t at = 0);
control::Request map_request(const std::string& package, const std::string& map, control::MapAccess::Op op, const std::string& key = {}, const std::string& value = {});

}  // namespace mbpf::end_to_end

// Every suite runs on every device; ctest selects by the first part of the name.
#define MBPF_ON_ALL_DEVICES(suite)                                                              \
    INSTANTIATE_TEST_SUITE_P(host, suite, ::testing::Values(mbpf::end_to_end::kHost));           \
    INSTANTIATE_TEST_SUITE_P(cortex_m4, suite, ::testing::Values(mbpf::end_to_end::kCortexM4)); \
    INSTANTIATE_TEST_SUITE_P(cortex_m33, suite, ::testing::Values(mbpf::end_to_end::kCortexM33)); \
    INSTANTIATE_TEST_SUITE_P(rv32imac, suite, ::testing::Values(mbpf::end_to_end::kRv32imac))
