// SPDX-License-Identifier: Apache-2.0
// The plain tables that search and checker work on, made from a program, its object, a platform and a hook.
#pragma once

#include <memory>
#include <vector>

#include "core/platform.h"
#include "core/program.h"
#include "verifier/checker/state.h"

namespace mbpf {

class ProofEnvironment {
  public:
    // The arguments must outlive it. `memory_bytes`: raw_memory hooks, what r1 points to.
    ProofEnvironment(const bpf::Object& object, const bpf::Program& program, const Platform& platform, const Hook& hook, std::uint32_t memory_bytes);
    ProofEnvironment(const ProofEnvironment&) = delete;
    ProofEnvironment& operator=(const ProofEnvironment&) = delete;

    const proof::Environment& tables() const { return env_; }
    const bpf::Object& object() const { return object_; }
    const bpf::Program& program() const { return program_; }
    const Platform& platform() const { return platform_; }
    const Hook& hook() const { return hook_; }

  private:
    void add_fields();
    void add_maps();
    void add_helpers();
    std::int16_t object_class(const std::string& name) const;
    bool is_offered(std::uint32_t helper) const;  // on this hook

    const bpf::Object& object_;
    const bpf::Program& program_;
    const Platform& platform_;
    const Hook& hook_;
    proof::Environment env_;
    std::vector<proof::Field> fields_;
    std::vector<proof::MapRule> maps_;
    std::vector<std::vector<proof::KernelField>> kernel_fields_;
    std::vector<proof::HelperRule> helpers_;
    std::vector<std::vector<std::uint32_t>> map_costs_;  // of helpers that have any, by map
    std::vector<proof::ObjectRule> objects_;
};

}  // namespace mbpf
