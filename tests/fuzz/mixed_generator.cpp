// SPDX-License-Identifier: Apache-2.0
// Programs of values of several kinds. What each register of r6 to r9 and each slot of the frame holds is followed while the
// program is written, so that most of what it does is allowed; a few checks are left out, or are one off. Functions take
// and return pointers; tables, queues, buffers of helpers and bytes of the context are reached at places that vary.
#include <array>
#include <optional>

#include "tests/fuzz/program_generator.h"

namespace mbpf::fuzz {

using bpf::Insn;

namespace {

constexpr std::array<unsigned, 4> kSizeBits{0x10, 0x08, 0x00, 0x18};
constexpr std::array<int, 4> kBytes{1, 2, 4, 8};
constexpr int kSlots = 8, kTable = 96;  // slots of 8 bytes below r10; bytes of each array

enum class Hook { trace, xdp, coap, can };
enum class Kind { none, number, context, packet, value, value_or_null, stack };

// What a register or slot holds. A number is below `bound`; behind a pointer there are `bound` bytes.
struct Held {
    Kind kind = Kind::none;
    std::int64_t bound = 0;  // 0: of a number, any
};

class Mixed {
  public:
    Mixed(std::uint64_t seed, bool native) : random_(seed), native_(native), hook_(static_cast<Hook>(seed % (native ? 2 : 4))), slip_(1 + pick(6)) {}

    bpf::Object make() {
        begin_function();
        hold(6, {Kind::context, 0});
        put(0xbf, 6, 1, 0, 0);
        for (unsigned r = 7; r <= 9; ++r) number_of_context(r);
        for (int slot = 1; slot <= kSlots; ++slot) spill(7 + pick(3), slot);
        const unsigned count = 3 + pick(9);
        for (unsigned i = 0; i < count; ++i) statement(2);
        if (native_) put(0xbf, 0, number(), 0, 0);
        if (!native_ || hook_ == Hook::xdp) put(native_ ? 0x57 : 0xb7, 0, 0, 0, static_cast<std::int32_t>(pick(2)));
        put(0x95, 0, 0, 0, 0);
        for (unsigned f = 0; f < functions_.size(); ++f) write_function(f);
        if (chance(35)) alter();
        static constexpr const char* kSections[] = {"trace/fuzz", "xdp", "coap/a", "can/can0/rx"};
        auto object = bpf::object_from_slots(std::move(code_), kSections[static_cast<int>(hook_)], maps());
        return std::move(object).value();
    }

  private:
    enum Map : std::int32_t { array, hash, queue, ring, table, data };
    std::vector<bpf::Map> maps() {
        const auto map = [](const char* name, std::uint32_t type, std::uint32_t key, std::uint32_t value, std::uint32_t entries) {
            bpf::Map m;
            m.name = name;
            m.type = type, m.key_size = key, m.value_size = value, m.max_entries = entries;
            return m;
        };
        std::vector<bpf::Map> all{map("array", 2, 4, 40, 3), map("hash", 1, native_ ? 4 : 8, 20, 4), map("queue", native_ ? 2 : 22, native_ ? 4 : 0, 12, 4), map("ring", 27, 0, 0, 4096), map(".rodata", 2, 4, kTable, 1), map(".data", 2, 4, kTable, 1)};
        all[table].origin = bpf::MapOrigin::rodata;
        all[data].origin = bpf::MapOrigin::data;
        std::mt19937_64 bytes(native_ ? 1 : random_());  // native programs share their maps
        for (Map m : {table, data})
            for (int i = 0; i < kTable; ++i) all[m].initial.push_back(static_cast<std::uint8_t>(bytes() % 5 != 0 ? bytes() % 24 : bytes()));
        return all;
    }

    unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
    bool chance(unsigned percent) { return pick(100) < percent; }
    bool slips() { return chance(slip_); }
    // One instruction is another one, nearly.
    void alter() {
        Insn& insn = code_[pick(static_cast<unsigned>(code_.size()))];
        if (insn.opcode == 0 || insn.opcode == 0x18 || insn.opcode == 0x85) return;
        switch (pick(4)) {
            case 0: insn.imm += static_cast<std::int32_t>(pick(9)) - 4; break;
            case 1: insn.offset = static_cast<std::int16_t>(insn.offset + static_cast<int>(pick(9)) - 4); break;
            case 2: insn.opcode ^= static_cast<std::uint8_t>(1u << pick(8)); break;
            default: (chance(50) ? insn.dst : insn.src) = static_cast<std::uint8_t>(pick(10)); break;
        }
    }
    std::size_t put(unsigned opcode, unsigned dst, unsigned src, int offset, std::int32_t value) {
        code_.push_back({static_cast<std::uint8_t>(opcode), static_cast<std::uint8_t>(dst), static_cast<std::uint8_t>(src), static_cast<std::int16_t>(offset), value});
        return code_.size() - 1;
    }
    void wide(unsigned reg, unsigned pseudo, std::int32_t value, std::int32_t second = 0) {
        put(0x18, reg, pseudo, 0, value);
        put(0, 0, 0, 0, second);
    }
    void land(std::size_t jump) { code_[jump].offset = static_cast<std::int16_t>(code_.size() - jump - 1); }
    int back(std::size_t to) { return static_cast<int>(to) - static_cast<int>(code_.size()) - 1; }
    void hold(unsigned reg, Held what) { regs_[reg - 6] = what; }
    Held& held(unsigned reg) { return regs_[reg - 6]; }

