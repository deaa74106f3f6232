// SPDX-License-Identifier: Apache-2.0
// Runs AOT code in this process, for tests. Everything a program can see lies below 4 GiB, its stack too, so
// that besides x86_64 the x32 variant runs: 32-bit pointers, hence the lifter's ways for 32-bit devices.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "compiler/native.h"
#include "compiler/targets/target.h"

namespace mbpf::test {

// x86-64 machine code with 4-byte pointers: no device, just the quickest way to run what 32-bit targets get.
extern const Target kX32;

class NativeHost {
  public:
    // Address of the function for a helper number; without it every helper is the conformance platform's.
    using HelperAddress = const void* (*)(std::uint16_t number);
    static Result<std::unique_ptr<NativeHost>> load(const VerifiedObject& verified, const NativeObject& native, HelperAddress helper = nullptr);
    ~NativeHost();
    NativeHost(const NativeHost&) = delete;
    NativeHost& operator=(const NativeHost&) = delete;

    // `context` is copied in and back out.
    std::uint64_t run(std::size_t program, std::vector<std::uint8_t>& context);
    // Storage of a map or of global data, by the object's map index; null: not in the image.
    std::uint8_t* map_bytes(std::size_t map);
    // The map whose handle a program passes.
    std::size_t map_of_handle(const void* handle) const;
    // Room that programs can reach, 64-byte aligned, for as long as the host lives; null: used up.
    std::uint8_t* allocate(std::size_t bytes);

  private:
    NativeHost() = default;
    std::uint8_t* stub(const void* function);

    std::uint8_t* arena_ = nullptr;
    std::size_t used_ = 0;
    std::uint8_t* text_ = nullptr;
    std::uint8_t* imports_ = nullptr;
    std::uint8_t* context_ = nullptr;
    std::uint8_t* stack_top_ = nullptr;
    std::vector<std::uint8_t*> maps_, handles_;
    std::vector<std::uint32_t> entries_;
};

}  // namespace mbpf::test
