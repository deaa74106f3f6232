// SPDX-License-Identifier: Apache-2.0
// Random instructions in the checker's machine beside real words: after each, every register's word, every relation of
// words and the packet's length must be among those that the state stands for; and what is read is there.
#include <map>
#include <random>

#include "tests/verifier/proof_bench.h"

namespace mbpf::proof {
namespace {

using bpf::AluOp;
using bpf::Condition;
__extension__ typedef __int128 Wide;

constexpr std::uint64_t kPacketStart = 0x20000000;

// The words: r2 to r7 numbers or places in the packet, r8 the packet, r9 its end; four slots of the stack.
class RandomRun {
  public:
    explicit RandomRun(std::uint64_t seed) : random_(seed), length_(pick(4) == 0 ? pick(4) : pick(300)) {
        b_.s.regs[8] = pointer(Region::packet);
        b_.s.regs[9] = pointer(Region::packet_end);
        words_[8] = kPacketStart;
        words_[9] = kPacketStart + length_;
        for (unsigned r = 2; r < 8; ++r) give(r);
        b_.s.regs[1] = Value{};
    }
    // "" or what went wrong.
    std::string go(int steps) {
        std::string text;
        for (int i = 0; i < steps && wrong_.empty(); ++i) {
            const std::string one = step();
            text += one + "\n";
            check(b_.s, symbols_, "");
            ask(b_.s);
            if (pick(8) == 0) look_at_invariant();
        }
        return wrong_.empty() ? "" : text + wrong_;
    }
    int loads() const { return loads_; }
    int taught() const { return taught_; }
    int invariants() const { return invariants_; }
    int covered() const { return covered_; }

  private:
    std::uint64_t pick(std::uint64_t n) { return random_() % n; }
    unsigned any_register() { return 2 + static_cast<unsigned>(pick(6)); }
    // One that leads into the packet, if there is one.
    unsigned pointer_or(unsigned r) {
        for (unsigned i = 0; i < 6; ++i)
            if (const unsigned at = 2 + (r + i) % 6; b_.s.regs[at].kind == ValueKind::pointer && b_.s.regs[at].region == Region::packet) return at;
        return r;
    }
    static std::string reg(unsigned r) { return "r" + std::to_string(r); }

    // A word, and a range around it.
    void give(unsigned r) {
        static constexpr std::uint64_t kEnds[] = {0, 1, 7, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, INT64_MAX, 1ull << 63, UINT64_MAX};
        const std::uint64_t w = pick(4) == 0 ? kEnds[pick(std::size(kEnds))] : pick(pick(2) == 0 ? 20 : 300);
        const std::uint64_t low = pick(3) == 0 ? w : w - std::min(w, pick(20)), high = pick(3) == 0 ? w : w + std::min(UINT64_MAX - w, pick(400));
        words_[r] = w;
        b_.s.regs[r] = pick(12) == 0 ? Value::of(Number::unknown()) : number(low, high);
    }

    std::string step() {
        const unsigned d = any_register(), s = any_register();
        switch (pick(16)) {
            case 0: {
                if (pick(3) != 0) return alu(d, s);
                give(d);
                return reg(d) + " = " + std::to_string(words_[d]);
            }
            case 1:
            case 2:
            case 3: return jump(d, s);
            case 4: return place(d, s);
            case 5:
            case 6:
            case 7: return beside_end(pick(3) == 0 ? d : pointer_or(d));
            case 8:
            case 9: return load(d, pick(3) == 0 ? s : pointer_or(s));
            case 10: return spill(d);
            default: return alu(d, s);
        }
    }
    // The words change if the machine takes the instruction.
    bool takes(const std::string& text) { return b_.run(text) == Reason::none; }

