// SPDX-License-Identifier: Apache-2.0
// Sending a package: as many chunks ahead of their answers as the device's receive buffer holds, back to where
// the device stands when one was lost, and on from there after a break of the line or a restart of the device.
#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <deque>

#include "simulator/control_client.h"

namespace mbpf {

namespace {

constexpr std::size_t kLeastChunk = 16, kMostChunk = kMaxMessageBytes - 32;  // what is around a chunk
constexpr int kRestarts = 3;  // of the device, during one push
constexpr int kGaps = 1000;   // answers that a chunk is missing, without any progress

using Clock = std::chrono::steady_clock;

std::uint32_t first_word(const std::uint8_t* b) { return std::uint32_t{b[0]} | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[3]} << 24; }

}  // namespace

class Transfer {
  public:
    Transfer(ControlClient& client, std::span<const std::uint8_t> package, const ControlClient::Progress& progress) : client_(client), package_(package), progress_(progress) { crypto_hash_sha256(digest_, package.data(), package.size()); }

    // OK: the device has all of it. lost(): it knows nothing of this transfer, so begin again.
    Status run() {
        lost_ = false;
        auto hello = client_.greet();
        if (!hello) return hello.error();
        line_bytes_ = hello->hello().line_bytes();
        // Two frames at once keep the line busy while the device works; it takes at most max_chunk in one.
        const std::size_t whole = client_.channel_->bytes_on_line(kOverhead);
        const std::size_t half = line_bytes_ / 2 > whole ? (line_bytes_ / 2 - whole) / 64 * 64 : 0;
        chunk_ = std::clamp<std::size_t>(hello->hello().max_chunk(), kLeastChunk, kMostChunk);
        if (whole != 0 && half >= 128) chunk_ = std::min(chunk_, half);
        if (Status s = begin(); !s) return s;
        return send_all();
    }
    bool lost() const { return lost_; }

  private:
    struct Sent {
        std::uint64_t sequence;
        std::size_t bytes;  // on the line
    };
    static constexpr std::size_t kOverhead = 40;  // of a PushData around its data

    Status begin() {
        control::Request request;
        request.mutable_push_begin()->set_bytes(static_cast<std::uint32_t>(package_.size()));
        request.mutable_push_begin()->set_sha256(digest_, sizeof digest_);
        auto r = client_.call(std::move(request));
        if (!r) return r.error();
        known_ = next_ = std::min<std::size_t>(r->push().received(), package_.size());
        return ok();
    }

    Status send_chunk() {
        const auto part = package_.subspan(next_, std::min(chunk_, package_.size() - next_));
        control::Request request;
        request.set_session(client_.session_);
        request.set_sequence(client_.next_sequence());
        auto& data = *request.mutable_push_data();
        data.set_offset(static_cast<std::uint32_t>(next_));
        data.set_data(part.data(), part.size());
        data.set_transfer(first_word(digest_));
        if (first_ == 0) first_ = request.sequence();
        Sent sent{request.sequence(), 0};
        if (Status s = client_.send(request, &sent.bytes); !s) return s;
        next_ += part.size();
        on_line_ += sent.bytes;
        sent_.push_back(sent);
        return ok();
    }

    bool room() const {
        if (sent_.empty()) return true;
        const std::size_t frame = client_.channel_->bytes_on_line(std::min(chunk_, package_.size() - next_) + kOverhead);
        return frame != 0 && on_line_ + frame <= line_bytes_;
    }

    void go_back(std::size_t to) {
        next_ = to;
        sent_.clear();
        on_line_ = 0;
    }

    void advance(std::size_t received) {
        if (received <= known_) return;
        known_ = received;
        next_ = std::max(next_, known_);
        tries_ = gaps_ = 0;
        if (progress_) progress_(known_, package_.size());
    }

