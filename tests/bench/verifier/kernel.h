// SPDX-License-Identifier: Apache-2.0
// The running kernel's verifier on the same programs, where bpf(2) may be called.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/platform.h"
#include "core/program.h"

namespace mbpf::bench {

struct KernelVerdict {
    bool asked = false;     // false: no such program type, or a map that the kernel does not make
    bool accepted = false;
    std::uint64_t time_us = 0;  // its own figure
    std::string reason;         // last line of its log before the figures
};

// Whether programs may be loaded here at all.
bool kernel_answers();

// One object's maps, made once, for any number of loads.
class KernelObject {
  public:
    explicit KernelObject(const bpf::Object& object) : object_(object) {}
    ~KernelObject();
    KernelObject(const KernelObject&) = delete;
    KernelObject& operator=(const KernelObject&) = delete;
    KernelVerdict load(std::size_t program, const std::string& hook);

  private:
    int map(std::size_t index);
    const bpf::Object& object_;
    std::map<std::size_t, int> maps_;
};

}  // namespace mbpf::bench
