// SPDX-License-Identifier: Apache-2.0
// Writes CBOR (RFC 8949) in its core deterministic encoding; map keys in order are the caller's duty. Enough
// for COSE and SUIT; nothing here reads CBOR.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mbpf {

class CborWriter {
  public:
    CborWriter& integer(std::int64_t value) { return value < 0 ? head(1, static_cast<std::uint64_t>(-1 - value)) : head(0, static_cast<std::uint64_t>(value)); }
    CborWriter& bytes(std::span<const std::uint8_t> value) {
        head(2, value.size());
        out_.insert(out_.end(), value.begin(), value.end());
        return *this;
    }
    // A byte string that holds CBOR itself.
    CborWriter& wrapped(const CborWriter& inner) { return bytes(inner.out_); }
    CborWriter& text(std::string_view value) {
        head(3, value.size());
        out_.insert(out_.end(), value.begin(), value.end());
        return *this;
    }
    CborWriter& array(std::size_t items) { return head(4, items); }
    CborWriter& map(std::size_t pairs) { return head(5, pairs); }
    CborWriter& tag(std::uint64_t number) { return head(6, number); }
    CborWriter& null() {
        out_.push_back(0xf6);
        return *this;
    }
    const std::vector<std::uint8_t>& encoded() const { return out_; }

  private:
    CborWriter& head(unsigned major, std::uint64_t value) {
        const unsigned size = value < 24 ? 0 : value <= 0xff ? 1 : value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 8;
        const unsigned info = size == 0 ? static_cast<unsigned>(value) : size == 1 ? 24 : size == 2 ? 25 : size == 4 ? 26 : 27;
        out_.push_back(static_cast<std::uint8_t>(major << 5 | info));
        for (unsigned i = size; i-- > 0;) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
        return *this;
    }
    std::vector<std::uint8_t> out_;
};

}  // namespace mbpf
