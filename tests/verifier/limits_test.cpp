// SPDX-License-Identifier: Apache-2.0
// Limits on sums of two words: what they let programs do, what they must not, and that nothing the state concludes from
// true relations is false.
#include <random>

#include "tests/verifier/judged.h"
#include "verifier/checker/state.h"

namespace mbpf {
namespace {

using namespace proof;

// A state about six words that are known to the test, and relations that hold for them. Some words lie at the end of what
// 64 bits hold, so that what is so much more than they are is a small number.
class Known {
  public:
    explicit Known(unsigned seed) : random_(seed), state_(cells_, 8) {
        state_.clear();
        for (unsigned i = 0; i < kWords; ++i) {
            words_[i] = below(6) == 0 ? UINT64_MAX - below(4) : below(4) == 0 ? below(3) : below(200);
            const std::uint64_t move = below(3) == 0 ? below(7) - 3 : 0;  // seen from a place beside it
            state_.regs[i] = Value::of(around(words_[i] + move));
            state_.regs[i].symbol = static_cast<Symbol>(i + 1);
            state_.regs[i].delta = static_cast<std::int32_t>(move);
        }
        state_.next_symbol = kWords + 1;
    }

    void step() {
        const Symbol a = any(), b = any(), c = any();
        const Value x = state_.regs[a - 1], y = state_.regs[b - 1];
        switch (below(8)) {
            case 0: learn(word(a) - word(b), [&](std::int64_t n) { state_.learn(a, b, n); }); return;
            case 1: learn(word(a) + word(b) - word(c), [&](std::int64_t n) { state_.learn_limit(a, b, c, n); }); return;
            case 2: learn(word(a) + word(b), [&](std::int64_t n) { state_.learn_limit(a, b, 0, n); }); return;
            case 3: state_.refine(x, meet(x.number, around(value(a)))); return;
            case 4: state_.settle(); return;
            case 5:  // a word that is the sum of two
                if (exact_sum(x) && !x.is_constant() && c != a && c != b && value(a) + value(b) >= value(a)) make(c, value(a) + value(b), [&](Value& made) { state_.learn_sum(made, x, y); });
                return;
            case 6:  // one that is left of another
                if (value(a) >= value(b) && c != a && c != b) make(c, value(a) - value(b), [&](Value& made) { state_.learn_parts(x, y, made); });
                return;
            default:
                if (value(a) + value(b) >= value(a)) state_.note_sum(Value::constant(value(a) + value(b)), x, y);
        }
    }

    // Nothing: all that the state says is true.
    std::string wrong() const {
        for (Symbol s = 1; s <= kWords; ++s)
            if (!state_.regs[s - 1].number.contains(value(s))) return "a word is not what it may be";
        for (unsigned i = 0; i < state_.difference_count; ++i) {
            const Difference& d = state_.differences[i];
            if (word(d.a) > word(d.b) + d.bound) return "a difference does not hold";
        }
        for (unsigned i = 0; i < kMaxSums; ++i) {
            const auto& s = state_.sums[i];
            if (s.a == 0) continue;
            const Integer left = word(s.a) + word(s.b) + s.delta, right = word(s.sum);
            if (i < kExactSums ? left != right : left > right) return "a sum does not hold";
        }
        for (Symbol a = 1; a <= kWords; ++a)
            for (Symbol b = 1; b <= kWords; ++b) {
                std::int64_t bound = 0;
                const Value &x = state_.regs[a - 1], &y = state_.regs[b - 1];
                if (state_.difference(x, y, bound) && bound < Integer(value(a)) - Integer(value(b))) return "two words are farther apart";
                for (Symbol c = 0; c <= kWords; ++c) {
                    const Value z = c == 0 ? Value::constant(7) : state_.regs[c - 1];
                    if (state_.sum_most(x, y, z, bound) && bound < Integer(value(a)) + Integer(value(b)) - Integer(c == 0 ? 7 : value(c))) return "two words are more together";
                }
            }
        return {};
    }

