// SPDX-License-Identifier: Apache-2.0
// r6 holds the memory's address, r7 to r9 numbers. Frame: 64 bytes of numbers at -64, two slots for pointers below,
// then the counters of loops. At the end all of it is mixed into r0, so that no wrong bit is lost.
#include "tests/fuzz/native_generator.h"

#include <algorithm>
#include <random>
#include <vector>

namespace mbpf::fuzz {

using bpf::Insn;

namespace {

constexpr std::int32_t kEdges[] = {0, 1, -1, 2, 3, 7, 8, 15, 16, 24, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 32767, 32768, 65535, 65536, INT32_MAX, INT32_MIN, INT32_MIN + 1, -2, -8, -128, -129};
constexpr int kNumbers = 64, kPointerSlot = -72, kCounters = -88;
constexpr unsigned kGlobalBytes = 24;

bpf::Map global(const char* name, bpf::MapOrigin origin) {
    bpf::Map map;
    map.name = name;
    map.type = static_cast<std::uint32_t>(bpf::MapType::array);
    map.key_size = 4;
    map.value_size = kGlobalBytes;
    map.max_entries = 1;
    map.origin = origin;
    if (origin != bpf::MapOrigin::bss)
        for (unsigned i = 0; i < kGlobalBytes; ++i) map.initial.push_back(static_cast<std::uint8_t>(0x91 + 29 * i));
    return map;
}

// Bytes [low, high) around a register may be accessed.
struct Base {
    unsigned reg;
    int low, high;
    bool writable = true;
};

class Generator {
  public:
    explicit Generator(std::uint64_t seed) : random_(seed ^ 0x9e3779b97f4a7c15ull) {}

    bpf::Object make() {
        put(0xbf, 6, 1, 0, 0);
        static constexpr unsigned kLoads[] = {0x79, 0x79, 0x79, 0x61, 0x81, 0x91, 0x89, 0x71, 0x69};
        for (unsigned r = 7; r <= 9; ++r) put(kLoads[pick(std::size(kLoads))], r, 6, 8 * static_cast<int>(pick(15)) + (chance(10) ? 3 : 0), 0);
        fill_stack();
        for (unsigned i = 0, count = 4 + pick(16); i < count; ++i) statement(2);
        put(0xbf, 0, 7, 0, 0);
        for (unsigned r : {8u, 9u}) mix(r);
        for (int slot = 1; slot <= 8; ++slot) put(0x79, 1, 10, -8 * slot, 0), mix(1);
        put(0x95, 0, 0, 0, 0);
        if (!calls_.empty()) callee();
        if (!reads_.empty()) reader();
        if (!passes_.empty()) passer();
        auto object = bpf::object_from_slots(std::move(code_), "isa", {global(".data", bpf::MapOrigin::data), global(".bss", bpf::MapOrigin::bss), global(".rodata", bpf::MapOrigin::rodata)});
        return std::move(object).value();
    }

  private:
    unsigned pick(std::size_t n) { return static_cast<unsigned>(random_() % n); }
    bool chance(unsigned percent) { return pick(100) < percent; }
    std::int32_t imm() { return chance(75) ? kEdges[pick(std::size(kEdges))] : static_cast<std::int32_t>(random_()); }
    void put(unsigned opcode, unsigned dst, unsigned src, int offset, std::int32_t value) {
        code_.push_back({static_cast<std::uint8_t>(opcode), static_cast<std::uint8_t>(dst), static_cast<std::uint8_t>(src), static_cast<std::int16_t>(offset), value});
    }
    unsigned source() { return 7 + pick(3); }
    // r9 counts while a loop holds it.
    unsigned number() { return 7 + pick(counting_ ? 2 : 3); }
    void mix(unsigned reg) { put(0x27, 0, 0, 0, 31), put(0xaf, 0, reg, 0, 0); }
    void fill_stack() {
        for (int slot = 1; slot <= 8; ++slot) {
            if (chance(60)) put(0x7b, 10, source(), -8 * slot, 0);
            else if (chance(50)) put(0x7a, 10, 0, -8 * slot, imm());
            else put(0x63, 10, source(), -8 * slot, 0), put(0x63, 10, source(), -8 * slot + 4, 0);
        }
    }
    void jump_here(std::size_t at) { code_[at].offset = static_cast<std::int16_t>(code_.size() - at - 1); }

