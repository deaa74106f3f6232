// SPDX-License-Identifier: Apache-2.0
// The device's own C with the power cut at every unit of work that the flash does: cleanly before it, or in the
// middle of it, leaving some bits changed and some not. After the cut the device boots; then it must run the old or
// the new program, whole; a bystander must run as ever; no rollback counter may have fallen. Then the host repeats
// what it wanted, and the power is cut a second time, anywhere from that boot on.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <map>

#include "kept_log.h"
#include "power.h"

namespace mbpf::test {
namespace {

struct Expected {
    std::vector<std::int64_t> results;  // of the program under test; -1: none runs
    std::uint32_t floor_before = 0, floor_after = 0;
};

constexpr std::int64_t kAny = -2;

struct Scenario {
    const char* name;
    std::function<void(StoredDevice&)> prepare;           // without cuts
    std::function<void(StoredDevice&, bool again)> action;  // cut anywhere; `again`: repeated after a cut
    Expected expected;
    std::int64_t at_last;       // what runs when the action was repeated and nothing was cut; kAny where that depends
    bool is_boot = false;       // the action is a boot: none comes before it
    bool full_journal = false;  // so that the action turns the journal over
};

// No C++ object with a destructor may live where the power is cut: longjmp() leaves without running it.
const std::vector<std::uint8_t>& bytes_of(StoredDevice& d, std::uint32_t n) {
    static std::map<std::uint32_t, std::vector<std::uint8_t>> built;
    auto& bytes = built[n];
    if (bytes.empty()) bytes = d.signed_bytes(version(n));
    return bytes;
}

void push(StoredDevice& d, std::uint32_t n) { (void)d.push_bytes(bytes_of(d, n)); }
void confirm(StoredDevice& d) {
    if (mbpf_package_state* p = d.package("demo"); p != nullptr && p->on_trial) (void)mbpf_confirm(d.rt(), p);
}
void revert(StoredDevice& d) {
    if (mbpf_package_state* p = d.package("demo"); p != nullptr && p->on_trial) (void)mbpf_revert(d.rt(), p, MBPF_EMPTY_REVERTED);
}
// The host wants version 2 on trial, whatever a cut left.
void want_trial_of_2(StoredDevice& d) {
    if (d.runs() != 2) push(d, 2);
}

void v1(StoredDevice& d) {
    push(d, 1);
    confirm(d);
    (void)d.boot();  // which remembers that it was verified
}
void v1_then_trial_of_2(StoredDevice& d) {
    v1(d);
    push(d, 2);
}

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all = [] {
        const auto nothing = [](StoredDevice&) {};
        const auto reboot = [](StoredDevice& d, bool) { (void)d.boot(); };
        std::vector<Scenario> base = {
            {"install", nothing, [](StoredDevice& d, bool) { if (d.runs() != 1) push(d, 1); }, {{-1, 1}, 0, 0}, 1},
            {"upgrade", v1, [](StoredDevice& d, bool) { want_trial_of_2(d); }, {{1, 2}, 10, 10}, 2},
            {"upgrade of a trial", [](StoredDevice& d) { v1(d); push(d, 3); }, [](StoredDevice& d, bool) { want_trial_of_2(d); }, {{1, 2, 3}, 10, 10}, 2},
            {"confirm", v1_then_trial_of_2, [](StoredDevice& d, bool) { confirm(d); }, {{1, 2}, 10, 20}, kAny},
            {"upgrade, confirm", v1, [](StoredDevice& d, bool) { want_trial_of_2(d); confirm(d); }, {{1, 2}, 10, 20}, 2},
            {"revert", v1_then_trial_of_2, [](StoredDevice& d, bool) { revert(d); }, {{1, 2}, 10, 10}, 1},
            {"unload", v1, [](StoredDevice& d, bool) { (void)mbpf_unload(d.rt(), "demo"); }, {{-1, 1}, 10, 10}, -1},
            {"unload while on trial", v1_then_trial_of_2, [](StoredDevice& d, bool) { (void)mbpf_unload(d.rt(), "demo"); }, {{-1, 1, 2}, 10, 10}, -1},
            {"boot, second try", v1_then_trial_of_2, reboot, {{1, 2}, 10, 10}, kAny, true},
            {"boot, tries used up", [](StoredDevice& d) { v1_then_trial_of_2(d); (void)d.boot(); }, reboot, {{1}, 10, 10}, 1, true},
        };
        const std::size_t plain = base.size();
        static std::vector<std::string> names;
        names.reserve(plain);
        for (std::size_t i = 0; i < plain; ++i) {
            names.push_back(std::string(base[i].name) + ", journal turns over");
            Scenario turned = base[i];
            turned.name = names.back().c_str();
            turned.full_journal = true;
            base.push_back(turned);
        }
        return base;
    }();
    return all;
}

struct Tally {
    std::uint32_t units = 0, single = 0, doubled = 0;
};

class PowerCut {
  public:
    explicit PowerCut(bool mapped = true, std::uint32_t write_bytes = kWriteBytes) : d_(4, mapped, nullptr, write_bytes) {
        d_.flash.argument = &power_;
        RootSpec root;
        root.keys = {d_.verifier, d_.release};
        d_.factory = anchors(root, ~std::uint64_t{0}, 7);  // with a key of its own, so that it remembers what it verified
        for (const std::uint32_t n : {1u, 2u, 3u}) (void)bytes_of(d_, n);
    }

