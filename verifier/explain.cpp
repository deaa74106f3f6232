// SPDX-License-Identifier: Apache-2.0
#include "verifier/explain.h"

#include <algorithm>
#include <array>

#include "core/core_relocations.h"
#include "verifier/c_line.h"

namespace mbpf {

using namespace proof;

namespace {

constexpr std::uint32_t kProbeReadKernel = 113;  // on Linux; the hooks that have it read any address by it

std::string bytes_text(std::uint64_t n) { return std::to_string(n) + (n == 1 ? " byte" : " bytes"); }
std::string range_text(std::int64_t lo, std::int64_t hi) { return lo == hi ? std::to_string(lo) : "[" + std::to_string(lo) + ", " + std::to_string(hi) + "]"; }

// "xdp, tc and 3 more"
std::string names_of(const std::vector<std::string>& names) {
    constexpr std::size_t kMost = 8;
    if (names.empty()) return "no hook";
    std::string out;
    const std::size_t shown = names.size() <= kMost + 1 ? names.size() : kMost;
    for (std::size_t i = 0; i < shown; ++i) out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return shown == names.size() ? out : out + " and " + std::to_string(names.size() - shown) + " more";
}

class Explainer {
  public:
    Explainer(const ProofEnvironment& env, const DataNames& names, const Failure& failure, const State& state, bool in_loop)
        : env_(env), names_(names), f_(failure), s_(state), in_loop_(in_loop), helper_(helper_at(failure.slot)), value_(state.regs[failure.reg < State::kRegisters ? failure.reg : 0]) {}

    Diagnostic run() {
        d_.instruction = f_.slot;
        d_.where = env_.object().location(env_.program(), f_.slot);
        if (!memory() && !pointers() && !calls()) rest();
        return std::move(d_);
    }

  private:
    const Helper* helper_at(std::uint32_t slot) const {
        const bpf::Insn& insn = env_.program().insns[slot];
        return insn.opcode == 0x85 && insn.src == 0 ? env_.platform().find_helper(static_cast<std::uint32_t>(insn.imm)) : nullptr;
    }
    bool say(unsigned code, std::string message, std::string why = {}, std::string fix = {}) {
        d_.code = "MBPF" + std::to_string(code);
        d_.message = std::move(message);
        d_.why = std::move(why);
        d_.fix = std::move(fix);
        return true;
    }
    std::string reg() const { return "r" + std::to_string(f_.reg); }
    std::string it_is() const { return reg() + " is " + describe(env_, s_, value_); }
    // "read" or "write", of a helper where one does it.
    std::string access() const { return std::string(f_.is_write ? "write" : "read") + (helper_ != nullptr ? " by a helper" : ""); }
    std::string argument() const {
        const std::size_t i = f_.reg - 1u;
        if (helper_ == nullptr || i >= helper_->args.size()) return reg();
        return "argument " + std::to_string(i + 1) + " (" + helper_->args[i].name + ") of bpf_" + helper_->name;
    }
    ArgKind argument_kind() const { return helper_ != nullptr && f_.reg >= 1 && f_.reg - 1u < helper_->args.size() ? helper_->args[f_.reg - 1u].kind : ArgKind::scalar; }
    std::string map_name(std::int64_t map) const { return map >= 0 && static_cast<std::size_t>(map) < env_.object().maps.size() ? env_.object().maps[static_cast<std::size_t>(map)].name : "?"; }

    bool offered(const Helper& h) const { return h.hooks.empty() || std::ranges::find(h.hooks, env_.hook().name) != h.hooks.end(); }

    bool memory();
    bool pointers();
    bool calls();
    bool argument_of_wrong_kind();
    bool unresolved();
    bool past_named_data();
    bool hidden_field();
    std::int64_t statement_reach() const;
    bool moved_by_variable();
    bool stack_index();
    std::string unwritten_bytes() const;
    std::string check_range(std::int64_t least, std::int64_t most) const;
    std::string bounds_check(std::int64_t low, std::int64_t length) const;
    std::string if_null() const;
    std::string leaving() const;
    std::string declared_end() const;
    bool came_from_memory() const;
    void rest();

