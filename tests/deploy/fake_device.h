// SPDX-License-Identifier: Apache-2.0
// A device in the same process: `answer` makes replies, `line` says what the line does to each reply.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

#include "simulator/control_client.h"

namespace mbpf {

inline std::vector<std::uint8_t> frame_of(const control::Response& response) {
    const std::string bytes = response.SerializeAsString();
    return encode_frame(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

struct FakeDevice {
    using Bytes = std::vector<std::uint8_t>;
    std::function<void(const control::Request&, control::Response&)> answer = [](const control::Request&, control::Response&) {};
    // What arrives for reply number `n` (from 0): in order, each piece a read; default: the frame.
    std::function<std::vector<Bytes>(int n, const control::Response&)> line = [](int, const control::Response& r) { return std::vector<Bytes>{frame_of(r)}; };
    // Whether the device gets this request at all; default: yes.
    std::function<bool(const control::Request&)> hears;
    std::vector<control::Request> requests;
    std::size_t most_unread = 0;  // bytes that stood in its receive buffer together

    class Stream : public ByteStream {
      public:
        explicit Stream(FakeDevice& device) : device_(device) {}
        // The device reads only when the client waits for an answer.
        Status write(std::span<const std::uint8_t> bytes) override {
            unread_.insert(unread_.end(), bytes.begin(), bytes.end());
            device_.most_unread = std::max(device_.most_unread, unread_.size());
            return ok();
        }
        Result<Bytes> read(int) override {
            work();
            if (arriving_.empty()) return Bytes{};
            Bytes next = std::move(arriving_.front());
            arriving_.pop_front();
            return next;
        }

      private:
        void work() {
            for (const auto& message : receiver_.receive(std::exchange(unread_, {}))) {
                control::Request request;
                if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) continue;
                if (device_.hears && !device_.hears(request)) continue;
                control::Response response;
                response.set_sequence(request.sequence());
                device_.answer(request, response);
                for (Bytes& piece : device_.line(static_cast<int>(device_.requests.size()), response)) arriving_.push_back(std::move(piece));
                device_.requests.push_back(request);
            }
        }

        FakeDevice& device_;
        Bytes unread_;
        FrameReceiver receiver_;
        std::deque<Bytes> arriving_;
    };

    ControlClient client() {
        ControlClient c(std::make_unique<Stream>(*this));
        c.timeout_ms = 10;
        return c;
    }
};

}  // namespace mbpf
