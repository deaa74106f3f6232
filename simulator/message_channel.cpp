// SPDX-License-Identifier: Apache-2.0
// Frames on a byte stream as a channel of messages.
#include "simulator/message_channel.h"

#include "simulator/framing.h"

namespace mbpf {

namespace {

class FramedChannel : public MessageChannel {
  public:
    explicit FramedChannel(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}
    Status send(std::span<const std::uint8_t> message) override { return stream_->write(encode_frame(message)); }
    Result<std::vector<std::vector<std::uint8_t>>> receive(int timeout_ms) override {
        auto bytes = stream_->read(timeout_ms);
        if (!bytes) return bytes.error();
        return receiver_.receive(*bytes);
    }
    std::string take_text() override { return receiver_.take_text(); }
    // Two delimiters, the checksum, a code byte each 254.
    std::size_t bytes_on_line(std::size_t n) const override { return n + 4 + (n + 4) / 254 + 1 + 2; }

  private:
    std::unique_ptr<ByteStream> stream_;
    FrameReceiver receiver_;
};

}  // namespace

std::unique_ptr<MessageChannel> framed(std::unique_ptr<ByteStream> stream) { return std::make_unique<FramedChannel>(std::move(stream)); }

}  // namespace mbpf