    void arithmetic() {
        static constexpr unsigned kOps[] = {0x0, 0x1, 0x2, 0x3, 0x3, 0x4, 0x5, 0x6, 0x6, 0x7, 0x7, 0x9, 0x9, 0xa, 0xb, 0xc, 0xc};
        const unsigned op = kOps[pick(std::size(kOps))], cls = chance(50) ? 7 : 4;
        const bool reg = chance(50), sign = (op == 0x3 || op == 0x9) && chance(50);
        std::int32_t value = imm();
        if (op == 0x6 || op == 0x7 || op == 0xc) value &= cls == 7 ? 63 : 31;
        if (op == 0x3 || op == 0x9) value = value == 0 ? -1 : value;
        put(op << 4 | cls | (reg ? 8 : 0), number(), reg ? source() : 0, sign ? 1 : 0, reg ? 0 : value);
    }
    void unary() {
        switch (pick(6)) {
            case 0: put(chance(50) ? 0x87 : 0x84, number(), 0, 0, 0); break;
            case 1: put(0xdc, number(), 0, 0, 16 << pick(3)); break;
            case 2: put(0xd4, number(), 0, 0, 16 << pick(3)); break;
            case 3: put(0xd7, number(), 0, 0, 16 << pick(3)); break;
            case 4: put(0xbf, number(), source(), 8 << pick(3), 0); break;
            default: put(0xbc, number(), source(), 8 * static_cast<int>(pick(3)), 0); break;
        }
    }
    void constant() {
        static constexpr std::uint32_t kHalves[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x12345678};
        put(0x18, number(), 0, 0, static_cast<std::int32_t>(kHalves[pick(std::size(kHalves))]));
        put(0, 0, 0, 0, static_cast<std::int32_t>(kHalves[pick(std::size(kHalves))]));
    }
    void condition(bool reg, unsigned right, std::int32_t value) {
        static constexpr unsigned kOps[] = {0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0xa, 0xb, 0xc, 0xd};
        put(kOps[pick(std::size(kOps))] << 4 | (chance(50) ? 5u : 6u) | (reg ? 8 : 0), source(), right, 0, value);
    }
    void branch(unsigned depth) {
        const bool reg = chance(40);
        const std::size_t at = code_.size();
        condition(reg, reg ? source() : 0, reg ? 0 : imm());
        for (unsigned i = 0, count = 1 + pick(3); i < count; ++i) statement(depth - 1);
        if (chance(50)) {
            const std::size_t skip = code_.size();
            put(0x05, 0, 0, 0, 0);
            jump_here(at);
            for (unsigned i = 0, count = 1 + pick(2); i < count; ++i) statement(depth - 1);
            jump_here(skip);
        } else {
            jump_here(at);
        }
    }
    void loop(unsigned depth) {
        const std::int32_t bound = 1 + static_cast<std::int32_t>(pick(9));
        const bool in_register = !counting_ && chance(50);
        const int slot = kCounters - 8 * static_cast<int>(loops_++ % 4);
        if (in_register) put(0xb7, 9, 0, 0, 0), counting_ = true;
        else put(0x7a, 10, 0, slot, 0);
        const std::size_t head = code_.size();
        for (unsigned i = 0, count = 1 + pick(3); i < count; ++i) statement(depth - 1);
        unsigned counter = 9;
        if (!in_register) put(0x79, counter = 4, 10, slot, 0);
        put(chance(50) ? 0x07 : 0x04, counter, 0, 0, 1);
        if (!in_register) put(0x7b, 10, 4, slot, 0);
        static constexpr unsigned kExits[] = {0xa5, 0x55, 0xc5, 0xa6, 0x56, 0xc6};
        put(kExits[pick(std::size(kExits))], counter, 0, static_cast<int>(head) - static_cast<int>(code_.size()) - 1, bound);
        if (in_register) counting_ = false;
    }

