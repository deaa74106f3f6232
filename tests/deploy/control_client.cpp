// SPDX-License-Identifier: Apache-2.0
// The client on bad lines: lost, late, doubled, torn and foreign replies; and how refusals read.
#include "simulator/control_client.h"

#include <gtest/gtest.h>
#include <mbpf/abi/admission.h>
#include <sodium.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/deploy/fake_device.h"

namespace mbpf {
namespace {

using Bytes = std::vector<std::uint8_t>;

control::Request hello() {
    control::Request r;
    r.mutable_hello();
    return r;
}
template <class T>
std::string code_of(const Result<T>& r) {
    return r ? "ok" : r.error().code;
}

TEST(Call, brings_the_reply) {
    FakeDevice device;
    device.answer = [](const control::Request&, control::Response& r) { r.mutable_hello()->set_board("bench"); };
    ControlClient client = device.client();
    auto r = client.call(hello());
    ASSERT_TRUE(r);
    EXPECT_EQ(r->hello().board(), "bench");
    ASSERT_TRUE(client.call(hello()));
    EXPECT_NE(device.requests[1].sequence(), device.requests[0].sequence());
}

TEST(Call, repeats_the_same_request_when_a_reply_is_lost) {
    FakeDevice device;
    device.line = [](int n, const control::Response& r) { return n < 2 ? std::vector<Bytes>{} : std::vector<Bytes>{frame_of(r)}; };
    ControlClient client = device.client();
    ASSERT_TRUE(client.call(hello()));
    ASSERT_EQ(device.requests.size(), 3u);
    EXPECT_EQ(device.requests[0].SerializeAsString(), device.requests[2].SerializeAsString());
}

TEST(Call, gives_up_after_its_tries) {
    FakeDevice device;
    device.line = [](int, const control::Response&) { return std::vector<Bytes>{}; };
    ControlClient client = device.client();
    auto r = client.call(hello());
    EXPECT_EQ(code_of(r), "MBPF4102");
    EXPECT_EQ(exit_code(r.error()), 4);
    EXPECT_EQ(device.requests.size(), 5u);
}

TEST(Call, takes_a_late_reply_to_an_earlier_try_once) {
    FakeDevice device;
    // The first reply comes with the second: both are for this request, and neither for the next.
    device.line = [](int n, const control::Response& r) { return n == 0 ? std::vector<Bytes>{} : n == 1 ? std::vector<Bytes>{frame_of(r), frame_of(r)} : std::vector<Bytes>{frame_of(r)}; };
    int calls = 0;
    device.answer = [&](const control::Request&, control::Response& r) { r.mutable_hello()->set_uptime_ns(static_cast<unsigned>(++calls)); };
    ControlClient client = device.client();
    ASSERT_TRUE(client.call(hello()));
    auto next = client.call(hello());
    ASSERT_TRUE(next);
    EXPECT_EQ(next->hello().uptime_ns(), 3u);
}

TEST(Call, ignores_replies_to_others) {
    FakeDevice device;
    device.line = [](int, const control::Response& r) {
        control::Response other = r;
        other.set_sequence(r.sequence() - 1);
        other.mutable_hello()->set_board("stale");
        return std::vector<Bytes>{frame_of(other), frame_of(r)};
    };
    device.answer = [](const control::Request&, control::Response& r) { r.mutable_hello()->set_board("bench"); };
    ControlClient client = device.client();
    auto r = client.call(hello());
    ASSERT_TRUE(r);
    EXPECT_EQ(r->hello().board(), "bench");
}

TEST(Call, passes_torn_and_foreign_frames_over) {
    FakeDevice device;
    device.line = [](int n, const control::Response& r) {
        Bytes frame = frame_of(r);
        if (n == 0) return std::vector<Bytes>{Bytes(frame.begin(), frame.begin() + 4)};  // cut
        if (n == 1) {
            frame[3] = static_cast<std::uint8_t>(frame[3] ^ 0x40);
            return std::vector<Bytes>{frame};
        }
        std::vector<Bytes> bytewise{encode_frame(Bytes{0xff, 0xff, 0xff})};  // sound, but no protobuf
        for (std::uint8_t b : frame) bytewise.push_back({b});
        return bytewise;
    };
    ControlClient client = device.client();
    EXPECT_EQ(code_of(client.call(hello())), "ok");
    EXPECT_EQ(device.requests.size(), 3u);
}

TEST(Call, hands_console_text_on) {
    FakeDevice device;
    device.line = [](int, const control::Response& r) {
        const Bytes text{'h', 'o', 't', '\n'};
        return std::vector<Bytes>{text, frame_of(r)};
    };
    ControlClient client = device.client();
    std::string seen;
    client.on_text = [&](std::string_view text) { seen += text; };
    ASSERT_TRUE(client.call(hello()));
    EXPECT_EQ(seen, "hot\n");
}

TEST(Call, refuses_what_no_message_can_hold) {
    FakeDevice device;
    ControlClient client = device.client();
    control::Request r;
    r.mutable_push_data()->set_data(std::string(1100, 'x'));
    EXPECT_EQ(code_of(client.call(std::move(r))), "MBPF3503");
    EXPECT_TRUE(device.requests.empty());
}

TEST(Call, random_replies_never_crash_it) {
    std::mt19937 random(4);
    FakeDevice device;
    device.line = [&](int, const control::Response& r) {
        std::string bytes = r.SerializeAsString();
        for (int i = 0; i < 20; ++i) bytes.push_back(static_cast<char>(random()));
        std::shuffle(bytes.begin() + 6, bytes.end(), random);
        return std::vector<Bytes>{encode_frame(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()))};
    };
    ControlClient client = device.client();
    client.timeout_ms = 1;
    client.tries = 2;
    for (int i = 0; i < 300; ++i) (void)client.call(hello());
    EXPECT_GE(device.requests.size(), 300u);
}

TEST(Sequence, begins_anywhere) {
    FakeDevice device;
    std::set<std::uint64_t> starts;
    for (int i = 0; i < 4; ++i) {
        ControlClient client = device.client();
        ASSERT_TRUE(client.call(hello()));
        starts.insert(device.requests.back().sequence());
    }
    EXPECT_EQ(starts.size(), 4u);
}

TEST(Refusal, of_every_admission_check_has_its_code_text_and_advice) {
    struct Row {
        unsigned number;
        std::string what, fix;
    };
#define MBPF_TEST_ROW(number, name, what, fix) {number, what, fix},
    const std::vector<Row> rows{MBPF_ADMISSION_TABLE(MBPF_TEST_ROW)};
#undef MBPF_TEST_ROW
    for (const Row& row : rows) {
        if (row.number == 0) continue;
        control::Response r;
        r.set_code(control::CODE_REFUSED);
        r.set_admission(row.number);
        r.set_expected(17);
        r.set_actual(18);
        r.set_detail("main");
        const Diagnostic d = refusal(r);
        EXPECT_EQ(d.code, "MBPF" + std::to_string(5100 + row.number));
        EXPECT_EQ(d.message, "device refused: " + row.what + " (admission " + std::to_string(row.number) + ")");
        EXPECT_TRUE(d.why.starts_with("expected ")) << d.why;
        EXPECT_TRUE(d.why.ends_with("; main")) << d.why;
        EXPECT_EQ(d.fix, row.fix);
        EXPECT_EQ(exit_code(d), 5);
        ASSERT_NE(find_diagnostic_code(d.code), nullptr) << d.code;
    }
}

TEST(Refusal, values_are_shown_as_people_compare_them) {
    const auto why = [](unsigned admission, std::uint64_t expected, std::uint64_t actual) {
        control::Response r;
        r.set_code(control::CODE_REFUSED);
        r.set_admission(admission);
        r.set_expected(expected);
        r.set_actual(actual);
        return refusal(r).why;
    };
    EXPECT_EQ(why(MBPF_ADMIT_STACK, 512, 600), "expected 512, actual 600");
    EXPECT_EQ(why(MBPF_ADMIT_ISA, 16, 3), "expected rv32, actual thumbv7em");
    EXPECT_EQ(why(MBPF_ADMIT_ISA, 16, 99), "expected rv32, actual isa 99");
    EXPECT_EQ(why(MBPF_ADMIT_CAPABILITY, 0xff, 0x100), "expected 0xff, actual 0x100");
    EXPECT_EQ(why(MBPF_ADMIT_KEY_UNKNOWN, 0, 0x00750f98bd59fcfc), "expected a trusted key, actual key 00750f98bd59fcfc");
    EXPECT_EQ(why(MBPF_ADMIT_SIGNATURE_INVALID, 0, 1), "expected a signature that holds, actual one by key 0000000000000001");
}

TEST(Refusal, device_text_cannot_drive_a_terminal) {
    control::Response r;
    r.set_code(control::CODE_NOT_FOUND);
    r.set_detail("\x1b[2Jmap\x07");
    EXPECT_EQ(refusal(r).why, "[2Jmap");
}

TEST(Refusal, of_other_kinds_has_codes_too) {
    const std::pair<int, const char*> kCases[] = {{control::CODE_BAD_REQUEST, "MBPF3502"}, {control::CODE_NOT_FOUND, "MBPF4104"}, {control::CODE_BAD_STATE, "MBPF4105"}, {control::CODE_FULL, "MBPF4106"},
                                                  {control::CODE_UNSUPPORTED, "MBPF4107"}, {control::CODE_OUT_OF_RANGE, "MBPF4108"}, {control::CODE_STALE, "MBPF4109"}, {control::CODE_FLASH_FAILED, "MBPF4110"}, {control::CODE_STOPPED, "MBPF4111"}, {99, "MBPF3502"}};
    for (const auto& [code, diagnostic] : kCases) {
        control::Response r;
        r.set_code(static_cast<control::Code>(code));
        EXPECT_EQ(refusal(r).code, diagnostic);
        EXPECT_NE(find_diagnostic_code(diagnostic), nullptr);
    }
    control::Response unknown;
    unknown.set_code(control::CODE_REFUSED);
    unknown.set_admission(4711);
    EXPECT_EQ(refusal(unknown).code, "MBPF3501");
}

TEST(Push, sends_the_package_in_the_devices_chunks_and_then_commits) {
    for (const std::uint32_t chunk : {0u, 100u, 896u, 4000000000u}) {
        FakeDevice device;
        std::string sent;
        device.answer = [&](const control::Request& request, control::Response& r) {
            if (request.has_hello()) r.mutable_hello()->set_max_chunk(chunk);
            if (request.has_push_data()) {
                EXPECT_EQ(request.push_data().offset(), sent.size());
                sent += request.push_data().data();
                r.mutable_push()->set_received(static_cast<std::uint32_t>(sent.size()));
            }
            if (request.has_push_commit()) {
                EXPECT_FALSE(request.push_commit().activate());
                EXPECT_TRUE(request.push_commit().dry_run());
                r.mutable_push()->set_package_id(5);
            }
        };
        Bytes package(2500);
        for (std::size_t i = 0; i < package.size(); ++i) package[i] = static_cast<std::uint8_t>(i * 7);
        ControlClient client = device.client();
        std::vector<std::uint64_t> progress;
        auto r = client.push(package, {.activate = false, .dry_run = true}, [&](std::uint64_t done, std::uint64_t total) {
            EXPECT_EQ(total, 2500u);
            progress.push_back(done);
        });
        ASSERT_TRUE(r) << r.error().message;
        EXPECT_EQ(r->push().package_id(), 5u);
        EXPECT_EQ(sent, std::string(package.begin(), package.end()));
        EXPECT_EQ(progress.back(), 2500u);
        EXPECT_TRUE(std::ranges::is_sorted(progress));
        std::uint8_t digest[32];
        crypto_hash_sha256(digest, package.data(), package.size());
        EXPECT_EQ(device.requests[1].push_begin().sha256(), std::string(reinterpret_cast<char*>(digest), 32));
        EXPECT_EQ(device.requests[1].push_begin().bytes(), 2500u);
    }
}

// Takes a transfer as a device does; chunks may be lost, and the whole device restarted.
struct Receiver {
    explicit Receiver(FakeDevice& device, std::uint32_t line_bytes = 1024) {
        device.answer = [this, line_bytes](const control::Request& request, control::Response& r) {
            if (request.has_hello()) {
                r.mutable_hello()->set_max_chunk(896);
                r.mutable_hello()->set_line_bytes(line_bytes);
                r.mutable_hello()->set_session(session);
            } else if (request.session() != session) {
                r.set_code(control::CODE_STALE);
            } else if (request.has_push_begin()) {
                if (request.push_begin().sha256() != digest) taken.clear();
                digest = request.push_begin().sha256();
                r.mutable_push()->set_received(static_cast<std::uint32_t>(taken.size()));
            } else if (request.has_push_data()) {
                if (digest.empty()) r.set_code(control::CODE_BAD_STATE);
                else if (request.push_data().offset() > taken.size()) r.set_code(control::CODE_OUT_OF_RANGE);
                else if (request.push_data().offset() == taken.size()) taken += request.push_data().data();
                data_bytes += request.push_data().data().size();
                r.mutable_push()->set_received(static_cast<std::uint32_t>(taken.size()));
            } else if (request.has_push_commit()) {
                committed = taken;
                digest.clear();
            }
        };
    }
    std::uint32_t session = 5;
    std::string digest, taken, committed;
    std::size_t data_bytes = 0;
};

Bytes some_package(std::size_t n) {
    Bytes package(n);
    for (std::size_t i = 0; i < n; ++i) package[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    return package;
}

TEST(Push, keeps_within_the_devices_receive_buffer) {
    for (const std::uint32_t line_bytes : {0u, 100u, 300u, 1024u, 4096u, 100000u}) {
        FakeDevice device;
        Receiver receiver(device, line_bytes);
        const Bytes package = some_package(20'000);
        ControlClient client = device.client();
        ASSERT_TRUE(client.push(package, {}));
        EXPECT_EQ(receiver.committed, std::string(package.begin(), package.end()));
        EXPECT_LE(device.most_unread, std::max<std::size_t>(line_bytes, 1000)) << line_bytes;  // one frame always goes
        if (line_bytes >= 1024) {
            EXPECT_GT(device.most_unread, std::min<std::size_t>(line_bytes, package.size()) * 3 / 4);
        }
    }
}

TEST(Push, goes_back_when_chunks_or_answers_are_lost) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        FakeDevice device;
        Receiver receiver(device, 4096);
        std::mt19937 random(seed);
        device.hears = [&](const control::Request& r) { return !r.has_push_data() || random() % 4 != 0; };
        device.line = [&](int, const control::Response& r) { return random() % 4 == 0 ? std::vector<Bytes>{} : std::vector<Bytes>{frame_of(r)}; };
        const Bytes package = some_package(30'000);
        ControlClient client = device.client();
        client.timeout_ms = 2;
        client.tries = 30;
        const auto r = client.push(package, {});
        ASSERT_TRUE(r) << r.error().message;
        EXPECT_EQ(receiver.committed, std::string(package.begin(), package.end()));
    }
}

// Each answer to data comes when the client has sent again already.
TEST(Push, gets_on_with_a_device_that_is_always_slow) {
    FakeDevice device;
    Receiver receiver(device, 512);
    bool is_data = false;
    device.hears = [&](const control::Request& r) { return is_data = r.has_push_data(), true; };
    std::deque<Bytes> held;
    device.line = [&](int, const control::Response& r) {
        if (!is_data) return std::vector<Bytes>{frame_of(r)};
        held.push_back(frame_of(r));
        if (held.size() <= 4) return std::vector<Bytes>{};
        std::vector<Bytes> late{held.front()};
        held.pop_front();
        return late;
    };
    const Bytes package = some_package(3'000);
    ControlClient client = device.client();
    client.timeout_ms = 2;
    client.tries = 10;
    const auto r = client.push(package, {});
    ASSERT_TRUE(r) << r.error().message << "\n" << r.error().why;
    EXPECT_EQ(receiver.committed, std::string(package.begin(), package.end()));
}

TEST(Push, goes_on_where_a_broken_line_left_it) {
    FakeDevice device;
    Receiver receiver(device);
    const Bytes package = some_package(20'000);
    int chunks = 0;
    device.hears = [&](const control::Request& r) { return !r.has_push_data() || ++chunks <= 20; };
    {
        ControlClient client = device.client();
        const auto r = client.push(package, {});
        ASSERT_EQ(code_of(r), "MBPF4102");
        EXPECT_NE(r.error().fix.find("push again"), std::string::npos);
    }
    const std::size_t before = receiver.data_bytes;
    ASSERT_GT(receiver.taken.size(), 5'000u);
    device.hears = {};
    ControlClient client = device.client();
    ASSERT_TRUE(client.push(package, {}));
    EXPECT_EQ(receiver.data_bytes, package.size()) << "sent " << before << " bytes before";
    EXPECT_EQ(receiver.committed, std::string(package.begin(), package.end()));
}

TEST(Push, begins_again_when_the_device_restarts) {
    for (const int at : {3, 10, 40, 47}) {
        FakeDevice device;
        Receiver receiver(device);
        int requests = 0;
        device.hears = [&](const control::Request&) {
            if (++requests == at) {
                receiver.session = 6;
                receiver.digest.clear();
                receiver.taken.clear();
            }
            return true;
        };
        const Bytes package = some_package(20'000);
        ControlClient client = device.client();
        const auto r = client.push(package, {});
        ASSERT_TRUE(r) << r.error().message;
        EXPECT_EQ(receiver.committed, std::string(package.begin(), package.end()));
    }
}

TEST(Push, ends_with_a_device_that_never_gets_on) {
    for (const control::Code code : {control::CODE_OK, control::CODE_OUT_OF_RANGE, control::CODE_BAD_STATE, control::CODE_STALE}) {
        FakeDevice device;
        device.answer = [&](const control::Request& request, control::Response& r) {
            if (request.has_push_data()) r.set_code(code);
        };
        ControlClient client = device.client();
        client.timeout_ms = 1;
        EXPECT_FALSE(client.push(some_package(5'000), {}));
        EXPECT_LT(device.requests.size(), 3'000u);
    }
}

TEST(Session, a_request_refused_as_stale_is_sent_again_in_the_new_session) {
    FakeDevice device;
    std::uint32_t session = 5;
    std::uint64_t last = 0;
    device.answer = [&](const control::Request& request, control::Response& r) {
        if (request.has_hello()) {
            r.mutable_hello()->set_session(session);
            r.mutable_hello()->set_last_sequence(last);
        } else if (request.session() != session || request.sequence() <= last) {
            r.set_code(control::CODE_STALE);
        } else {
            last = request.sequence();
        }
    };
    control::Request attach;
    attach.mutable_attach();
    ControlClient client = device.client();
    EXPECT_TRUE(client.call(attach));
    session = 6;  // restarted
    EXPECT_TRUE(client.call(attach));
    last += std::uint64_t{100} << 32;  // another client was there
    EXPECT_TRUE(client.call(attach));
    EXPECT_EQ(device.requests.size(), 8u);
    // Not when it may have been done already: its answer was lost, then the device restarted.
    device.line = [&](int, const control::Response& r) {
        if (session == 7 || r.code() != control::CODE_OK) return std::vector<Bytes>{frame_of(r)};
        session = 7;
        return std::vector<Bytes>{};
    };
    EXPECT_EQ(code_of(client.call(attach)), "MBPF4109");
}

TEST(Session, ends_with_a_device_that_finds_everything_stale) {
    FakeDevice device;
    device.answer = [](const control::Request& request, control::Response& r) {
        if (!request.has_hello()) r.set_code(control::CODE_STALE);
    };
    control::Request attach;
    attach.mutable_attach();
    EXPECT_EQ(code_of(device.client().call(attach)), "MBPF4109");
    EXPECT_LT(device.requests.size(), 20u);
}

TEST(Push, stops_at_the_first_refusal) {
    FakeDevice device;
    device.answer = [&](const control::Request& request, control::Response& r) {
        if (!request.has_push_begin()) return;
        r.set_code(control::CODE_REFUSED);
        r.set_admission(MBPF_ADMIT_TOO_LARGE);
    };
    ControlClient client = device.client();
    EXPECT_EQ(code_of(client.push(Bytes(5000), {})), "MBPF5106");
    EXPECT_EQ(device.requests.size(), 2u);
}

TEST(List, asks_for_one_package_after_the_other) {
    FakeDevice device;
    device.answer = [](const control::Request& request, control::Response& r) {
        r.mutable_list()->set_count(3);
        r.mutable_list()->set_name("p" + std::to_string(request.list().index()));
    };
    ControlClient client = device.client();
    auto list = client.list();
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 3u);
    EXPECT_EQ(list->at(2).name(), "p2");
    device.answer = [](const control::Request&, control::Response& r) { r.mutable_list(); };
    auto none = client.list();
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
}

TEST(List, of_a_device_that_never_ends_does) {
    FakeDevice device;
    device.answer = [](const control::Request& request, control::Response& r) { r.mutable_hooks()->set_count(request.list_hooks().index() + 2); };
    ControlClient client = device.client();
    auto hooks = client.hooks();
    ASSERT_TRUE(hooks);
    EXPECT_EQ(hooks->size(), 1000u);
}

}  // namespace
}  // namespace mbpf
