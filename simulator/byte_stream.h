// SPDX-License-Identifier: Apache-2.0
// The line to a device: tcp://host:port, unix:path or serial:/dev/tty[:baud] behind one interface.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"

namespace mbpf {

class ByteStream {
  public:
    virtual ~ByteStream() = default;
    // Everything or a diagnostic (MBPF4101).
    virtual Status write(std::span<const std::uint8_t> bytes) = 0;
    // What has arrived, waiting at most `timeout_ms` for the first byte; empty: nothing came.
    virtual Result<std::vector<std::uint8_t>> read(int timeout_ms) = 0;
};

// Unknown schemes give MBPF4103, failing connections MBPF4101.
Result<std::unique_ptr<ByteStream>> open_stream(const std::string& url);
// Takes over an open file descriptor (tests, socket pairs).
std::unique_ptr<ByteStream> stream_of(int descriptor);

}  // namespace mbpf