    void begin_function() {
        regs_.fill({});
        slots_.fill({});
    }
    // A register of r6 to r9 that holds this kind; 7 to 9 may be made a number.
    std::optional<unsigned> some(Kind kind) {
        const unsigned first = pick(4);
        for (unsigned i = 0; i < 4; ++i)
            if (regs_[(first + i) % 4].kind == kind) return 6 + (first + i) % 4;
        return std::nullopt;
    }
    unsigned free_register() { return 7 + pick(3); }
    unsigned number() {
        if (const auto r = some(Kind::number)) return *r;
        const unsigned r = free_register();
        number_of_context(r);
        return r;
    }
    void number_of_context(unsigned reg) {
        const bool has_context = held(6).kind == Kind::context;
        if (!has_context) {
            put(0xb7, reg, 0, 0, static_cast<std::int32_t>(pick(100)));
        } else if (hook_ == Hook::xdp) {
            put(0x61, reg, 6, 12 + 4 * static_cast<int>(pick(3)), 0);
        } else if (hook_ == Hook::trace) {
            put(0x79, reg, 6, 16 + 8 * static_cast<int>(pick(4)), 0);
        } else if (chance(50)) {
            put(0x61 | kSizeBits[pick(2)], reg, 6, 24 + 2 * static_cast<int>(pick(30)), 0);
        } else {
            hook_ == Hook::coap ? put(0x61, reg, 6, 16, 0) : put(0x71, reg, 6, 16, 0);  // 0 to 64
        }
        hold(reg, {Kind::number, 0});
    }
    // Below `limit`, which is at least 1, most often.
    void bound(unsigned reg, std::int64_t limit) {
        Held& h = held(reg);
        if (h.kind != Kind::number) number_of_context(reg);
        if (h.bound != 0 && h.bound <= limit && chance(80)) return;
        const std::int32_t n = static_cast<std::int32_t>(limit) + (slips() ? static_cast<std::int32_t>(pick(9)) : 0);
        switch (pick(5)) {
            case 0: {
                std::int32_t mask = 1;
                while (mask * 2 <= n) mask *= 2;
                put(chance(50) ? 0x57 : 0x54, reg, 0, 0, mask - 1);
                break;
            }
            case 1: put(chance(50) ? 0x97 : 0x94, reg, 0, 0, n); break;
            case 2: {
                const bool narrow = chance(50);
                put(narrow ? 0xa6 : 0xa5, reg, 0, 1, n);
                put(0xb7, reg, 0, 0, static_cast<std::int32_t>(pick(static_cast<unsigned>(limit))));
                if (narrow) put(0xbc, reg, reg, 0, 0);
                break;
            }
            case 3:
                put(0xbc, reg, reg, 0, 0);
                put(0xa5, reg, 0, 1, n);
                put(0xb4, reg, 0, 0, static_cast<std::int32_t>(limit) - 1);
                break;
            default:  // signed, from both ends
                put(0x65, reg, 0, 1, -1);
                put(0xb7, reg, 0, 0, 0);
                put(0xc5, reg, 0, 1, n);
                put(0xb7, reg, 0, 0, static_cast<std::int32_t>(limit) - 1);
        }
        h.bound = limit;
    }
    void spill(unsigned reg, int slot) {
        put(0x7b, 10, reg, -8 * slot, 0);
        slots_[static_cast<std::size_t>(slot - 1)] = held(reg);
    }
    void fill(unsigned reg, int slot) {
        put(0x79, reg, 10, -8 * slot, 0);
        hold(reg, slots_[static_cast<std::size_t>(slot - 1)]);
    }
    // What is read or written through `base`, a scratch register, with `bytes` behind it.
    void access(unsigned base, std::int64_t bytes, bool may_write) {
        const unsigned s = pick(4);
        const std::int64_t size = kBytes[s];
        if (bytes < size) return;
        const int at = static_cast<int>(pick(static_cast<unsigned>(bytes - size + 1))) + (slips() ? 1 + static_cast<int>(pick(8)) : 0);
        const unsigned r = number();
        switch (pick(may_write ? 5 : 2)) {
            case 0:
                put(0x61 | kSizeBits[s], r, base, at, 0);
                hold(r, {Kind::number, 0});
                break;
            case 1:
                if (s == 3) return;
                put(0x81 | kSizeBits[s], r, base, at, 0);
                hold(r, {Kind::number, 0});
                break;
            case 2: put(0x62 | kSizeBits[s], base, 0, at, static_cast<std::int32_t>(pick(300))); break;
            default: put(0x63 | kSizeBits[s], base, r, at, 0);
        }
    }
    // r2 is `base`, with `bytes` behind it; perhaps moved by a number first.
    void reach(std::int64_t bytes, bool may_write) {
        if (bytes > 2 && chance(60)) {
            const unsigned index = number();
            const std::int64_t room = 1 + pick(static_cast<unsigned>(bytes - 1));
            bound(index, room);
            put(0x0f, 2, index, 0, 0);
            bytes -= room - 1;
        }
        access(2, bytes, may_write);
    }

