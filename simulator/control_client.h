// SPDX-License-Identifier: Apache-2.0
// The host's side of the control protocol: one request, one response, repeated until it comes or time is up.
// A device executes a repeated request once, so repeating is always safe; a transfer that broke off goes on
// where it stopped when the same package is pushed again.
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
#include "simulator/message_channel.h"

namespace mbpf {

// A refusal is a diagnostic: MBPF5100 + admission number, or MBPF35xx/41xx for the others.
Diagnostic refusal(const control::Response& response);

class ControlClient {
  public:
    explicit ControlClient(std::unique_ptr<MessageChannel> channel) : channel_(std::move(channel)) {}
    explicit ControlClient(std::unique_ptr<ByteStream> stream) : ControlClient(framed(std::move(stream))) {}

    int timeout_ms = 1000;  // of one try
    static inline int usual_tries = 5;  // where the other side may be slower than a device, more
    int tries = usual_tries;
    // Console text met on the way; default: dropped.
    std::function<void(std::string_view)> on_text;

    // Fills in session and sequence number. A response with a code other than OK is a diagnostic.
    Result<control::Response> call(control::Request request);

    using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;
    struct PushOptions {
        bool activate = true;
        bool dry_run = false;
        bool host_confirms = false;      // on a device with a store: revert at the deadline unless confirmed
        std::uint32_t probation_ms = 0;  // until that deadline; 0: as the firmware likes
    };
    // `package`: as serialised for devices, without host sections.
    Result<control::Response> push(std::span<const std::uint8_t> package, const PushOptions& options, const Progress& progress = {});
    // A new root record, in one message or, where it is longer than the device's, as packages come.
    Result<control::Response> update_root(std::span<const std::uint8_t> record);
    // The events that the device holds, at least up to the `until`-th ever, in as many messages as they take: first, base
    // and events of the whole. Nothing of it is to be believed before a signed report says how it ends.
    Result<control::AttestReply> events(std::uint32_t until = UINT32_MAX);
    // All packages, with all programs and maps.
    Result<std::vector<control::ListReply>> list();
    Result<std::vector<control::HooksReply>> hooks();
    // Slots of the store in flash; empty: the device has none.
    Result<std::vector<control::SlotsReply>> slots();

  private:
    friend class Transfer;
    static constexpr std::size_t kEnvelopeBytes = 17;  // sequence and session, which call() adds
    std::uint64_t next_sequence();
    // Bytes as packages come, then the request that makes use of them.
    Result<control::Response> transfer(std::span<const std::uint8_t> bytes, const control::Request& then, const Progress& progress);
    Status send(const control::Request& request, std::size_t* bytes = nullptr);
    // Responses that have arrived, whatever they answer.
    Result<std::vector<control::Response>> receive(int timeout_ms);
    // Repeats until this request's response, of whatever code, has come. `tries_used` says how often it was sent.
    Result<control::Response> exchange(const control::Request& request, int& tries_used);
    // Learns session and sequence from the device.
    Result<control::Response> greet();
    Status list_rest(std::uint32_t index, control::ListReply& package);

    std::unique_ptr<MessageChannel> channel_;
    bool greeted_ = false;
    std::uint32_t session_ = 0;
    std::size_t message_bytes_ = kMaxMessageBytes;  // of the device, once greeted
    std::uint64_t count_ = 0;  // the sequence without its last, random bits
};

}  // namespace mbpf
