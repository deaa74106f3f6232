// SPDX-License-Identifier: Apache-2.0
// The device's ends of the control protocol under a mutator that keeps what reaches new code: frames, messages
// and CoAP datagrams into the very C of the device, built with address and undefined-behaviour sanitizers and
// edge counters. Any report ends it. A longer run: build/<preset>/bin/line_fuzz --runs 5000000 --seed 7
#include <charconv>
#include <cstdio>
#include <cstring>
#include <random>
#include <string_view>

#include "control.pb.h"
#include "mbpf/coap.h"
#include "simulator/framing.h"
#include "tests/firmware_runtime/device.h"
#include "tests/fuzz/fuzz_options.h"

namespace {

constexpr std::size_t kEdges = 1u << 16;
std::uint8_t seen_edges[kEdges];
std::size_t edge_count = 0;
bool new_edge = false;

}  // namespace

// Called by the instrumented files at every edge.
extern "C" void __sanitizer_cov_trace_pc() {
    const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    std::uint8_t& edge = seen_edges[(pc * 0x9e3779b97f4a7c15u) >> 48];
    if (edge != 0) return;
    edge = 1;
    ++edge_count;
    new_edge = true;
}

namespace mbpf::test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::independent_bits_engine<std::mt19937, 32, std::uint32_t>;

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "line_fuzz: %s\n", what);
    std::abort();
}
void demand(bool holds, const char* what) {
    if (!holds) fail(what);
}

// How an input reaches the device.
enum class Way : std::uint8_t { line, frame, session, coap };

struct Input {
    Way way = Way::line;
    Bytes bytes;
};

Bytes serialized(const control::Request& r) {
    const std::string s = r.SerializeAsString();
    return {s.begin(), s.end()};
}

class Target {
  public:
    Target() : control_(std::make_unique<mbpf_control>()), coap_(std::make_unique<mbpf_coap>()) { restart(); }

    void restart() {
        device_ = std::make_unique<Device>();
        mbpf_control_init(control_.get(), device_->rt());
        control_->stimulus = mbpf_virtual_board_stimulus;
        mbpf_coap_init(coap_.get(), control_.get());
        Package p = simple_package();
        p.maps = {array_map("values"), {"hash", MBPF_MAP_HASH, 0, 4, 8, 8}, {"events", MBPF_MAP_RING_BUFFER, 0, 0, 0, 256}};
        finish(p);
        demand(device_->push(p).status == MBPF_OK, "the package is not admitted");
        control::Request hello;
        hello.mutable_hello()->set_nonce(1);
        session_ = message(serialized(hello)).hello().session();
        demand(session_ != 0, "no session");
    }

    void run(const Input& input) {
        switch (input.way) {
            case Way::line: line(input.bytes); break;
            case Way::frame: line(framed(input.bytes)); break;
            case Way::session: {  // of two fields the last counts: these make it a request that is done
                Bytes m = input.bytes;
                ++sequence_;
                m.push_back(1 << 3 | 1);
                for (int i = 0; i < 8; ++i) m.push_back(static_cast<std::uint8_t>(sequence_ >> (8 * i)));
                m.insert(m.end(), {0x85, 0x01});
                for (int i = 0; i < 4; ++i) m.push_back(static_cast<std::uint8_t>(session_ >> (8 * i)));
                if (m.size() <= kMaxMessageBytes) line(framed(m));
                if (control_->done_sequence > sequence_) sequence_ = control_->done_sequence;
                break;
            }
            case Way::coap: datagram(input.bytes); break;
        }
        mbpf_virtual_board_poll(device_->rt());
    }

    // It answers, and what nobody took away is there.
    void check() {
        control::Request list, hello;
        list.mutable_list();
        hello.mutable_hello();
        demand(message(serialized(hello)).hello().session() == session_, "the session changed");
        if (message(serialized(list)).list().count() == 0) restart();
    }

