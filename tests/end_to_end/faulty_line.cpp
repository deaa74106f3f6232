// SPDX-License-Identifier: Apache-2.0
// Each frame's fate, drawn when it is sent.
#include "tests/end_to_end/faulty_line.h"

#include <algorithm>
#include <limits>

#include "simulator/framing.h"

namespace mbpf::end_to_end {

class FaultyLine::End : public ByteStream {
  public:
    explicit End(FaultyLine& line) : line_(line) {}
    Status write(std::span<const std::uint8_t> bytes) override { return line_.write(bytes); }
    Result<std::vector<std::uint8_t>> read(int timeout_ms) override { return line_.read(timeout_ms); }

  private:
    FaultyLine& line_;
};

std::unique_ptr<ByteStream> FaultyLine::connect(const Faults& faults) {
    faults_ = faults;
    written_ = 0;
    return std::make_unique<End>(*this);
}

bool FaultyLine::chance(unsigned per_thousand) {
    const bool hit = random_() % 1000 < per_thousand;
    made_ += hit ? 1 : 0;
    return hit;
}

FaultyLine::Bytes FaultyLine::damaged(Bytes bytes) {
    if (chance(faults_.drop)) bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(random_() % bytes.size()));
    if (!bytes.empty() && chance(faults_.flip))
        for (unsigned n = 1 + random_() % 3; n-- > 0;) {
            std::uint8_t& byte = bytes[random_() % bytes.size()];
            byte = static_cast<std::uint8_t>(byte ^ (1u << random_() % 8));
        }
    if (chance(faults_.drop)) bytes.resize(random_() % (bytes.size() + 1));  // cut
    return bytes;
}

// Bytes of no meaning, or a sound frame of no meaning.
FaultyLine::Bytes FaultyLine::noise() {
    Bytes bytes(random_() % 400);
    for (auto& b : bytes) b = static_cast<std::uint8_t>(random_());
    return random_() % 2 == 0 ? bytes : encode_frame(bytes);
}

void FaultyLine::carry(std::span<const std::uint8_t> bytes, std::deque<Late>& line) {
    const auto late = [&] { return now_ + (chance(faults_.delay) ? random_() % 24 : 0); };
    if (chance(faults_.flood))
        for (unsigned n = 1 + random_() % 8; n-- > 0;) line.push_back({late(), noise()});
    if (!chance(faults_.lose)) line.push_back({late(), damaged(Bytes(bytes.begin(), bytes.end()))});
    if (chance(faults_.twice)) line.push_back({now_ + random_() % 24, Bytes(bytes.begin(), bytes.end())});
}

Status FaultyLine::deliver() {
    std::stable_sort(to_device_.begin(), to_device_.end(), [](const Late& a, const Late& b) { return a.due < b.due; });
    for (; !to_device_.empty() && to_device_.front().due <= now_; to_device_.pop_front())
        if (Status s = device_.write(to_device_.front().bytes); !s) return s;
    return ok();
}

Status FaultyLine::write(std::span<const std::uint8_t> bytes) {
    ++now_;
    if (faults_.break_after != 0 && ++written_ > faults_.break_after) {
        Diagnostic d;
        d.code = "MBPF4101";
        d.message = "the line broke";
        return d;
    }
    history_.emplace_back(bytes.begin(), bytes.end());
    if (history_.size() > 200) history_.pop_front();
    carry(bytes, to_device_);
    if (chance(faults_.replay)) to_device_.push_back({now_ + random_() % 4, history_[random_() % history_.size()]});
    return deliver();
}

Result<FaultyLine::Bytes> FaultyLine::read(int timeout_ms) {
    ++now_;
    if (Status s = deliver(); !s) return s.error();
    auto bytes = device_.read(std::min(timeout_ms, 2));
    if (!bytes) return bytes;
    if (!bytes->empty()) carry(*bytes, to_host_);
    std::stable_sort(to_host_.begin(), to_host_.end(), [](const Late& a, const Late& b) { return a.due < b.due; });
    Bytes arrived;
    for (; !to_host_.empty() && to_host_.front().due <= now_; to_host_.pop_front()) arrived.insert(arrived.end(), to_host_.front().bytes.begin(), to_host_.front().bytes.end());
    return arrived;
}

Status FaultyLine::settle() {
    now_ += 1000;
    return deliver();
}

}  // namespace mbpf::end_to_end