    Tally run(const Scenario& s, std::uint32_t doubles) {
        scenario_ = &s;
        const std::vector<std::uint8_t> start = prepare(s);
        Tally tally;
        tally.units = count_units(start);
        std::uint32_t picked = 0;
        for (std::uint32_t at = 0; at <= tally.units; ++at) {  // at == units: no cut but a reset after it
            for (const Tear tear : kTears) {
                if (at == tally.units && tear != Tear::clean) continue;
                d_.restore(start);
                floor_ = s.expected.floor_before;
                told_ = {};
                where_ = "cut " + std::to_string(at) + " tear " + std::to_string(static_cast<int>(tear));
                first(at, tear);
                ++tally.single;
                const std::vector<std::uint8_t> after = d_.image();
                check();
                const std::uint32_t floor_then = seen_;
                // Again, from that boot on. Which of the second cuts: spread over all, at least so many.
                const std::uint32_t second_units = count_second(after);
                const std::uint32_t all = 3 * second_units, share = doubles == 0 ? 0 : std::max(1u, doubles / (3 * tally.units + 1));
                for (std::uint32_t i = 0; i < std::min(all, share); ++i) {
                    const std::uint32_t choice = all <= share ? i : (picked = picked * 1664525u + 1013904223u) % all;
                    d_.restore(after);
                    floor_ = floor_then;
                    where_ = "cuts " + std::to_string(at) + "/" + std::to_string(choice);
                    second(choice / 3, kTears[choice % 3]);
                    ++tally.doubled;
                    check();
                }
                if (::testing::Test::HasFailure()) return tally;
            }
        }
        EXPECT_EQ(d_.flash.refused, 0u) << s.name << ": the part was asked for what it cannot do";
        return tally;
    }

  private:
    void arm(std::uint32_t at, Tear tear) {
        power_.units = 0;
        power_.cut_at = at;
        power_.tear = tear;
        power_.seed = at + 1;
        d_.flash.before = Power::before;
    }

    std::vector<std::uint8_t> prepare(const Scenario& s) {
        d_.flash.before = nullptr;
        std::memset(d_.flash.bytes, 0xFF, d_.flash_bytes());
        EXPECT_EQ(d_.boot(), MBPF_OK);
        EXPECT_EQ(d_.push(version(7, "bystander")).status, MBPF_OK);
        EXPECT_EQ(d_.confirm("bystander"), MBPF_OK);
        EXPECT_EQ(d_.boot(), MBPF_OK);
        s.prepare(d_);
        mbpf_record unloaded{};
        unloaded.kind = MBPF_RECORD_FLOOR;
        std::strncpy(unloaded.name, "long gone", sizeof unloaded.name - 1);
        unloaded.counter = 33;
        mbpf_journal& j = d_.store.journal;
        const mbpf_package_state* p = d_.package("demo");
        const bool tried_first = !s.is_boot && p != nullptr && p->on_trial;  // the boot before the action records the try, and what it verified
        do {
            EXPECT_EQ(mbpf_journal_append(&j, &unloaded), MBPF_OK);
        } while (s.full_journal && j.next < j.capacity - (tried_first ? 2 : 0));
        return d_.image();
    }

    std::uint32_t count_units(const std::vector<std::uint8_t>& start) {
        d_.restore(start);
        first(UINT32_MAX, Tear::clean);
        return power_.units;
    }
    std::uint32_t count_second(const std::vector<std::uint8_t>& after) {
        d_.restore(after);
        second(UINT32_MAX, Tear::clean);
        return power_.units;
    }
    void first(std::uint32_t at, Tear tear) {
        d_.flash.before = nullptr;
        if (!scenario_->is_boot) (void)d_.boot();
        if (!scenario_->is_boot) told_ = mark(d_);
        (void)power_fails(power_, [&] { arm(at, tear); scenario_->action(d_, false); });
    }
    void second(std::uint32_t at, Tear tear) {
        (void)power_fails(power_, [&] { arm(at, tear); (void)d_.boot(); scenario_->action(d_, true); });
    }

