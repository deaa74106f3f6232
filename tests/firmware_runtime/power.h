// SPDX-License-Identifier: Apache-2.0
// Power that fails at a chosen unit of flash work: cleanly before it, or in its middle.
#pragma once

#include <csetjmp>

#include "stored_device.h"

namespace mbpf::test {

enum class Tear { clean, bits, half };
constexpr Tear kTears[] = {Tear::clean, Tear::bits, Tear::half};

// Counts units of flash work; at the chosen one the power fails.
struct Power {
    std::jmp_buf off;
    std::uint32_t units = 0;
    std::uint32_t cut_at = UINT32_MAX;
    Tear tear = Tear::clean;
    std::uint64_t seed = 1;

    std::uint8_t random() { return static_cast<std::uint8_t>((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 56); }

    static void before(mbpf_flash_posix* f, std::uint32_t at, std::uint32_t count, const std::uint8_t* from) {
        Power& p = *static_cast<Power*>(f->argument);
        if (p.units++ != p.cut_at) return;
        for (std::uint32_t i = 0; i < count && p.tear != Tear::clean; ++i) {
            std::uint8_t& byte = f->bytes[at + i];
            if (p.tear == Tear::half && i >= count / 2) break;
            const std::uint8_t mask = p.tear == Tear::half ? 0xFF : p.random();  // bits that got as far as they should
            byte = from != nullptr ? static_cast<std::uint8_t>(byte & (from[i] | ~mask)) : static_cast<std::uint8_t>(byte | mask);
        }
        std::longjmp(p.off, 1);
    }
};

// True: the power failed within. No C++ object with a destructor may live in `f`: longjmp() leaves without running it.
template <class F>
bool power_fails(Power& power, F&& f) {
    power.units = 0;
    power.cut_at = UINT32_MAX;
    if (setjmp(power.off) != 0) return true;
    f();
    return false;
}

}  // namespace mbpf::test
