// SPDX-License-Identifier: Apache-2.0
// The list of targets and the accessors of compiler/native.h.
#include "compiler/targets/target.h"

#include <array>

#include "compiler/native.h"

namespace mbpf {

std::span<const Target* const> all_targets() {
    static const std::array kTargets = {&kCortexM0Plus, &kCortexM3, &kCortexM4, &kCortexM7, &kCortexM33,
                                        &kRv32imac,     &kRv32imc,  &kRv64gc,   &kAarch64,  &kX86_64};
    return kTargets;
}

const Target* find_target(std::string_view name) {
    for (const Target* target : all_targets())
        if (target->name == name) return target;
    return nullptr;
}

std::vector<std::string> target_names() {
    std::vector<std::string> names;
    for (const Target* target : all_targets()) names.emplace_back(target->name);
    return names;
}

std::string_view target_name(const Target& target) { return target.name; }
std::uint16_t target_isa(const Target& target) { return target.isa; }
std::uint16_t target_isa_extensions(const Target& target) { return target.isa_extensions; }
unsigned target_pointer_bytes(const Target& target) { return target.pointer_bytes; }

}  // namespace mbpf