    std::string alu(unsigned d, unsigned s) {
        static constexpr std::pair<const char*, AluOp> kOps[] = {{"add", AluOp::add}, {"add", AluOp::add}, {"sub", AluOp::sub}, {"sub", AluOp::sub}, {"mov", AluOp::mov}, {"mov", AluOp::mov}, {"and", AluOp::and_}, {"or", AluOp::or_}, {"xor", AluOp::xor_}, {"lsh", AluOp::lsh}, {"rsh", AluOp::rsh}, {"arsh", AluOp::arsh}, {"mul", AluOp::mul}, {"div", AluOp::div}, {"mod", AluOp::mod}};
        static constexpr std::int32_t kImmediates[] = {0, 1, 2, 3, 8, 13, 31, 32, 255, -1, -8, INT32_MAX, INT32_MIN};
        const auto [name, op] = kOps[pick(std::size(kOps))];
        const bool half = pick(5) == 0, shift = op == AluOp::lsh || op == AluOp::rsh || op == AluOp::arsh, immediate = pick(2) == 0 || shift;
        const std::int32_t imm = shift ? static_cast<std::int32_t>(pick(2) == 0 ? pick(3) : pick(half ? 32 : 64)) : kImmediates[pick(std::size(kImmediates))];
        const std::string text = std::string(name) + (half ? "32 " : " ") + reg(d) + ", " + (immediate ? std::to_string(imm) : reg(s));
        const std::uint64_t a = words_[d], b = immediate ? static_cast<std::uint64_t>(std::int64_t{imm}) : words_[s];
        if (takes(text)) words_[d] = half ? domain::concrete<std::uint32_t>(op, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b)) : domain::concrete<std::uint64_t>(op, a, b);
        return text;
    }

    static bool holds(Condition c, std::uint64_t a, std::uint64_t b, std::int64_t x, std::int64_t y) {
        switch (c) {
            case Condition::eq: return a == b;
            case Condition::ne: return a != b;
            case Condition::gt: return a > b;
            case Condition::ge: return a >= b;
            case Condition::lt: return a < b;
            case Condition::le: return a <= b;
            case Condition::set: return (a & b) != 0;
            case Condition::sgt: return x > y;
            case Condition::sge: return x >= y;
            case Condition::slt: return x < y;
            case Condition::sle: return x <= y;
            case Condition::none: break;
        }
        return false;
    }
    std::string compare(unsigned d, unsigned s, bool immediate) {
        static constexpr std::pair<const char*, Condition> kJumps[] = {{"jeq", Condition::eq}, {"jne", Condition::ne}, {"jgt", Condition::gt}, {"jge", Condition::ge}, {"jlt", Condition::lt}, {"jle", Condition::le}, {"jset", Condition::set}, {"jsgt", Condition::sgt}, {"jsge", Condition::sge}, {"jslt", Condition::slt}, {"jsle", Condition::sle}};
        const auto [name, c] = kJumps[pick(std::size(kJumps))];
        const bool half = pick(6) == 0;
        const std::int64_t near = static_cast<std::int64_t>(words_[d]) + static_cast<std::int64_t>(pick(9)) - 4;
        const std::int32_t imm = near >= INT32_MIN && near <= INT32_MAX ? static_cast<std::int32_t>(near) : 0;
        const std::string text = std::string(name) + (half ? "32 " : " ") + reg(d) + ", " + (immediate ? std::to_string(imm) : reg(s)) + ", +0";
        const std::uint64_t a = words_[d], b = immediate ? static_cast<std::uint64_t>(std::int64_t{imm}) : words_[s];
        const bool taken = half ? holds(c, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), static_cast<std::int32_t>(a), static_cast<std::int32_t>(b)) : holds(c, a, b, static_cast<std::int64_t>(a), static_cast<std::int64_t>(b));
        const unsigned before = b_.s.difference_count;
        if (b_.go(text, taken) == Edge::infeasible) wrong_ = "an edge that is taken is said not to be";
        taught_ += b_.s.difference_count > before;
        return text + (taken ? " taken" : " not taken");
    }
    std::string jump(unsigned d, unsigned s) { return compare(d, s, pick(3) == 0); }
    // A place in the packet, some number behind its start.
    std::string place(unsigned d, unsigned s) {
        const std::string text = "mov " + reg(d) + ", r8\nadd " + reg(d) + ", " + reg(s);
        if (d == s) return "";
        const std::uint64_t amount = words_[s];
        if (!takes("mov " + reg(d) + ", r8")) return text;
        words_[d] = kPacketStart;
        if (b_.s.regs[s].is_number() && takes("add " + reg(d) + ", " + reg(s))) words_[d] += amount;
        return text;
    }
    std::string beside_end(unsigned d) {
        if (pick(4) == 0) {
            const std::string text = "mov " + reg(d) + ", r9\nsub " + reg(d) + ", r8";
            if (takes(text)) words_[d] = length_;
            return text;
        }
        return pick(2) == 0 ? compare(d, 9, false) : compare(9, d, false);
    }
    std::string load(unsigned d, unsigned s) {
        static constexpr std::pair<const char*, unsigned> kSizes[] = {{"ldxb", 1}, {"ldxh", 2}, {"ldxw", 4}, {"ldxdw", 8}};
        const auto [name, size] = kSizes[pick(4)];
        const int offset = static_cast<int>(pick(24)) - 4;
        const std::string text = std::string(name) + " " + reg(d) + ", [" + reg(s) + (offset < 0 ? "" : "+") + std::to_string(offset) + "]";
        const std::int64_t at = static_cast<std::int64_t>(words_[s]) + offset - static_cast<std::int64_t>(kPacketStart);
        if (!takes(text)) return text;
        ++loads_;
        if (at < 0 || at + static_cast<std::int64_t>(size) > static_cast<std::int64_t>(length_)) wrong_ = "read at " + std::to_string(at) + " of " + std::to_string(length_) + " bytes";
        words_[d] = random_() >> (64 - 8 * size);
        return text;
    }
    std::string spill(unsigned d) {
        const unsigned slot = static_cast<unsigned>(pick(4));
        const std::string at = "[r10-" + std::to_string(8 * slot + 8) + "]";
        const bool back = pick(2) == 0;
        const std::string text = back ? "ldxdw " + reg(d) + ", " + at : "stxdw " + at + ", " + reg(d);
        if (takes(text)) (back ? words_[d] : slots_[slot]) = back ? slots_[slot] : words_[d];
        return text;
    }