    const ProofEnvironment& env_;
    const DataNames& names_;
    const Failure& f_;
    const State& s_;
    bool in_loop_;
    const Helper* helper_;
    const Value& value_;
    Diagnostic d_;
};

// For an index that may be as low as `low`.
std::string Explainer::bounds_check(std::int64_t low, std::int64_t length) const {
    const std::string written = subscript_at(d_.where), i = written.empty() ? "i" : written;
    return "check the index first: if (" + (low < 0 ? i + " < 0 || " : std::string()) + i + " >= " + std::to_string(length) + ") " + leaving() + (low < 0 ? " or make it unsigned and check only the second" : "");
}

// What leaves the function: with a value that the hook allows, if it is the program's own.
std::string Explainer::leaving() const {
    const Hook& h = env_.hook();
    if (h.name == "xdp") return "return XDP_DROP;";
    return "return " + std::to_string(h.any_return || (h.return_min <= 0 && h.return_max >= 0) ? 0 : h.return_min) + ";";
}

// The check of the pointer by its name in C, which the call that gave it tells.
std::string Explainer::if_null() const {
    std::string name = "p";
    const auto gives = [&](const Helper& h) {
        switch (h.returns) {
            case ReturnKind::map_value_or_null: return value_.region == Region::map_value || value_.region == Region::object || value_.is_number();
            case ReturnKind::ring_buffer_record_or_null: return value_.region == Region::ring_buffer_record || value_.is_number();
            case ReturnKind::object_or_null: return value_.region == Region::object || value_.is_number();
            case ReturnKind::memory_or_null:
            case ReturnKind::nothing:
            case ReturnKind::scalar:
            case ReturnKind::map_value:
            case ReturnKind::object: return false;
        }
        return false;
    };
    for (std::uint32_t slot = f_.slot; slot-- > 0;) {
        const Helper* h = helper_at(slot);
        if (h == nullptr || !gives(*h)) continue;
        if (const std::string assigned = assigned_at(env_.object().location(env_.program(), slot)); mentions(d_.where.text, assigned)) name = assigned;
        break;
    }
    // A line before the program's first is one of a function that was inlined.
    const std::uint32_t first = env_.object().location(env_.program(), env_.program().function_of(f_.slot).begin).line;
    return "check it first: if (!" + name + ") " + leaving() + (d_.where.line < first ? " (in a void function: return;)" : "");
}

// Where data_end comes from, for programs that never read it.
std::string Explainer::declared_end() const {
    const auto& fields = env_.hook().fields;
    const auto field = std::ranges::find(fields, "data_end", &ContextField::name);
    if (field == fields.end()) return {};
    for (const bpf::Insn& insn : env_.program().insns)
        if (decode(insn).kind == bpf::Kind::load && insn.offset == static_cast<std::int16_t>(field->offset)) return {};
    return " with, unless data_end is there, void *data_end = (void *)(long)ctx->data_end;";
}

// Whether the number that is used as a pointer was loaded whole: a pointer that C kept in global data or in a map.
bool Explainer::came_from_memory() const {
    for (std::uint32_t slot = f_.slot; slot-- > 0;) {
        const bpf::Insn& insn = env_.program().insns[slot];
        const Operation op = decode(insn);
        if (op.kind == bpf::Kind::store_reg || op.kind == bpf::Kind::store_imm || op.kind == bpf::Kind::jump || insn.dst != f_.reg) continue;
        return op.kind == bpf::Kind::load && op.width == 64;
    }
    return false;
}

// How far behind the pointer the C line reaches that the refused access is a part of: compilers read unaligned
// fields byte by byte.
std::int64_t Explainer::statement_reach() const {
    const std::uint32_t line = d_.where.line;
    std::int64_t reach = 0;
    for (std::uint32_t slot = f_.slot; line > 0 && slot < env_.program().insns.size() && env_.object().location(env_.program(), slot).line == line; ++slot) {
        const bpf::Insn& insn = env_.program().insns[slot];
        const Operation op = decode(insn);
        const bool load = op.kind == bpf::Kind::load || op.kind == bpf::Kind::load_sx, store = op.kind == bpf::Kind::store_reg || op.kind == bpf::Kind::store_imm;
        if ((load ? insn.src : insn.dst) == f_.reg && (load || store)) reach = std::max<std::int64_t>(reach, std::int64_t{insn.offset} + op.width / 8);
        else if (!store && op.kind != bpf::Kind::jump && insn.dst == f_.reg) break;
        if (load && insn.dst == f_.reg) break;
        if (op.kind == bpf::Kind::call_helper || op.kind == bpf::Kind::call_local || op.kind == bpf::Kind::exit || op.kind == bpf::Kind::jump_always) break;
    }
    return reach;
}

// Past the end of a map's value where C has a name for what the access begins in.
bool Explainer::past_named_data() {
    if (value_.map < 0 || static_cast<std::size_t>(value_.map) >= env_.object().maps.size()) return false;
    const bpf::Map& map = env_.object().maps[static_cast<std::size_t>(value_.map)];
    const auto place = names_.find(map, std::clamp<std::int64_t>(f_.low, 0, std::max<std::int64_t>(f_.limit - 1, 0)));
    if (!place) return false;
    std::string object = place->name.empty() ? "the value of map " + map.name : place->name;
    if (!map.is_global_data() && !place->name.empty()) object += " in the value of map " + map.name;
    const std::string what = access() + " of " + bytes_text(f_.size) + " may pass the end of " + object;
    if (place->element <= 0)
        return say(1013, what, "it has " + bytes_text(static_cast<std::uint64_t>(place->size)) + "; the access begins at byte " + range_text(f_.low - place->begin, f_.high - place->begin) + ", counted from 0",
                   f_.low == f_.high ? "keep to its " + bytes_text(static_cast<std::uint64_t>(place->size)) + ", or make it larger" : "bound the offset before using it: if (n > " + std::to_string(std::max<std::int64_t>(place->size - f_.size, 0)) + ") " + leaving() + " with n unsigned");
    const std::int64_t length = place->size / place->element;
    const auto index = [&](std::int64_t offset) { return (offset - place->begin - (offset < place->begin ? place->element - 1 : 0)) / place->element; };
    return say(1013, what, "it has " + std::to_string(length) + " elements of " + bytes_text(static_cast<std::uint64_t>(place->element)) + "; the index is " + (f_.low == f_.high ? "" : "in ") + range_text(index(f_.low), index(f_.high)),
               f_.low == f_.high ? "keep the index below " + std::to_string(length) + "; a loop's counter i by its condition: && i < " + std::to_string(length) : bounds_check(index(f_.low), length));
}

bool Explainer::moved_by_variable() {
    constexpr std::uint32_t kFollowing = 8;
    const std::string amount = "the amount is in " + range_text(f_.low, f_.high) + " bytes";
    if (value_.region == Region::map_value && value_.map >= 0 && static_cast<std::size_t>(value_.map) < env_.object().maps.size() && value_.fixed_place()) {
        // What is indexed may lie behind the pointer: the access that follows says where.
        const std::uint8_t moved = env_.program().insns[f_.slot].dst;
        std::int64_t offset = 0;
        for (std::uint32_t slot = f_.slot + 1; slot < env_.program().insns.size() && slot < f_.slot + kFollowing; ++slot) {
            const bpf::Insn& insn = env_.program().insns[slot];
            const bpf::Kind kind = decode(insn).kind;
            const bool load = kind == bpf::Kind::load || kind == bpf::Kind::load_sx, store = kind == bpf::Kind::store_reg || kind == bpf::Kind::store_imm || kind == bpf::Kind::atomic;
            if ((load && insn.src == moved) || (store && insn.dst == moved)) {
                offset = insn.offset;
                break;
            }
            if (kind == bpf::Kind::jump || kind == bpf::Kind::jump_always || kind == bpf::Kind::exit || (!store && insn.dst == moved)) break;
        }
        const auto place = names_.find(env_.object().maps[static_cast<std::size_t>(value_.map)], value_.fixed + offset);
        if (place && place->element > 0) return say(1011, "index into " + place->name + " is unbounded", it_is() + "; " + amount, bounds_check(f_.low, place->size / place->element));
    }
    if (value_.region == Region::packet && f_.low < 0 && f_.low > -kMaxOffset)
        return say(1011, "packet pointer may be moved back by an unknown amount", it_is() + "; " + amount, "make the length unsigned, or return early if it is negative");
    return say(1011, "pointer is moved by an unbounded amount", it_is() + "; " + amount,
               value_.region == Region::packet ? "bound the length first: if (n > 1500) " + leaving() + " with n unsigned, or give it a type of 16 bits" : "check the index first: if (i >= LENGTH) " + leaving() + " " + (f_.low < 0 ? "with i unsigned; " : "") + "or mask it: i & (LENGTH - 1) with LENGTH a power of two");
}

bool Explainer::stack_index() {
    const std::string what = access() + " of " + bytes_text(f_.size) + " may pass the end of a stack variable";
    const auto size = static_cast<std::int64_t>(f_.size);
    const std::int64_t begin = f_.low - value_.number.wide.smin;  // of the array, where the index is what varies
    if (value_.fixed_place() || size == 0 || begin < -kFrameBytes || begin >= 0)
        return say(1017, what, f_.low == f_.high && f_.low >= 0 ? "it begins " + (f_.low == 0 ? std::string("where the frame ends") : bytes_text(static_cast<std::uint64_t>(f_.low)) + " past the frame's end")
                                                                : "the offset from the frame's end is " + range_text(f_.low, f_.high) + "; the frame is the " + std::to_string(kFrameBytes) + " bytes before it", "keep the index below the array's length; a loop's counter i by its condition: && i < LENGTH");
    const auto index = [&](std::int64_t offset) { return (offset - begin - (offset < begin ? size - 1 : 0)) / size; };
    return say(1017, what, "at most " + std::to_string(-begin / size) + " elements of " + bytes_text(f_.size) + " lie between its start and the frame's end; the index is in " + range_text(index(f_.low), index(f_.high)),
               bounds_check(index(f_.low), -begin / size));
}

// "bytes 13 to 15 of 16 …": what of the access is not written.
std::string Explainer::unwritten_bytes() const {
    std::string runs;
    std::int64_t missing = 0;
    const std::int64_t all = f_.high - f_.low + 1;
    const Frame& frame = s_.frames[value_.frame];
    for (std::int64_t at = f_.low; at <= f_.high && at >= -kFrameBytes && at < 0; ++at) {
        if (frame.all_written(at, 1)) continue;
        const std::int64_t first = at;
        while (at < f_.high && at < -1 && !frame.all_written(at + 1, 1)) ++at;
        missing += at - first + 1;
        runs += (runs.empty() ? "" : ", ") + std::to_string(first - f_.low) + (at > first ? " to " + std::to_string(at - f_.low) : "");
    }
    if (missing == 0 || missing == all) return all == 1 ? "the byte is not written on every path here" : "none of the " + std::to_string(all) + " bytes is written on every path here";
    return "of the " + std::to_string(all) + " bytes, counted from 0, " + runs + (missing == 1 ? " is" : " are") + " not written on every path here; the padding between members counts";
}

// Fields that another hook with this context may touch, and those that are read whole.
bool Explainer::hidden_field() {
    const Hook& h = env_.hook();
    const auto holds = [&](const ContextField& field) { return f_.low >= field.offset && f_.low < std::int64_t{field.offset} + field.size; };
    if (const auto own = std::ranges::find_if(h.fields, holds); own != h.fields.end())
        return say(1021, std::string(f_.is_write ? "write" : "read") + " of " + bytes_text(f_.size) + " at offset " + std::to_string(f_.low) + " is not of a whole field of the context",
                   "it begins in " + own->name + ", which has " + bytes_text(own->size) + " at offset " + std::to_string(own->offset), std::string(f_.is_write ? "write" : "read") + " a whole field by its name");
    const auto layout = std::ranges::find(env_.platform().contexts, h.context_type, &ContextLayout::name);
    if (layout == env_.platform().contexts.end()) return false;
    const auto field = std::ranges::find_if(layout->fields, holds);
    if (field == layout->fields.end()) return false;
    std::string own;
    for (const ContextField& f : h.fields) own += (own.empty() ? "" : ", ") + f.name;
    return say(1021, "field " + field->name + " of struct " + h.context_type + " may not be " + (f_.is_write ? "written" : "read") + " on hook " + h.name, "the hook has " + (own.empty() ? std::string("no field of it") : own), "use one of these, or another hook");
}

bool Explainer::memory() {
    switch (f_.reason) {
        case Reason::packet_bounds: {
            const std::string what = access() + " of " + bytes_text(f_.size) + " may pass the end of the packet";
            if (f_.low < 0) return say(1012, what, "the offset from the packet's start may be " + std::to_string(f_.low), "make the offset unsigned, or return early if it is negative");
            const std::string leave = leaving();
            const auto fix = [&](std::string otherwise) { return in_loop_ ? "check the pointer that is read in each iteration of the loop: if ((void *)(p + 1) > data_end) break;" : std::move(otherwise); };
            const std::int64_t behind = f_.low - value_.offset_min() + f_.size;  // the pointer
            if (value_.fixed_place()) {
                const std::int64_t needed = value_.fixed + behind, known = value_.fixed + f_.limit;
                const std::int64_t all = std::max<std::int64_t>(value_.fixed + std::max(behind, statement_reach()), 1);
                return say(1012, what, "the packet is known to have " + bytes_text(static_cast<std::uint64_t>(std::max<std::int64_t>(known, 0))) + " here; this needs " + std::to_string(needed) + (all > needed ? ", the whole line " + std::to_string(all) : ""),
                           fix("check it first, counted from the packet's start: if ((void *)data + " + std::to_string(all) + " > data_end) " + leave + declared_end()));
            }
            if (value_.offset_max() > kPastPacket && f_.limit <= 0)
                return say(1012, what, "the pointer may lie " + std::to_string(value_.offset_max()) + " bytes into the packet, farther than packets are long: it may have passed the end of the address space, so a comparison with data_end tells nothing of it",
                           in_loop_ ? "count how far the pointer is in a variable, and bound that in each iteration: if (off > 1500) break; with p = data + off" : "bound each length before it is added to the pointer: if (n > 1500) " + leave);
            return say(1012, what, "the pointer lies " + range_text(value_.offset_min(), value_.offset_max()) + " bytes into the packet; " +
                           (f_.limit > 0 ? std::to_string(f_.limit) + " of the " + std::to_string(behind) + " bytes that this needs behind it are known to be there" : "that bytes follow it is not known: it, or a pointer to the same place, was not compared with data_end"),
                       fix("compare the pointer itself: if ((void *)p + " + std::to_string(std::max(behind, statement_reach())) + " > data_end) " + leave));
        }
        case Reason::region_bounds: {
            if (value_.region == Region::map_value && past_named_data()) return true;
            std::string object = "memory";
            if (value_.region == Region::map_value && value_.map >= 0 && static_cast<std::size_t>(value_.map) < env_.object().maps.size()) object = env_.object().maps[static_cast<std::size_t>(value_.map)].is_global_data() ? "global data " + map_name(value_.map) : "value of map " + map_name(value_.map);
            if (value_.region == Region::ring_buffer_record) object = "ring buffer record";
            if (value_.region == Region::object) object = "kernel object";
            if (value_.region == Region::packet_meta) object = "packet's metadata";
            return say(1013, access() + " of " + bytes_text(f_.size) + " may pass the end of the " + object, "it has " + std::to_string(f_.limit) + " bytes; the offset is " + range_text(f_.low, f_.high),
                       f_.low == f_.high ? "make the object larger, or use what lies inside it" : "check the index before using it: if (i >= LENGTH) " + leaving() + " with i unsigned");
        }
        case Reason::kernel_field: return say(1013, access() + " of bytes of a map value that the kernel keeps for itself", "a lock or timer lies at offset " + std::to_string(f_.limit) + " of map " + map_name(value_.map), "touch it through its helpers only");
        case Reason::stack_bounds:
            return stack_index();
        case Reason::stack_buffer:
            if (const Value* held = s_.value_at({static_cast<std::int16_t>(f_.low), 8, value_.frame}); held != nullptr && held->is_pointer() && f_.limit == 8)
                return say(1017, argument() + ": the buffer is too small", std::string("the helper ") + (f_.is_write ? "writes " : "reads ") + std::to_string(f_.size) + " bytes; the variable given has 8 and holds " + describe(env_, s_, *held),
                           held->region == Region::context ? "copy the fields of the context that you need to a local variable and pass its address and size" : "if you wrote &p, pass p: the address of the pointer variable was given, not what it points to");
            if (f_.low != f_.high)
                return say(1017, argument() + ": the buffer may be too small", std::string("the helper ") + (f_.is_write ? "writes " : "reads ") + "up to " + std::to_string(f_.size) + " bytes from a place that varies by " + std::to_string(f_.high - f_.low) + "; behind the last there are " + std::to_string(f_.limit),
                           "check place and size together: if (start + n > LENGTH) " + leaving() + " with both unsigned");
            return say(1017, argument() + ": the buffer is too small", std::string("the helper ") + (f_.is_write ? "writes " : "reads ") + std::to_string(f_.size) + " bytes; there are " + std::to_string(f_.limit),
                       argument_kind() == ArgKind::map_key || argument_kind() == ArgKind::map_value || argument_kind() == ArgKind::map_value_out ? "declare the variable with the type that the map's __type(" + std::string(argument_kind() == ArgKind::map_key ? "key" : "value") + ", …) says: " + bytes_text(f_.size)
                       : f_.is_write ? "make the variable larger, or pass its own size" : "pass sizeof the variable itself; if you wrote &p with a pointer p, pass p");
        case Reason::stack_unwritten:
            return say(1018, access() + " of uninitialised stack", unwritten_bytes(), "set all of it where it is declared, = {0}, or by __builtin_memset(&v, 0, sizeof(v))");
        case Reason::stack_pointer_bytes:
            if (helper_ != nullptr) return say(1019, argument() + ": the buffer holds a pointer", "", "if you wrote &p, pass p: the address of the pointer variable was given, not what it points to");
            return say(1019, access() + " would expose a pointer stored on the stack as bytes", "", "do not copy structures that hold pointers");
        case Reason::pointer_in_parts: return say(1020, "pointer is stored on the stack in parts or at an unknown place", "", "store pointers whole, in 8-byte aligned variables");
        case Reason::write_over_pointer:
            return say(1020, helper_ != nullptr ? argument() + ": the helper may overwrite a pointer stored on the stack" : "write at a variable offset may overwrite a pointer stored on the stack");
        case Reason::context_variable:
            for (const ContextField& field : env_.hook().fields) {
                const bool indexed = field.kind == FieldKind::raw_bytes && !field.whole && !env_.tables().narrow_context_access;
                const std::int64_t first = f_.low - field.offset;
                if (!indexed || first < 0 || first >= field.size) continue;
                return say(1021, access() + " may pass the end of ctx->" + field.name, "it has " + bytes_text(field.size) + "; the access begins at byte " + range_text(first, f_.high - field.offset) + ", counted from 0", "check the index against the array's length before using it");
            }
            return say(1021, std::string("context is ") + (f_.is_write ? "written" : "read") + " at a variable offset", "the offset is " + range_text(f_.low, f_.high), "name the field; copy an array field to a local variable to index it");
        case Reason::context_field: {
            const Hook& h = env_.hook();
            if (hidden_field()) return true;
            return say(1021, std::string(f_.is_write ? "write" : "read") + " of " + bytes_text(f_.size) + " at offset " + std::to_string(f_.low) + " is no field of the context",
                       h.context_size == 0 ? "hook " + h.name + " has no context" : "struct " + h.context_type + " has " + std::to_string(h.context_size) + " bytes; see its fields in the platform reference",
                       std::string(f_.is_write ? "write" : "read") + " a whole field by its name");
        }
        case Reason::field_read_only: {
            std::string name = "at offset " + std::to_string(f_.low);
            for (const ContextField& field : env_.hook().fields)
                if (f_.low >= field.offset && f_.low < std::int64_t{field.offset} + field.size) name = field.name;
            std::string writable;
            for (const ContextField& field : env_.hook().fields)
                if (field.writable) writable += (writable.empty() ? "" : ", ") + field.name;
            return say(1023, "context field " + name + " is read-only", "hook " + env_.hook().name + " lets programs write " + (writable.empty() ? "no field" : writable) + " of struct " + env_.hook().context_type,
                       "keep the new value in a local variable" + std::string(writable.empty() ? "; what the program returns is its say" : ", or write one of these"));
        }
        case Reason::constant_written:
            if (value_.region == Region::packet) return say(1023, "hook " + env_.hook().name + " may not write the packet", "it is read-only there", "copy what you change to a local variable");
            return say(1024, "constant data is written", value_.region == Region::map_value || value_.region == Region::map_handle ? "it lies in " + map_name(value_.map) : it_is(), "drop const from the variable");
        case Reason::write_only: return say(1025, access() + " of a value that programs may only write", "map " + map_name(value_.map) + " has BPF_F_WRONLY_PROG", "drop the flag, or keep a copy elsewhere");
        default: return false;
    }
}

bool Explainer::pointers() {
    switch (f_.reason) {
        case Reason::unreadable_register: {
            const bool after_call = f_.reg >= 1 && f_.reg <= 5;
            return say(1008, "register " + reg() + " is read before it is set on every path here",
                       after_call ? "r1 to r5 are unreadable after a call, and hold no argument beyond those the hook passes" : "on some path it is not set, or holds values of different kinds", after_call ? "initialise the variable on every path" : "initialise the variable on every path; where C does, compile with -O2");
        }
        case Reason::pointer_as_number:
            return say(1009, "pointer is used as a number", it_is(), "only adding to a pointer, and the distance of two pointers into the same object, are allowed");
        case Reason::pointer_cut: return say(1009, "pointer is cut to a number", it_is(), "keep the pointer in a pointer variable; do not cast it to an integer");
        case Reason::null_access: {
            const bpf::Insn& insn = env_.program().insns[f_.slot];
            const bool write = (insn.opcode & 7) == 2 || (insn.opcode & 7) == 3;
            return say(1010, std::string(write ? "write" : "read") + " through a pointer that may be NULL", it_is(), if_null());
        }
        case Reason::null_argument: return say(1010, argument() + " may be NULL", "it is " + describe(env_, s_, value_), argument_kind() == ArgKind::ring_buffer_record ? "check the result of bpf_ringbuf_reserve first" : if_null());
        case Reason::null_arithmetic: return say(1010, "arithmetic on a pointer that may be NULL", it_is(), if_null());
        case Reason::handle_arithmetic: return say(1011, "arithmetic on this pointer is not allowed", it_is(), value_.region == Region::packet_end ? "move the packet pointer instead: p + n > data_end" : "");
        case Reason::moved_by_constant: return say(1011, "pointer is moved by " + std::to_string(f_.low) + " bytes", "", "keep offsets within the object");
        case Reason::moved_by_variable:
            return moved_by_variable();
        case Reason::moved_too_far: return say(1011, "pointer is moved too far", it_is(), "bound each length you add");
        case Reason::comparison: {
            const bpf::Insn& insn = env_.program().insns[f_.slot];
            const bool two = (insn.opcode & 8) != 0;
            const bpf::Op* op = bpf::find_op(insn);
            const bool of_places = op->width == 64 && op->condition != bpf::Condition::set && op->condition != bpf::Condition::sgt && op->condition != bpf::Condition::sge && op->condition != bpf::Condition::slt && op->condition != bpf::Condition::sle;
            if (two && !of_places && s_.regs[insn.dst].is_pointer() && s_.regs[insn.src].is_pointer())
                return say(1014, "addresses are compared as numbers", "their low halves, their signs or the bits that both have tell where the memory lies, not which pointer is farther on", "compare the pointers themselves: p < q, p == q");
            if (two && of_places && std::ranges::any_of(std::array{insn.dst, insn.src}, [&](unsigned r) { return s_.regs[r].is_pointer() && s_.regs[r].offset_min() < -kMaxPacket; }))
                return say(1014, "a pointer far before its object is compared", "left is " + describe(env_, s_, s_.regs[insn.dst]) + "; right is " + describe(env_, s_, s_.regs[insn.src]) + ": such an address may lie below 0, which would tell where the memory is", "bound what you take off the pointer");
            return say(1014, "comparison of a pointer with something else", "left is " + describe(env_, s_, s_.regs[insn.dst]) + "; right is " + (two ? describe(env_, s_, s_.regs[insn.src]) : std::to_string(insn.imm)),
                       "compare pointers with NULL, packet pointers with data_end, or pointers into the same object");
        }
        case Reason::returns_pointer: return say(1015, "function returns a pointer", it_is(), "return a number");
        case Reason::pointer_leak: return say(1022, "pointer would be written to memory others can read", it_is(), "store an index or a copy of the data instead");
        case Reason::atomic_pointer: return say(1022, "pointer in an atomic operation", it_is(), "atomics work on numbers");
        case Reason::no_memory: return say(1025, access() + " through a pointer that leads to no memory", it_is(), value_.region == Region::packet_end ? "read through data, after comparing with data_end" : "look the value up first");
        case Reason::number_access:
            if (value_.is_null()) return say(1010, "a pointer that is NULL on this path is used", "it is NULL since a function returned that, or it was set so", if_null());
            if (came_from_memory() && env_.platform().find_helper(kProbeReadKernel) != nullptr && offered(*env_.platform().find_helper(kProbeReadKernel)))
                return say(1026, "memory access through a number, not a pointer", it_is(), "read what lies there into a local variable: bpf_probe_read_kernel(&copy, sizeof(copy), p), or bpf_probe_read_user for an address of a process");
            return say(1026, "memory access through a number, not a pointer", it_is(), came_from_memory() ? "pointers kept in global data or in a map come back as numbers: use the variable itself, keep an index, or look the value up again" : "initialise the pointer; a NULL pointer leads to no memory");
        case Reason::atomic_region: return say(1027, std::string("atomic operation on ") + (value_.region == Region::context ? "the context" : value_.region == Region::object ? "a kernel object" : "a packet"), "", "use a map value or a local variable");
        case Reason::atomic_unaligned: return say(1028, "atomic operation at an unaligned address", "the offset is " + range_text(f_.low, f_.high) + "; it must be a multiple of " + std::to_string(f_.size), "align the field to its size: drop packed from the struct, or put its largest fields first");
        default: return false;
    }
}

// The comparison that is missing.
std::string Explainer::check_range(std::int64_t least, std::int64_t most) const {
    const auto& w = value_.number.wide;
    const std::string written = helper_ == nullptr ? std::string() : argument_at(d_.where, "bpf_" + helper_->name, f_.reg - 1u), n = written.empty() ? "n" : written;
    const std::string low = n + " < " + std::to_string(least), high = n + " > " + std::to_string(most);
    if (!value_.is_number()) return "pass a number";
    if (value_.is_constant()) return "pass a number in that range";
    const bool below = w.smin < least, above = w.smax > most;
    return "check it first: if (" + (below && above ? low + " || " + high : below ? low : high) + ") " + leaving() + (below && least >= 0 && w.smin < 0 ? " with " + n + " signed" : "");
}

bool Explainer::argument_of_wrong_kind() {
    const std::string it = "it is " + describe(env_, s_, value_);
    switch (argument_kind()) {
        case ArgKind::context: return say(1029, argument() + " must be the context", it, "pass the function's own argument");
        case ArgKind::map: return say(1029, argument() + " must be a map", it, "pass the address of a map: &my_map");
        case ArgKind::map_key:
        case ArgKind::map_value:
        case ArgKind::map_value_out:
        case ArgKind::memory_read:
        case ArgKind::memory_write:
        case ArgKind::stack_only_read: return say(1029, argument() + " must point to memory", it, "pass the address of a variable");
        case ArgKind::ring_buffer_record: return say(1029, argument() + " must be the pointer bpf_ringbuf_reserve returned", it);
        case ArgKind::object:
        case ArgKind::object_release: return say(1029, argument() + " must be a kernel object of the right class", it, "pass what the matching lookup returned, unchanged");
        case ArgKind::callback: return say(1029, argument() + " must be a static function", it, "pass the function's name");
        case ArgKind::callback_context: return say(1029, argument() + " must be the address of a local variable, a map value, or NULL", it);
        case ArgKind::map_value_pointer: return say(1029, argument() + " must point into a map value", it, "pass the address of the field in the value you looked up");
        case ArgKind::scalar:
        case ArgKind::memory_size:
        case ArgKind::memory_size_zero:
        case ArgKind::any_pointer_or_scalar: return say(1029, argument() + " must be a number", it, "pass a value, not an address");
    }
    return false;
}

// A CO-RE relocation that the target's types do not have: reachable, so the program cannot run there.
bool Explainer::unresolved() {
    std::string why = "the target's types lack what it names";
    for (const bpf::UnresolvedRelocation& u : env_.object().unresolved)
        if (&env_.object().programs[u.program] == &env_.program() && u.slot == f_.slot) why = u.why;
    return say(1809, "CO-RE relocation could not be resolved", std::move(why), "guard the access by bpf_core_field_exists, or give the target's types with --btf");
}

bool Explainer::calls() {
    const std::string known = helper_ == nullptr ? "helper " + std::to_string(f_.low) : "bpf_" + helper_->name;
    switch (f_.reason) {
        case Reason::argument_kind: return argument_of_wrong_kind();
        case Reason::argument_range: {
            const HelperArg& a = helper_->args[f_.reg - 1u];
            return say(1030, argument() + " may be out of range", "it is " + describe(env_, s_, value_) + "; allowed is [" + std::to_string(a.min) + ", " + std::to_string(a.max) + "]", check_range(a.min, a.max));
        }
        case Reason::size_range:
            return say(1030, argument() + " may be out of range", "it is " + describe(env_, s_, value_) + "; allowed is [" + std::to_string(f_.limit) + ", " + std::to_string(f_.size) + "]",
                       f_.limit > 1 ? "the helper may write up to " + std::to_string(f_.limit) + " bytes: make the buffer at least that large and pass its size" : check_range(f_.limit, f_.size));
        case Reason::unreleased: {
            if (helper_ != nullptr && helper_->tail_call) return say(1031, "tail call while a reference is held", "", "release it before bpf_tail_call");
            const std::uint32_t slot = static_cast<std::uint32_t>(f_.low);
            const Helper* by = helper_at(slot);
            const bool record = by != nullptr && by->returns == ReturnKind::ring_buffer_record_or_null;
            if (f_.high == 1) return say(1031, record ? "ring buffer record of the iteration before is not released" : "reference of the iteration before is not released", "", "release it before taking another");
            say(1031, record ? "ring buffer record is neither submitted nor discarded on this path" : "reference is not released on this path", std::string("it was ") + (record ? "reserved" : "acquired") + (env_.object().location(env_.program(), slot).line > 0 ? " at line " + std::to_string(env_.object().location(env_.program(), slot).line) : " at instruction " + std::to_string(slot)),
                record ? "call bpf_ringbuf_submit or bpf_ringbuf_discard on every path" : "release it on every path");
            d_.notes.push_back({record ? "reserved here" : "acquired here", env_.object().location(env_.program(), slot)});
            return true;
        }
        case Reason::too_many_references: return say(1031, "too many references are held at one time", "at most " + std::to_string(kMaxReferences) + " are followed", "release some first");
        case Reason::map_type: {
            const bpf::Map& map = env_.object().maps[static_cast<std::size_t>(f_.low)];
            const MapTypeInfo* type = env_.platform().find_map_type(map.type);
            return say(1032, known + " does not work on map " + map.name, "its type is " + (type == nullptr ? std::to_string(map.type) + ", which the platform does not have" : type->name), "use a helper for this map type");
        }
        case Reason::context_buffer: return say(1033, argument() + " is the context itself", "it is " + describe(env_, s_, value_), "copy the fields you need to a local variable and pass its address");
        case Reason::no_helper:
            if (f_.low == kPoisonedHelper) return unresolved();
            return say(1034, "platform " + env_.platform().name + " has no " + known, "", "use a helper of <mbpf/" + env_.platform().name + ".h>");
        case Reason::helper_hook: return say(1035, known + " may not be called on hook " + env_.hook().name, "it is for " + names_of(helper_ == nullptr ? std::vector<std::string>() : helper_->hooks), "call it in a program of such a hook, or use another helper");
        case Reason::reservation_size: return say(1036, "size of a ring buffer record must be a constant", "it is " + describe(env_, s_, s_.regs[2]), "reserve sizeof a struct, or use bpf_ringbuf_output");
        case Reason::helper_unsupported:
            return say(1807, known + " is not supported", helper_ != nullptr && !helper_->unsupported.empty() ? helper_->unsupported : "it returns memory of its own", "use another helper");
        case Reason::callback_unsupported: return say(1804, "this callback is not supported");
        case Reason::callback_result: return say(1016, std::string("callback may return something other than 0") + (f_.limit != 0 ? " or 1" : ""), (f_.low == f_.high ? "it returns " : "it returns a number in ") + range_text(f_.low, f_.high), f_.limit != 0 ? "return 0 to go on, 1 to stop" : "return 0");
        case Reason::lock:
            if (f_.reg == 1 && helper_ != nullptr && helper_->unlocks) return say(1044, "another lock may be released than the one that is held", "the value that was locked is another one, or not known to be the same", "pass the lock of the value that was locked, found by the same lookup");
            if (f_.reg == 1) return say(1044, "it is not known which value's lock this is", "more than one way leads here with a value of the map", "lock right behind the lookup, on each way by itself");
            if (helper_ != nullptr && helper_->unlocks) return say(1044, "lock is released that is not held", "on this path no bpf_spin_lock came before", "lock first, and unlock once on every path");
            return say(1044, helper_ != nullptr ? known + " is called while a lock is held" : "lock is still held here", helper_ != nullptr ? "whoever waits for the lock waits for the call, too" : "nothing after this can release it", "between bpf_spin_lock and bpf_spin_unlock call nothing, and unlock on every path");
        case Reason::call_depth: return say(1006, "calls nest deeper than the platform allows", "the platform allows " + std::to_string(env_.platform().max_call_depth), "inline some functions");
        default: return false;
    }
}

void Explainer::rest() {
    switch (f_.reason) {
        case Reason::return_range:
            say(1016, "return value may be outside what hook " + env_.hook().name + " allows", (f_.low == f_.high ? "it is " : "it is in ") + range_text(f_.low, f_.high) + "; the hook allows " + range_text(env_.hook().return_min, env_.hook().return_max),
                env_.hook().return_min == 0 && env_.hook().return_max == 1 ? std::string("return 0 or 1 ") + (env_.platform().native_code ? "(FILTER_DROP, FILTER_PASS where it filters) " : "") + "on every path; a number x as yes or no is x != 0"
                : env_.hook().name == "xdp" ? "return an XDP action (XDP_PASS, XDP_DROP, …) on every path"
                                            : "return " + std::string(env_.hook().return_min == env_.hook().return_max ? "" : "a number in ") + range_text(env_.hook().return_min, env_.hook().return_max) + " on every path");
            return;
        case Reason::bad_map: say(1001, "instruction names map " + std::to_string(f_.low) + ", which does not exist"); return;
        case Reason::direct_map: say(1805, "direct access to map " + map_name(f_.low) + " is not supported", "only global data can be addressed directly"); return;
        case Reason::legacy_access: say(1803, "legacy packet access (LD_ABS, LD_IND) is not possible here", "it needs a hook with a packet, and may end the program: not in functions, nor while a reference is held", "read the packet through data and data_end"); return;
        case Reason::bad_target: say(1002, "address of a function that is none"); return;
        case Reason::bad_instruction: say(1001, "not a valid eBPF instruction"); return;
        default: say(9001, "internal error: refusal " + std::to_string(static_cast<unsigned>(f_.reason)) + " has no message", "", "please report this with the object"); return;
    }
}

}  // namespace

std::string describe(const ProofEnvironment& env, const State&, const Value& v) {
    const auto map = [&] { return v.map >= 0 && static_cast<std::size_t>(v.map) < env.object().maps.size() ? env.object().maps[static_cast<std::size_t>(v.map)].name : std::string("?"); };
    if (v.kind == ValueKind::unknown) return "uninitialised";
    if (v.is_number()) {
        const auto& w = v.number.wide;
        if (w.smin == INT64_MIN && w.smax == INT64_MAX && w.umin == 0 && w.umax == UINT64_MAX) return "any number";
        if (v.number.is_constant()) return "the number " + std::to_string(w.smin);
        if (w.smin >= 0) return "a number in [" + std::to_string(w.umin) + ", " + std::to_string(w.umax) + "]";
        return "a number in [" + std::to_string(w.smin) + ", " + std::to_string(w.smax) + "]";
    }
    std::string what;
    switch (v.region) {
        case Region::context: what = "the context"; break;
        case Region::stack: what = "the stack"; break;
        case Region::packet: what = "the packet"; break;
        case Region::packet_end: what = "the packet's end"; break;
        case Region::packet_meta: what = "the packet's metadata"; break;
        case Region::map_value: what = "a value of map " + map(); break;
        case Region::map_handle: what = "map " + map(); break;
        case Region::ring_buffer_record: what = "a ring buffer record of " + std::to_string(v.size) + " bytes"; break;
        case Region::memory: what = "memory of " + std::to_string(v.size) + " bytes"; break;
        case Region::function: what = "a function"; break;
        case Region::object: what = "a kernel object" + (v.map >= 0 && static_cast<std::size_t>(v.map) < env.platform().objects.size() ? " (" + env.platform().objects[static_cast<std::size_t>(v.map)].name + ")" : std::string()); break;
        case Region::none:
        case Region::mixed: what = "memory"; break;
    }
    const bool one = v.offset_min() == v.offset_max();
    const std::string offset = one && v.offset_min() == 0 ? std::string() : one && v.offset_min() < 0 ? " - " + std::to_string(-v.offset_min()) : " + " + range_text(v.offset_min(), v.offset_max());
    return "a pointer to " + what + offset + (v.kind == ValueKind::pointer_or_null ? " (may be NULL)" : "");
}

Diagnostic explain(const ProofEnvironment& env, const DataNames& names, const Failure& failure, const State& state, bool in_loop) { return Explainer(env, names, failure, state, in_loop).run(); }

}  // namespace mbpf
