// SPDX-License-Identifier: Apache-2.0
// A package's life in flash, on every device: installed, confirmed, upgraded, reverted, and still there after
// the device (or the whole emulator) was switched off and on.
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {
namespace {

class Store : public DeviceTest {
  protected:
    Package filter(std::uint16_t minor, std::uint32_t counter, const std::string& source = "imu_filter/imu_filter.bpf.c") {
        Package p = build_example(source, target());
        p.name = "imu_filter";
        p.version = {0, minor, 0};
        p.rollback_counter = counter;
        return p;
    }
    control::PushReply push_with(const Package& p, ControlClient::PushOptions options = {}) {
        auto r = device().push(for_device(p), options);
        if (r) return r->push();
        ADD_FAILURE() << render_text(r.error());
        return {};
    }
    void confirm() {
        control::Request r;
        r.mutable_confirm()->set_package("imu_filter");
        must(std::move(r));
    }
    control::Request revert_request() {
        control::Request r;
        r.mutable_revert()->set_package("imu_filter");
        return r;
    }
    control::StimulusReply samples(std::uint32_t count) {
        control::Request r;
        auto& s = *r.mutable_stimulus()->mutable_sensor();
        s.set_period_us(1000);
        s.set_samples(count);
        s.set_amplitude(80);
        return must(std::move(r)).stimulus();
    }
    // The version that runs; -1: none.
    int running() {
        auto list = device().list();
        if (!list) return -2;
        for (const auto& p : *list)
            if (p.name() == "imu_filter") return static_cast<int>(p.version_minor());
        return -1;
    }
    // One word a slot that is not empty: minor version, state.
    std::string slots() {
        auto all = device().slots();
        if (!all) return all.error().code;
        std::string text;
        for (const auto& s : *all) {
            if (s.state() == control::SlotsReply::EMPTY) continue;
            EXPECT_EQ(s.name(), "imu_filter");
            text += (text.empty() ? "" : " ") + std::to_string(s.version_minor()) + (s.state() == control::SlotsReply::CONFIRMED ? ":confirmed" : ":trial" + std::to_string(s.tries())) + (s.waiting() ? ":waiting" : s.running() ? "" : ":not-loaded");
        }
        return text;
    }
    template <class F>
    bool comes_true(F&& condition) {
        for (int i = 0; i < 4000; ++i) {
            if (condition()) return true;
            ::usleep(2000);
        }
        return false;
    }
};

TEST_P(Store, installed_confirmed_upgraded_reverted_and_never_lost) {
    keep_flash();
    start();
    EXPECT_EQ(slots(), "");
    EXPECT_TRUE(push_with(filter(1, 1), {.host_confirms = true, .probation_ms = 600'000}).on_trial());
    EXPECT_EQ(slots(), "1:trial1");
    confirm();
    EXPECT_EQ(slots(), "1:confirmed");
    EXPECT_EQ(code_of(revert_request()), "MBPF4105");  // nothing is on trial

    start();  // switched off and on
    EXPECT_EQ(slots(), "1:confirmed");
    EXPECT_EQ(lookup("imu_filter", "config", u32(0)), u32(0));  // maps are RAM
    update("imu_filter", "config", u32(0), u32(400));
    EXPECT_EQ(samples(32).samples_passed(), 32u);

    const control::PushReply upgrade = push_with(filter(2, 2, "imu_filter/imu_filter_v2.bpf.c"), {.host_confirms = true, .probation_ms = 600'000});
    EXPECT_TRUE(upgrade.replaced());
    EXPECT_EQ(upgrade.maps_kept(), 3u);
    EXPECT_EQ(running(), 2);
    start();
    EXPECT_EQ(running(), 2);  // second try
    EXPECT_EQ(code_of_push(for_device(filter(1, 1))), "ok");  // not confirmed: the counter has not risen
    push_with(filter(2, 2, "imu_filter/imu_filter_v2.bpf.c"), {.host_confirms = true, .probation_ms = 600'000});
    confirm();
    EXPECT_EQ(slots(), "2:confirmed");
    EXPECT_EQ(code_of_push(for_device(filter(1, 1))), "MBPF5115");

    // An upgrade that the host takes back.
    push_with(filter(3, 3), {.host_confirms = true, .probation_ms = 600'000});
    EXPECT_EQ(running(), 3);
    must(revert_request());
    EXPECT_EQ(running(), 2);
    EXPECT_EQ(slots(), "2:confirmed");

    // One that nobody confirms, over two resets.
    push_with(filter(4, 4), {.host_confirms = true, .probation_ms = 600'000});
    start();
    EXPECT_EQ(running(), 4);
    start();
    EXPECT_EQ(running(), 2);
    EXPECT_EQ(slots(), "2:confirmed");

    // And removal: the counter stays.
    control::Request unload;
    unload.mutable_unload()->set_package("imu_filter");
    must(unload);
    start();
    EXPECT_EQ(running(), -1);
    EXPECT_EQ(slots(), "");
    EXPECT_EQ(code_of_push(for_device(filter(1, 1))), "MBPF5115");
}

// A line that goes dead with its `left`th write: that is still sent, nothing afterwards.
class DyingLine : public ByteStream {
  public:
    DyingLine(std::unique_ptr<ByteStream> line, int left, int delay_us) : line_(std::move(line)), left_(left), delay_us_(delay_us) {}
    Status write(std::span<const std::uint8_t> bytes) override {
        if (left_-- <= 0) return dead();
        Status sent = line_->write(bytes);
        if (left_ == 0) ::usleep(static_cast<useconds_t>(delay_us_));
        return sent;
    }
    Result<std::vector<std::uint8_t>> read(int timeout_ms) override {
        if (left_ <= 0) return dead();
        return line_->read(timeout_ms);
    }

  private:
    static Diagnostic dead() {
        Diagnostic d;
        d.code = "MBPF4100";
        return d;
    }
    std::unique_ptr<ByteStream> line_;
    int left_, delay_us_;
};

// The emulator is killed after each frame of a push, and at moments of the commit, flash writes included.
TEST_P(Store, a_reset_at_any_moment_of_a_push_leaves_one_version_and_the_push_can_be_repeated) {
    keep_flash();
    start();
    push_with(filter(1, 1));
    confirm();
    int writes = 1, old_ran = 0, new_ran = 0;
    std::uint16_t next = 2;
    const auto attempt = [&](int left, int delay_us) {
        const Package p = filter(next, next);
        start(true, [&](std::unique_ptr<ByteStream> line) { return std::make_unique<DyingLine>(std::move(line), left, delay_us); });
        device().tries = 1;
        const bool whole = static_cast<bool>(device().push(for_device(p), {.host_confirms = true, .probation_ms = 600'000}));
        start();  // RAM is gone
        const int ran = running();
        EXPECT_TRUE(ran == next - 1 || ran == next) << "after write " << left << " and " << delay_us << " us: " << ran;
        EXPECT_EQ(samples(4).programs_run(), 4u);
        EXPECT_TRUE(!whole || ran == next);
        (ran == next ? new_ran : old_ran)++;
        if (ran != next) push_with(p, {.host_confirms = true, .probation_ms = 600'000});
        EXPECT_EQ(running(), next);
        confirm();
        EXPECT_EQ(slots(), std::to_string(next) + ":confirmed");
        ++next;
        return whole;
    };
    for (; !attempt(writes, 0) && !HasFailure(); ++writes) ASSERT_LT(writes, 40);
    // The commit is sent, its answer not awaited, for ever longer, until it was carried out twice.
    for (int delay_us = 1'000; new_ran < 3 && delay_us < 5'000'000 && !HasFailure(); delay_us += delay_us / 2) attempt(writes - 1, delay_us);
    EXPECT_GE(old_ran, writes - 2);
    EXPECT_GE(new_ran, 3);
    std::printf("%d writes a push; after a reset within: the old version %d times, the new %d\n", writes, old_ran, new_ran);
}

TEST_P(Store, a_failing_health_check_brings_the_old_version_back) {
    keep_flash();
    start();
    push_with(filter(1, 1));
    confirm();
    update("imu_filter", "config", u32(0), u32(400));
    EXPECT_EQ(samples(20).samples_passed(), 20u);
    push_with(filter(2, 2, "../../tests/end_to_end/starve.bpf.c"), {.probation_ms = 600'000});
    EXPECT_EQ(running(), 2);
    EXPECT_EQ(samples(200).samples_passed(), 20u);  // it lets nothing through, but that is not certain yet
    EXPECT_EQ(running(), 2);
    samples(56);
    EXPECT_TRUE(comes_true([&] { return running() == 1; }));
    EXPECT_EQ(samples(20).samples_passed(), 40u);
    EXPECT_EQ(slots(), "1:confirmed");
    start();
    EXPECT_EQ(running(), 1);
    EXPECT_EQ(slots(), "1:confirmed");
}

TEST_P(Store, deadlines_confirm_by_themselves_or_revert) {
    keep_flash();
    start();
    push_with(filter(1, 1), {.probation_ms = 100});
    EXPECT_TRUE(comes_true([&] { return slots() == "1:confirmed"; })) << slots();
    push_with(filter(2, 2), {.host_confirms = true, .probation_ms = 100});
    EXPECT_TRUE(comes_true([&] { return slots() == "1:confirmed"; })) << slots();
    EXPECT_EQ(running(), 1);
}

// Native code that no verifier saw, signed all the same: it faults at its first event.
TEST_P(Store, a_version_that_faults_does_not_stay) {
    if (!is_board()) GTEST_SKIP() << "a fault would end this process";
    keep_flash();
    start();
    push_with(filter(1, 1));
    confirm();
    Package bad = filter(2, 2);
    std::fill(bad.text.begin(), bad.text.end(), 0);
    const std::size_t trap = target() == "cortex-m4" ? 0xDE00 : 0;  // udf, and the all-zero word
    for (std::size_t i = 0; i + 1 < bad.text.size(); i += 2) bad.text[i + 1] = static_cast<std::uint8_t>(trap >> 8);
    push_with(bad, {.host_confirms = true, .probation_ms = 600'000});
    device().timeout_ms = 500;
    device().tries = 1;
    EXPECT_TRUE(comes_true([&] {
        control::Request r;
        r.mutable_stimulus()->mutable_sensor()->set_samples(1);
        r.mutable_stimulus()->mutable_sensor()->set_period_us(1000);
        (void)device().call(std::move(r));  // contained or not: the reply may never come
        return running() == 1;
    }));
    EXPECT_EQ(slots(), "1:confirmed");
    EXPECT_EQ(samples(8).programs_run(), 8u);
}

MBPF_ON_ALL_DEVICES(Store);

}  // namespace
}  // namespace mbpf::end_to_end
