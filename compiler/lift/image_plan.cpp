// SPDX-License-Identifier: Apache-2.0
// See image_plan.h. Initialised data comes first, so that only its bytes are stored in the package.
#include "compiler/lift/image_plan.h"

#include <mbpf/abi/map_layout.h>

#include <algorithm>

namespace mbpf {
namespace {

std::vector<bool> maps_named_by_reachable_code(const VerifiedObject& verified) {
    const bpf::Object& object = verified.object();
    std::vector<bool> used(object.maps.size(), false);
    for (std::size_t p = 0; p < object.programs.size(); ++p) {
        const auto& insns = object.programs[p].insns;
        const auto& facts = verified.facts(p).insns;
        for (std::size_t slot = 0; slot < insns.size() && slot < facts.size(); ++slot) {
            if (!facts[slot].reachable) continue;
            const bpf::Op* op = bpf::find_op(insns[slot]);
            if (op == nullptr || op->kind != bpf::Kind::load_imm64) continue;
            const auto pseudo = static_cast<bpf::Pseudo>(insns[slot].src);
            const auto index = static_cast<std::uint32_t>(insns[slot].imm);
            if ((pseudo == bpf::Pseudo::map || pseudo == bpf::Pseudo::map_value) && index < used.size())
                used[index] = true;
        }
    }
    return used;
}

}  // namespace

bool is_addressable_array(const bpf::Map& map) {
    return !map.is_global_data() && mbpf_map_kind(map.type) == MBPF_MAP_ARRAY && map.key_size == 4;
}

ImagePlan plan_image(const VerifiedObject& verified) {
    const auto& maps = verified.object().maps;
    const std::vector<bool> used = maps_named_by_reachable_code(verified);
    ImagePlan plan;
    plan.package_map.assign(maps.size(), -1);
    plan.data_offsets.assign(maps.size(), -1);
    for (std::size_t i = 0; i < maps.size(); ++i) {
        if (!used[i] || maps[i].is_global_data()) continue;
        plan.package_map[i] = static_cast<std::int32_t>(plan.object_maps.size());
        plan.object_maps.push_back(static_cast<std::uint32_t>(i));
    }
    std::uint64_t at = 0;
    for (const bpf::MapOrigin origin : {bpf::MapOrigin::data, bpf::MapOrigin::bss}) {
        for (std::size_t i = 0; i < maps.size(); ++i) {
            if (!used[i] || maps[i].origin != origin) continue;
            at = (at + 7) & ~std::uint64_t{7};
            plan.data_offsets[i] = static_cast<std::int64_t>(at);
            if (origin == bpf::MapOrigin::data) {
                plan.data.resize(at, 0);
                plan.data.insert(plan.data.end(), maps[i].initial.begin(), maps[i].initial.end());
                plan.data.resize(at + maps[i].value_size, 0);
            }
            at += maps[i].value_size;
        }
    }
    plan.data_ram_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(at, UINT32_MAX));
    return plan;
}

std::uint32_t call_cost(const VerifiedObject& verified, std::size_t program, std::uint32_t slot) {
    constexpr std::uint64_t kMost = INT32_MAX;
    const Helper* helper = verified.platform().find_helper(static_cast<std::uint32_t>(verified.object().programs[program].insns[slot].imm));
    if (helper == nullptr) return static_cast<std::uint32_t>(kMost);
    const auto& maps = verified.object().maps;
    const auto& before = verified.facts(program).insns[slot].before;
    std::uint64_t on_map = 0, by_value = 0;
    std::int32_t map = -1;  // any
    for (std::size_t i = 0; i < helper->args.size(); ++i) {
        const HelperArg& arg = helper->args[i];
        if (arg.kind == ArgKind::map) map = before[i + 1].map;
        if (arg.unit_cost != 0) by_value += arg.unit_cost * std::min(arg.greatest(), before[i + 1].umax);
    }
    for (std::size_t m = 0; m < maps.size(); ++m)
        if (map < 0 || static_cast<std::size_t>(map) == m) on_map = std::max<std::uint64_t>(on_map, verified.platform().map_cost(*helper, maps[m].type, maps[m].key_size, maps[m].value_size, maps[m].max_entries));
    return static_cast<std::uint32_t>(std::min(verified.platform().base_cost(*helper) + on_map + by_value, kMost));
}

std::uint32_t costliest_call(const VerifiedObject& verified) {
    std::uint32_t most = 0;
    for (std::size_t p = 0; p < verified.object().programs.size(); ++p) {
        const auto& insns = verified.object().programs[p].insns;
        const auto& facts = verified.facts(p).insns;
        for (std::uint32_t slot = 0; slot < insns.size() && slot < facts.size(); ++slot) {
            const bpf::Op* op = facts[slot].reachable ? bpf::find_op(insns[slot]) : nullptr;
            if (op != nullptr && op->kind == bpf::Kind::call_helper) most = std::max(most, call_cost(verified, p, slot));
        }
    }
    return most;
}

}  // namespace mbpf
