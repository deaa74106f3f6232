// SPDX-License-Identifier: Apache-2.0
// Loads, stores, addresses. Alignment is claimed only where the proof gives it; for the rest LLVM finds what
// it can and else accesses bytes. On request, memory that others may write meanwhile (map values, packets) is
// loaded exactly once, by unordered atomic or volatile loads; programs that run to completion need not pay for that.
#include <mbpf/abi/package.h>

#include <algorithm>

#include "compiler/lift/function_lifter.h"

namespace mbpf {
namespace {

// What the start of each region is aligned to on every device.
std::uint64_t region_alignment(Region region, const Hook& hook) {
    switch (region) {
        case Region::context:
        case Region::stack:
        case Region::map_value:
        case Region::ring_buffer_record:
            return 8;
        case Region::memory:
            return hook.raw_memory ? 8 : 1;
        case Region::none:
        case Region::packet:
        case Region::packet_end:
        case Region::packet_meta:
        case Region::map_handle:
        case Region::function:
        case Region::object:
        case Region::mixed:
            return 1;
    }
    return 1;
}

// Of an access by this pointer: a field of the context on one path, another or other memory on others.
bool several_fields(const ValueFact& pointer) {
    return pointer.context && (pointer.region != Region::context || pointer.smin != pointer.smax);
}

bool others_may_write(Region region) { return region == Region::map_value || region == Region::packet; }

// The greatest power of two, at most 8, that surely divides the accessed offset from the region's start.
std::uint64_t offset_alignment(const ValueFact& pointer, std::int64_t offset) {
    const bool known = pointer.smin == pointer.smax;
    const std::uint64_t unknown_bits = known ? 0 : pointer.bits_mask;
    const std::uint64_t at =
        (known ? static_cast<std::uint64_t>(pointer.smin) : pointer.bits_value) + static_cast<std::uint64_t>(offset);
    std::uint64_t alignment = 8;
    while (alignment > 1 && ((at | unknown_bits) & (alignment - 1)) != 0) alignment /= 2;
    return alignment;
}

}  // namespace

bool FunctionLifter::context_differs() const {
    return shared_.target.pointer_bytes == 8 && shared_.verified.hook(program_).native64_context_size != 0;
}

std::int64_t FunctionLifter::native_context_offset(std::int64_t offset) const {
    if (!context_differs()) return offset;
    for (const ContextField& field : shared_.verified.hook(program_).fields) {
        const std::int64_t begin = field.offset;
        if (offset < begin || offset >= begin + static_cast<std::int64_t>(field.size)) continue;
        return field.native64_size == 0 ? offset : static_cast<std::int64_t>(field.native64_offset) + offset - begin;
    }
    return offset;
}

FunctionLifter::Place FunctionLifter::place_of(unsigned base, std::int64_t offset, unsigned size) {
    const ValueFact& pointer = fact(base);
    Place place;
    place.region = pointer.region;
    place.map = pointer.map;
    place.begin = pointer.smin + offset;
    place.end = pointer.smax + offset + size;
    if (pointer.region == Region::map_value && pointer.map >= 0 &&
        shared_.verified.object().maps[static_cast<std::size_t>(pointer.map)].read_only())
        place.region = Region::none;  // a constant of the module: needs neither scopes nor care
    const std::uint64_t known =
        std::min(region_alignment(pointer.region, shared_.verified.hook(program_)), offset_alignment(pointer, offset));
    place.alignment = llvm::Align(std::min<std::uint64_t>(known, size));
    if (const auto at = own_frame_offset(here(), pointer); at && frame_.find(*at + offset) != nullptr) {
        // r10's offset need not be 0 in the facts; distances from it are what counts.
        place.address = frame_address(*at + offset);
        std::uint64_t aligned = 8;
        while (aligned > 1 && static_cast<std::uint64_t>(*at + offset) % aligned != 0) aligned /= 2;
        place.alignment = llvm::Align(std::min<std::uint64_t>(aligned, size));
        return place;
    }
    std::int64_t distance = offset;
    if (pointer.context && context_differs()) {
        if (several_fields(pointer)) {
            fail("MBPF1308", "one access reaches a context field on one path and something else on another",
                 "fields lie elsewhere in this target's context", "read the field on the path that needs it");
        } else {
            distance = native_context_offset(pointer.smin + offset) - pointer.smin;
            place.alignment = llvm::Align(1);
        }
    }
    place.address = add_bytes(read_pointer(base), distance);
    return place;
}

llvm::LoadInst* FunctionLifter::load(const Place& place, llvm::Type* type) {
    llvm::LoadInst* result = b_.CreateAlignedLoad(type, place.address, place.alignment);
    shared_.add_scopes(*result, place.region, place.map, place.begin, place.end);
    if (!shared_.load_once || !others_may_write(place.region)) return result;
    // Atomic narrow loads are extended by an instruction of their own on RISC-V; volatile ones are not.
    const unsigned bits = type->isIntegerTy() ? type->getIntegerBitWidth() : 0;
    if (bits >= 32 && bits <= shared_.target.atomic_load_bits && place.alignment.value() * 8 >= bits)
        result->setAtomic(llvm::AtomicOrdering::Unordered);
    else
        result->setVolatile(true);
    return result;
}

void FunctionLifter::store(const Place& place, llvm::Value* value) {
    shared_.add_scopes(*b_.CreateAlignedStore(value, place.address, place.alignment), place.region, place.map, place.begin, place.end);
}

// xdp_md.data and its like: native pointers in the native struct, whatever eBPF's view of their width.
bool FunctionLifter::lift_context_pointer_load(const bpf::Op& op) {
    const ValueFact& base = fact(insn().src);
    if (base.region != Region::context || base.smin != base.smax) return false;
    const std::int64_t at = base.smin + insn().offset;
    for (const ContextField& field : shared_.verified.hook(program_).fields) {
        const bool pointer = field.kind == FieldKind::packet_start || field.kind == FieldKind::packet_end ||
                             field.kind == FieldKind::packet_meta;
        if (!pointer || at != static_cast<std::int64_t>(field.offset) || bpf::access_bytes(op) != field.size) continue;
        Place place = place_of(insn().src, insn().offset, shared_.target.pointer_bytes);
        place.alignment = llvm::Align(shared_.target.pointer_bytes);
        write_pointer(insn().dst, load(place, b_.getPtrTy()));
        return true;
    }
    return false;
}

void FunctionLifter::lift_load(const bpf::Op& op) {
    const unsigned dst = insn().dst, size = bpf::access_bytes(op);
    if (lift_context_pointer_load(op)) return;
    const Place place = place_of(insn().src, insn().offset, size);
    const ValueFact& after = fact_after(dst);
    const bool from_stack = place.region == Region::stack || place.region == Region::mixed;
    if (is_pointer(after) && size == 8 && from_stack)
        return write_pointer(dst, load({place.address, llvm::Align(1), place.region, place.map}, b_.getPtrTy()));
    llvm::Value* value = load(place, b_.getIntNTy(size * 8));
    if (size == 8) {
        write_whole(dst, value);
    } else {
        const bool sign = op.kind == bpf::Kind::load_sx;
        write_low(dst, sign ? b_.CreateSExt(value, b_.getInt32Ty()) : b_.CreateZExt(value, b_.getInt32Ty()), sign);
    }
    // Of different kinds on the paths that meet next, or that lead here: whichever is read later, if any.
    const bool either = after.kind == ValueKind::unknown && size == 8 && from_stack;
    if (either || (several_fields(fact(insn().src)) && size == shared_.target.pointer_bytes))
        b_.CreateStore(load({place.address, llvm::Align(1), place.region, place.map}, b_.getPtrTy()),
                       registers_[dst].pointer);
}

// All 8 bytes of the slot are written, so that a null reads back as the number 0 on 32-bit targets too.
void FunctionLifter::store_pointer(const Place& place, llvm::Value* pointer) {
    store(place, pointer);
    if (!narrow_) return;
    Place upper = place;
    upper.address = add_bytes(place.address, 4);
    upper.alignment = llvm::commonAlignment(place.alignment, 4);
    store(upper, b_.getInt32(0));
}

void FunctionLifter::lift_store(const bpf::Op& op) {
    const unsigned size = bpf::access_bytes(op);
    const Place place = place_of(insn().dst, insn().offset, size);
    if (op.kind == bpf::Kind::store_imm) {
        const auto value = static_cast<std::uint64_t>(std::int64_t{insn().imm});
        const llvm::APInt whole(64, value);
        return store(place, llvm::ConstantInt::get(b_.getContext(), whole.trunc(size * 8)));
    }
    if (is_pointer(fact(insn().src))) {
        if (size != 8 || (place.region != Region::stack && place.region != Region::mixed))
            return fail("MBPF9001", "verified program stores a pointer outside the stack");
        return store_pointer(place, read_pointer(insn().src));
    }
    if (size == 8) return store(place, read_whole(insn().src));
    store(place, b_.CreateTrunc(read_low(insn().src), b_.getIntNTy(size * 8)));
}

void FunctionLifter::lift_load_imm64() {
    const bpf::Insn& low = insn();
    const std::uint32_t high =
        slot_ + 1 < code_.insns.size() ? static_cast<std::uint32_t>(code_.insns[slot_ + 1].imm) : 0;
    const auto index = static_cast<std::uint32_t>(low.imm);
    const auto& maps = shared_.verified.object().maps;
    switch (static_cast<bpf::Pseudo>(low.src)) {
        case bpf::Pseudo::none:
            return write_whole(low.dst, b_.getInt64(std::uint64_t{high} << 32 | index));
        case bpf::Pseudo::map: {
            if (index >= maps.size() || shared_.plan.package_map[index] < 0) break;
            const auto row = static_cast<std::uint16_t>(shared_.plan.package_map[index]);
            return write_pointer(low.dst, shared_.import(b_, imports_, {MBPF_IMPORT_MAP, row, 0}, 0));
        }
        case bpf::Pseudo::map_value:
            if (index >= maps.size() || (!maps[index].is_global_data() && !is_addressable_array(maps[index]))) break;
            return write_pointer(low.dst, add_bytes(shared_.values_of_map(b_, imports_, index), high));
        case bpf::Pseudo::variable:
        case bpf::Pseudo::function:
        case bpf::Pseudo::map_by_index:
        case bpf::Pseudo::map_value_by_index:
            break;
    }
    fail("MBPF9001", "verified program holds a 64-bit immediate of an unknown kind");
}

}  // namespace mbpf
