// SPDX-License-Identifier: Apache-2.0
// Each statement is a small template with random parts; registers r7 to r9 hold numbers, r6 the context.
#include "tests/fuzz/program_generator.h"

#include <array>

namespace mbpf::fuzz {

using bpf::Insn;

namespace {

constexpr std::int32_t kInteresting[] = {0, 1, -1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 255, 256, 4095, 65535, 65536, INT32_MAX, INT32_MIN, -2, -8, -64};

class Generator {
  public:
    explicit Generator(std::uint64_t seed, bool many_calls = false, bool limited = false) : random_(seed), packet_(seed % 4 == 0), walks_(seed % 3 == 2), limited_(limited), many_calls_(many_calls), passes_stack_(many_calls && seed % 5 == 0) {}

    bpf::Object make() {
        prologue();
        const unsigned count = limited_ ? 1 + pick(5) : 3 + pick(14);
        for (unsigned i = 0; i < count; ++i) statement(2);
        put(0xbf, 0, 7 + pick(3), 0, 0);
        put(packet_ ? 0x57 : 0xb7, packet_ ? 0 : 1, 0, 0, 3);
        put(0x95, 0, 0, 0, 0);
        if (has_callee_) callee();
        auto object = bpf::object_from_slots(std::move(code_), packet_ ? "xdp" : "trace/fuzz", {map("array", 2, 4, 32, 3), map("hash", 1, 4, 16, 4), map("ring", 27, 0, 0, 4096), map("bytes", 2, 4, 64, 4)});
        return std::move(object).value();
    }

  private:
    static bpf::Map map(const char* name, std::uint32_t type, std::uint32_t key, std::uint32_t value, std::uint32_t entries) {
        bpf::Map m;
        m.name = name;
        m.type = type;
        m.key_size = key;
        m.value_size = value;
        m.max_entries = entries;
        return m;
    }
    unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
    bool chance(unsigned percent) { return pick(100) < percent; }
    std::int32_t imm() { return chance(70) ? kInteresting[pick(std::size(kInteresting))] : static_cast<std::int32_t>(random_()); }
    void put(unsigned opcode, unsigned dst, unsigned src, int offset, std::int32_t value) {
        code_.push_back({static_cast<std::uint8_t>(opcode), static_cast<std::uint8_t>(dst), static_cast<std::uint8_t>(src), static_cast<std::int16_t>(offset), value});
    }
    unsigned number_register() { return 7 + pick(3); }

    void prologue() {
        put(0xbf, 6, 1, 0, 0);
        if (packet_) {
            for (unsigned r = 7; r <= 9; ++r) put(0x61, r, 6, 12, 0);
        } else {
            for (unsigned r = 7; r <= 9; ++r) put(0x79, r, 6, 16 + 8 * static_cast<int>(r - 7), 0);
        }
        for (int slot = 1; slot <= 8; ++slot) put(0x7b, 10, 7 + pick(3), -8 * slot, 0);
    }

