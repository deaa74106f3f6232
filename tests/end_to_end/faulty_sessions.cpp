// SPDX-License-Identifier: Apache-2.0
// Thousands of hosts, one after the other, on one bad line to one device: each works for a moment and ends in
// the middle, its frames still on their way. What a host was told was done, was done once; what it got no
// answer to was done once or not at all; the program runs on all the while.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"
#include "tests/end_to_end/faulty_line.h"

namespace mbpf::end_to_end {
namespace {

// What the device may be in, by all that it was asked; one member when certain.
template <class T>
class Possible {
  public:
    explicit Possible(T now) : values_{now} {}
    template <class Change>
    void maybe(const Change& change) {
        std::set<T> all = values_;
        for (const T& v : values_) all.insert(change(v));
        values_ = std::move(all);
    }
    template <class Change>
    void surely(const Change& change) {
        std::set<T> all;
        for (const T& v : values_) all.insert(change(v));
        values_ = std::move(all);
    }
    bool has(T value) const { return values_.contains(value); }
    void is(T value) { values_ = {value}; }

  private:
    std::set<T> values_;
};

class FaultySessions : public DeviceTest {
  protected:
    void begin(std::uint32_t seed) {
        // The fixture's own client looks at the device past all faults.
        start(true, [&](std::unique_ptr<ByteStream> line) { return std::make_unique<Share>(raw_ = std::move(line)); });
        line_ = std::make_unique<FaultyLine>(*raw_, seed);
        for (std::uint16_t v = 1; v <= 2; ++v) {
            Package p = build_example(v == 1 ? "imu_filter/imu_filter.bpf.c" : "imu_filter/imu_filter_v2.bpf.c", target());
            p.name = "imu_filter";
            p.version = {0, v, 0};
            p.rollback_counter = 1;
            package_[v] = for_device(p);
        }
        push(package_[1]);
        update("imu_filter", "config", u32(0), u32(400));
    }

    // `certain`: the last request was answered, so nothing older can act any more, and what is seen stays.
    void look(bool certain) {
        const std::uint32_t samples = to_u32(lookup("imu_filter", "state", u32(0)), 4), config = to_u32(lookup("imu_filter", "config", u32(0)));
        auto list = device().list();
        ASSERT_TRUE(list);
        ASSERT_EQ(list->size(), 1u);
        ASSERT_TRUE(list->at(0).programs(0).attached());
        const std::uint32_t version = list->at(0).version_minor();
        EXPECT_TRUE(samples_.has(samples)) << samples;
        EXPECT_TRUE(config_.has(config)) << config;
        EXPECT_TRUE(version_.has(version)) << version;
        if (!certain) return;
        samples_.is(samples);
        config_.is(config);
        version_.is(version);
    }

    template <class Change, class T>
    bool settle(const std::string& code, Possible<T>& what, const Change& change) {
        ++codes_[code];
        if (code == "ok") what.surely(change);
        else what.maybe(change);
        return code == "ok";
    }

    static std::string code(const Result<control::Response>& r) { return r ? "ok" : r.error().code; }

    bool take_samples(ControlClient& host, std::uint32_t n) {
        control::Request r;
        auto& s = *r.mutable_stimulus()->mutable_sensor();
        s.set_samples(n);
        s.set_outlier_every(3);
        s.set_amplitude(80);
        s.set_outlier(50'000);
        return settle(code(host.call(r)), samples_, [&](std::uint32_t v) { return v + n; });
    }
    bool set_threshold(ControlClient& host, std::uint32_t value) { return settle(code(host.call(map_request("imu_filter", "config", control::MapAccess::UPDATE, u32(0), u32(value)))), config_, [&](std::uint32_t) { return value; }); }
    bool change_version(ControlClient& host, std::uint32_t version) { return settle(code(host.push(package_[version], {})), version_, [&](std::uint32_t) { return version; }); }
    bool take_events(ControlClient& host) {
        control::Request e;
        e.mutable_events()->set_package("imu_filter");
        e.mutable_events()->set_map("events");
        auto r = host.call(e);
        ++codes_[code(r)];
        if (!r) return false;
        for (const std::string& record : r->events().records()) {
            const std::uint32_t sequence = to_u32(record, 16);
            EXPECT_TRUE(records_ == 0 || sequence > last_record_) << sequence << " after " << last_record_;
            last_record_ = sequence;
            ++records_;
        }
        return true;
    }

    bool one_session(Random& random, ControlClient& host) {
        bool certain = false;
        for (unsigned n = 1 + random() % 5; n-- > 0;) switch (random() % 6) {
                case 0: certain = change_version(host, 1 + random() % 2); break;
                case 1: certain = set_threshold(host, 300 + random() % 200); break;
                case 2: certain = take_events(host); break;
                case 3: (void)host.list(); break;
                default: certain = take_samples(host, 1 + random() % 6); break;
            }
        return certain;
    }

    static Faults draw(Random& random) {
        static constexpr unsigned kLevels[] = {0, 20, 120, 300, 600};
        const unsigned level = kLevels[random() % std::size(kLevels)];
        const auto some = [&] { return level == 0 ? 0u : static_cast<unsigned>(random() % level); };
        Faults f{.lose = some(), .drop = some(), .flip = some(), .twice = some(), .delay = some(), .replay = some(), .flood = some() / 4};
        if (random() % 6 == 0) f.break_after = 1 + random() % 12;
        return f;
    }

    void run(int sessions, std::uint32_t seed) {
        begin(seed);
        Random random(seed + 1);
        for (int i = 0; i < sessions && !HasFailure(); ++i) {
            SCOPED_TRACE("session " + std::to_string(i) + ", seed " + std::to_string(seed));
            ControlClient host(line_->connect(draw(random)));
            host.timeout_ms = is_board() ? 60 : 1;
            host.tries = 6;
            const bool certain = one_session(random, host);
            if (random() % 4 == 0) {
                ASSERT_TRUE(line_->settle());
            }
            look(certain);
        }
        ASSERT_TRUE(line_->settle());
        // A good line again: all works.
        ControlClient host(line_->connect({}));
        EXPECT_TRUE(change_version(host, 2));
        EXPECT_TRUE(take_samples(host, 16));
        look(true);
        std::string summary;
        for (const auto& [c, n] : codes_) summary += " " + c + " " + std::to_string(n);
        std::printf("%d sessions, %llu faults; requests that change state:%s; %u records\n", sessions, static_cast<unsigned long long>(line_->faults_made()), summary.c_str(), records_);
        for (const char* never : {"MBPF3501", "MBPF3502", "MBPF4104", "MBPF4107"}) EXPECT_EQ(codes_.count(never), 0u) << never;
        EXPECT_GT(codes_["ok"], is_board() ? 0u : codes_["MBPF4102"]);  // how many time out on a board depends on the machine's load
    }

    std::shared_ptr<ByteStream> raw_;
    std::unique_ptr<FaultyLine> line_;
    std::map<std::uint32_t, std::vector<std::uint8_t>> package_;
    Possible<std::uint32_t> samples_{0}, config_{400}, version_{1};
    std::map<std::string, unsigned> codes_;
    std::uint32_t last_record_ = 0;
    unsigned records_ = 0;
};

TEST_P(FaultySessions, what_is_said_to_be_done_was_done_once) { run(is_board() ? 40 : 3000, 11); }

MBPF_ON_ALL_DEVICES(FaultySessions);

}  // namespace
}  // namespace mbpf::end_to_end
