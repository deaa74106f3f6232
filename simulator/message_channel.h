// SPDX-License-Identifier: Apache-2.0
// How control messages travel: framed on a byte stream, or each as it is in a datagram protocol (CoAP).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "simulator/byte_stream.h"

namespace mbpf {

class MessageChannel {
  public:
    virtual ~MessageChannel() = default;
    // One message; it may be lost, repeated or overtaken on the way, but not changed.
    virtual Status send(std::span<const std::uint8_t> message) = 0;
    // Messages that have arrived, waiting at most `timeout_ms` for the first; empty: none came.
    virtual Result<std::vector<std::vector<std::uint8_t>>> receive(int timeout_ms) = 0;
    // Console text met since the last call.
    virtual std::string take_text() { return {}; }
    // What this message counts against the device's receive buffer; 0: the channel carries one message at a time.
    virtual std::size_t bytes_on_line(std::size_t message_bytes) const = 0;
};

std::unique_ptr<MessageChannel> framed(std::unique_ptr<ByteStream> stream);

}  // namespace mbpf