    Status take(const control::Response& response) {
        const auto of = std::ranges::find(sent_, response.sequence(), &Sent::sequence);
        const std::size_t received = std::min<std::size_t>(response.push().received(), package_.size());
        if (of == sent_.end()) {
            // Late, of a chunk sent before: what the device had then, it has. One that is always slow gets on by that alone.
            if (response.code() == control::CODE_OK && response.sequence() >= first_) advance(received);
            return ok();
        }
        switch (response.code()) {
            case control::CODE_OK:
                // Answers come in the order of requests: what was sent before this one is answered too, or lost.
                for (auto i = sent_.begin(); i != of + 1; ++i) on_line_ -= i->bytes;
                sent_.erase(sent_.begin(), of + 1);
                advance(received);
                return ok();
            case control::CODE_OUT_OF_RANGE:
                if (received >= next_ || ++gaps_ > kGaps) return refusal(response);
                known_ = std::max(known_, received);
                go_back(known_);  // a chunk before this one was lost
                return ok();
            case control::CODE_BAD_STATE:
            case control::CODE_STALE:
                lost_ = true;
                return refusal(response);
            default: return refusal(response);
        }
    }

    Status send_all() {
        tries_ = gaps_ = 0;
        first_ = 0;
        go_back(known_);
        while (known_ < package_.size()) {
            while (next_ < package_.size() && room())
                if (Status s = send_chunk(); !s) return s;
            if (Status s = await(); !s) return s;
        }
        return ok();
    }

    // Takes answers until one has come or time is up; then sends again from what the device is known to have.
    Status await() {
        const auto end = Clock::now() + std::chrono::milliseconds(client_.timeout_ms);
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
            if (left <= 0) break;
            auto responses = client_.receive(static_cast<int>(left));
            if (!responses) return responses.error();
            for (const control::Response& response : *responses)
                if (Status s = take(response); !s) return s;
            if (!responses->empty() && (sent_.empty() || room())) return ok();
        }
        if (++tries_ >= client_.tries) {
            Diagnostic d;
            d.code = "MBPF4102";
            d.message = "the device does not answer";
            d.why = std::to_string(known_) + " of " + std::to_string(package_.size()) + " bytes sent, then " + std::to_string(tries_) + " tries of " + std::to_string(client_.timeout_ms) + " ms without an answer";
            d.fix = "check the line and push again: the transfer goes on where it stopped";
            return d;
        }
        go_back(known_);
        return ok();
    }

    ControlClient& client_;
    std::span<const std::uint8_t> package_;
    const ControlClient::Progress& progress_;
    std::uint8_t digest_[crypto_hash_sha256_BYTES];
    std::size_t line_bytes_ = 0, chunk_ = kLeastChunk;
    std::size_t known_ = 0;  // the device has so much
    std::size_t next_ = 0;   // to send
    std::size_t on_line_ = 0;
    std::uint64_t first_ = 0;  // sequence of the first chunk
    std::deque<Sent> sent_;    // not answered yet
    int tries_ = 0, gaps_ = 0;
    bool lost_ = false;
};

Result<control::Response> ControlClient::transfer(std::span<const std::uint8_t> bytes, const control::Request& then, const Progress& progress) {
    Transfer transfer(*this, bytes, progress);
    for (int restarts = 0;; ++restarts) {
        if (Status sent = transfer.run(); !sent) {
            if (!transfer.lost() || restarts >= kRestarts) return sent.error();
            continue;
        }
        auto r = call(then);
        const bool restarted = !r && r.error().code == "MBPF4105";  // it has nothing to go on with
        if (!restarted || restarts >= kRestarts) return r;
    }
}

Result<control::Response> ControlClient::push(std::span<const std::uint8_t> package, const PushOptions& options, const Progress& progress) {
    control::Request commit;
    commit.mutable_push_commit()->set_activate(options.activate);
    commit.mutable_push_commit()->set_dry_run(options.dry_run);
    commit.mutable_push_commit()->set_probation_ms(options.probation_ms);
    commit.mutable_push_commit()->set_host_confirms(options.host_confirms);
    return transfer(package, commit, progress);
}

Result<control::Response> ControlClient::update_root(std::span<const std::uint8_t> record) {
    if (!greeted_)
        if (auto hello = greet(); !hello) return hello.error();
    control::Request update;
    update.mutable_root_update()->set_record(record.data(), record.size());
    if (update.ByteSizeLong() + kEnvelopeBytes <= message_bytes_) return call(std::move(update));
    update.mutable_root_update()->clear_record();
    update.mutable_root_update()->set_transferred(true);
    return transfer(record, update, {});
}

}  // namespace mbpf
