// SPDX-License-Identifier: Apache-2.0
// Lines that lose, repeat and damage bytes, and ends that send anything at all: what was asked for happens
// once, and the device goes on answering.
#include <gtest/gtest.h>

#include <random>

#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Every third request is damaged, every fourth sent twice, every fifth reply lost.
class BadLine : public ByteStream {
  public:
    explicit BadLine(std::unique_ptr<ByteStream> line) : line_(std::move(line)) {}
    Status write(std::span<const std::uint8_t> bytes) override {
        Bytes sent(bytes.begin(), bytes.end());
        const unsigned n = ++written_;
        if (n % 3 == 0) sent[sent.size() / 2] = static_cast<std::uint8_t>(sent[sent.size() / 2] ^ 0x21);
        if (n % 4 == 0) sent.insert(sent.end(), bytes.begin(), bytes.end());
        lose_ = n % 5 == 0;
        return line_->write(sent);
    }
    Result<Bytes> read(int timeout_ms) override {
        auto bytes = line_->read(timeout_ms);
        if (lose_ && bytes) return Bytes{};
        return bytes;
    }

  private:
    std::unique_ptr<ByteStream> line_;
    unsigned written_ = 0;
    bool lose_ = false;
};

class HostileLine : public DeviceTest {};

TEST_P(HostileLine, what_is_asked_for_happens_once) {
    start(true, [](std::unique_ptr<ByteStream> line) { return std::make_unique<BadLine>(std::move(line)); });
    device().timeout_ms = is_board() ? 400 : 30;
    device().tries = 20;  // a busy machine adds losses of its own
    push(for_device(build_example("imu_filter/imu_filter.bpf.c", target())));
    update("imu_filter", "config", u32(0), u32(400));
    unsigned records = 0;
    for (int round = 1; round <= 10; ++round) {
        control::Request r;
        auto& s = *r.mutable_stimulus()->mutable_sensor();
        s.set_period_us(1000);
        s.set_samples(32);
        s.set_outlier_every(16);
        s.set_amplitude(80);
        s.set_outlier(5000);
        EXPECT_EQ(must(std::move(r)).stimulus().samples_in(), 32u * static_cast<unsigned>(round));
        control::Request e;
        e.mutable_events()->set_package("imu_filter");
        e.mutable_events()->set_map("events");
        records += static_cast<unsigned>(must(std::move(e)).events().records_size());
    }
    EXPECT_EQ(records, 20u);
}

TEST_P(HostileLine, noise_between_requests_changes_nothing) {
    std::shared_ptr<ByteStream> raw;
    start(true, [&](std::unique_ptr<ByteStream> line) { return std::make_unique<Share>(raw = std::move(line)); });
    std::mt19937 random(7);
    for (int round = 0; round < (is_board() ? 5 : 100); ++round) {
        Bytes noise(random() % 3000);
        for (auto& b : noise) b = static_cast<std::uint8_t>(random());
        ASSERT_TRUE(raw->write(noise));
        EXPECT_EQ(hello().protocol(), 1u);
    }
}