  private:
    static Bytes framed(const Bytes& m) { return encode_frame(std::span(m).first(std::min(m.size(), kMaxMessageBytes))); }
    void line(const Bytes& bytes) {
        FrameReceiver receiver;
        for (const std::uint8_t b : bytes)
            if (mbpf_control_byte(control_.get(), b)) demand(receiver.receive({control_->frame, control_->frame_bytes}).size() == 1, "a reply is no frame");
    }
    void datagram(const Bytes& bytes) {
        if (bytes.size() > MBPF_COAP_MAX_DATAGRAM) return;
        Bytes copy = bytes;  // of its exact size, so that reading past it is seen
        copy.shrink_to_fit();
        const std::uint8_t peer[MBPF_COAP_PEER_BYTES] = {static_cast<std::uint8_t>(bytes.size() % 3)};
        const std::uint8_t* answer = nullptr;
        demand(mbpf_coap_datagram(coap_.get(), peer, copy.data(), static_cast<std::uint32_t>(copy.size()), &answer) <= MBPF_COAP_MAX_DATAGRAM, "an answer is too long");
    }
    control::Response message(const Bytes& m) {
        Bytes own = m;  // executing it changes its bytes
        Bytes reply(MBPF_MAX_MESSAGE_BYTES);
        reply.resize(mbpf_control_message(control_.get(), own.data(), static_cast<std::uint32_t>(own.size()), reply.data()));
        control::Response r;
        demand(r.ParseFromArray(reply.data(), static_cast<int>(reply.size())), "a reply is no message");
        return r;
    }

    std::unique_ptr<Device> device_;
    std::unique_ptr<mbpf_control> control_;
    std::unique_ptr<mbpf_coap> coap_;
    std::uint32_t session_ = 0;
    std::uint64_t sequence_ = 1;
};