    void arithmetic() {
        static constexpr unsigned kOps[] = {0x0, 0x0, 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x9, 0xa, 0xb, 0xc};
        static constexpr std::int32_t kValues[] = {0, 1, -1, 2, 3, 7, 8, 31, 32, 63, 255, 65535, INT32_MAX, INT32_MIN, -8};
        const unsigned op = kOps[pick(std::size(kOps))], cls = chance(50) ? 7 : 4, a = number();
        const auto other = some(Kind::number);
        const bool reg = chance(40) && other;
        put(op << 4 | cls | (reg ? 8 : 0), a, reg ? *other : 0, 0, reg ? 0 : kValues[pick(std::size(kValues))]);
        held(a).bound = 0;
    }
    void copy() {
        const unsigned from = 6 + pick(4), to = free_register();
        if (held(from).kind == Kind::none) return;
        put(0xbf, to, from, 0, 0);
        hold(to, held(from));
    }
    void stack_slots() {
        const int slot = 1 + static_cast<int>(pick(kSlots));
        const unsigned r = 6 + pick(4);
        const Held there = slots_[static_cast<std::size_t>(slot - 1)];
        switch (pick(4)) {
            case 0:
                if (held(r).kind != Kind::none) spill(r, slot);
                break;
            case 1:
                if (there.kind != Kind::none) fill(r == 6 ? 7 : r, slot);
                break;
            default: {  // a part of it
                if (there.kind != Kind::number && !slips()) return;
                const unsigned s = pick(3);
                const int at = -8 * slot + static_cast<int>(pick(static_cast<unsigned>(9 - kBytes[s])));
                const unsigned n = number();
                if (chance(50)) {
                    put(0x63 | kSizeBits[s], 10, n, at, 0);
                    slots_[static_cast<std::size_t>(slot - 1)] = {Kind::number, 0};
                } else {
                    put(0x61 | kSizeBits[s], n, 10, at, 0);
                    hold(n, {Kind::number, 0});
                }
            }
        }
    }
    // A place among slots that hold numbers.
    void stack_index() {
        int first = 1 + static_cast<int>(pick(kSlots)), last = first;
        while (last < kSlots && slots_[static_cast<std::size_t>(last)].kind == Kind::number) ++last;
        if (slots_[static_cast<std::size_t>(first - 1)].kind != Kind::number && !slips()) return;
        put(0xbf, 2, 10, 0, 0);
        put(0x07, 2, 0, 0, -8 * last);
        reach(8 * (last - first + 1), true);
        for (int i = first; i <= last; ++i) slots_[static_cast<std::size_t>(i - 1)].bound = 0;
    }
    void lookup() {
        const Map map = chance(60) ? array : hash;
        const int at = -88;
        if (chance(50)) put(0x7a, 10, 0, at, static_cast<std::int32_t>(pick(4)));
        else put(0x7b, 10, number(), at, 0);
        wide(1, 1, map);
        put(0xbf, 2, 10, 0, 0);
        put(0x07, 2, 0, 0, at);
        if (map == hash && !native_ && chance(60)) {
            wide(3, 2, table, static_cast<std::int32_t>(pick(60)));
            put(0xb7, 4, 0, 0, 0);
            put(0x85, 0, 0, 0, 2);
            wide(1, 1, map);
            put(0xbf, 2, 10, 0, 0);
            put(0x07, 2, 0, 0, at);
        }
        put(0x85, 0, 0, 0, 1);
        const unsigned r = free_register();
        put(0xbf, r, 0, 0, 0);
        hold(r, {Kind::value_or_null, map == array ? 40 : 20});
        if (chance(50)) spill(r, 1 + static_cast<int>(pick(kSlots)));
    }
    // Where null: the number 0, and on; or what is there is used.
    void null_check() {
        const auto r = some(Kind::value_or_null);
        if (!r) return lookup();
        const std::size_t check = put(chance(80) ? 0x15 : 0x55, *r, 0, 0, 0);
        const bool other = code_[check].opcode == 0x55 && !slips();
        std::size_t out = check;
        if (other) {
            out = put(0x05, 0, 0, 0, 0);
            land(check);
        }
        const auto before = regs_;
        const auto slots = slots_;
        held(*r).kind = Kind::value;
        use_pointer(*r);
        if (chance(50)) statement(0);
        land(out);
        regs_ = joined(before, regs_);
        slots_ = joined(slots, slots_);
    }
    template <std::size_t N>
    std::array<Held, N> joined(const std::array<Held, N>& a, std::array<Held, N> b) {
        for (std::size_t i = 0; i < N; ++i) {
            const bool nullable = (a[i].kind == Kind::value || a[i].kind == Kind::value_or_null) && (b[i].kind == Kind::value || b[i].kind == Kind::value_or_null) && a[i].kind != b[i].kind;
            if (nullable && a[i].bound == b[i].bound) b[i].kind = Kind::value_or_null;
            else if (a[i].kind != b[i].kind || (a[i].kind != Kind::number && a[i].bound != b[i].bound)) b[i] = {};
            else if (a[i].kind == Kind::number) b[i].bound = a[i].bound == 0 || b[i].bound == 0 ? 0 : std::max(a[i].bound, b[i].bound);
        }
        return b;
    }
    void use_pointer(unsigned r) {
        const Held h = held(r);
        if (h.kind != Kind::value && h.kind != Kind::packet && h.kind != Kind::stack) return;
        put(0xbf, 2, r, 0, 0);
        reach(h.bound, true);
        if (h.kind == Kind::stack) forget_bounds();
    }
    void forget_bounds() {
        for (Held& s : slots_)
            if (s.kind == Kind::number) s.bound = 0;
    }
    void packet() {
        if (hook_ != Hook::xdp || held(6).kind != Kind::context) return context_bytes();
        const unsigned r = free_register();
        const auto n = some(Kind::number);
        put(0x61, r, 6, 0, 0);
        put(0x61, 3, 6, 4, 0);
        if (n && *n != r && chance(40)) {
            bound(*n, chance(80) ? 60 : 70000);
            put(0x0f, r, *n, 0, 0);
        }
        const std::int64_t bytes = 4 + pick(30);
        put(0xbf, 4, r, 0, 0);
        put(0x07, 4, 0, 0, static_cast<std::int32_t>(bytes) - (slips() ? 1 : 0));
        const std::size_t check = put(chance(80) ? 0x2d : 0x3d, 4, 3, 0, 0);
        const auto before = regs_;
        const auto slots = slots_;
        hold(r, {Kind::packet, bytes});
        if (chance(30)) spill(r, 1 + static_cast<int>(pick(kSlots)));
        for (unsigned i = 1 + pick(2); i > 0; --i) chance(50) ? use_pointer(r) : statement(0);
        land(check);
        regs_ = joined(before, regs_);
        regs_[r - 6] = {};
        slots_ = joined(slots, slots_);
        number_of_context(r);
    }
    void context_bytes() {
        if (held(6).kind != Kind::context || (hook_ != Hook::coap && hook_ != Hook::can)) return;
        const unsigned i = number(), r = free_register();
        bound(i, 64);
        put(0xbf, 2, 6, 0, 0);
        put(0x0f, 2, i, 0, 0);
        put(0x71, r, 2, 24 + (slips() ? 1 : 0), 0);
        hold(r, {Kind::number, 256});
    }
    // A table that nobody writes tells what is read from it; one that programs write does not.
    void table_read() {
        const Map map = chance(70) ? table : data;
        const unsigned r = number();
        wide(2, 2, map, static_cast<std::int32_t>(pick(16)));
        bound(r, kTable - 16);
        put(0x0f, 2, r, 0, 0);
        const unsigned s = pick(4);
        put((chance(80) || s == 3 ? 0x61 : 0x81) | kSizeBits[s], r, 2, 0, 0);
        hold(r, {Kind::number, 0});
        if (map == table && s == 0 && chance(50)) {  // as an index without any check: right if the table is
            put(0xbf, 2, 10, 0, 0);
            put(0x07, 2, 0, 0, -64);
            put(0x0f, 2, r, 0, 0);
            put(0x72, 2, 0, static_cast<int>(pick(40)), 1);
            forget_bounds();
        }
    }
    // Helpers that write so many bytes of the frame, or read them.
    void buffer() {
        if (native_) return use_pointer(6 + pick(4));
        const unsigned n = number();
        switch (pick(4)) {
            case 0: {  // a value of the queue, 12 bytes
                wide(1, 1, queue);
                put(0xbf, 2, 10, 0, 0);
                const int slot = 2 + static_cast<int>(pick(kSlots - 1));
                put(0x07, 2, 0, 0, -8 * slot + (chance(80) ? 0 : 4));
                const unsigned which = pick(3);
                if (which == 0) put(0xb7, 3, 0, 0, 0);
                put(0x85, 0, 0, 0, 87 + static_cast<std::int32_t>(which));
                if (which != 0) slots_[static_cast<std::size_t>(slot - 1)] = slots_[static_cast<std::size_t>(slot - 2)] = {Kind::number, 0};
                break;
            }
            case 1:  // text of 14 to 32 bytes
                bound(n, 19);
                put(0xbf, 2, n, 0, 0);
                put(0x07, 2, 0, 0, 14);
                put(0xbf, 1, 10, 0, 0);
                put(0x07, 1, 0, 0, -64);
                put(0xbf, 3, n, 0, 0);
                put(0xb7, 4, 0, 0, static_cast<std::int32_t>(pick(10)));
                put(0x85, 0, 0, 0, 1009);
                for (std::size_t i = 4; i < kSlots; ++i) slots_[i] = i < 6 ? Held{} : Held{Kind::number, 0};
                break;
            case 2:  // at a place that varies with the size
                bound(n, 32);
                wide(1, 1, ring);
                put(0xbf, 2, 10, 0, 0);
                put(0x1f, 2, n, 0, 0);
                put(0x07, 2, 0, 0, -16);
                put(0xbf, 3, n, 0, 0);
                put(0x07, 3, 0, 0, chance(50) ? 1 : 16 + (slips() ? 1 : 0));
                put(0xb7, 4, 0, 0, 0);
                put(0x85, 0, 0, 0, 130);
                break;
            default:
                bound(n, 33);
                put(0xb7, 1, 0, 0, 1);
                put(0xbf, 2, 10, 0, 0);
                put(0x07, 2, 0, 0, -64);
                put(0xbf, 3, n, 0, 0);
                put(0x07, 3, 0, 0, 16);
                put(0x85, 0, 0, 0, 1006);
                for (std::size_t i = 2; i < kSlots; ++i) slots_[i] = {Kind::number, 0};
        }
    }
    // One way or the other.
    void branch(unsigned depth) {
        static constexpr unsigned kOps[] = {0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0xa, 0xb, 0xc, 0xd};
        const unsigned a = number();
        const auto b = some(Kind::number);
        const bool reg = b && *b != a && chance(40);
        const std::size_t at = put(kOps[pick(std::size(kOps))] << 4 | (chance(60) ? 5u : 6u) | (reg ? 8 : 0), a, reg ? *b : 0, 0, reg ? 0 : static_cast<std::int32_t>(pick(chance(80) ? 70 : 100000)) - (chance(10) ? 50 : 0));
        const auto regs = regs_;
        const auto slots = slots_;
        for (unsigned i = 1 + pick(2); i > 0; --i) statement(depth - 1);
        const auto then_regs = regs_;
        const auto then_slots = slots_;
        regs_ = regs;
        slots_ = slots;
        if (chance(50)) {
            const std::size_t skip = put(0x05, 0, 0, 0, 0);
            land(at);
            for (unsigned i = 1 + pick(2); i > 0; --i) statement(depth - 1);
            land(skip);
        } else {
            land(at);
        }
        regs_ = joined(then_regs, regs_);
        slots_ = joined(then_slots, slots_);
    }
    // Around `body`, a number is counted up to a constant or to another number, or goes on by what is read.
    void loop(unsigned depth) {
        const unsigned i = free_register();
        const bool narrow = chance(40), in_slot = chance(30);
        const int home = kSlots;
        const std::int32_t rounds = 1 + static_cast<std::int32_t>(pick(20)), step = chance(70) ? 1 : 1 + static_cast<std::int32_t>(pick(4));
        const auto limit = some(Kind::number);
        const bool variable = limit && *limit != i && chance(40);
        if (variable) bound(*limit, 1 + pick(40));
        put(narrow ? 0xb4 : 0xb7, i, 0, 0, chance(80) ? 0 : static_cast<std::int32_t>(pick(4)));
        hold(i, {Kind::number, 0});
        if (in_slot) spill(i, home);
        if (variable && in_slot) spill(*limit, home - 1);
        // What the body changes holds no more than a number of any size at its head.
        const std::size_t head = code_.size();
        for (Held& h : regs_)
            if (h.kind == Kind::number) h.bound = 0;
        forget_bounds();
        const auto regs = regs_;
        const auto slots = slots_;
        if (chance(30)) {  // goes on by what lies there
            put(0xbf, 4, 10, 0, 0);
            put(0x71, 5, 4, -8 * static_cast<int>(1 + pick(kSlots)), 0);
            put(0x57, 5, 0, 0, 15);
            put(narrow ? 0x0c : 0x0f, i, 5, 0, 0);
        }
        for (unsigned n = pick(3); n > 0; --n) statement(depth - 1);
        if (in_slot) put(0x79, i, 10, -8 * home, 0);
        hold(i, {Kind::number, 0});
        put(narrow ? 0x04 : 0x07, i, 0, 0, step);
        if (in_slot) spill(i, home);
        static constexpr unsigned kExits[] = {0xa5, 0xa5, 0x55, 0xc5, 0xb5};
        const unsigned op = kExits[pick(std::size(kExits))];
        if (variable && held(*limit).kind == Kind::number) put((op & 0xf0) | 8 | (narrow ? 6 : 5), i, *limit, back(head), 0);
        else put((op & 0xf0) | (narrow ? 6 : 5), i, 0, back(head), rounds * step);
        regs_ = joined(regs, regs_);
        slots_ = joined(slots, slots_);
    }
    // Records of a length that stands in them, each walked through.
    void records() {
        const unsigned i = 7, n = 8, j = 9;
        const std::int32_t size = kTable;
        put(0xb7, i, 0, 0, 0);
        const std::size_t head = code_.size();
        wide(2, 2, chance(50) ? table : data);
        put(0x0f, 2, i, 0, 0);
        put(0x71, n, 2, 0, 0);
        if (chance(70)) put(0x57, n, 0, 0, 31);
        put(0xbf, 4, i, 0, 0);
        put(0x0f, 4, n, 0, 0);
        const std::size_t out = put(0x25, 4, 0, 0, size - 1 - (slips() ? 0 : 1));
        if (chance(70)) {
            put(0xb7, j, 0, 0, 0);
            const std::size_t none = put(0x15, n, 0, 0, 0), inner = code_.size();
            put(0xbf, 5, 2, 0, 0);
            put(0x0f, 5, j, 0, 0);
            put(0x71, 1, 5, slips() ? 2 : 1, 0);
            put(0x07, j, 0, 0, 1);
            put(chance(50) ? 0xad : 0x5d, j, n, back(inner), 0);
            land(none);
        }
        put(0x0f, i, n, 0, 0);
        put(0x07, i, 0, 0, slips() ? 0 : 1);
        put(0xa5, i, 0, back(head), size - 1);
        land(out);
        for (unsigned r = 7; r <= 9; ++r) number_of_context(r);
    }
    // One of the functions, or a new one; what it is given decides what it is.
    void call() {
        if (depth_ >= 3) return arithmetic();
        std::array<Held, 3> args{};
        for (unsigned a = 0; a < 3; ++a) {
            const unsigned from = 6 + pick(4);
            args[a] = held(from);
            if (args[a].kind == Kind::none || (args[a].kind == Kind::packet && chance(50))) {
                args[a] = {Kind::number, 0};
                put(0xb7, a + 1, 0, 0, static_cast<std::int32_t>(pick(50)));
            } else if (chance(30) && slots_[0].kind == Kind::number && slots_[1].kind == Kind::number) {
                args[a] = {Kind::stack, 16};
                put(0xbf, a + 1, 10, 0, 0);
                put(0x07, a + 1, 0, 0, -16);
            } else {
                put(0xbf, a + 1, from, 0, 0);
            }
        }
        std::size_t which = functions_.size();
        for (std::size_t f = 0; f < functions_.size(); ++f) {
            bool fits = functions_[f].depth == depth_ + 1;
            for (unsigned a = 0; a < 3; ++a) fits = fits && functions_[f].args[a].kind == args[a].kind && (args[a].kind == Kind::number || functions_[f].args[a].bound == args[a].bound);
            if (fits) which = f;
        }
        if (which == functions_.size()) {
            if (functions_.size() == 6) return arithmetic();
            functions_.push_back({args, depth_ + 1, pick(4), {}});
        }
        functions_[which].calls.push_back(put(0x85, 0, 1, 0, 0));
        const Function& f = functions_[which];
        const unsigned r = free_register();
        put(0xbf, r, 0, 0, 0);
        const Held given = f.returns < 3 ? f.args[f.returns] : Held{};
        hold(r, f.returns < 3 && given.kind != Kind::number ? given : Held{Kind::number, 0});
        for (Held& s : slots_)
            if (s.kind == Kind::number) s.bound = 0;
    }
    void write_function(std::size_t which) {
        const Function f = functions_[which];
        const std::size_t begin = code_.size();
        depth_ = f.depth;
        begin_function();
        for (unsigned a = 0; a < 3; ++a) {
            const unsigned r = f.args[a].kind == Kind::context ? 6 : 7 + a;
            put(0xbf, r, a + 1, 0, 0);
            hold(r, f.args[a]);
            if (held(r).kind == Kind::number) held(r).bound = 0;
        }
        if (f.returns < 3) {  // kept for the end
            put(0x7b, 10, f.returns + 1, -96, 0);
        }
        for (int slot = 1; slot <= kSlots; ++slot) {
            put(0x7a, 10, 0, -8 * slot, static_cast<std::int32_t>(pick(20)));
            slots_[static_cast<std::size_t>(slot - 1)] = {Kind::number, 0};
        }
        for (unsigned i = 1 + pick(3); i > 0; --i) statement(1);
        if (f.returns < 3) put(0x79, 0, 10, -96, 0);
        else put(0xbf, 0, number(), 0, 0);
        put(0x95, 0, 0, 0, 0);
        for (const std::size_t at : functions_[which].calls)
            if (code_[at].imm == 0) code_[at].imm = static_cast<std::int32_t>(begin) - static_cast<std::int32_t>(at) - 1;
    }