    // All offsets are multiples of `align_`. r2 points into global data, or a base's register is used as it is, or through copies in r3.
    Base base() {
        if (chance(20)) {
            const unsigned map = pick(3), at = pick(kGlobalBytes - 8) / align_ * align_;
            put(0x18, 2, 2, 0, static_cast<std::int32_t>(map));
            put(0, 0, 0, 0, static_cast<std::int32_t>(at));
            return moved({2, -static_cast<int>(at), static_cast<int>(kGlobalBytes - at), map != 2});
        }
        const Base plain = chance(50) ? Base{6, 0, static_cast<int>(kStressMemory)} : Base{10, -kNumbers, 0};
        return chance(40) ? plain : moved(plain);
    }
    Base moved(Base from) {
        Base to = from;
        to.reg = 3;
        put(0xbf, 3, from.reg, 0, 0);
        if (chance(50)) {
            const int by = from.low + static_cast<int>(pick(static_cast<std::size_t>(from.high - from.low - 7)) / align_ * align_);
            put(0x07, 3, 0, 0, by);
            to.low -= by, to.high -= by;
        }
        if (chance(40) && to.high > 8) {
            // A number that is in range by masks, by remainder or by comparison.
            const int limit = std::min(to.high - 8, 31);
            put(0xbf, 4, source(), 0, 0);
            int mask = 1;
            while (mask * 2 <= limit + 1) mask *= 2;
            if (align_ != 1 || chance(50)) put(chance(50) ? 0x57 : 0x54, 4, 0, 0, (mask - 1) & -static_cast<int>(align_));
            else if (chance(50)) put(chance(50) ? 0x97 : 0x94, 4, 0, 0, limit + 1);
            else put(0xb5, 4, 0, 1, limit), put(0xb7, 4, 0, 0, static_cast<std::int32_t>(pick(static_cast<std::size_t>(limit) + 1)));
            put(0x0f, 3, 4, 0, 0);
            to.high -= limit;
        }
        if (chance(30)) {
            const int slot = kPointerSlot - 8 * static_cast<int>(pick(2));
            put(0x7b, 10, 3, slot, 0);
            if (chance(50)) put(0xb7, 3, 0, 0, imm());
            put(0x79, 3, 10, slot, 0);
        }
        if (chance(20) && to.high - to.low > 16) {
            // Either way a place of the same object.
            const std::size_t at = code_.size();
            condition(false, 0, imm());
            put(0x07, 3, 0, 0, 8);
            jump_here(at);
            to.high -= 8;
        }
        if (chance(15) && from.reg != 2 && to.high >= 8 && to.low <= 0) {
            // Or of another.
            const std::size_t at = code_.size();
            condition(false, 0, imm());
            put(0xbf, 3, from.reg == 6 ? 10 : 6, 0, 0);
            put(0x07, 3, 0, 0, from.reg == 6 ? -kNumbers : 8);
            jump_here(at);
            to.low = 0;
            to.high = std::min(to.high, kNumbers);
        }
        return to;
    }
    void access() {
        const Base b = base();
        const unsigned log = pick(4);  // of the bytes
        static constexpr unsigned kLoad[] = {0x71, 0x69, 0x61, 0x79}, kSigned[] = {0x91, 0x89, 0x81, 0x79}, kStore[] = {0x73, 0x6b, 0x63, 0x7b}, kImm[] = {0x72, 0x6a, 0x62, 0x7a};
        const int room = b.high - b.low - (1 << log) + 1;
        if (room <= 0) return;
        int offset = b.low + static_cast<int>(pick(static_cast<std::size_t>(room)));
        if (chance(60)) offset = std::max(b.low, offset & -(1 << log));
        switch (b.writable ? pick(5) : pick(2)) {
            case 0: put(kLoad[log], number(), b.reg, offset, 0); break;
            case 1: put(kSigned[log], number(), b.reg, offset, 0); break;
            case 2: put(kImm[log], b.reg, 0, offset, imm()); break;
            default: put(kStore[log], b.reg, source(), offset, 0); break;
        }
    }
    void atomic() {
        align_ = 8;
        const Base b = base();
        align_ = 1;
        const bool wide = chance(50);
        const int bytes = wide ? 8 : 4, room = b.high - b.low - bytes + 1;
        if (room <= 0 || !b.writable) return;
        const int offset = b.low + static_cast<int>(pick(static_cast<std::size_t>(room))) / bytes * bytes;
        static constexpr std::int32_t kOps[] = {0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1};
        const std::int32_t op = kOps[pick(std::size(kOps))];
        if (op == 0xf1) {
            // The comparison holds half of the time.
            if (chance(50)) put(wide ? 0x79 : 0x61, 0, b.reg, offset, 0);
            else put(0xbf, 0, source(), 0, 0);
        }
        const bool fetches = (op & 1) != 0;
        put(wide ? 0xdb : 0xc3, b.reg, fetches && op != 0xf1 ? number() : source(), offset, op);
        if (op == 0xf1) put(0xbf, number(), 0, 0, 0);
    }
    // A number over a spilled one, in parts, read back in other parts.
    void overlay() {
        const int slot = -8 * (1 + static_cast<int>(pick(8)));
        put(0x7b, 10, source(), slot, 0);
        static constexpr unsigned kStore[] = {0x73, 0x6b, 0x63}, kLoad[] = {0x79, 0x61, 0x81, 0x69, 0x91};
        const unsigned log = pick(3);
        put(kStore[log], 10, source(), slot + static_cast<int>(pick(9 - (1u << log))), 0);
        const unsigned load = pick(std::size(kLoad));
        static constexpr unsigned kBytes[] = {8, 4, 4, 2, 1};
        put(kLoad[load], number(), 10, slot + static_cast<int>(pick(9 - kBytes[load])), 0);
    }
    void helper() {
        put(0xbf, 1, source(), 0, 0);
        put(0x85, 0, 0, 0, 5);
        if (chance(70)) put(0xbf, number(), 0, 0, 0);
    }
    void call() {
        put(0xbf, 1, 10, 0, 0);
        put(0x07, 1, 0, 0, -kNumbers);
        put(0xbf, 2, source(), 0, 0);
        put(0xbf, 3, 6, 0, 0);
        calls_.push_back(code_.size());
        put(0x85, 0, 1, 0, 0);
        put(0xbf, number(), 0, 0, 0);
    }
    // Works on the caller's stack through r7 and on memory through r6; its own frame starts anew.
    void callee() {
        for (std::size_t at : calls_) code_[at].imm = static_cast<std::int32_t>(code_.size() - at - 1);
        in_callee_ = true;
        put(0xbf, 6, 3, 0, 0);
        put(0xbf, 5, 1, 0, 0);
        put(0xbf, 8, 2, 0, 0);
        put(0x79, 7, 5, 8 * static_cast<int>(pick(8)), 0);
        put(0xb7, 9, 0, 0, imm());
        fill_stack();
        put(0x7b, 10, 5, -120, 0);
        for (unsigned i = 0, count = 2 + pick(6); i < count; ++i) {
            statement(chance(50) ? 1 : 0);
            if (chance(50)) continue;
            put(0x79, 5, 10, -120, 0);
            static constexpr unsigned kLoadStore[] = {0x79, 0x61, 0x7b, 0x63, 0x73};
            const unsigned opcode = kLoadStore[pick(std::size(kLoadStore))];
            const int offset = static_cast<int>(pick(57));
            if ((opcode & 7) == 1) put(opcode, 7 + pick(3), 5, offset, 0);
            else put(opcode, 5, source(), offset, 0);
        }
        put(0xbf, 0, 7, 0, 0);
        mix(8), mix(9);
        put(0x95, 0, 0, 0, 0);
    }
    // r1: a number, and r2 0, or an address that 64 bytes may be read from, and r2 1.
    bool either_kind() {
        const bool pointer = chance(50);
        if (pointer) put(0xbf, 1, chance(50) ? 6 : 10, 0, 0);
        else put(0xbf, 1, source(), 0, 0);
        if (pointer && code_.back().src == 10) put(0x07, 1, 0, 0, -kNumbers);
        put(0xb7, 2, 0, 0, pointer ? 1 : 0);
        return pointer;
    }
    // The same function with numbers and with addresses: it reads through r1, or gives r1 back.
    void call_with_either() {
        const bool pointer = either_kind(), read = chance(50);
        (read ? reads_ : passes_).push_back(code_.size());
        put(0x85, 0, 1, 0, 0);
        if (!read && pointer) put(0x79, number(), 0, static_cast<int>(pick(48)), 0);
        else put(0xbf, number(), 0, 0, 0);
    }
    void reader() {
        for (std::size_t at : reads_) code_[at].imm = static_cast<std::int32_t>(code_.size() - at - 1);
        if (chance(50)) put(0xbf, 6, 1, 0, 0), put(0xbf, 1, 6, 0, 0);
        put(0x15, 2, 0, 2, 0);
        put(0x79, 0, 1, static_cast<int>(pick(57)), 0);
        put(0x95, 0, 0, 0, 0);
        put(0xbf, 0, 1, 0, 0);
        put(0x95, 0, 0, 0, 0);
    }
    void passer() {
        for (std::size_t at : passes_) code_[at].imm = static_cast<std::int32_t>(code_.size() - at - 1);
        put(0xbf, 0, 1, 0, 0);
        if (chance(50)) put(0x15, 2, 0, 1, 0), put(0x07, 0, 0, 0, 8);
        put(0x95, 0, 0, 0, 0);
    }
    // A number on one path and an address on the other, told apart again by what told the paths apart.
    void kinds_meet() {
        const std::int32_t limit = 1 + static_cast<std::int32_t>(pick(200));
        const bool spilled = chance(30);
        const int slot = kPointerSlot - 8 * static_cast<int>(pick(2));
        put(0xbf, 4, source(), 0, 0);
        put(0x57, 4, 0, 0, 255);
        put(0xbf, 3, source(), 0, 0);
        if (spilled) put(0x7b, 10, 3, slot, 0);
        const std::size_t number_stays = code_.size();
        put(0xa5, 4, 0, 0, limit);
        put(0xbf, 3, chance(50) ? 6 : 10, 0, 0);
        if (code_.back().src == 10) put(0x07, 3, 0, 0, -kNumbers);
        if (chance(50)) put(0xb5, 4, 0, 1, std::min(limit + 20, 254)), put(0x07, 3, 0, 0, 8);
        if (spilled) put(0x7b, 10, 3, slot, 0);
        jump_here(number_stays);
        for (unsigned i = 0, count = pick(3); i < count; ++i) chance(50) ? arithmetic() : unary();
        if (spilled) put(0x79, 3, 10, slot, 0);
        const unsigned to = number();
        put(0xa5, 4, 0, 2, limit);
        put(0x79, to, 3, static_cast<int>(pick(49)), 0);
        put(0x05, 0, 0, 1, 0);
        put(0xbf, to, 3, 0, 0);
    }
    void statement(unsigned depth) {
        switch (pick(18)) {
            case 17: chance(50) ? call_with_either() : kinds_meet(); break;
            case 0:
            case 1:
            case 2: arithmetic(); break;
            case 3: unary(); break;
            case 4: chance(30) ? constant() : arithmetic(); break;
            case 5:
            case 6: depth > 0 ? branch(depth) : overlay(); break;
            case 7: depth > 0 && chance(60) ? loop(depth) : unary(); break;
            case 8:
            case 9:
            case 10:
            case 11: access(); break;
            case 12:
            case 13: atomic(); break;
            case 14: overlay(); break;
            case 15: chance(50) ? helper() : arithmetic(); break;
            default: !in_callee_ && chance(60) ? call() : access(); break;
        }
    }

    std::mt19937_64 random_;
    bool counting_ = false, in_callee_ = false;
    unsigned loops_ = 0, align_ = 1;
    std::vector<std::size_t> calls_, reads_, passes_;
    std::vector<Insn> code_;
};

}  // namespace

bpf::Object generate_stress(std::uint64_t seed) { return Generator(seed).make(); }

}  // namespace mbpf::fuzz
