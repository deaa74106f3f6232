// SPDX-License-Identifier: Apache-2.0
// libcoap's client against the runtime's own server in a process of its own: what mbpf-deploy does over
// coap://, in blocks of every size, over a network that loses, doubles and reorders; and datagrams of anything.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <fstream>
#include <random>
#include <thread>

#include "sdk/deploy/coap_channel.h"
#include "simulator/control_client.h"
#include "tests/firmware_runtime/device.h"

namespace mbpf::test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::independent_bits_engine<std::mt19937, 32, std::uint32_t>;

// An IPv4 socket on the loopback interface.
class Udp {
  public:
    Udp() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in a = at(0);
        EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
        socklen_t n = sizeof a;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &n);
        port_ = ntohs(a.sin_port);
    }
    ~Udp() { ::close(fd_); }
    Udp(const Udp&) = delete;
    Udp& operator=(const Udp&) = delete;
    static sockaddr_in at(std::uint16_t port) {
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        a.sin_port = htons(port);
        return a;
    }
    void send(std::span<const std::uint8_t> b, std::uint16_t port) const {
        const sockaddr_in a = at(port);
        ::sendto(fd_, b.data(), b.size(), 0, reinterpret_cast<const sockaddr*>(&a), sizeof a);
    }
    // Empty: nothing came.
    Bytes receive(int timeout_ms, std::uint16_t* from = nullptr) const {
        pollfd p{fd_, POLLIN, 0};
        if (::poll(&p, 1, timeout_ms) <= 0) return {};
        Bytes b(2000);
        sockaddr_in a{};
        socklen_t bytes = sizeof a;
        const ssize_t n = ::recvfrom(fd_, b.data(), b.size(), 0, reinterpret_cast<sockaddr*>(&a), &bytes);
        b.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
        if (from != nullptr) *from = ntohs(a.sin_port);
        return b;
    }
    std::uint16_t port() const { return port_; }

  private:
    int fd_;
    std::uint16_t port_ = 0;
};

// Between one client and the device: loses, doubles and delays.
class BadNetwork {
  public:
    explicit BadNetwork(std::uint16_t device) : device_(device), thread_([this] { run(); }) {}
    ~BadNetwork() {
        stop_ = true;
        thread_.join();
    }
    std::uint16_t port() const { return near_.port(); }