    void statement(unsigned depth) {
        if (code_.size() > 700) return;
        switch (pick(20)) {
            case 0: arithmetic(); break;
            case 1: copy(); break;
            case 2:
            case 3: stack_slots(); break;
            case 4:
            case 5: stack_index(); break;
            case 6: lookup(); break;
            case 7:
            case 8: null_check(); break;
            case 9:
            case 10: packet(); break;
            case 11: context_bytes(); break;
            case 12: table_read(); break;
            case 13: buffer(); break;
            case 14: depth > 0 ? loop(depth) : arithmetic(); break;
            case 15: depth > 0 ? branch(depth) : copy(); break;
            case 16: depth > 1 && held(6).kind == Kind::context ? records() : arithmetic(); break;
            case 17:
            case 18: call(); break;
            default: use_pointer(6 + pick(4)); break;
        }
    }

    struct Function {
        std::array<Held, 3> args;
        unsigned depth = 0, returns = 3;  // an argument; 3: a number
        std::vector<std::size_t> calls;
    };
    std::mt19937_64 random_;
    bool native_;
    Hook hook_;
    unsigned slip_, depth_ = 0;
    std::array<Held, 4> regs_{};
    std::array<Held, kSlots> slots_{};
    std::vector<Function> functions_;
    std::vector<Insn> code_;
};

}  // namespace

bpf::Object generate_mixed(std::uint64_t seed, bool native) { return Mixed(seed, native).make(); }

}  // namespace mbpf::fuzz
