// SPDX-License-Identifier: Apache-2.0
// Values of relocations and their place in instructions, as libbpf computes them. Where the compiler's value
// in the instruction is not the one computed from the program's own types, the object is inconsistent and the
// instruction is poisoned rather than guessed at.
#include "core/core_relocations.h"

#include <optional>

namespace mbpf {

namespace {

// A value on one side: computed from the program's types, or from the target's.
struct Value {
    bool known = false;        // false: the target has no such field or value
    std::uint64_t value = 0;
    bool checked = true;       // the instruction must hold the local value
    std::uint32_t size = 0;    // of the field, where the instruction may be a load or store of it
    std::uint32_t type = 0;
};

bool is_signed_type(const BtfType& type) {
    const bool enumeration = type.kind == BtfKind::enumeration || type.kind == BtfKind::enumeration64;
    return enumeration ? type.flag : type.kind == BtfKind::integer && type.is_signed;
}

std::optional<Value> element_value(const Btf& btf, const CoreSpec& spec) {
    const CoreAccessor& element = spec.accessors.back();
    const auto size = btf.size_of(element.type);
    if (!size) return std::nullopt;
    if (spec.kind == CoreKind::field_byte_offset) return Value{true, spec.bit_offset / 8, true, *size, element.type};
    if (spec.kind == CoreKind::field_byte_size) return Value{true, *size};
    return std::nullopt;
}

// Where a field's bytes lie: of a bit-field the smallest aligned word of its type that holds it.
struct Place {
    std::uint64_t byte_offset = 0, byte_size = 0, bit_size = 0;
    bool bitfield = false;
};

std::optional<Place> place_of(const Btf& btf, const CoreSpec& spec, const BtfMemberRef& member) {
    const auto size = btf.size_of(member.type);
    if (!size || (member.bitfield_bits != 0 && (*size == 0 || *size > 8))) return std::nullopt;
    if (member.bitfield_bits == 0) return Place{spec.bit_offset / 8, *size, std::uint64_t{*size} * 8, false};
    Place place{0, *size, member.bitfield_bits, true};
    const auto align = [&] { place.byte_offset = spec.bit_offset / 8 / place.byte_size * place.byte_size; };
    align();
    while (spec.bit_offset + place.bit_size - place.byte_offset * 8 > place.byte_size * 8) {
        if (place.byte_size >= 8) return std::nullopt;
        place.byte_size *= 2;
        align();
    }
    return place;
}

std::optional<Value> field_value(const Btf& btf, const CoreSpec& spec) {
    if (spec.accessors.back().name.empty()) return element_value(btf, spec);
    const CoreAccessor& accessor = spec.accessors.back();
    const BtfMemberRef& member = btf.type(accessor.type)->members[accessor.index];
    const BtfType* type = btf.resolve(member.type);
    const auto place = place_of(btf, spec, member);
    if (type == nullptr || !place) return std::nullopt;
    const std::uint64_t in_word = spec.bit_offset + place->bit_size - place->byte_offset * 8;
    switch (spec.kind) {
        case CoreKind::field_byte_offset:
            if (place->bitfield) return Value{true, place->byte_offset, false};
            return Value{true, place->byte_offset, true, static_cast<std::uint32_t>(place->byte_size), btf.resolve_id(member.type)};
        case CoreKind::field_byte_size: return Value{true, place->byte_size, !place->bitfield};
        case CoreKind::field_signed: return Value{true, is_signed_type(*type)};
        case CoreKind::field_lshift_u64: return Value{true, 64 - in_word, !place->bitfield};
        case CoreKind::field_rshift_u64: return Value{true, 64 - place->bit_size};
        default: return std::nullopt;
    }
}

// `spec` null: not found. Nothing: the relocation makes no sense.
std::optional<Value> value_of(const Btf& btf, CoreKind kind, const CoreSpec* spec) {
    switch (kind) {
        case CoreKind::field_exists:
        case CoreKind::type_exists:
        case CoreKind::type_matches:
        case CoreKind::enum_value_exists: return Value{true, spec != nullptr};
        case CoreKind::type_id_local:
        case CoreKind::type_id_target: return Value{true, spec == nullptr ? 0 : spec->root, false};
        case CoreKind::type_size: {
            if (spec == nullptr) return Value{true, 0};
            const auto size = btf.size_of(spec->root);
            return size ? std::optional(Value{true, *size}) : std::nullopt;
        }
        case CoreKind::enum_value: {
            if (spec == nullptr) return Value{};
            const CoreAccessor& enumerator = spec->accessors.front();
            return Value{true, btf.type(enumerator.type)->enumerators[enumerator.index].value};
        }
        case CoreKind::field_byte_offset:
        case CoreKind::field_byte_size:
        case CoreKind::field_signed:
        case CoreKind::field_lshift_u64:
        case CoreKind::field_rshift_u64: return spec == nullptr ? std::optional(Value{}) : field_value(btf, *spec);
    }
    return std::nullopt;
}

// A load of another width gives the same value only for pointers and for unsigned integers.
bool may_change_size(const Btf& local, const Value& from, const Btf& target, const Value& to) {
    const BtfType *a = local.type(from.type), *b = target.type(to.type);
    if (a == nullptr || b == nullptr) return false;
    if (a->kind == BtfKind::pointer && b->kind == BtfKind::pointer) return true;
    return a->kind == BtfKind::integer && b->kind == BtfKind::integer && a->encoding == 0 && b->encoding == 0;
}

void poison(std::vector<bpf::Insn>& code, std::size_t slot) {
    const auto call = [](bpf::Insn& insn) {
        insn = bpf::Insn{};
        insn.opcode = 0x85;
        insn.imm = kPoisonedHelper;
    };
    if (code[slot].opcode == 0x18 && slot + 1 < code.size()) call(code[slot + 1]);
    call(code[slot]);
}

// Bits of the opcode that say how wide a load or store is.
std::optional<std::uint8_t> size_bits(std::uint64_t bytes) {
    switch (bytes) {
        case 1: return 0x10;
        case 2: return 0x08;
        case 4: return 0x00;
        case 8: return 0x18;
        default: return std::nullopt;
    }
}

}  // namespace

struct CoreRelocator::Outcome {
    Value from, to;
    bool size_changes = false;  // and may not
    std::string problem;
};

CoreRelocator::CoreRelocator(const Btf& local, const Btf* target) : local_(local), target_(target != nullptr ? *target : local), own_types_(target == nullptr) {}

std::vector<std::uint32_t> CoreRelocator::candidates(const CoreSpec& spec) {
    if (own_types_) return {spec.root};
    if (!candidates_) candidates_ = std::make_unique<CoreCandidates>(target_);
    return candidates_->of(*local_.type(spec.root));
}

CoreRelocator::Outcome CoreRelocator::resolve(const BtfCoreRelocation& relocation) {
    Outcome out;
    const CoreKind kind = static_cast<CoreKind>(relocation.kind);
    const auto spec = relocation.kind <= static_cast<std::uint32_t>(CoreKind::type_matches) ? parse_core_spec(local_, relocation.type, relocation.access, kind) : std::nullopt;
    const auto from = spec ? value_of(local_, kind, &*spec) : std::nullopt;
    if (!from) {
        out.problem = "CO-RE relocation of an unknown kind, or of a field that its type does not have";
        return out;
    }
    out.from = *from;
    if (kind == CoreKind::type_id_local) {
        out.to = out.from;
        return out;
    }
    const std::string name(local_.type(spec->root)->name);
    if (name.empty() && !own_types_) {
        out.problem = "CO-RE relocation of a type without a name";
        return out;
    }
    std::optional<CoreSpec> found;
    for (const std::uint32_t id : candidates(*spec)) {
        const auto match = match_core_spec(local_, *spec, target_, id, budget_);
        if (!match) continue;
        const auto to = value_of(target_, kind, &*match);
        if (!to) out.problem = "CO-RE: a field of " + name + " has no place in the target's types";
        if (found && to && (match->bit_offset != found->bit_offset || to->value != out.to.value)) out.problem = "CO-RE: the target has several types " + name + " that differ";
        if (!out.problem.empty()) return out;
        out.to = *to;
        found = match;
    }
    if (!found) out.to = *value_of(target_, kind, nullptr);
    if (!out.to.known) out.problem = "CO-RE: the target has no such field or value of " + name;
    out.size_changes = out.from.size != out.to.size && !may_change_size(local_, out.from, target_, out.to);
    return out;
}

std::string CoreRelocator::apply(const BtfCoreRelocation& relocation, std::vector<bpf::Insn>& code, std::size_t slot) {
    const Outcome outcome = resolve(relocation);
    bpf::Insn& insn = code[slot];
    const auto refuse = [&](std::string why) {
        poison(code, slot);
        return why;
    };
    if (!outcome.problem.empty()) return refuse(outcome.problem);
    const Value &from = outcome.from, &to = outcome.to;
    const std::string stale = "CO-RE: the instruction does not hold the value that its own types give";
    switch (insn.opcode & 7) {
        case 4:  // ALU, 32 and 64 bits
        case 7:
            if ((insn.opcode & 8) != 0 || (from.checked && static_cast<std::uint64_t>(std::int64_t{insn.imm}) != from.value)) return refuse(stale);
            insn.imm = static_cast<std::int32_t>(static_cast<std::uint32_t>(to.value));
            return {};
        case 1:  // loads and stores
        case 2:
        case 3: {
            if (from.checked && static_cast<std::uint64_t>(std::int64_t{insn.offset}) != from.value) return refuse(stale);
            if (to.value > INT16_MAX) return refuse("CO-RE: the field lies too far into its structure for a load or store");
            if (outcome.size_changes) return refuse("CO-RE: the field has another size on the target, and is neither a pointer nor an unsigned number");
            if (from.size != to.size) {
                const auto old_bits = size_bits(from.size), new_bits = size_bits(to.size);
                if (!old_bits || !new_bits || (insn.opcode & 0x18) != *old_bits) return refuse(stale);
                insn.opcode = static_cast<std::uint8_t>((insn.opcode & ~0x18) | *new_bits);
            }
            insn.offset = static_cast<std::int16_t>(to.value);
            return {};
        }
        case 0: {  // 64-bit constants
            if (insn.opcode != 0x18 || insn.src != 0 || slot + 1 >= code.size()) return refuse(stale);
            const std::uint64_t held = static_cast<std::uint32_t>(insn.imm) | std::uint64_t{static_cast<std::uint32_t>(code[slot + 1].imm)} << 32;
            if (from.checked && held != from.value) return refuse(stale);
            insn.imm = static_cast<std::int32_t>(static_cast<std::uint32_t>(to.value));
            code[slot + 1].imm = static_cast<std::int32_t>(static_cast<std::uint32_t>(to.value >> 32));
            return {};
        }
        default: return refuse("CO-RE relocation at an instruction that takes none");
    }
}

}  // namespace mbpf
