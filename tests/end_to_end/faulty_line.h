// SPDX-License-Identifier: Apache-2.0
// A line that loses, damages, doubles, delays, reorders and floods, between any client and any device; all by
// a seed. Time is counted in reads and writes, so the same seed gives the same faults on every machine.
#pragma once

#include <deque>
#include <random>

#include "simulator/byte_stream.h"

namespace mbpf::end_to_end {

using Random = std::independent_bits_engine<std::mt19937, 32, std::uint32_t>;

// Of a thousand: frames lost, bytes lost, bytes changed, frames doubled, frames delayed (and so overtaken), old
// frames sent again, and floods of noise.
struct Faults {
    unsigned lose = 0, drop = 0, flip = 0, twice = 0, delay = 0, replay = 0, flood = 0;
    unsigned break_after = 0;  // writes until the line breaks for this client; 0: never
};

// Outlives its clients, and so do the frames that are still on their way.
class FaultyLine {
  public:
    FaultyLine(ByteStream& device, std::uint32_t seed) : device_(device), random_(seed) {}
    // A new client's end; faults as given until the next one.
    std::unique_ptr<ByteStream> connect(const Faults& faults);
    // All that is still on its way arrives.
    Status settle();
    std::uint64_t faults_made() const { return made_; }

  private:
    class End;
    using Bytes = std::vector<std::uint8_t>;
    struct Late {
        std::uint64_t due;
        Bytes bytes;
    };
    bool chance(unsigned per_thousand);
    void carry(std::span<const std::uint8_t> bytes, std::deque<Late>& line);
    Bytes damaged(Bytes bytes);
    Bytes noise();
    Status write(std::span<const std::uint8_t> bytes);
    Result<Bytes> read(int timeout_ms);
    Status deliver();

    ByteStream& device_;
    Random random_;
    Faults faults_;
    std::uint64_t now_ = 0, made_ = 0;
    unsigned written_ = 0;
    std::deque<Late> to_device_, to_host_;
    std::deque<Bytes> history_;  // what was sent, for replays
};

}  // namespace mbpf::end_to_end