TEST_P(HostileLine, sound_frames_of_anything_are_survived) {
    std::shared_ptr<ByteStream> raw;
    start(true, [&](std::unique_ptr<ByteStream> line) { return std::make_unique<Share>(raw = std::move(line)); });
    push(for_device(build_example("weather/weather.bpf.c", target())));
    // Requests of every kind, then bytes of them changed, cut or grown: what nanopb and the device must take.
    std::vector<control::Request> seeds(14);
    seeds[0].mutable_push_begin()->set_sha256(std::string(32, 'x'));
    seeds[0].mutable_push_begin()->set_bytes(1000);
    seeds[1].mutable_push_data()->set_data(std::string(300, 'y'));
    seeds[2].mutable_push_commit()->set_activate(true);
    seeds[3].mutable_list()->set_index(0);
    seeds[4].mutable_attach()->set_package("weather");
    seeds[4].mutable_attach()->set_program("stats");
    seeds[5].mutable_detach()->set_package("weather");
    seeds[5].mutable_detach()->set_program("stats");
    seeds[6] = map_request("weather", "requests", control::MapAccess::UPDATE, u32(1), std::string(8, '1'));
    seeds[7] = map_request("weather", "requests", control::MapAccess::NEXT_KEY, u32(0));
    seeds[8].mutable_events()->set_package("weather");
    seeds[8].mutable_events()->set_map("requests");
    seeds[9].mutable_log()->set_from(0);
    seeds[10].mutable_test_run()->set_package("weather");
    seeds[10].mutable_test_run()->set_program("temperature");
    seeds[10].mutable_test_run()->set_context(std::string(100, '\1'));
    seeds[11].mutable_list_hooks()->set_index(3);
    seeds[12].mutable_stimulus()->mutable_packet()->set_data(std::string(64, 'p'));
    seeds[13].mutable_stimulus()->mutable_coap()->set_path("temperature");
    std::mt19937 random(8);
    const control::HelloReply about = hello();
    std::uint64_t done = about.last_sequence(), sequence = done;
    int executed = 0;
    const int rounds = is_board() ? 150 : 20'000;
    for (int round = 0; round < rounds; ++round) {
        control::Request& seed = seeds[random() % seeds.size()];
        seed.set_session(about.session());  // a host that may do all this, were it well-formed
        seed.set_sequence(sequence += 1 + random() % 5);
        std::string bytes = seed.SerializeAsString();
        for (std::size_t changes = random() % 4; changes-- > 0 && !bytes.empty();) bytes[random() % bytes.size()] = static_cast<char>(random());
        if (random() % 8 == 0) bytes.resize(random() % (bytes.size() + 1));
        if (random() % 8 == 0) bytes.insert(random() % (bytes.size() + 1), std::string(random() % 200, static_cast<char>(random())));
        ASSERT_TRUE(raw->write(encode_frame(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()))));
        ASSERT_TRUE(raw->read(is_board() ? 20 : 0));
        if (round % 50 == 49) {
            const control::HelloReply now = hello();
            ASSERT_EQ(now.session(), about.session()) << "restarted before round " << round;
            executed += now.last_sequence() != done ? 1 : 0;
            sequence = done = now.last_sequence();
        }
    }
    EXPECT_EQ(hello().session(), about.session());
    EXPECT_GT(executed, 0);
}

// Restarts the device, which then knows nothing, before a certain write.
class Restarting : public ByteStream {
  public:
    Restarting(std::shared_ptr<ByteStream> line, int at, Bytes& last) : line_(std::move(line)), left_(at), last_(last) {}
    Status write(std::span<const std::uint8_t> bytes) override {
        if (left_-- == 0) (void)start_host_device(trust_anchors());
        if (left_ >= 0) last_.assign(bytes.begin(), bytes.end());
        return line_->write(bytes);
    }
    Result<Bytes> read(int timeout_ms) override { return line_->read(timeout_ms); }

  private:
    std::shared_ptr<ByteStream> line_;
    int left_;
    Bytes& last_;
};

TEST_P(HostileLine, a_push_outlives_a_restart_of_the_device) {
    if (is_board()) GTEST_SKIP() << "restarted from within this process";
    for (const int at : {1, 2, 3, 4}) {  // begin, data, data, commit
        SCOPED_TRACE(at);
        std::shared_ptr<ByteStream> raw;
        Bytes before;
        start(true, [&](std::unique_ptr<ByteStream> line) { return std::make_unique<Restarting>(raw = std::move(line), at, before); });
        push(for_device(build_example("imu_filter/imu_filter.bpf.c", target())));
        auto list = device().list();
        ASSERT_TRUE(list);
        ASSERT_EQ(list->size(), 1u);
        // What was recorded before the restart is of another session.
        const std::uint64_t done = hello().last_sequence();
        ASSERT_TRUE(raw->write(before));
        EXPECT_EQ(hello().last_sequence(), done);
    }
}

MBPF_ON_ALL_DEVICES(HostileLine);

}  // namespace
}  // namespace mbpf::end_to_end