    // What the device is after power returns, this time for good.
    void check() {
        d_.flash.before = nullptr;
        const Expected& e = scenario_->expected;
        ASSERT_EQ(d_.boot(), MBPF_OK) << scenario_->name << ", " << where_;
        EXPECT_EQ(log_fault(d_, told_), "") << scenario_->name << ", " << where_;
        const std::int64_t result = d_.runs();
        EXPECT_NE(std::find(e.results.begin(), e.results.end(), result), e.results.end()) << scenario_->name << ", " << where_ << ": runs " << result;
        EXPECT_EQ(d_.runs("bystander"), 7) << scenario_->name << ", " << where_;
        EXPECT_EQ(d_.floor("bystander"), 70u);
        EXPECT_EQ(d_.floor("long gone"), 33u) << scenario_->name << ", " << where_;
        seen_ = d_.floor();
        EXPECT_GE(seen_, floor_) << scenario_->name << ", " << where_ << ": the counter fell";
        EXPECT_LE(seen_, e.floor_after) << scenario_->name << ", " << where_;
        const bool committed = e.floor_after > e.floor_before && seen_ == e.floor_after;
        EXPECT_TRUE(!committed || result == 2) << scenario_->name << ", " << where_ << ": committed, yet the old one runs";
        if (result > 0) {  // every byte of the package is that of one version
            const mbpf_package_state* p = d_.package("demo");
            const std::vector<std::uint8_t>& wanted = bytes_of(d_, static_cast<std::uint32_t>(result));
            EXPECT_EQ(std::memcmp(p->bytes, wanted.data(), wanted.size()), 0) << scenario_->name << ", " << where_;
        }
        if (scenario_->at_last == kAny) return;
        scenario_->action(d_, true);
        EXPECT_EQ(d_.runs(), scenario_->at_last) << scenario_->name << ", " << where_ << ": repeated without a cut";
    }

    StoredDevice d_;
    Power power_;
    const Scenario* scenario_ = nullptr;
    std::string where_;
    std::uint32_t floor_ = 0, seen_ = 0;
    LogMark told_;  // of the log, at a moment when a host may have been told
};

void run_all(PowerCut& sim, std::uint32_t doubles, Tally& all) {
    std::printf("%-44s %12s %12s %12s\n", "operation", "flash units", "single cuts", "double cuts");
    for (const Scenario& s : scenarios()) {
        const Tally t = sim.run(s, doubles);
        std::printf("%-44s %12u %12u %12u\n", s.name, t.units, t.single, t.doubled);
        all.units += t.units;
        all.single += t.single;
        all.doubled += t.doubled;
        EXPECT_GT(t.units, 0u) << s.name;
        if (::testing::Test::HasFailure()) return;
    }
    std::printf("%-44s %12u %12u %12u\n", "all", all.units, all.single, all.doubled);
}

TEST(PowerCutTest, old_or_new_never_none_never_a_mixture) {
    PowerCut sim;
    Tally all;
    run_all(sim, 400, all);
    EXPECT_GE(all.doubled, 5000u);
}

// A part that is not mapped and writes words: packages are copied to RAM before they run.
TEST(PowerCutTest, the_same_with_code_copied_to_ram) {
    PowerCut sim(false, 4);
    Tally all;
    run_all(sim, 0, all);
}

// A part as it left the factory, and one full of anything: the first boot formats, cut wherever.
TEST(PowerCutTest, the_first_boot_can_be_cut_anywhere) {
    StoredDevice d(3);
    Power power;
    d.flash.argument = &power;
    for (const int fill : {0xFF, 0x00, 0x5A}) {
        for (std::uint32_t at = 0; at < 20; ++at) {
            for (const Tear tear : kTears) {
                std::memset(d.flash.bytes, fill, d.flash_bytes());
                power.units = 0;
                power.cut_at = at;
                power.tear = tear;
                d.flash.before = Power::before;
                if (setjmp(power.off) == 0) (void)d.boot();
                d.flash.before = nullptr;
                ASSERT_EQ(d.boot(), MBPF_OK);
                ASSERT_EQ(d.push(version(1)).status, MBPF_OK);
                ASSERT_EQ(d.confirm(), MBPF_OK);
                ASSERT_EQ(d.boot(), MBPF_OK);
                EXPECT_EQ(d.runs(), 1);
            }
        }
    }
}

}  // namespace
}  // namespace mbpf::test
