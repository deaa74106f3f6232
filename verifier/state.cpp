// SPDX-License-Identifier: Apache-2.0
// Order and join of states. Sound because each component is over-approximated on its own: values by
// join_values, a byte counts as written only if both wrote it, a cell survives only if both hold one there.
#include "verifier/state.h"

#include <algorithm>
#include <map>

namespace mbpf {

namespace {

// Renaming of identities between two states: a name of one side stands for one name of the other.
class Renaming {
  public:
    // b's names must be a renaming of a's wherever b uses a name at all: b claims "these are equal".
    bool matches(Identity in_b, Identity in_a) {
        if (in_b == 0) return true;
        if (in_a == 0) return false;
        const auto [it, added] = names_.try_emplace(in_b, in_a);
        return it->second == in_a;
    }

  private:
    std::map<Identity, Identity> names_;
};

bool value_covers(const Value& b, const Value& a, Renaming& names) {
    if (b.kind == ValueKind::unknown) return true;
    if (b.kind == ValueKind::number) return a.kind == ValueKind::number && a.number.subset_of(b.number) && names.matches(b.id, a.id);
    // A sure pointer is not covered by one that may be null: b may claim "null together" with another of its
    // pointers, and a check of this one would then clear the other, which in a may still be null.
    if (a.kind != b.kind || a.region != b.region || a.map != b.map || a.frame != b.frame || a.size != b.size || a.ref != b.ref) return false;
    if (a.fixed != b.fixed || !a.number.subset_of(b.number) || a.range < b.range) return false;
    if (b.kind == ValueKind::pointer_or_null && !names.matches(b.null_id, a.null_id)) return false;
    if (b.id == 0 || a.id == 0) return b.id == a.id;
    return names.matches(b.id, a.id);
}

bool frame_covers(const Frame& b, const Frame& a, Renaming& names) {
    // No short cut for a frame shared by both: its identities must still agree with those of the registers.
    if (a.return_slot != b.return_slot || a.function != b.function) return false;
    if ((b.written & ~a.written).any()) return false;
    for (const Cell& cell : b.cells) {
        const Cell* other = a.find(cell.offset, cell.size);
        if (other == nullptr || !value_covers(cell.value, other->value, names)) return false;
    }
    // A pointer that b no longer knows of must not become readable bytes.
    for (const Cell& cell : a.cells)
        if (cell.value.is_pointer() && b.find(cell.offset, cell.size) == nullptr && b.all_written(cell.offset, cell.size)) return false;
    for (std::size_t i = 0; i < 4; ++i)
        if (!value_covers(b.saved[i], a.saved[i], names)) return false;
    return true;
}

// Pairs of names that were equal on both sides stay equal under a new name.
class Pairing {
  public:
    explicit Pairing(Identities& identities) : identities_(identities) {}
    Identity join(Identity a, Identity b) {
        if (a == 0 || b == 0) return 0;
        const auto [it, added] = names_.try_emplace({a, b}, 0);
        if (added) it->second = a == b ? a : identities_.next();
        return it->second;
    }
    Identity fresh() { return identities_.next(); }