    void arithmetic() {
        static constexpr unsigned kOps[] = {0x0, 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x9, 0xa, 0xb, 0xc};
        const unsigned op = kOps[pick(std::size(kOps))], cls = chance(50) ? 7 : 4;
        const bool reg = chance(40), sign = (op == 0x3 || op == 0x9) && chance(30);
        put(op << 4 | cls | (reg ? 8 : 0), number_register(), reg ? number_register() : 0, sign ? 1 : 0, reg ? 0 : imm());
    }
    void unary() {
        switch (pick(4)) {
            case 0: put(chance(50) ? 0x87 : 0x84, number_register(), 0, 0, 0); break;
            case 1: put(0xdc, number_register(), 0, 0, 16 << pick(3)); break;
            case 2: put(0xd7, number_register(), 0, 0, 16 << pick(3)); break;
            default: put(chance(50) ? 0xbf : 0xbc, number_register(), number_register(), 8 << pick(2), 0); break;
        }
    }
    unsigned condition() {
        static constexpr unsigned kOps[] = {0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0xa, 0xb, 0xc, 0xd};
        return kOps[pick(std::size(kOps))] << 4 | (chance(60) ? 5u : 6u);
    }
    void branch(unsigned depth) {
        const bool reg = chance(30);
        const std::size_t at = code_.size();
        put(condition() | (reg ? 8 : 0), number_register(), reg ? number_register() : 0, 0, reg ? 0 : imm());
        const unsigned inside = 1 + pick(3);
        for (unsigned i = 0; i < inside; ++i) statement(depth - 1);
        if (chance(40)) {
            const std::size_t skip = code_.size();
            put(0x05, 0, 0, 0, 0);
            code_[at].offset = static_cast<std::int16_t>(code_.size() - at - 1);
            for (unsigned i = 0; i < 1 + pick(2); ++i) statement(depth - 1);
            code_[skip].offset = static_cast<std::int16_t>(code_.size() - skip - 1);
        } else {
            code_[at].offset = static_cast<std::int16_t>(code_.size() - at - 1);
        }
    }
    void loop(unsigned depth) {
        const unsigned counter = number_register();
        const std::int32_t bound = 1 + static_cast<std::int32_t>(pick(40)), step = chance(80) ? 1 : 2 + static_cast<std::int32_t>(pick(3));
        put(0xb7, counter, 0, 0, 0);
        const std::size_t head = code_.size();
        for (unsigned i = 0; i < 1 + pick(3); ++i) statement(depth - 1);
        if (chance(85)) put(chance(50) ? 0x07 : 0x04, counter, 0, 0, step);
        static constexpr unsigned kExits[] = {0xa5, 0x55, 0xc5, 0xb5, 0xa6, 0x56};
        put(kExits[pick(std::size(kExits))], counter, 0, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, bound * step);
    }
    void stack_access() {
        static constexpr unsigned kSizes[] = {0x10, 0x08, 0x00, 0x18};
        const unsigned size = kSizes[pick(4)];
        const int offset = -1 - static_cast<int>(pick(chance(95) ? 64 : 80));
        if (chance(50)) put(0x61 | size, number_register(), 10, offset, 0);
        else if (chance(70)) put(0x63 | size, 10, number_register(), offset, 0);
        else put(0x62 | size, 10, 0, offset, imm());
    }
    // A bounded index into the 64 bytes of the frame.
    void stack_index() {
        const unsigned index = number_register();
        bound(index, 56);
        put(0xbf, 2, 10, 0, 0);
        put(0x07, 2, 0, 0, -64);
        put(0x0f, 2, index, 0, 0);
        static constexpr unsigned kSizes[] = {0x10, 0x08, 0x00, 0x18};
        const unsigned size = kSizes[pick(4)];
        if (chance(50)) put(0x61 | size, number_register(), 2, 0, 0);
        else put(0x63 | size, 2, number_register(), 0, 0);
    }
    // Makes `reg` small, usually rightly.
    void bound(unsigned reg, std::int32_t limit) {
        const std::int32_t slack = chance(90) ? 0 : static_cast<std::int32_t>(pick(20)) - 4;
        if (chance(40)) {
            put(chance(50) ? 0x57 : 0x54, reg, 0, 0, (limit >= 32 ? 31 : limit >= 16 ? 15 : 7) + slack);
        } else if (chance(60)) {
            put(chance(50) ? 0x97 : 0x94, reg, 0, 0, limit + slack);
        } else {
            put(chance(50) ? 0xb5 : 0xb6, reg, 0, 1, limit + slack);  // if reg <= limit skip
            put(0xb7, reg, 0, 0, static_cast<std::int32_t>(pick(8)));
        }
    }
    void map_access() {
        const bool array = chance(60);
        put(0x62, 10, 0, -72, static_cast<std::int32_t>(pick(4)));
        put(0x18, 1, 1, 0, array ? 0 : 1);
        put(0, 0, 0, 0, 0);
        put(0xbf, 2, 10, 0, 0);
        put(0x07, 2, 0, 0, -72);
        put(0x85, 0, 0, 0, 1);
        const std::size_t check = code_.size();
        if (chance(95)) put(0x15, 0, 0, 0, 0);
        const std::int32_t size = array ? 32 : 16;
        if (chance(50)) {
            const unsigned index = number_register();
            bound(index, size - 8);
            put(0x0f, 0, index, 0, 0);
        }
        if (chance(30)) {
            put(0x7b, 10, 0, -80, 0);
            put(0x79, 0, 10, -80, 0);
        }
        static constexpr unsigned kSizes[] = {0x10, 0x08, 0x00, 0x18};
        const unsigned width = kSizes[pick(4)];
        switch (pick(4)) {
            case 0: put(0x61 | width, number_register(), 0, static_cast<int>(pick(4)), 0); break;
            case 1: put(0x63 | width, 0, number_register(), static_cast<int>(pick(8)), 0); break;
            case 2: put(0xdb, 0, number_register(), 0, chance(50) ? 0 : 1); break;
            default: put(0xc3, 0, number_register(), 0, chance(50) ? 0xa1 : 0xe1); break;
        }
        if (code_[check].opcode == 0x15) code_[check].offset = static_cast<std::int16_t>(code_.size() - check - 1);
    }
    void packet_access() {
        if (!packet_) return context_access();
        put(0x61, 2, 6, 0, 0);
        put(0x61, 3, 6, 4, 0);
        const bool variable = chance(50);
        if (variable) {
            const unsigned index = number_register();
            bound(index, 60);
            put(0x0f, 2, index, 0, 0);
        }
        const int room = 4 + static_cast<int>(pick(20));
        put(0xbf, 4, 2, 0, 0);
        put(0x07, 4, 0, 0, room);
        const std::size_t check = code_.size();
        put(chance(80) ? 0x2d : 0x3d, 4, 3, 0, 0);  // if r4 > r3 (or >=) skip
        static constexpr unsigned kSizes[] = {0x10, 0x08, 0x00, 0x18};
        const unsigned width = kSizes[pick(4)];
        const int bytes = width == 0x10 ? 1 : width == 0x08 ? 2 : width == 0x00 ? 4 : 8;
        const int offset = chance(90) ? room - bytes : room - bytes + 1;
        if (chance(60)) put(0x61 | width, number_register(), 2, offset, 0);
        else put(0x63 | width, 2, number_register(), offset, 0);
        code_[check].offset = static_cast<std::int16_t>(code_.size() - check - 1);
    }
    void lookup(std::int32_t key, unsigned map) {
        put(0x62, 10, 0, -72, key);
        put(0x18, 1, 1, 0, static_cast<std::int32_t>(map));
        put(0, 0, 0, 0, 0);
        put(0xbf, 2, 10, 0, 0);
        put(0x07, 2, 0, 0, -72);
        put(0x85, 0, 0, 0, 1);
    }
    // Pointers that may be null, in registers and slots, some the same and some not; one is checked, one is used.
    void null_classes() {
        lookup(static_cast<std::int32_t>(pick(4)), pick(2));
        put(0x7b, 10, 0, -88, 0);
        std::size_t other = 0;
        if (chance(60)) {
            // On one way the slot holds a pointer of another lookup, or one already checked.
            other = code_.size();
            put(0x15, number_register(), 0, 0, imm());
            lookup(static_cast<std::int32_t>(pick(4)), pick(2));
            if (chance(30)) put(0x55, 0, 0, 1, 0), put(0x79, 0, 10, -88, 0);
            put(0x7b, 10, 0, chance(70) ? -88 : -96, 0);
            code_[other].offset = static_cast<std::int16_t>(code_.size() - other - 1);
        }
        if (other == 0) put(0x7b, 10, 0, -96, 0);
        put(0x79, 4, 10, -88, 0);
        if (chance(50)) put(0xbf, 5, 4, 0, 0);
        else put(0x79, 5, 10, chance(70) ? -88 : -96, 0);
        const std::size_t check = code_.size();
        put(chance(80) ? 0x15 : 0x55, chance(50) ? 4 : 5, 0, 0, 0);
        put(0x79, number_register(), chance(50) ? 4 : 5, chance(90) ? 0 : 16, 0);
        if (chance(40)) put(0x79, number_register(), 5, 8, 0);
        code_[check].offset = static_cast<std::int16_t>(code_.size() - check - 1);
    }
    // A length in a register, checked against the packet's end; bytes below it are read, by index or in a loop.
    void packet_length() {
        if (!packet_) return null_classes();
        const unsigned length = 7, index = 8;
        bound(length, 60);
        put(0x61, 2, 6, 0, 0);
        put(0x61, 3, 6, 4, 0);
        put(0xbf, 4, 2, 0, 0);
        put(0x0f, 4, length, 0, 0);
        const std::size_t check = code_.size();
        put(chance(90) ? 0x2d : 0xad, 4, 3, 0, 0);
        if (chance(50)) {
            // if (index >= length) skip; data[index]
            const std::size_t below = code_.size();
            put(chance(80) ? 0x3d : 0x2d, index, length, 0, 0);
            put(0xbf, 5, 2, 0, 0);
            put(0x0f, 5, index, 0, 0);
            put(0x71, 9, 5, chance(85) ? 0 : 1, 0);
            code_[below].offset = static_cast<std::int16_t>(code_.size() - below - 1);
        } else {
            const std::size_t none = code_.size();
            put(0x15, length, 0, 0, 0);
            put(0xb7, index, 0, 0, 0);
            const std::size_t head = code_.size();
            put(0xbf, 5, 2, 0, 0);
            put(0x0f, 5, index, 0, 0);
            put(0x71, 9, 5, chance(85) ? 0 : 1, 0);
            put(0x07, index, 0, 0, 1);
            static constexpr unsigned kExits[] = {0xad, 0x5d, 0xbd};
            put(kExits[pick(std::size(kExits))], index, length, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, 0);
            code_[none].offset = static_cast<std::int16_t>(code_.size() - none - 1);
        }
        code_[check].offset = static_cast<std::int16_t>(code_.size() - check - 1);
    }
    // Reserve, write, submit or discard; sometimes forgotten on one way.
    void reservation() {
        put(0x18, 1, 1, 0, 2);
        put(0, 0, 0, 0, 0);
        put(0xb7, 2, 0, 0, 16);
        put(0xb7, 3, 0, 0, 0);
        put(0x85, 0, 0, 0, 131);
        const std::size_t check = code_.size();
        put(0x15, 0, 0, 0, 0);
        put(0x7b, 10, 0, -104, 0);
        put(0x7b, 0, number_register(), chance(90) ? 8 : 9, 0);
        if (chance(30)) branch(1);
        const std::size_t skip = code_.size();
        const bool forgets = chance(10);
        if (forgets) put(0x15, number_register(), 0, 0, imm());
        put(0x79, 1, 10, -104, 0);
        put(0xb7, 2, 0, 0, 0);
        put(0x85, 0, 0, 0, chance(50) ? 132 : 133);
        if (forgets) code_[skip].offset = static_cast<std::int16_t>(code_.size() - skip - 1);
        code_[check].offset = static_cast<std::int16_t>(code_.size() - check - 1);
    }
    // One branch decides whether a pointer is there, a later one on the same number whether it is used.
    void correlated() {
        const unsigned flag = number_register();
        put(0xb7, 4, 0, 0, 0);
        put(0x7b, 10, 4, -112, 0);
        const std::size_t first = code_.size();
        put(0x25, flag, 0, 0, 31);
        lookup(static_cast<std::int32_t>(pick(4)), 0);
        const std::size_t missing = code_.size();
        put(0x15, 0, 0, 0, 0);
        put(0x7b, 10, 0, -112, 0);
        code_[missing].offset = static_cast<std::int16_t>(code_.size() - missing - 1);
        code_[first].offset = static_cast<std::int16_t>(code_.size() - first - 1);
        const std::size_t second = code_.size();
        put(chance(70) ? 0x25 : 0x35, flag, 0, 0, 31);
        put(0x79, 4, 10, -112, 0);
        const bool checks = chance(80);
        if (checks) put(0x15, 4, 0, 1, 0);
        put(0x79, number_register(), 4, 0, 0);
        code_[second].offset = static_cast<std::int16_t>(code_.size() - second - 1);
    }
    void leave_if(unsigned opcode, unsigned a, unsigned b, std::int32_t value, std::vector<std::size_t>& out) {
        out.push_back(code_.size());
        put(opcode, a, b, 0, value);
    }
    // What lies between two words and a third, or a number: sums and differences that are checked, in one of many ways, and by
    // which something of 64 bytes, or the packet, is then reached. a is r7, b is r8; r9 or the size is what they must not pass.
    void limits() {
        static constexpr unsigned kSizes[] = {0x10, 0x08, 0x00, 0x18};
        constexpr unsigned a = 7, b = 8, c = 9;
        const bool in_packet = packet_ && chance(60), wide = chance(70), by_register = !in_packet && chance(30);
        const unsigned plus = wide ? 0x0f : 0x0c, minus = wide ? 0x1f : 0x1c, copy = wide ? 0xbf : 0xbc;
        const auto than = [&](unsigned opcode) { return (opcode & ~7u) | (wide ? 5u : 6u); };
        const std::int32_t size = 64 - static_cast<std::int32_t>(pick(8));
        std::vector<std::size_t> out;
        if (chance(70)) put(wide ? 0x57 : 0x54, a, 0, 0, 63);
        else leave_if(than(0x25), a, 0, size, out);
        if (chance(70)) put(wide ? 0x57 : 0x54, b, 0, 0, chance(80) ? 63 : 255);
        // Moved, perhaps below 0; the third word one of the two, moved.
        if (chance(25)) put(wide ? 0x07 : 0x04, chance(50) ? a : b, 0, 0, static_cast<std::int32_t>(pick(12)) - 8);
        if (by_register && chance(30)) {
            put(copy, c, chance(50) ? a : b, 0, 0);
            put(wide ? 0x07 : 0x04, c, 0, 0, static_cast<std::int32_t>(pick(12)) - 6);
            if (chance(50)) put(wide ? 0x07 : 0x04, chance(50) ? a : b, 0, 0, static_cast<std::int32_t>(pick(12)) - 8);
        } else if (by_register) {
            bound(c, size);
        }
        if (in_packet) {
            put(0x61, 2, 6, 0, 0);
            put(0x61, 3, 6, 4, 0);
        }
        if (in_packet && chance(50)) {
            // data + a + b against the end, in this order or another.
            const unsigned first = chance(50) ? a : b, second = first == a ? b : a;
            put(0xbf, 4, 2, 0, 0);
            put(0x0f, 4, first, 0, 0);
            if (chance(30)) put(0x07, 4, 0, 0, static_cast<std::int32_t>(pick(8)));
            put(0x0f, 4, second, 0, 0);
            leave_if(chance(90) ? 0x2d : 0x3d, 4, 3, 0, out);
        } else {
            // The limit in r5: a size, a word, or the packet's length.
            if (in_packet) put(0xbf, 5, 3, 0, 0), put(0x1f, 5, 2, 0, 0);
            else if (by_register) put(copy, 5, c, 0, 0);
            else put(wide ? 0xb7 : 0xb4, 5, 0, 0, size);
            switch (pick(3)) {
                case 0:  // a + b <= limit
                    put(copy, 4, chance(50) ? a : b, 0, 0);
                    put(plus, 4, code_.back().src == a ? b : a, 0, 0);
                    if (chance(30)) put(wide ? 0x07 : 0x04, 4, 0, 0, static_cast<std::int32_t>(pick(4)));
                    leave_if(than(chance(85) ? 0x2d : 0x3d), 4, 5, 0, out);
                    break;
                case 1:  // b <= limit - a
                    if (chance(90)) leave_if(than(0x2d), a, 5, 0, out);
                    put(minus, 5, a, 0, 0);
                    leave_if(than(chance(85) ? 0x2d : 0x3d), b, 5, 0, out);
                    break;
                default:  // a <= b <= limit: what lies from a on has b - a bytes
                    leave_if(than(0x2d), b, 5, 0, out);
                    if (chance(90)) leave_if(than(chance(80) ? 0x2d : 0x3d), a, b, 0, out);
                    put(minus, b, a, 0, 0);
            }
        }
        if (chance(20)) statement(0);  // which may change what was checked
        if (chance(15)) put(wide ? 0x77 : 0x74, chance(50) ? a : b, 0, 0, 1);
        // The place a in it.
        const bool in_value = !in_packet && chance(30);
        if (in_value) {
            lookup(static_cast<std::int32_t>(pick(4)), 3);
            leave_if(0x15, 0, 0, 0, out);
            put(0xbf, 2, 0, 0, 0);
        } else if (in_packet) {
            put(0x61, 2, 6, 0, 0);
        } else {
            put(0xbf, 2, 10, 0, 0);
            put(0x07, 2, 0, 0, -64);
        }
        put(0x0f, 2, a, 0, 0);
        const unsigned width = kSizes[pick(4)];
        const int bytes = width == 0x10 ? 1 : width == 0x08 ? 2 : width == 0x00 ? 4 : 8, slack = chance(85) ? 0 : 1;
        switch (pick(in_packet ? 2 : 4)) {
            case 0:  // its last bytes
                leave_if(than(0xa5), b, 0, bytes, out);
                put(0x0f, 2, b, 0, 0);
                if (chance(60)) put(0x61 | width, c, 2, -bytes + slack, 0);
                else put(0x63 | width, 2, c, -bytes + slack, 0);
                break;
            case 1: {  // each of them
                leave_if(than(0x15), b, 0, 0, out);
                put(0xb7, c, 0, 0, 0);
                const std::size_t head = code_.size();
                put(0xbf, 5, 2, 0, 0);
                put(0x0f, 5, c, 0, 0);
                put(0x71, 4, 5, slack, 0);
                put(0x07, c, 0, 0, 1);
                static constexpr unsigned kExits[] = {0xad, 0x5d, 0xad, 0xbd};
                put(kExits[pick(std::size(kExits))], c, b, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, 0);
                break;
            }
            case 2:  // all of them, by a helper
                put(0x18, 1, 1, 0, 2);
                put(0, 0, 0, 0, 0);
                put(0xbf, 3, b, 0, 0);
                if (slack != 0) put(0x07, 3, 0, 0, 1);
                put(0xb7, 4, 0, 0, 0);
                put(0x85, 0, 0, 0, 130);
                break;
            default:  // written by a helper
                leave_if(than(0x15), b, 0, 0, out);
                put(0xbf, 1, 2, 0, 0);
                put(0xbf, 2, b, 0, 0);
                if (slack != 0) put(0x07, 2, 0, 0, 1);
                put(0xbf, 3, c, 0, 0);
                put(0xb7, 4, 0, 0, static_cast<std::int32_t>(pick(4)));
                put(0x85, 0, 0, 0, 1009);
        }
        for (const std::size_t at : out) code_[at].offset = static_cast<std::int16_t>(code_.size() - at - 1);
    }
    void context_access() {
        static constexpr unsigned kSizes[] = {0x10, 0x08, 0x00, 0x18};
        put(0x61 | kSizes[pick(4)], number_register(), 6, 16 + static_cast<int>(pick(28)), 0);
    }
    void call() {
        has_callee_ = true;
        for (unsigned r = 1; r <= 3; ++r) put(0xbf, r, r == 3 && (passes_stack_ || chance(40)) ? 10 : number_register(), 0, 0);
        calls_.push_back(code_.size());
        put(0x85, 0, 1, 0, 0);
        put(0xbf, number_register(), 0, 0, 0);
    }
    void callee() {
        has_left_ = true;
        const std::size_t begin = code_.size();
        for (std::size_t at : calls_) code_[at].imm = static_cast<std::int32_t>(begin - at - 1);
        put(0xbf, 7, 1, 0, 0);
        put(0xbf, 8, 2, 0, 0);
        put(0xb7, 9, 0, 0, 5);
        for (int slot = 1; slot <= 8; ++slot) put(0x7b, 10, 7, -8 * slot, 0);
        if (passes_stack_) put(0x7b, 3, 8, -8 * static_cast<int>(1 + pick(4)), 0);
        if (many_calls_) branch(1);
        if (many_calls_ && chance(50)) loop(1);
        for (unsigned i = 0; i < 2 + pick(4); ++i) chance(60) ? arithmetic() : stack_access();
        if (!walks_ || chance(80)) put(0xbf, 0, 7 + pick(3), 0, 0);
        put(0x95, 0, 0, 0, 0);
    }
    // Bits taken off one by one; sometimes another step than x &= x - 1, or something between.
    void bits_loop(unsigned depth) {
        const unsigned x = number_register();
        const bool narrow = chance(40);
        if (chance(60)) bound(x, 56);
        const std::size_t none = code_.size();
        if (chance(80)) put(0x15, x, 0, 0, 0);
        const bool checked = code_.size() != none;
        const std::size_t head = code_.size();
        if (chance(30) && depth > 0) statement(depth - 1);
        for (unsigned times = chance(80) ? 1 : 2; times > 0; --times) {
            put(narrow ? 0xbc : 0xbf, 4, x, 0, 0);
            put(narrow ? 0x04 : 0x07, 4, 0, 0, chance(85) ? -1 : imm());
            put(narrow ? 0x5c : 0x5f, x, 4, 0, 0);
        }
        if (chance(40) && depth > 0) statement(depth - 1);
        put(chance(80) ? 0x55 : 0x56, x, 0, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, chance(90) ? 0 : 1);
        if (checked) code_[none].offset = static_cast<std::int16_t>(code_.size() - none - 1);
    }
    // a, b = b, a % b, or something near it.
    void remainder_loop() {
        const unsigned a = 7, b = 8;
        bound(a, 56);
        bound(b, 56);
        const std::size_t none = code_.size();
        put(0x15, b, 0, 0, 0);
        const std::size_t head = code_.size();
        put(0xbf, 4, a, 0, 0);
        put(chance(90) ? 0x9f : 0x1f, 4, b, 0, 0);
        put(0xbf, a, b, 0, 0);
        put(0xbf, b, 4, 0, 0);
        put(0x55, b, 0, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, 0);
        code_[none].offset = static_cast<std::int16_t>(code_.size() - none - 1);
    }
    // Steps of any size until the counter is one word, in a register or a slot; sometimes that word is missed.
    void stepped_loop(unsigned depth) {
        static constexpr std::int32_t kSteps[] = {2, 3, 4, 5, 6, 7, 12, 24, 100, 1000, 65535};
        const unsigned counter = number_register();
        const bool in_slot = chance(30), wide = chance(70), down = chance(40);
        const std::int32_t step = kSteps[pick(std::size(kSteps))], rounds = 1 + static_cast<std::int32_t>(pick(chance(80) ? 50 : 2000));
        const std::int32_t start = chance(50) ? 0 : static_cast<std::int32_t>(pick(2000)) - (wide && chance(30) ? 100000 : 0), travel = step * rounds;
        const std::int32_t first = down ? start + travel : start, last = (down ? start : start + travel) + (chance(85) ? 0 : static_cast<std::int32_t>(pick(7)) - 3);
        const unsigned slot = wide ? 0x18 : 0x00;
        put(wide ? 0xb7 : 0xb4, counter, 0, 0, first);
        if (chance(15)) put(wide ? 0x07 : 0x04, counter, 0, 0, chance(50) ? step : 1);
        if (in_slot) put(0x63 | slot, 10, counter, -80, 0);
        const std::size_t head = code_.size();
        if (in_slot) put(0x61 | slot, counter, 10, -80, 0);
        const bool at_head = chance(30);
        if (at_head) put(wide ? 0x15 : 0x16, counter, 0, 0, last);
        if (chance(50) && depth > 0) statement(depth - 1);
        if (in_slot) put(0x61 | slot, counter, 10, -80, 0);
        put(wide ? 0x07 : 0x04, counter, 0, 0, down ? -step : step);
        if (chance(10)) put(wide ? 0x07 : 0x04, counter, 0, 0, down ? -step : step);
        if (in_slot) put(0x63 | slot, 10, counter, -80, 0);
        if (at_head) {
            put(0x05, 0, 0, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, 0);
            code_[in_slot ? head + 1 : head].offset = static_cast<std::int16_t>(code_.size() - head - (in_slot ? 2 : 1));
        } else {
            put(wide ? 0x55 : 0x56, counter, 0, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, last);
        }
    }
    // A loop whose number of turns is told by the counter of the one around it.
    void triangle(unsigned depth) {
        static constexpr unsigned kExits[] = {0xad, 0xad, 0xbd, 0x5d, 0x2d, 0x6d};
        const unsigned outer = 7 + pick(3), inner = outer == 9 ? 7 : outer + 1;
        const bool down = chance(30), from_outer = chance(40), inner_down = chance(30);
        const std::int32_t n = 2 + static_cast<std::int32_t>(pick(chance(85) ? 24 : 300)), step = chance(75) ? 1 : 2 + static_cast<std::int32_t>(pick(2));
        const auto back = [&](std::size_t to) { return static_cast<int>(to) - static_cast<int>(code_.size()) - 1; };
        put(0xb7, outer, 0, 0, down ? n * step : chance(50) ? 1 : 0);
        const std::size_t head = code_.size();
        if (chance(20)) put(0x07, inner == 9 ? 7 : inner + 1, 0, 0, 3);
        if (from_outer || inner_down) {
            put(0xbf, inner, outer, 0, 0);
            if (chance(30)) put(0x07, inner, 0, 0, 1);
        } else {
            put(0xb7, inner, 0, 0, static_cast<std::int32_t>(pick(2)));
        }
        const std::size_t body = code_.size();
        if (chance(25) && depth > 0) statement(depth - 1);
        for (unsigned i = pick(3); i > 0; --i) put(0x0f, inner == 9 ? 7 : inner + 1, inner, 0, 0);
        put(0x07, inner, 0, 0, inner_down ? -1 : 1);
        if (inner_down) put(chance(50) ? 0x65 : 0x55, inner, 0, back(body), 0);
        else if (from_outer) put(0xa5, inner, 0, back(body), n * step + 2);
        else put(kExits[pick(std::size(kExits))], inner, outer, back(body), 0);
        if (chance(20)) put(0x07, inner == 9 ? 7 : inner + 1, 0, 0, 5);
        put(0x07, outer, 0, 0, down ? -step : step);
        if (down) put(chance(50) ? 0x55 : 0x65, outer, 0, back(head), 0);
        else put(0xa5, outer, 0, back(head), n * step);
    }
    // A packet pointer that moves by what it reads, and is compared with the end in some way.
    void packet_walk(unsigned depth) {
        if (!packet_) return bits_loop(depth);
        const unsigned counter = number_register(), byte = counter == 9 ? 7 : counter + 1;
        put(0x61, 2, 6, 0, 0);
        put(0x61, 3, 6, 4, 0);
        if (chance(30)) put(0x07, 2, 0, 0, static_cast<std::int32_t>(pick(40)));
        put(0xb7, counter, 0, 0, 0);
        const std::size_t head = code_.size();
        const int room = 1 + static_cast<int>(pick(8));
        put(0xbf, 4, 2, 0, 0);
        if (chance(90)) put(0x07, 4, 0, 0, room);
        static constexpr unsigned kEnds[] = {0x2d, 0x2d, 0x2d, 0x3d, 0x1d, 0x2e, 0x1e, 0x5d};
        const std::size_t out = code_.size();
        put(kEnds[pick(std::size(kEnds))], 4, 3, 0, 0);
        put(0x71, byte, 2, chance(90) ? static_cast<int>(pick(static_cast<unsigned>(room))) : room, 0);
        if (chance(70)) {
            put(0x57, byte, 0, 0, static_cast<std::int32_t>(pick(16)));
            put(0x0f, 2, byte, 0, 0);
        }
        const std::int32_t step = chance(80) ? static_cast<std::int32_t>(pick(9)) : imm();
        put(0x07, 2, 0, 0, step);
        put(0x07, counter, 0, 0, 1);
        if (chance(60)) put(0xa5, counter, 0, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, 1 + static_cast<std::int32_t>(pick(20)));
        else if (chance(70)) put(chance(50) ? 0x5d : 0xad, 2, 3, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, 0);
        else put(0x05, 0, 0, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, 0);
        code_[out].offset = static_cast<std::int16_t>(code_.size() - out - 1);
    }
    // A packet pointer that goes to another, or as long as there is room between the two, or so many bytes are left.
    void place_walk(unsigned depth) {
        if (!packet_) return bits_loop(depth);
        const unsigned left = 7, byte = 8;
        const auto back = [&](std::size_t to) { return static_cast<int>(to) - static_cast<int>(code_.size()) - 1; };
        bound(left, chance(80) ? 60 : 1500);
        put(0x61, 2, 6, 0, 0);
        put(0x61, 3, 6, 4, 0);
        if (chance(40)) put(0x07, 2, 0, 0, static_cast<std::int32_t>(pick(24)));
        put(0xbf, 4, 2, 0, 0);
        put(0x0f, 4, left, 0, 0);
        std::vector<std::size_t> out;
        static constexpr unsigned kUnchecked[] = {0x3d, 0x1d, 0xad, 0x5d};
        if (chance(92)) leave_if(chance(90) ? 0x2d : kUnchecked[pick(4)], 4, 3, 0, out);
        const int step = 1 + static_cast<int>(pick(6)), read = chance(75) ? static_cast<int>(pick(static_cast<unsigned>(step))) : step;
        const std::size_t head = code_.size();
        switch (pick(4)) {
            case 0:  // q + step <= e, or q < e
                put(0xbf, 5, 2, 0, 0);
                if (step > 1 || chance(50)) put(0x07, 5, 0, 0, step - (chance(85) ? 0 : 1));
                leave_if(chance(70) ? 0x2d : kUnchecked[pick(4)], 5, chance(80) ? 4 : 3, 0, out);
                break;
            case 1:  // e - q, end - q
                put(0xbf, 5, chance(60) ? 4 : 3, 0, 0);
                put(0x1f, 5, 2, 0, 0);
                leave_if(chance(60) ? 0xc5 : chance(50) ? 0xa5 : 0xd5, 5, 0, step - (chance(85) ? 0 : 1), out);
                break;
            default: leave_if(chance(85) ? 0xa5 : 0x15, left, 0, step - (chance(85) ? 0 : 1), out); break;  // so many are left
        }
        put(0x71, byte, 2, read, 0);
        const int taken = chance(90) ? step : step + static_cast<int>(pick(3)) - 1;
        if (chance(30)) {
            // As much as was read there, where it fits.
            leave_if(chance(85) ? 0x2d : 0x3d, byte, left, 0, out);
            put(0x0f, 2, byte, 0, 0);
            put(0x1f, left, byte, 0, 0);
        }
        put(0x07, 2, 0, 0, step);
        put(0x07, left, 0, 0, -taken);
        put(0x05, 0, 0, back(head), 0);
        for (std::size_t jump : out) code_[jump].offset = static_cast<std::int16_t>(code_.size() - jump - 1);
        if (chance(40)) {
            const std::size_t none = code_.size();
            put(chance(80) ? 0x15 : 0x55, left, 0, 0, 0);
            put(0x71, byte, 2, chance(80) ? 0 : 1, 0);
            code_[none].offset = static_cast<std::int16_t>(code_.size() - none - 1);
        }
    }
    void walk(unsigned depth) {
        if (packet_ && chance(40)) return place_walk(depth);
        switch (pick(7)) {
            case 4: stepped_loop(depth); break;
            case 5:
            case 6: triangle(depth); break;
            case 0: bits_loop(depth); break;
            case 1: remainder_loop(); break;
            default: packet_walk(depth); break;
        }
    }
    void statement(unsigned depth) {
        if (many_calls_ && chance(30) && !has_left_) return call();
        if (walks_ && chance(25)) return walk(depth);
        if (limited_ && depth > 0 && chance(60)) return limits();
        switch (pick(17)) {
            case 0:
            case 1:
            case 2: arithmetic(); break;
            case 3: unary(); break;
            case 4: depth > 0 ? branch(depth) : arithmetic(); break;
            case 5: depth > 0 && chance(60) ? loop(depth) : arithmetic(); break;
            case 6: stack_access(); break;
            case 7: stack_index(); break;
            case 8: map_access(); break;
            case 9: packet_access(); break;
            case 10: chance(30) ? call() : stack_access(); break;
            case 11: null_classes(); break;
            case 12: packet_length(); break;
            case 13: reservation(); break;
            case 14: correlated(); break;
            default: depth > 0 ? branch(depth) : stack_access(); break;
        }
    }

    std::mt19937_64 random_;
    bool packet_;
    bool walks_;  // a third of the programs: loops whose measure is no plain counter
    bool limited_, many_calls_, passes_stack_;
    bool has_callee_ = false, has_left_ = false;
    std::vector<std::size_t> calls_;
    std::vector<Insn> code_;
};

}  // namespace

bpf::Object generate(std::uint64_t seed) { return Generator(seed).make(); }
bpf::Object generate_calls(std::uint64_t seed) { return Generator(seed, true).make(); }
bpf::Object generate_limits(std::uint64_t seed) { return Generator(seed, false, true).make(); }

}  // namespace mbpf::fuzz
