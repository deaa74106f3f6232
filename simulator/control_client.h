// SPDX-License-Identifier: Apache-2.0
// The host's side of the control protocol: one request, one response, repeated until it comes or time is up.
// A device answers a repeated sequence number from memory, so repeating is always safe.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "control.pb.h"
#include "core/result.h"
#include "simulator/byte_stream.h"
#include "simulator/framing.h"

namespace mbpf {

// A refusal is a diagnostic: MBPF5100 + admission number, or MBPF35xx/41xx for the others.
Diagnostic refusal(const control::Response& response);

class ControlClient {
  public:
    explicit ControlClient(std::unique_ptr<ByteStream> stream);

    int timeout_ms = 1000;  // of one try
    int tries = 5;
    // Console text met on the way; default: dropped.
    std::function<void(std::string_view)> on_text;

    // Fills in the sequence number. A response with a code other than OK is a diagnostic.
    Result<control::Response> call(control::Request request);

    using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;
    struct PushOptions {
        bool activate = true;
        bool dry_run = false;
    };
    // `package`: as serialised for devices, without host sections.
    Result<control::Response> push(std::span<const std::uint8_t> package, const PushOptions& options, const Progress& progress = {});
    // All packages, one message each.
    Result<std::vector<control::ListReply>> list();
    Result<std::vector<control::HooksReply>> hooks();

  private:
    Result<control::Response> attempt(std::span<const std::uint8_t> frame, std::uint32_t sequence, bool& answered);
    std::unique_ptr<ByteStream> stream_;
    FrameReceiver receiver_;
    std::uint32_t sequence_;
};

}  // namespace mbpf
