// SPDX-License-Identifier: Apache-2.0
// A hundred thousand frames by a host that recorded a line and does not know the present session: noise,
// random messages, recorded frames whole, cut, damaged and changed. The program on the device runs on, nothing
// it holds changes, and the next honest host goes on with the transfer that lay open meanwhile.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

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

class HostileFrames : public DeviceTest {
  protected:
    static std::span<const std::uint8_t> span_of(const std::string& s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }

    // One of every request, so that there is something to replay; then a transfer left half done.
    void work() {
        control::Request r;
        push(for_device(build_example("estop/estop.bpf.c", target())));
        push(for_device(build_example("imu_filter/imu_filter.bpf.c", target())));
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
        push(for_device(build_example("weather/weather.bpf.c", target())));
        r.mutable_test_run()->set_package("imu_filter");
        r.mutable_test_run()->set_program("imu_filter");
        must(r);
        r.mutable_log()->set_from(0);
        must(r);
        ASSERT_TRUE(device().hooks());
        auto& s = *r.mutable_stimulus()->mutable_sensor();  // samples by the device's clock from now on
        s.set_period_us(200);
        s.set_running(true);
        s.set_amplitude(80);
        must(r);
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
    std::vector<Bytes> recorded_;
    Bytes open_;
};

TEST_P(HostileFrames, a_hundred_thousand_change_nothing) {
    std::shared_ptr<ByteStream> raw;
    start(true, [&](std::unique_ptr<ByteStream> line) { return std::make_unique<Recorder>(raw = std::move(line), recorded_); });
    work();
    ASSERT_FALSE(HasFailure());
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
    push(open_);
    auto list = device().list();
    ASSERT_TRUE(list);
    EXPECT_EQ(list->size(), 3u);
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