  private:
    __extension__ using Integer = __int128;
    static constexpr unsigned kWords = 6;
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    Symbol any() { return static_cast<Symbol>(1 + below(kWords)); }
    // A bound that is met, or nearly.
    template <class Learn>
    void learn(Integer exact, Learn told) {
        const Integer bound = exact + (below(3) == 0 ? 0 : static_cast<int>(below(6)));
        if (bound <= kMaxOffset && bound >= -kMaxOffset) told(static_cast<std::int64_t>(bound));
    }
    Number around(std::uint64_t w) {
        const std::uint64_t under = below(4) == 0 ? w : std::min(w, below(8)), over = std::min(UINT64_MAX - w, below(4) == 0 ? UINT64_MAX : below(40));
        return Number::range_u(w - under, w + over);
    }
    Integer word(Symbol s) const { return s == 0 ? Integer(0) : Integer(words_[s - 1]); }
    std::uint64_t value(Symbol s) const { return words_[s - 1] + static_cast<std::uint64_t>(std::int64_t{state_.regs[s - 1].delta}); }
    // Another word in the place of that of symbol `s`, of which nothing is known any more.
    template <class Learn>
    void make(Symbol s, std::uint64_t word, Learn told) {
        Value made = Value::of(around(word));
        if (made.is_constant()) return;  // has no name
        made.symbol = s;
        unsigned kept = 0;
        for (unsigned i = 0; i < state_.difference_count; ++i)
            if (state_.differences[i].a != s && state_.differences[i].b != s) state_.differences[kept++] = state_.differences[i];
        state_.difference_count = static_cast<std::uint8_t>(kept);
        for (auto& sum : state_.sums)
            if (sum.a == s || sum.b == s || sum.sum == s) sum = {};
        state_.regs[s - 1] = Value{};
        words_[s - 1] = word;
        told(made);
        state_.regs[s - 1] = made;
    }