std::vector<Input> seeds() {
    std::vector<control::Request> requests(16);
    std::size_t n = 0;
    const auto next = [&]() -> control::Request& { return requests[n++]; };
    next().mutable_hello()->set_nonce(5);
    auto& begin = *next().mutable_push_begin();
    begin.set_bytes(600);
    begin.set_sha256(std::string(32, 's'));
    auto& data = *next().mutable_push_data();
    data.set_transfer(0x73737373);
    data.set_data(std::string(80, 'd'));
    next().mutable_push_commit()->set_activate(true);
    next().mutable_list();
    next().mutable_list_hooks()->set_index(2);
    for (const bool attach : {false, true}) {
        if (attach) {
            auto& a = *next().mutable_attach();
            a.set_package("demo"), a.set_program("main");
        } else {
            auto& d = *next().mutable_detach();
            d.set_package("demo"), d.set_program("main");
        }
    }
    for (const auto op : {control::MapAccess::LOOKUP, control::MapAccess::UPDATE, control::MapAccess::NEXT_KEY}) {
        auto& m = *next().mutable_map();
        m.set_package("demo"), m.set_map(op == control::MapAccess::NEXT_KEY ? "values" : "hash"), m.set_op(op);
        m.set_key(std::string(4, '\1')), m.set_value(std::string(8, 'v'));
    }
    auto& events = *next().mutable_events();
    events.set_package("demo"), events.set_map("events");
    next().mutable_log()->set_from(0);
    auto& run = *next().mutable_test_run();
    run.set_package("demo"), run.set_program("main"), run.set_context(std::string(48, '\0')), run.set_repeat(2);
    next().mutable_stimulus()->mutable_packet()->set_data(std::string(60, 'p'));
    next().mutable_unload()->set_package("demo");
    std::vector<Input> all;
    for (const control::Request& r : requests) {
        const Bytes m = serialized(r);
        Bytes coap{0x41, 2, 0, 1, 9, 0xb4, 'm', 'b', 'p', 'f', 0x11, 42, 0xff};
        coap.insert(coap.end(), m.begin(), m.end());
        all.push_back({Way::session, m});
        all.push_back({Way::frame, m});
        all.push_back({Way::line, encode_frame(m)});
        all.push_back({Way::coap, coap});
    }
    all.push_back({Way::coap, {0x41, 1, 0, 2, 9, 0xbb, '.', 'w', 'e', 'l', 'l', '-', 'k', 'n', 'o', 'w', 'n', 4, 'c', 'o', 'r', 'e'}});
    all.push_back({Way::coap, {0x51, 2, 0, 3, 9, 0xb4, 'm', 'b', 'p', 'f', 0xc1, 0x10, 0x41, 0x08, 0xff, 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x'}});
    return all;
}

void mutate(Bytes& b, const std::vector<Input>& corpus, Random& random) {
    static constexpr std::uint8_t kValues[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x0f, 0xf0};
    const auto at = [&](std::size_t n) { return static_cast<std::ptrdiff_t>(random() % n); };
    for (unsigned n = 1 + random() % 4; n-- > 0;) {
        if (b.empty()) b.push_back(static_cast<std::uint8_t>(random()));
        switch (random() % 7) {
            case 0: b[random() % b.size()] ^= static_cast<std::uint8_t>(1u << random() % 8); break;
            case 1: b[random() % b.size()] = static_cast<std::uint8_t>(random()); break;
            case 2: b[random() % b.size()] = kValues[random() % std::size(kValues)]; break;
            case 3: b.insert(b.begin() + at(b.size() + 1), 1 + random() % 20, static_cast<std::uint8_t>(random() % 3 == 0 ? 0xff : random())); break;
            case 4: {
                const auto from = at(b.size());
                b.erase(b.begin() + from, b.begin() + from + 1 + at(b.size() - static_cast<std::size_t>(from)));
                break;
            }
            case 5: {
                const Bytes& other = corpus[random() % corpus.size()].bytes;
                if (other.empty()) break;
                const auto from = at(other.size());
                b.insert(b.begin() + at(b.size() + 1), other.begin() + from, other.begin() + from + 1 + at(other.size() - static_cast<std::size_t>(from)));
                break;
            }
            default: b.resize(random() % (b.size() + 1)); break;
        }
    }
    if (b.size() > 2000) b.resize(2000);
}

int fuzz(std::uint64_t runs, std::uint32_t seed) {
    Target target;
    Random random(seed);
    std::vector<Input> corpus = seeds();
    for (const Input& input : corpus) {
        target.run(input);
        target.check();
    }
    const std::size_t by_seeds = edge_count;
    for (std::uint64_t i = 0; i < runs; ++i) {
        Input input = corpus[random() % corpus.size()];
        mutate(input.bytes, corpus, random);
        if (random() % 16 == 0) input.way = static_cast<Way>(random() % 4);
        new_edge = false;
        target.run(input);
        if (new_edge) corpus.push_back(std::move(input));
        if (i % 64 == 0) target.check();
        if (i % 20'000 == 19'999) target.restart();
    }
    target.check();
    std::printf("%llu inputs, %zu kept, %zu edges (%zu by the seeds)\n", static_cast<unsigned long long>(runs), corpus.size(), edge_count, by_seeds);
    return edge_count > by_seeds ? 0 : 1;
}

}  // namespace
}  // namespace mbpf::test

int main(int argc, char** argv) {
    std::uint64_t runs = 100'000, seed = 1;
    const mbpf::fuzz::Option options[] = {{"--runs", "N", "how many inputs", mbpf::fuzz::number(runs)}, {"--seed", "N", "of the random numbers", mbpf::fuzz::number(seed)}};
    if (const auto end = mbpf::fuzz::read_options(argc, argv, "line_fuzz", "hostile bytes on a device's serial line, led by the runtime's coverage", options, false)) return *end;
    google::protobuf::SetLogHandler(nullptr);
    return mbpf::test::fuzz(runs, static_cast<std::uint32_t>(seed));
}
