// SPDX-License-Identifier: Apache-2.0
// Little-endian reading and writing of the package format. The reader's failure is sticky and reads give
// zero after it, so that callers check once after the last read of a part; no offset can wrap, since every
// step compares with what is left.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mbpf {

class ByteReader {
  public:
    explicit ByteReader(std::span<const std::uint8_t> bytes) : left_(bytes) {}

    bool failed() const { return failed_; }
    std::size_t left() const { return left_.size(); }
    std::span<const std::uint8_t> bytes(std::size_t count) {
        if (failed_ || count > left_.size()) {
            failed_ = true;
            return {};
        }
        const auto taken = left_.first(count);
        left_ = left_.subspan(count);
        return taken;
    }
    template <class T>
    T number() {
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (const std::uint8_t byte : bytes(sizeof(T))) {
            value |= static_cast<std::uint64_t>(byte) << shift;
            shift += 8;
        }
        return static_cast<T>(value);
    }
    bool zeros(std::size_t count) {
        bool all_zero = true;
        for (const std::uint8_t byte : bytes(count)) all_zero &= byte == 0;
        return all_zero;
    }

  private:
    std::span<const std::uint8_t> left_;
    bool failed_ = false;
};

class ByteWriter {
  public:
    template <class T>
    void number(T value) {
        for (unsigned i = 0; i < sizeof(T); ++i)
            out_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
    }
    void bytes(std::span<const std::uint8_t> more) { out_.insert(out_.end(), more.begin(), more.end()); }
    void zeros(std::size_t count) { out_.insert(out_.end(), count, std::uint8_t{0}); }
    void align(std::size_t alignment) { zeros((alignment - out_.size() % alignment) % alignment); }
    // `text` in a field of `size` bytes, of which at most `longest` are used; the rest is NUL.
    void text(std::string_view value, std::size_t size, std::size_t longest) {
        value = value.substr(0, longest);
        for (const char c : value) out_.push_back(static_cast<std::uint8_t>(c));
        zeros(size - value.size());
    }
    std::size_t size() const { return out_.size(); }
    std::vector<std::uint8_t> take() { return std::move(out_); }

  private:
    std::vector<std::uint8_t> out_;
};

}  // namespace mbpf