    void check_value(const Value& v, std::uint64_t word, std::map<Symbol, std::uint64_t>& symbols, const std::string& where) {
        if (!wrong_.empty() || !(v.is_number() || (v.kind == ValueKind::pointer && v.region == Region::packet))) return;
        const std::uint64_t w = v.is_number() ? word : word - kPacketStart - static_cast<std::uint64_t>(std::int64_t{v.fixed});
        if (!v.number.contains(w)) wrong_ = where + " is " + std::to_string(w) + ", not in [" + std::to_string(v.number.wide.umin) + ", " + std::to_string(v.number.wide.umax) + "]";
        if (v.is_number() && v.modulus != 0 && domain::rank(w) % v.modulus != static_cast<std::uint32_t>(v.remainder)) wrong_ = where + " leaves another remainder";
        if (v.symbol == 0) return;
        const std::uint64_t named = w - static_cast<std::uint64_t>(std::int64_t{v.delta});
        const auto [it, first] = symbols.try_emplace(v.symbol, named);
        if (!first && it->second != named) wrong_ = where + ": symbol " + std::to_string(v.symbol) + " is " + std::to_string(it->second) + " and " + std::to_string(named);
    }
    void check(const State& s, std::map<Symbol, std::uint64_t>& symbols, const std::string& whose) {
        symbols[kPacketLength] = length_;
        for (unsigned r = 2; r < 8; ++r) check_value(s.regs[r], words_[r], symbols, whose + reg(r));
        for (unsigned i = 0; i < s.cell_count; ++i)
            if (s.cells[i].at.size == 8) check_value(s.cells[i].value, slots_[static_cast<unsigned>(-s.cells[i].at.offset) / 8 - 1], symbols, whose + "slot " + std::to_string(s.cells[i].at.offset));
        if (wrong_.empty() && s.packet_bytes > static_cast<std::int32_t>(length_)) wrong_ = whose + "the packet has not " + std::to_string(s.packet_bytes) + " bytes";
        const auto known = [&](Symbol symbol, Wide& w) {
            const auto it = symbols.find(symbol);
            w = symbol == 0 ? 0 : it == symbols.end() ? 0 : static_cast<Wide>(it->second);
            return symbol == 0 || it != symbols.end();
        };
        Wide a = 0, b = 0, c = 0;
        for (unsigned i = 0; i < s.difference_count && wrong_.empty(); ++i) {
            const Difference& d = s.differences[i];
            if (known(d.a, a) && known(d.b, b) && a > b + d.bound) wrong_ = whose + "symbol " + std::to_string(d.a) + " is above " + std::to_string(d.b) + " and " + std::to_string(d.bound);
        }
        for (unsigned i = 0; i < kMaxSums && wrong_.empty(); ++i) {
            const Order::Sum& sum = s.sums[i];
            if (sum.a == 0 || !known(sum.a, a) || !known(sum.b, b) || !known(sum.sum, c)) continue;
            if (i < kExactSums ? a + sum.delta + b != c : a + sum.delta + b > c) wrong_ = whose + "symbols " + std::to_string(sum.a) + " and " + std::to_string(sum.b) + " do not add up to " + std::to_string(sum.sum);
        }
        for (const Order::Pair& p : s.zeros)
            if (wrong_.empty() && p.a != 0 && known(p.a, a) && known(p.b, b) && (a == 0) != (b == 0)) wrong_ = whose + "one of two is 0";
    }
    // What is asked of two or three of the words: nowhere more than there is.
    void ask(const State& s) {
        const unsigned a = any_register(), b = any_register(), c = any_register();
        const auto word = [&](unsigned r) { return static_cast<Wide>(words_[r]); };
        std::int64_t bound = 0;
        if (!wrong_.empty() || !s.regs[a].is_number() || !s.regs[b].is_number() || !s.regs[c].is_number()) return;
        if (s.difference(s.regs[a], s.regs[b], bound) && word(a) - word(b) > bound) wrong_ = reg(a) + " - " + reg(b) + " is more than was answered";
        if (s.below_packet_end(s.regs[a], bound) && word(a) - static_cast<Wide>(length_) > bound) wrong_ = reg(a) + " is farther behind the end than was answered";
        if (s.sum_most(s.regs[a], s.regs[b], s.regs[c], bound) && word(a) + word(b) - word(c) > bound) wrong_ = reg(a) + " + " + reg(b) + " - " + reg(c) + " is more than was answered";
        if (s.sum_most(s.regs[a], s.regs[b], Value::constant(0), bound) && word(a) + word(b) > bound) wrong_ = reg(a) + " + " + reg(b) + " is more than was answered";
        if (s.sum_most(s.regs[a], s.regs[b], s.packet_length(), bound) && word(a) + word(b) - static_cast<Wide>(length_) > bound) wrong_ = reg(a) + " + " + reg(b) + " goes farther behind the end than was answered";
    }
    // What a certificate says of the state holds of the words, too.
    void look_at_invariant() {
        if (!wrong_.empty()) return;
        const Bytes bytes = encode_invariant(b_.s, 0x3ff).bytes();
        Cost cost;
        Reader in = reading(bytes), again = reading(bytes);
        ++invariants_;
        covered_ += covers(in, b_.s, cost);
        Bench loaded;
        if (!load_invariant(again, loaded.env, loaded.s, cost)) wrong_ = "an invariant cannot be read";
        loaded.s.settle();
        std::map<Symbol, std::uint64_t> symbols;
        check(loaded.s, symbols, "loaded ");
    }

    std::mt19937_64 random_;
    std::uint64_t length_;
    Bench b_;
    std::uint64_t words_[10] = {}, slots_[4] = {};
    std::map<Symbol, std::uint64_t> symbols_;
    std::string wrong_;
    int loads_ = 0, taught_ = 0, invariants_ = 0, covered_ = 0;
};

TEST(Machine, stands_for_the_words_that_there_are) {
    int loads = 0, taught = 0, invariants = 0, covered = 0;
    for (std::uint64_t seed = 1; seed <= 8000; ++seed) {
        RandomRun run(seed);
        const std::string wrong = run.go(50);
        ASSERT_EQ(wrong, "") << "seed " << seed;
        loads += run.loads();
        taught += run.taught();
        invariants += run.invariants();
        covered += run.covered();
    }
    EXPECT_GT(loads, 300);
    EXPECT_GT(taught, 5000);
    EXPECT_GT(covered, invariants * 9 / 10) << "most cover their own state";
}

}  // namespace
}  // namespace mbpf::proof