  private:
    Identities& identities_;
    std::map<std::pair<Identity, Identity>, Identity> names_;
};

Value join_values(const Value& a, const Value& b, Pairing& names) {
    if (a == b) return a;
    if (a.kind == ValueKind::number && b.kind == ValueKind::number) {
        Value v = Value::of(Number::join(a.number, b.number));
        v.id = names.join(a.id, b.id);
        return v;
    }
    if (!a.is_pointer() || !b.is_pointer() || a.region != b.region || a.map != b.map || a.frame != b.frame || a.size != b.size || a.ref != b.ref) return {};
    if (a.kind != b.kind && a.ref != 0) return {};
    Value v = a;
    if (a.kind != b.kind) {
        v.kind = ValueKind::pointer_or_null;
        v.null_id = names.fresh();
    } else if (a.kind == ValueKind::pointer_or_null) {
        v.null_id = names.join(a.null_id, b.null_id);
        if (v.null_id == 0) v.null_id = names.fresh();
    }
    const bool variable = a.id != b.id || !(a.number == b.number) || a.fixed != b.fixed;
    if (!variable) {
        v.range = std::min(a.range, b.range);
        return v;
    }
    if (a.fixed == b.fixed && a.id != 0 && b.id != 0) {
        v.number = Number::join(a.number, b.number);
        v.id = names.join(a.id, b.id);
        v.range = std::min(a.range, b.range);
        return v;
    }
    // Different constant offsets: one variable offset that covers both, about whose packet bytes nothing is
    // known but what both had behind the pointer itself.
    v.number = Number::join(Number::alu64(bpf::AluOp::add, a.number, Number::constant(static_cast<std::uint64_t>(a.fixed))),
                            Number::alu64(bpf::AluOp::add, b.number, Number::constant(static_cast<std::uint64_t>(b.fixed))));
    v.fixed = 0;
    v.range = std::max<std::int64_t>(0, std::min(a.range - a.fixed, b.range - b.fixed));
    v.id = names.fresh();
    return v;
}

std::shared_ptr<Frame> join_frames(const std::shared_ptr<Frame>& a, const std::shared_ptr<Frame>& b, Pairing& names) {
    if (a == b || *a == *b) return a;
    auto r = std::make_shared<Frame>();
    r->return_slot = a->return_slot;
    r->function = a->function;
    r->written = a->written & b->written;
    for (const Cell& cell : a->cells) {
        const Cell* other = b->find(cell.offset, cell.size);
        Value v = other == nullptr ? Value{} : join_values(cell.value, other->value, names);
        if (v.kind != ValueKind::unknown) {
            r->cells.push_back({cell.offset, cell.size, v});
        } else if (cell.value.is_pointer()) {
            for (int i = 0; i < cell.size; ++i) r->written.reset(static_cast<std::size_t>(cell.offset + i + kFrameBytes));
        }
    }
    // A pointer on b's side that a does not match must not be read as bytes either.
    for (const Cell& cell : b->cells)
        if (cell.value.is_pointer() && r->find(cell.offset, cell.size) == nullptr)
            for (int i = 0; i < cell.size; ++i) r->written.reset(static_cast<std::size_t>(cell.offset + i + kFrameBytes));
    for (std::size_t i = 0; i < 4; ++i) r->saved[i] = join_values(a->saved[i], b->saved[i], names);
    return r;
}

bool same_kind(const Value& a, const Value& b) {
    return a.kind == b.kind && (!a.is_pointer() || (a.region == b.region && a.map == b.map && a.frame == b.frame && a.size == b.size && a.ref == b.ref && a.fixed == b.fixed && (a.id == 0) == (b.id == 0)));
}

}  // namespace

const Cell* Frame::find(std::int64_t offset, unsigned size) const {
    for (const Cell& c : cells)
        if (c.offset == offset && c.size == size) return &c;
    return nullptr;
}

bool Frame::all_written(std::int64_t offset, std::int64_t size) const {
    for (std::int64_t i = offset; i < offset + size; ++i)
        if (!written.test(static_cast<std::size_t>(i + kFrameBytes))) return false;
    return true;
}

void Frame::drop(std::int64_t offset, std::int64_t size) {
    std::erase_if(cells, [&](const Cell& c) { return c.offset < offset + size && offset < c.offset + c.size; });
}

bool Frame::holds_pointer(std::int64_t offset, std::int64_t size) const {
    return std::ranges::any_of(cells, [&](const Cell& c) { return c.value.is_pointer() && c.offset < offset + size && offset < c.offset + c.size; });
}

void Frame::put(std::int64_t offset, unsigned size, const Value& value) {
    drop(offset, size);
    for (std::int64_t i = offset; i < offset + size; ++i) written.set(static_cast<std::size_t>(i + kFrameBytes));
    if (value.kind == ValueKind::unknown) return;
    const auto at = std::ranges::lower_bound(cells, offset, {}, &Cell::offset);
    cells.insert(at, Cell{static_cast<std::int16_t>(offset), static_cast<std::uint8_t>(size), value});
}

Frame& State::frame_for_write(std::size_t index) {
    if (frames[index].use_count() > 1) frames[index] = std::make_shared<Frame>(*frames[index]);
    return *frames[index];
}

bool subsumes(const State& b, const State& a) {
    if (a.frames.size() != b.frames.size() || a.refs != b.refs || a.packet_bytes < b.packet_bytes) return false;
    Renaming names;
    for (std::size_t r = 0; r < a.regs.size(); ++r)
        if (!value_covers(b.regs[r], a.regs[r], names)) return false;
    for (std::size_t f = 0; f < a.frames.size(); ++f)
        if (!frame_covers(*b.frames[f], *a.frames[f], names)) return false;
    return true;
}

bool same_shape(const State& a, const State& b) {
    if (a.frames.size() != b.frames.size() || a.refs != b.refs) return false;
    for (std::size_t r = 0; r < a.regs.size(); ++r)
        if (!same_kind(a.regs[r], b.regs[r])) return false;
    for (std::size_t f = 0; f < a.frames.size(); ++f) {
        if (a.frames[f] == b.frames[f]) continue;
        if (a.frames[f]->written != b.frames[f]->written) return false;
        for (const Cell& cell : a.frames[f]->cells) {
            const Cell* other = b.frames[f]->find(cell.offset, cell.size);
            if (cell.value.is_pointer() && (other == nullptr || !same_kind(cell.value, other->value))) return false;
        }
        for (const Cell& cell : b.frames[f]->cells)
            if (cell.value.is_pointer() && a.frames[f]->find(cell.offset, cell.size) == nullptr) return false;
    }
    return true;
}

State join_states(const State& a, const State& b, Identities& identities) {
    Pairing names(identities);
    State r;
    for (std::size_t i = 0; i < r.regs.size(); ++i) r.regs[i] = join_values(a.regs[i], b.regs[i], names);
    for (std::size_t f = 0; f < a.frames.size(); ++f) r.frames.push_back(join_frames(a.frames[f], b.frames[f], names));
    r.refs = a.refs;
    r.packet_bytes = std::min(a.packet_bytes, b.packet_bytes);
    r.cost = std::max(a.cost, b.cost);
    r.trail = a.cost >= b.cost ? a.trail : b.trail;
    return r;
}

}  // namespace mbpf