  private:
    void run() {
        Random random(9);
        std::uint16_t client = 0;
        std::deque<Bytes> late;
        const auto carry = [&](const Bytes& b, const auto& deliver) {
            if (b.empty() || random() % 12 == 0) return;
            if (random() % 6 == 0) deliver(b);
            deliver(b);
        };
        while (!stop_) {
            const Bytes request = near_.receive(1, &client);
            if (random() % 8 == 0 && !request.empty()) late.push_back(request);
            else carry(request, [&](const Bytes& b) { far_.send(b, device_); });
            if (!late.empty() && random() % 4 == 0) {
                far_.send(late.front(), device_);
                late.pop_front();
            }
            carry(far_.receive(1), [&](const Bytes& b) { near_.send(b, client); });
        }
    }
    std::uint16_t device_;
    Udp near_, far_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

class CoapDevice : public testing::Test {
  protected:
    void SetUp() override {
        anchors_file_ = testing::TempDir() + "anchors-" + std::to_string(::getpid());
        const Bytes blob = anchors({device_.verifier, device_.release});
        std::ofstream(anchors_file_, std::ios::binary).write(reinterpret_cast<const char*>(blob.data()), static_cast<std::streamsize>(blob.size()));
        int out[2];
        ASSERT_EQ(::pipe(out), 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        posix_spawn_file_actions_addclose(&actions, out[0]);
        std::string program = MBPF_FIRMWARE_POSIX, port = "--port", zero = "0", trust = "--trust";
        char* arguments[] = {program.data(), port.data(), zero.data(), trust.data(), anchors_file_.data(), nullptr};
        ASSERT_EQ(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(out[1]);
        std::string line;
        for (char c; ::read(out[0], &c, 1) == 1 && c != '\n';) line.push_back(c);
        console_ = out[0];
        const std::size_t colon = line.rfind(':');
        ASSERT_NE(colon, std::string::npos) << line;
        port_ = static_cast<std::uint16_t>(std::stoul(line.substr(colon + 1)));
    }
    void TearDown() override {
        if (pid_ > 0) {
            int status = 0;
            EXPECT_EQ(::waitpid(pid_, &status, WNOHANG), 0) << "it ended by itself, status " << status;
            ::kill(pid_, SIGTERM);
            ::waitpid(pid_, &status, 0);
        }
        if (console_ >= 0) ::close(console_);
        ::unlink(anchors_file_.c_str());
    }
    ControlClient client(unsigned block = 512, std::uint16_t port = 0, int timeout_ms = 2000) {
        auto channel = deploy::open_coap("coap://127.0.0.1:" + std::to_string(port != 0 ? port : port_), {.block_bytes = block});
        EXPECT_TRUE(channel);
        ControlClient c(std::move(channel).value());
        c.timeout_ms = timeout_ms;
        return c;
    }
    Bytes package(std::size_t text_bytes, const std::string& name = "demo") {
        Package p = simple_package(name);
        Random random(3);
        while (p.text.size() < text_bytes) p.text.push_back(static_cast<std::uint8_t>(random()));
        p.maps = {array_map("values", 600, 2)};
        finish(p);
        return device_.signed_bytes(p);
    }
    // Install, list, look, change, run, unload.
    void session(ControlClient& c) {
        const auto said = [](const Result<control::Response>& r) { return r ? std::string("ok") : r.error().code + " " + r.error().message; };
        ASSERT_EQ(said(c.push(package(5'000), {})), "ok");
        auto list = c.list();
        ASSERT_TRUE(list);
        ASSERT_EQ(list->size(), 1u);
        EXPECT_EQ(list->at(0).name(), "demo");
        EXPECT_TRUE(list->at(0).programs(0).attached());
        control::Request r;
        auto& m = *r.mutable_map();
        m.set_package("demo");
        m.set_map("values");
        m.set_key(std::string("\1\0\0\0", 4));
        m.set_op(control::MapAccess::UPDATE);
        m.set_value(std::string(600, 'v'));
        ASSERT_EQ(said(c.call(r)), "ok");
        m.set_op(control::MapAccess::LOOKUP);
        m.clear_value();
        const auto value = c.call(r);
        ASSERT_EQ(said(value), "ok");
        EXPECT_EQ(value->map().value(), std::string(600, 'v'));
        r.mutable_test_run()->set_package("demo");
        r.mutable_test_run()->set_program("main");
        const auto run = c.call(r);
        ASSERT_EQ(said(run), "ok");
        EXPECT_EQ(run->test_run().result(), 42u);
        r.mutable_unload()->set_package("demo");
        ASSERT_EQ(said(c.call(r)), "ok");
        EXPECT_EQ(said(c.call(r)).substr(0, 8), "MBPF4104");
        list = c.list();
        ASSERT_TRUE(list);
        EXPECT_TRUE(list->empty());
    }

    Device device_;  // for its keys; the device under test is the process
    std::string anchors_file_;
    pid_t pid_ = -1;
    int console_ = -1;
    std::uint16_t port_ = 0;
};

TEST_F(CoapDevice, does_what_a_line_does_in_blocks_of_any_size) {
    for (const unsigned block : {64u, 128u, 256u, 512u, 1024u}) {
        SCOPED_TRACE(block);
        ControlClient c = client(block);
        session(c);
    }
}

TEST_F(CoapDevice, serves_several_clients_at_once) {
    ControlClient a = client(), b = client(64);
    ASSERT_TRUE(a.push(package(3'000, "first"), {}));
    ASSERT_TRUE(b.push(package(3'000, "second"), {}));
    control::Request r;
    r.mutable_unload()->set_package("first");
    ASSERT_TRUE(a.call(r));  // though b was there since
    auto list = b.list();
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 1u);
    EXPECT_EQ(list->at(0).name(), "second");
}

TEST_F(CoapDevice, does_each_thing_once_over_a_bad_network) {
    BadNetwork network(port_);
    ControlClient c = client(256, network.port(), 150);
    c.tries = 100;
    session(c);
    const auto pushed = c.push(package(2'000), {});
    ASSERT_TRUE(pushed) << pushed.error().code << " " << pushed.error().message;
    control::Request attach, detach;
    attach.mutable_attach()->set_package("demo");
    attach.mutable_attach()->set_program("main");
    detach.mutable_detach()->set_package("demo");
    detach.mutable_detach()->set_program("main");
    for (int i = 0; i < 12; ++i) {  // each done twice would be refused
        auto d = c.call(detach);
        ASSERT_TRUE(d) << d.error().message;
        auto a = c.call(attach);
        ASSERT_TRUE(a) << a.error().message;
    }
}

TEST_F(CoapDevice, a_hundred_thousand_datagrams_change_nothing) {
    ControlClient c = client();
    ASSERT_TRUE(c.push(package(3'000), {}));
    control::Request hello;
    hello.mutable_hello();
    const auto before = c.call(hello);
    ASSERT_TRUE(before);
    // What a client sends, seen on the way; then that whole, cut and changed, from many ports.
    std::vector<Bytes> seen;
    {
        Udp tap;
        std::thread user([&] {
            ControlClient blind = client(64, tap.port(), 60);
            blind.tries = 3;
            (void)blind.push(package(3'000), {});
        });
        for (Bytes b = tap.receive(1000); !b.empty() && seen.size() < 30; b = tap.receive(400)) seen.push_back(b);
        user.join();
    }
    ASSERT_FALSE(seen.empty());
    seen.push_back({0x40, 0x01, 0, 1, 0xb4, 'm', 'b', 'p', 'f'});
    seen.push_back({0x51, 0x02, 0, 1, 7, 0xb4, 'm', 'b', 'p', 'f', 0xd1, 0x03, 0x08, 0xff, 'x'});
    Udp from[6];
    Random random(31);
    for (int i = 0; i < 100'000; ++i) {
        Bytes b = seen[random() % seen.size()];
        if (random() % 4 == 0) {
            b.resize(random() % 60);
            for (auto& x : b) x = static_cast<std::uint8_t>(random());
        }
        for (unsigned n = random() % 5; n-- > 0 && !b.empty();) b[random() % b.size()] = static_cast<std::uint8_t>(random());
        if (random() % 6 == 0) b.resize(random() % (b.size() + 1));
        const Udp& socket = from[random() % 6];
        socket.send(b, port_);
        if (i % 25 == 0)
            for (const Udp& s : from)
                while (!s.receive(0).empty()) {}
        if (i % 150 == 0) {
            ASSERT_TRUE(c.call(hello)) << "after " << i;  // and so that the device keeps up
        }
    }
    const auto after = c.call(hello);
    ASSERT_TRUE(after);
    EXPECT_EQ(after->hello().session(), before->hello().session());
    EXPECT_EQ(after->hello().last_sequence(), before->hello().last_sequence());
    EXPECT_EQ(after->hello().ram_free(), before->hello().ram_free());
    control::Request run;
    run.mutable_test_run()->set_package("demo");
    run.mutable_test_run()->set_program("main");
    const auto ran = c.call(run);
    ASSERT_TRUE(ran) << ran.error().message;
    EXPECT_EQ(ran->test_run().result(), 42u);
}

TEST(CoapChannel, says_what_is_no_device) {
    Udp other;
    std::atomic<bool> stop = false;
    std::thread server([&] {
        while (!stop) {
            std::uint16_t client = 0;
            const Bytes b = other.receive(10, &client);
            if (b.size() < 4) continue;
            Bytes answer{static_cast<std::uint8_t>(0x60 | (b[0] & 15)), 0x84, b[2], b[3]};  // 4.04
            answer.insert(answer.end(), b.begin() + 4, b.begin() + 4 + (b[0] & 15));
            other.send(answer, client);
        }
    });
    auto channel = deploy::open_coap("coap://127.0.0.1:" + std::to_string(other.port()));
    ASSERT_TRUE(channel);
    ControlClient c(std::move(channel).value());
    control::Request hello;
    hello.mutable_hello();
    const auto r = c.call(hello);
    stop = true;
    server.join();
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "MBPF3504");
    EXPECT_NE(r.error().message.find("4.04"), std::string::npos);
}

TEST(CoapChannel, urls_are_checked) {
    for (const char* url : {"coap://", "coap://:5683", "coap://[::1", "coap://[::1]5683", "coap://a:b", "coap://a:123456", "http://a", "coap:/"}) {
        const auto r = deploy::open_coap(url);
        ASSERT_FALSE(r) << url;
        EXPECT_EQ(r.error().code, "MBPF4103") << url;
    }
    EXPECT_TRUE(deploy::open_coap("coap://127.0.0.1"));
    EXPECT_TRUE(deploy::open_coap("coap://[::1]:1234"));
    const auto nowhere = deploy::open_coap("coap://no.such.host.invalid");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, "MBPF4101");
}

}  // namespace
}  // namespace mbpf::test