    std::mt19937_64 random_;
    Cell cells_[8];
    State state_;
    std::uint64_t words_[kWords] = {};
};

// u is packet data behind its first byte, len that byte; u + len is checked against the end.
std::string in_packet(const char* change, const char* condition, int offset) {
    const std::string text = R"(
        mov r9, r1
        ldxw r7, [r1+0]
        ldxw r8, [r1+4]
        mov r0, 1
        mov r2, r7
        add r2, 1
        jgt r2, r8, out
        ldxb r6, [r7+0]
        mov r3, r2
        add r3, r6
        jgt r3, r8, out
        ldxw r4, [r1+16]
    )";
    return code_of(judged(text + change + "\n" + condition + "\nadd r2, r4\nldxb r5, [r2" + std::string(offset < 0 ? "" : "+") + std::to_string(offset) + "]\nout: mov r0, 1\nexit\n", "xdp"));
}

TEST(Limits, of_a_checked_length_hold_for_every_place_below_it) {
    EXPECT_EQ(in_packet("", "jge r4, r6, out", 0), "");
    EXPECT_EQ(in_packet("", "jge r4, r6, out", -1), "");
    EXPECT_EQ(in_packet("", "jge r4, r6, out", 1), "MBPF1012");
    EXPECT_EQ(in_packet("", "jgt r4, r6, out", 0), "MBPF1012");
    EXPECT_EQ(in_packet("", "jge r4, 255, out", 0), "MBPF1012");
    // In 32 bits the comparison sees all of both.
    EXPECT_EQ(in_packet("", "jge32 r4, r6, out", 0), "");
    // A byte's own order is another.
    EXPECT_EQ(in_packet("", "jsge r4, r6, out", 0), "");
    EXPECT_EQ(in_packet("sub r4, 10", "jsge r4, r6, out", 0), "MBPF1011");
}

TEST(Limits, end_where_a_word_changes) {
    EXPECT_EQ(in_packet("add r6, 1", "jge r4, r6, out", 0), "MBPF1012");
    EXPECT_NE(in_packet("sub r6, 1", "jge r4, r6, out", 0), "");  // may pass zero
    EXPECT_EQ(in_packet("add r2, 1", "jge r4, r6, out", 0), "MBPF1012");
    EXPECT_NE(in_packet("add r2, 1\nsub r6, 1", "jge r4, r6, out", 0), "");
    EXPECT_EQ(in_packet("jeq r6, 0, out\nadd r2, 1\nsub r6, 1", "jge r4, r6, out", 0), "");
    EXPECT_EQ(in_packet("jeq r6, 0, out\nadd r2, 2\nsub r6, 1", "jge r4, r6, out", 0), "MBPF1012");
    EXPECT_EQ(in_packet("ldxb r6, [r7+0]", "jge r4, r6, out", 0), "MBPF1012");  // the packet may have changed
}

// What was checked of the packet's old length is not said of the new one. 44: bpf_xdp_adjust_head.
TEST(Limits, end_where_the_packet_moves) {
    const auto moved = [](const char* helper) {
        return code_of(judged(std::string(R"(
            mov r9, r1
            ldxw r7, [r1+0]
            ldxw r8, [r1+4]
            ldxw r6, [r1+16]
            and r6, 63
            mov r5, r8
            sub r5, r7
            ldxw r7, [r1+12]
            and r7, 63
            mov r3, r7
            add r3, r6
            mov r8, 0
            jgt r3, r5, out
            mov r1, r9
            mov r2, 4
            call )") + helper + R"(
            jge r8, r6, out
            ldxw r2, [r9+0]
            add r2, r7
            add r2, r8
            ldxb r0, [r2+0]
            out: mov r0, 1
            exit
        )", "xdp"));
    };
    EXPECT_EQ(moved("5"), "");
    EXPECT_EQ(moved("44"), "MBPF1012");
}

// 64 bytes of stack, all written; i and n are any words, cut to 32 bits. `check` leads out where n is too long.
std::string in_buffer(const char* check, const char* condition, int offset, const char* platform = "microbpf") {
    std::string text = "ldxw r6, [r1+16]\nldxw r7, [r1+20]\nldxw r8, [r1+24]\n";
    for (int at = 8; at <= 64; at += 8) text += "stdw [r10-" + std::to_string(at) + "], 0\n";
    return code_of(judged(text + check + "\n" + condition + "\nmov r2, r10\nadd r2, r6\nadd r2, r8\nldxb r0, [r2" + std::to_string(offset) + "]\nout: mov r0, 0\nexit\n", platform == std::string("linux") ? "kprobe/x" : "trace/x", platform));
}

TEST(Limits, of_what_is_left_of_a_buffer) {
    // n > 64 - i
    constexpr const char* kLeft = "jgt r6, 64, out\nmov r3, 64\nsub r3, r6\njgt r7, r3, out";
    EXPECT_EQ(in_buffer(kLeft, "jge r8, r7, out", -64), "");
    EXPECT_EQ(in_buffer(kLeft, "jge r8, r7, out", -63), "MBPF1017");
    EXPECT_EQ(in_buffer(kLeft, "jgt r8, r7, out", -64), "MBPF1017");
    // 64 - i may pass zero
    EXPECT_NE(in_buffer("jgt r6, 65, out\nmov r3, 64\nsub r3, r6\njgt r7, r3, out", "jge r8, r7, out", -64), "");
    EXPECT_NE(in_buffer("mov r3, 64\nsub32 r3, r6\njgt r7, r3, out", "jge r8, r7, out", -64), "");
    // n is at least what is left
    EXPECT_NE(in_buffer("jgt r6, 64, out\nmov r3, 64\nsub r3, r6\njlt r7, r3, out", "jge r8, r7, out", -64), "");
    // i moves on behind the check
    EXPECT_NE(in_buffer("jgt r6, 64, out\nmov r3, 64\nsub r3, r6\njgt r7, r3, out\nadd r6, 1", "jge r8, r7, out", -64), "");
}

TEST(Limits, of_sums_that_may_wrap_are_none) {
    // i + n > 64
    EXPECT_EQ(in_buffer("mov r3, r6\nadd r3, r7\njgt r3, 64, out", "jge r8, r7, out", -64), "");
    EXPECT_EQ(in_buffer("mov r3, r7\nadd r3, r6\njgt r3, 64, out", "jge r8, r7, out", -64), "");
    EXPECT_EQ(in_buffer("mov r3, r6\nadd r3, r7\njgt r3, 64, out", "jge r8, r7, out", -63), "MBPF1017");
    EXPECT_NE(in_buffer("mov r3, r6\nadd32 r3, r7\njgt r3, 64, out", "jge r8, r7, out", -64), "");
    EXPECT_NE(in_buffer("mov r3, r6\nadd32 r3, r7\njgt32 r3, 64, out\njgt r6, 64, out", "jge r8, r7, out", -64), "");
    EXPECT_EQ(in_buffer("jgt r6, 64, out\njgt r7, 64, out\nmov r3, r6\nadd32 r3, r7\njgt32 r3, 64, out", "jge r8, r7, out", -64), "");
    // 64 bits wide, of words that need them
    EXPECT_NE(in_buffer("lsh r6, 32\nlsh r7, 32\nmov r3, r6\nadd r3, r7\njgt r3, 64, out", "jge r8, r7, out", -64), "");
}

// The half of n is at most n, and so is a part of it; its double, or what another n leaves, is not.
TEST(Limits, of_what_is_divided) {
    const auto from_the_end = [](const char* half) { return in_buffer((std::string("jgt r7, 64, out\njeq r7, 0, out\nmov r3, r7\n") + half).c_str(), "jge r8, r3, out\nmov r6, r7\nsub r6, r8\nmov r8, 0", -65); };
    EXPECT_EQ(from_the_end("rsh r3, 1"), "");
    EXPECT_EQ(from_the_end("rsh32 r3, 1"), "");
    EXPECT_EQ(from_the_end("div r3, 3"), "");
    EXPECT_EQ(from_the_end("mov r4, r6\ndiv32 r3, r4"), "");
    EXPECT_NE(from_the_end("lsh r3, 1"), "");
    EXPECT_NE(from_the_end("rsh r3, 1\nadd r3, 64"), "");
    EXPECT_NE(from_the_end("rsh r3, 1\njgt r6, 64, out\nmov r7, r6"), "");
    EXPECT_NE(from_the_end("sub r3, 65\nrsh r3, 1"), "");
    EXPECT_NE(from_the_end("arsh r3, 63\nrsh r3, 1\nadd r3, 1\nlsh r3, 7"), "");
}

// A helper reads `size` bytes from `begin` on: bpf_trace_printk(text, size, ...) of platform linux takes any size up to 64.
TEST(Limits, bound_buffers_of_helpers_whose_start_and_size_vary) {
    bpf::Map ring;
    ring.name = "ring";
    ring.type = 27;
    ring.max_entries = 4096;
    const auto sent = [&](const char* end_check, const char* size) {
        std::string text = "ldxw r6, [r1+16]\nldxw r7, [r1+20]\n";
        for (int at = 8; at <= 64; at += 8) text += "stdw [r10-" + std::to_string(at) + "], 0\n";
        text += std::string(end_check) + "\njge r6, r7, out\n" + size + "\nmov r2, r10\nadd r2, -64\nadd r2, r6\nlddw r1, 0\nmov r4, 0\ncall 130\nout: mov r0, 0\nexit\n";
        return code_of(judged(text, "trace/x", "microbpf", {ring}, 1));
    };
    EXPECT_EQ(sent("jgt r7, 64, out", "mov r3, r7\nsub r3, r6"), "");
    EXPECT_EQ(sent("jgt r7, 65, out", "mov r3, r7\nsub r3, r6"), "MBPF1017");
    EXPECT_EQ(sent("jgt r7, 64, out", "mov r3, r7\nsub r3, r6\nadd r3, 1"), "MBPF1017");
    EXPECT_NE(sent("jgt r7, 64, out", "mov r3, r6\nsub r3, r7"), "");
    EXPECT_EQ(sent("jgt r7, 63, out", "mov r3, r7\nsub r3, r6\nadd r3, 1"), "");
}

TEST(Limits, concluded_from_true_relations_are_true) {
    for (unsigned seed = 0; seed < 1500; ++seed) {
        Known known(seed);
        for (unsigned step = 0; step < 40; ++step) {
            known.step();
            const std::string wrong = known.wrong();
            ASSERT_EQ(wrong, "") << "seed " << seed << ", step " << step;
        }
    }
}

}  // namespace
}  // namespace mbpf
