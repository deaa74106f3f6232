// SPDX-License-Identifier: Apache-2.0
// CO-RE relocations: constants in instructions that depend on the layout of the kernel's types. The target is
// another machine's BTF or, without one, the program's own types, each of which then stands for itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/btf.h"
#include "core/core_spec.h"
#include "core/isa.h"

namespace mbpf {

// libbpf's mark of an instruction whose relocation has no value: a call of a helper that no kernel has, so that
// the program is refused if it can be reached.
inline constexpr std::int32_t kPoisonedHelper = 195896080;

class CoreRelocator {
  public:
    // `target` null: local types. Both must outlive this.
    CoreRelocator(const Btf& local, const Btf* target);
    // Relocates the instruction at `slot`; the reason if it had to be poisoned, empty otherwise.
    std::string apply(const BtfCoreRelocation& relocation, std::vector<bpf::Insn>& code, std::size_t slot);
    // Types so tangled that matching was given up: the object is malformed.
    bool exhausted() const { return budget_.steps == 0; }

  private:
    struct Outcome;
    Outcome resolve(const BtfCoreRelocation& relocation);
    std::vector<std::uint32_t> candidates(const CoreSpec& spec);

    const Btf& local_;
    const Btf& target_;
    bool own_types_;
    std::unique_ptr<CoreCandidates> candidates_;
    CoreBudget budget_;
};

}  // namespace mbpf
