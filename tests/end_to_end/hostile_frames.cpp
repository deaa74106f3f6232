// SPDX-License-Identifier: Apache-2.0
// A device's life in a row: a program is installed, confirmed, upgraded under load, reverted by a failing health check,
// attested; the device is switched off and on. Then a hundred thousand frames by a host that recorded the line and does
// not know the present session: noise, random messages, recorded frames whole, cut, damaged and changed. The program
// runs on, nothing the device holds changes, the next honest host goes on with the transfer that lay open meanwhile,
// and what the device proves after one more reset follows on what it proved before.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include <unistd.h>

#include "tests/end_to_end/attested.h"

namespace mbpf::end_to_end {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::independent_bits_engine<std::mt19937, 32, std::uint32_t>;

constexpr int kFrames = 100'000;

// Remembers the frames written.
class Recorder : public ByteStream {
  public:
    Recorder(std::shared_ptr<ByteStream> line, std::vector<Bytes>& frames) : line_(std::move(line)), frames_(frames) {}
    Status write(std::span<const std::uint8_t> bytes) override {
        frames_.emplace_back(bytes.begin(), bytes.end());
        return line_->write(bytes);
    }
    Result<Bytes> read(int timeout_ms) override { return line_->read(timeout_ms); }

  private:
    std::shared_ptr<ByteStream> line_;
    std::vector<Bytes>& frames_;
};

class HostileFrames : public AttestedTest {
  protected:
    static std::span<const std::uint8_t> span_of(const std::string& s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }

    Package filter(std::uint16_t minor, const std::string& source = "imu_filter/imu_filter.bpf.c") {
        Package p = build_example(source, target());
        p.name = "imu_filter";
        p.version = {0, minor, 0};
        p.rollback_counter = minor;
        return p;
    }
    // On trial, then confirmed.
    control::PushReply install(const Package& p) {
        auto r = device().push(for_device(p), {.host_confirms = true, .probation_ms = 600'000});
        EXPECT_TRUE(r) << (r ? "" : render_text(r.error()));
        control::Request confirm;
        confirm.mutable_confirm()->set_package(p.name);
        must(std::move(confirm));
        return r ? r->push() : control::PushReply{};
    }
    control::StimulusReply sample(bool running, std::uint32_t samples = 0) {
        control::Request r;
        auto& s = *r.mutable_stimulus()->mutable_sensor();  // samples by the device's clock
        s.set_period_us(running ? 200 : 1000);
        s.set_running(running);
        s.set_samples(samples);
        s.set_amplitude(80);
        return must(r).stimulus();
    }
    template <class F>
    bool comes_true(F&& condition) {
        for (int i = 0; i < 4000; ++i) {
            if (condition()) return true;
            ::usleep(2000);
        }
        return false;
    }
    int running() {
        auto list = device().list();
        for (const auto& p : list ? *list : std::vector<control::ListReply>{})
            if (p.name() == "imu_filter") return static_cast<int>(p.version_minor());
        return -1;
    }
    // What the device proves; its log must follow on what it proved before.
    Attestation proven() {
        auto report = checked(attest());
        EXPECT_TRUE(report);
        const control::AttestReply log = told();
        EXPECT_TRUE(report && events(*report, log));
        if (last_ && last_->event_count > log.first()) {
            EXPECT_TRUE(events(*last_, log)) << "the log was taken back";
        }
        if (report) last_ = *report;
        return report ? *report : Attestation{};
    }
    bool proves(const Attestation& a, const Package& p) {
        const auto header = p.header_bytes();
        return std::ranges::any_of(a.packages, [&](const AttestedPackage& q) {
            return q.name == p.name && q.runs && std::equal(q.payload_digest.begin(), q.payload_digest.end(), header.begin() + offsetof(mbpf_package_header, payload_digest));
        });
    }

    void life() {
        install(filter(1));
        update("imu_filter", "config", u32(0), u32(400));
        sample(true);
        const std::uint32_t seen_by_first = samples();
        EXPECT_EQ(install(filter(2, "imu_filter/imu_filter_v2.bpf.c")).maps_kept(), 3u);
        const std::uint32_t at_swap = samples();
        EXPECT_TRUE(comes_true([&] { return samples() > at_swap + 50; }));
        const control::StimulusReply off = sample(false);
        EXPECT_GE(at_swap, seen_by_first);
        EXPECT_EQ(samples(), off.samples_in()) << "each event went through one version, none through both";
        // A version that passes the verifier and starves its users: the board's health check takes it back.
        auto bad = device().push(for_device(filter(3, "../../tests/end_to_end/starve.bpf.c")), {.probation_ms = 600'000});
        ASSERT_TRUE(bad) << render_text(bad.error());
        EXPECT_EQ(running(), 3);
        sample(false, 300);
        EXPECT_TRUE(comes_true([&] { return running() == 2; }));
        const Attestation before = proven();
        EXPECT_TRUE(proves(before, filter(2, "imu_filter/imu_filter_v2.bpf.c")));
    }

    // One of every request, so that there is something to replay; then a transfer left half done.
    void work() {
        control::Request r;
        install(build_example("estop/estop.bpf.c", target()));
        install(filter(4));
        update("imu_filter", "config", u32(0), u32(400));
        const auto names = device().list();
        ASSERT_TRUE(names);
        const std::string program = names->at(0).programs(0).name();
        r.mutable_detach()->set_package("estop");
        r.mutable_detach()->set_program(program);
        must(r);
        r.mutable_attach()->set_package("estop");
        r.mutable_attach()->set_program(program);
        must(r);
        r.mutable_events()->set_package("imu_filter");
        r.mutable_events()->set_map("events");
        must(r);
        r.mutable_stimulus()->mutable_gpio()->set_line(3);
        must(r);
        r.mutable_unload()->set_package("estop");
        must(r);
        install(build_example("weather/weather.bpf.c", target()));
        r.mutable_test_run()->set_package("imu_filter");
        r.mutable_test_run()->set_program("imu_filter");
        must(r);
        r.mutable_log()->set_from(0);
        must(r);
        ASSERT_TRUE(device().hooks());
        sample(true);
        open_ = for_device(build_example("udp_acl/udp_acl.bpf.c", target()));
        r.mutable_push_begin()->set_bytes(static_cast<std::uint32_t>(open_.size()));
        r.mutable_push_begin()->set_sha256(std::string(32, 'd'));
        must(r);
        r.mutable_push_data()->set_data(open_.data(), 200);
        r.mutable_push_data()->set_transfer(0x64646464);
        must(r);
    }

    // All that the device shows, but counters that rise by themselves.
    std::string state() {
        control::HelloReply h = hello();
        h.clear_uptime_ns();
        std::string all = h.SerializeAsString();
        auto packages = device().list();
        EXPECT_TRUE(packages);
        if (!packages) return {};
        for (control::ListReply& p : *packages) {
            for (auto& program : *p.mutable_programs()) {
                if (program.attach().starts_with("iio")) {
                    program.clear_runs();
                    program.clear_last_result();
                    program.clear_worst_cycles();
                    program.clear_total_cycles();
                    program.clear_drops();
                }
            }
            all += p.SerializeAsString();
        }
        auto hooks = device().hooks();
        EXPECT_TRUE(hooks);
        for (const auto& hook : *hooks) all += hook.name();
        all += lookup("imu_filter", "config", u32(0));
        // Known to be there: it is answered with what the device has of the transfer.
        control::Request data;
        data.mutable_push_data()->set_transfer(0x64646464);
        all += must(data).SerializeAsString().substr(9);  // but the sequence
        return all;
    }

    std::uint32_t samples() { return to_u32(lookup("imu_filter", "state", u32(0)), 4); }

    // A recorded message of some other session, with some bytes changed.
    static Bytes changed(const Bytes& frame, Random& random) {
        FrameReceiver receiver;
        control::Request r;
        for (const Bytes& message : receiver.receive(frame)) EXPECT_TRUE(r.ParseFromArray(message.data(), static_cast<int>(message.size())));
        r.set_session(random());
        std::string message = r.SerializeAsString();
        for (unsigned n = random() % 4; n-- > 0;) message[random() % message.size()] = static_cast<char>(random());
        return encode_frame(span_of(message));
    }

    // A board's line takes 16 KB/s when the machine is busy: there most are short.
    Bytes next(Random& random) const {
        const Bytes& recorded = recorded_[random() % recorded_.size()];
        Bytes bytes(random() % (is_board() ? 300 : 8) == 0 ? random() % 1500 : random() % 24);
        for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
        switch (random() % (is_board() ? 12 : 6)) {
            case 0: return recorded;
            case 1: return Bytes(recorded.begin(), recorded.begin() + static_cast<std::ptrdiff_t>(random() % recorded.size()));
            case 2: {
                Bytes flipped = recorded;
                for (unsigned n = 1 + random() % 4; n-- > 0;) flipped[random() % flipped.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
                return flipped;
            }
            case 3: return changed(recorded, random);
            case 4: return bytes;
            default: return encode_frame(std::span(bytes).first(std::min<std::size_t>(bytes.size(), kMaxMessageBytes)));
        }
    }

    // On a busy machine the emulator may get no time for seconds: then the line takes nothing, and a frame cut short
    // by that is one damaged frame more.
    void press(ByteStream& line, const Bytes& frame) {
        if (!line.write(frame)) ++stalls_;
        EXPECT_LT(stalls_, 100);
    }

    int stalls_ = 0;
    std::optional<Attestation> last_;
    std::vector<Bytes> recorded_;
    Bytes open_;
};

TEST_P(HostileFrames, a_whole_life_and_then_a_hundred_thousand_that_change_nothing) {
    std::shared_ptr<ByteStream> raw;
    const WrapStream record = [&](std::unique_ptr<ByteStream> line) { return std::make_unique<Recorder>(raw = std::move(line), recorded_); };
    keep_flash();
    start(true, record);
    life();
    ASSERT_FALSE(HasFailure());
    start(true, record);  // switched off and on
    EXPECT_EQ(running(), 2);
    EXPECT_TRUE(proves(proven(), filter(2, "imu_filter/imu_filter_v2.bpf.c")));
    work();
    ASSERT_FALSE(HasFailure());
    EXPECT_TRUE(proves(proven(), filter(4)));
    const std::vector<Bytes> genuine = recorded_;
    const std::string before = state();
    recorded_ = genuine;
    // Long ones, of which a line sees many bytes and few frames, less often.
    std::erase_if(recorded_, [n = 0, few = is_board() ? 16 : 4](const Bytes& f) mutable { return f.size() > 100 && n++ % few != 0; });
    const std::uint32_t samples_before = samples();
    const std::size_t corpus = recorded_.size();
    Random random(21);
    std::uint64_t bytes = 0;
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < kFrames; ++i) {
        const Bytes frame = next(random);
        bytes += frame.size();
        press(*raw, frame);
        ASSERT_FALSE(HasFailure()) << i;
        if (i % 16 == 0) {
            ASSERT_TRUE(raw->read(0)) << i;
        }
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    device().tries = 20;  // the line still holds what the device has not read
    EXPECT_EQ(state(), before);
    EXPECT_GT(samples(), samples_before);
    std::printf("%d frames (%zu recorded), %llu bytes, %.1f s; %u samples taken meanwhile\n", kFrames, corpus, static_cast<unsigned long long>(bytes), seconds, samples() - samples_before);
    // And works on.
    EXPECT_TRUE(proves(proven(), filter(4)));
    push(open_);
    auto list = device().list();
    ASSERT_TRUE(list);
    EXPECT_EQ(list->size(), 3u);
    start(true, record);
    EXPECT_EQ(running(), 4);
    EXPECT_TRUE(proves(proven(), filter(4)));
}

// A host that asks and asks, and reads no answer: the device gives the answers up, not its programs.
TEST_P(HostileFrames, a_host_that_does_not_read_does_not_stop_programs) {
    if (!is_board()) GTEST_SKIP() << "the host's line takes all";
    std::shared_ptr<ByteStream> raw;
    start(true, [&](std::unique_ptr<ByteStream> line) { return std::make_unique<Share>(raw = std::move(line)); });
    work();
    const std::uint32_t before = samples();
    control::Request r;
    r.mutable_log()->set_from(0);
    const std::string message = r.SerializeAsString();
    const Bytes frame = encode_frame(span_of(message));
    for (int i = 0; i < 6'000 && !HasFailure(); ++i) press(*raw, frame);  // answers of 3 MB and more: no socket holds them
    for (int i = 0; i < 10'000; ++i) {
        auto bytes = raw->read(20);
        ASSERT_TRUE(bytes);
        if (bytes->empty()) break;
    }
    device().tries = 20;
    EXPECT_GT(samples(), before);
    EXPECT_NE(hello().session(), 0u);
}

MBPF_ON_ALL_DEVICES(HostileFrames);

}  // namespace
}  // namespace mbpf::end_to_end
