// SPDX-License-Identifier: Apache-2.0
// Runs until the budget of interpreted instructions is used up, a few at least, so that long loops stay cheap.
#include "tests/verifier/loops/loop_runs.h"

#include <algorithm>
#include <random>

#include "simulator/interpreter.h"
#include "simulator/model_world.h"
#include "tests/verifier/loops/natural_loops.h"

namespace mbpf {

namespace {

constexpr std::uint64_t kWords[] = {0, 1, 2, 3, 7, 8, 31, 63, 64, 255, 0x5555555555555555, 0xffffffff, 0x80000000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX};
constexpr std::size_t kWordCount = std::size(kWords);
constexpr unsigned kRuns = 500, kFewest = 3;
constexpr std::uint64_t kInstructions = 1'500'000;  // over all runs of a program

// Counts how often heads run since their loops were entered.
class Turns : public sim::TraceSink {
  public:
    Turns(const bpf::Program& program, const std::vector<LoopFact>& heads, WorstRun& worst) : most_(worst.turns), executions_(worst.executions) {
        for (const LoopFact& l : heads) heads_.push_back({l.header, innermost_loop(program, l.header), 0, 0});
    }
    void before(const sim::StepView& step) override {
        if (step.depth >= last_.size()) last_.resize(step.depth + 1, kCalled);
        if (step.depth > depth_) last_[step.depth] = kCalled;
        depth_ = step.depth;
        const std::uint32_t last = last_[depth_];
        last_[depth_] = step.slot;
        for (Head& h : heads_) {
            if (step.slot == h.loop.entry && (last == kCalled || !h.loop.inside[last])) h.count = 0;
            if (step.slot != h.slot) continue;
            ++h.count;
            most_[h.slot] = std::max(most_[h.slot], h.count);
            executions_[h.slot] = std::max(executions_[h.slot], ++h.all);
        }
    }

  private:
    static constexpr std::uint32_t kCalled = UINT32_MAX;
    struct Head {
        std::uint32_t slot = 0;
        NaturalLoop loop;
        std::uint64_t count = 0, all = 0;
    };
    std::map<std::uint32_t, std::uint64_t>&most_, &executions_;
    std::vector<Head> heads_;
    std::vector<std::uint32_t> last_;
    std::uint32_t depth_ = 0;
};

void store(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint64_t word, std::size_t size) {
    for (std::size_t i = 0; i < size && at + i < bytes.size(); ++i) bytes[at + i] = static_cast<std::uint8_t>(word >> (8 * i));
}

// Context words: first alike, then one differing, then small, then anything.
std::vector<std::uint8_t> context_of(const Hook& hook, std::size_t size, unsigned run, std::mt19937_64& random) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t at = 0; at < size; at += 8) {
        std::uint64_t word = random() >> (random() % 64);
        if (run < kWordCount) word = kWords[run];
        else if (run < 3 * kWordCount) word = at == 8 * (random() % (size / 8 + 1)) ? kWords[run % kWordCount] : kWords[random() % 4];
        else if (run % 3 == 0) word = kWords[random() % kWordCount] | kWords[random() % kWordCount] << 32;
        store(bytes, at, word, 8);
    }
    for (const ContextField& f : hook.fields) {
        if (!f.has_range || f.size > 8) continue;
        const std::uint64_t span = f.max - static_cast<std::uint64_t>(f.min);
        const std::uint64_t pick = run % 4 == 0 ? span : run % 4 == 1 ? 0 : random() % (span + 1);
        store(bytes, f.offset, static_cast<std::uint64_t>(f.min) + pick, f.size);
    }
    return bytes;
}

// Lengths around the small ones that headers have; bytes small (lengths in packets), alike or random.
std::vector<std::uint8_t> packet_of(unsigned run, std::mt19937_64& random) {
    std::vector<std::uint8_t> bytes(run < 8 ? 1500 : run % 16 == 9 ? 65535 : random() % 700);
    const std::uint8_t same = static_cast<std::uint8_t>(run);
    for (auto& b : bytes) b = run < 8 ? same : static_cast<std::uint8_t>(run % 3 == 0 ? random() % 4 : run % 3 == 1 ? 1 + random() % 40 : random());
    return bytes;
}

void fill_maps(const bpf::Object& object, sim::ModelWorld& world, unsigned run, std::mt19937_64& random) {
    for (std::size_t m = 0; m < object.maps.size(); ++m) {
        if (object.maps[m].read_only() || object.maps[m].value_size == 0 || run % 4 == 0) continue;
        for (auto& b : world.memory().region(world.map(m).region()).bytes)
            b = static_cast<std::uint8_t>(run % 4 == 1 ? 1 : run % 4 == 2 ? 0xff : random());
    }
}

}  // namespace

WorstRun worst_of_many_runs(const bpf::Object& object, std::size_t program, const Platform& platform, const std::vector<LoopFact>& heads,
                            std::uint32_t memory_bytes) {
    WorstRun worst;
    const auto match = match_section(platform, object.programs[program].section);
    if (!match) {
        worst.trap = "no hook";
        return worst;
    }
    const Hook& hook = *match->hook;
    const bool packets = std::ranges::any_of(hook.fields, [](const ContextField& f) { return f.kind == FieldKind::packet_start; });
    std::mt19937_64 random(7);
    std::uint64_t spent = 0;
    for (unsigned run = 0; run < kRuns && (run < kFewest || spent < kInstructions); ++run) {
        sim::ModelWorld world(object);
        world.random_state = random();
        world.gpio_levels = run % 2 == 0 ? 0 : random();
        fill_maps(object, world, run, random);
        sim::RunInput input;
        input.context = context_of(hook, hook.raw_memory ? memory_bytes : hook.context_size, run, random);
        if (packets) input.packet = packet_of(run, random);
        input.step_limit = hook.max_instructions + 1;
        sim::Machine machine(object, program, platform, world);
        Turns turns(object.programs[program], heads, worst);
        const auto result = machine.run(input, heads.empty() ? nullptr : &turns);
        if (!result) {
            worst.trap = result.error().message;
            return worst;
        }
        worst.cost = std::max(worst.cost, result.value().cost);
        spent += result.value().instructions;
    }
    return worst;
}

}  // namespace mbpf
