// SPDX-License-Identifier: Apache-2.0
// The CoAP server datagram by datagram: blocks both ways, repetitions, refusals, and anything at all.
#include "mbpf/coap.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "control.pb.h"
#include "device.h"

namespace mbpf::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

enum Option : std::uint16_t { kEtag = 4, kPath = 11, kFormat = 12, kQuery = 15, kAccept = 17, kBlock2 = 23, kBlock1 = 27, kSize1 = 60, kRequestTag = 292 };
enum Type : std::uint8_t { kCon, kNon, kAck, kRst };

struct Message {
    Type type = kCon;
    unsigned code = 0x02;  // POST
    std::uint16_t id = 0;
    Bytes token{1, 2, 3};
    std::vector<std::pair<std::uint16_t, Bytes>> options;  // rising
    Bytes payload;

    std::optional<std::uint32_t> number(std::uint16_t option) const {
        for (const auto& [n, value] : options)
            if (n == option) {
                std::uint32_t v = 0;
                for (std::uint8_t b : value) v = v << 8 | b;
                return v;
            }
        return std::nullopt;
    }
};

Bytes bytes_of(std::uint32_t v) {
    Bytes b;
    for (int shift = 24; shift >= 0; shift -= 8)
        if (!b.empty() || v >> shift != 0) b.push_back(static_cast<std::uint8_t>(v >> shift));
    return b;
}
Bytes text(const char* s) { return {s, s + std::strlen(s)}; }

Bytes encode(const Message& m) {
    Bytes out{static_cast<std::uint8_t>(0x40 | m.type << 4 | m.token.size()), static_cast<std::uint8_t>(m.code), static_cast<std::uint8_t>(m.id >> 8), static_cast<std::uint8_t>(m.id)};
    out.insert(out.end(), m.token.begin(), m.token.end());
    unsigned last = 0;
    for (const auto& [number, value] : m.options) {
        const auto part = [](std::size_t v) { return v < 13 ? v : v < 269 ? 13u : 14u; };
        const auto rest = [&](std::size_t v) {
            if (v >= 269) out.push_back(static_cast<std::uint8_t>((v - 269) >> 8)), out.push_back(static_cast<std::uint8_t>(v - 269));
            else if (v >= 13) out.push_back(static_cast<std::uint8_t>(v - 13));
        };
        out.push_back(static_cast<std::uint8_t>(part(number - last) << 4 | part(value.size())));
        rest(number - last);
        rest(value.size());
        out.insert(out.end(), value.begin(), value.end());
        last = number;
    }
    if (!m.payload.empty()) out.push_back(0xff);
    out.insert(out.end(), m.payload.begin(), m.payload.end());
    return out;
}

Message decode(std::span<const std::uint8_t> b) {
    Message m;
    EXPECT_GE(b.size(), 4u);
    EXPECT_EQ(b[0] >> 6, 1);
    m.type = static_cast<Type>(b[0] >> 4 & 3);
    m.code = b[1];
    m.id = static_cast<std::uint16_t>(b[2] << 8 | b[3]);
    std::size_t at = 4u + (b[0] & 15u);
    m.token.assign(b.begin() + 4, b.begin() + static_cast<std::ptrdiff_t>(at));
    unsigned number = 0;
    while (at < b.size() && b[at] != 0xff) {
        unsigned delta = b[at] >> 4;
        const unsigned n = b[at++] & 15u;
        EXPECT_LT(n, 13u);
        if (delta == 13) delta += b[at++];
        number += delta;
        m.options.emplace_back(number, Bytes(b.begin() + static_cast<std::ptrdiff_t>(at), b.begin() + static_cast<std::ptrdiff_t>(at + n)));
        at += n;
    }
    if (at < b.size()) m.payload.assign(b.begin() + static_cast<std::ptrdiff_t>(at + 1), b.end());
    return m;
}

class Coap : public testing::Test {
  protected:
    Coap() : control_(std::make_unique<mbpf_control>()), server_(std::make_unique<mbpf_coap>()) {
        mbpf_control_init(control_.get(), device.rt());
        mbpf_coap_init(server_.get(), control_.get());
    }
    Bytes raw(const Bytes& datagram, std::uint8_t peer = 1) {
        const std::uint8_t name[MBPF_COAP_PEER_BYTES] = {peer};
        const std::uint8_t* answer = nullptr;
        const std::uint32_t n = mbpf_coap_datagram(server_.get(), name, datagram.data(), static_cast<std::uint32_t>(datagram.size()), &answer);
        EXPECT_LE(n, MBPF_COAP_MAX_DATAGRAM);
        return Bytes(answer, answer + n);
    }
    Message send(Message m, std::uint8_t peer = 1) {
        m.id = ++id_;
        const Bytes answer = raw(encode(m), peer);
        EXPECT_FALSE(answer.empty());
        if (answer.empty()) return {};
        const Message a = decode(answer);
        EXPECT_EQ(a.token, m.token);
        if (m.type == kCon) {
            EXPECT_EQ(a.type, kAck);
            EXPECT_EQ(a.id, m.id);
        } else {
            EXPECT_EQ(a.type, kNon);
        }
        return a;
    }
    static Message to_control(Bytes payload = {}) {
        Message m;
        m.options = {{kPath, text("mbpf")}};
        m.payload = std::move(payload);
        return m;
    }
    static Bytes serialized(const control::Request& r) {
        const std::string s = r.SerializeAsString();
        return {s.begin(), s.end()};
    }
    static control::Response response(const Bytes& body) {
        control::Response r;
        EXPECT_TRUE(r.ParseFromArray(body.data(), static_cast<int>(body.size())));
        return r;
    }
    static Bytes hello() {
        control::Request r;
        r.mutable_hello()->set_nonce(1);
        return serialized(r);
    }
    // All blocks of an answer, each of at most 16 << exponent bytes.
    Bytes fetch(Message request, std::uint32_t exponent) {
        Bytes body;
        for (std::uint32_t n = 0;; ++n) {
            request.options = {{kPath, text("mbpf")}, {kBlock2, bytes_of(n << 4 | exponent)}};
            const Message a = send(request);
            const std::uint32_t block = a.number(kBlock2).value_or(0xfff);
            EXPECT_EQ(block >> 4, n);
            EXPECT_EQ(block & 7, exponent);
            EXPECT_TRUE(a.number(kEtag));
            body.insert(body.end(), a.payload.begin(), a.payload.end());
            request.payload.clear();  // further blocks are asked for without the request's
            if ((block & 8) == 0 || HasFailure()) return body;
            EXPECT_EQ(a.payload.size(), 16u << exponent);
        }
    }

    Device device;
    std::unique_ptr<mbpf_control> control_;
    std::unique_ptr<mbpf_coap> server_;
    std::uint16_t id_ = 100;
};

TEST_F(Coap, a_message_is_the_body_of_a_post) {
    const Message a = send(to_control(hello()));
    EXPECT_EQ(a.code, 0x44u);  // 2.04
    EXPECT_EQ(a.number(kFormat), 42u);
    EXPECT_FALSE(a.number(kBlock2));
    EXPECT_EQ(response(a.payload).hello().board(), "posix");
    Message unconfirmed = to_control(hello());
    unconfirmed.type = kNon;
    EXPECT_EQ(response(send(unconfirmed).payload).hello().board(), "posix");
}

TEST_F(Coap, a_get_is_a_hello_and_links_are_found) {
    Message m = to_control();
    m.code = 1;
    const Message a = send(m);
    EXPECT_EQ(a.code, 0x45u);
    EXPECT_EQ(response(a.payload).hello().platform(), "microbpf");
    EXPECT_EQ(response(fetch(m, 0)).hello().board(), "posix");
    m.options = {{kPath, text(".well-known")}, {kPath, text("core")}};
    const Message links = send(m);
    EXPECT_EQ(links.code, 0x45u);
    EXPECT_EQ(std::string(links.payload.begin(), links.payload.end()).substr(0, 7), "</mbpf>");
}

TEST_F(Coap, long_answers_come_in_blocks_of_the_size_asked_for) {
    for (int i = 0; i < 60; ++i) mbpf_console_line("a line of console text");
    control::Request r;
    r.mutable_log()->set_from(0);
    Message m = to_control(serialized(r));
    const Message first = send(m);
    EXPECT_EQ(first.number(kBlock2), 8u | MBPF_COAP_BLOCK_SIZE_EXPONENT);  // by itself: the greatest
    EXPECT_EQ(first.payload.size(), 16u << MBPF_COAP_BLOCK_SIZE_EXPONENT);
    const Bytes whole = fetch(m, MBPF_COAP_BLOCK_SIZE_EXPONENT);
    EXPECT_EQ(response(whole).log().text().size(), 768u);
    for (std::uint32_t exponent = 0; exponent < MBPF_COAP_BLOCK_SIZE_EXPONENT; ++exponent) EXPECT_EQ(fetch(m, exponent), whole) << exponent;
    // A greater size than ours, and a block that there is not.
    Message next = m;
    next.options = {{kPath, text("mbpf")}, {kBlock2, bytes_of(0u << 4 | 6)}};
    EXPECT_EQ(send(next).number(kBlock2), 8u | MBPF_COAP_BLOCK_SIZE_EXPONENT);
    next.payload.clear();
    for (std::uint32_t number : {60u, 65u, 0xfffffu}) {
        next.options = {{kPath, text("mbpf")}, {kBlock2, bytes_of(number << 4 | 0)}};
        EXPECT_EQ(send(next).code, 0x88u) << number;
    }
}

TEST_F(Coap, long_requests_come_in_blocks_of_any_size) {
    const control::HelloReply about = response(send(to_control(hello())).payload).hello();
    std::uint64_t sequence = 10;
    for (std::uint32_t exponent = 0; exponent <= 6; ++exponent) {
        control::Request begin, data;
        begin.set_session(about.session());
        begin.set_sequence(++sequence);
        begin.mutable_push_begin()->set_bytes(2000 + exponent);
        begin.mutable_push_begin()->set_sha256(std::string(32, static_cast<char>('a' + exponent)));
        ASSERT_EQ(response(send(to_control(serialized(begin))).payload).code(), control::CODE_OK);
        data.set_session(about.session());
        data.mutable_push_data()->set_transfer(0x01010101u * static_cast<std::uint32_t>('a' + exponent));
        data.mutable_push_data()->set_data(std::string(896, 'd'));
        const Bytes body = serialized(data);
        const std::size_t size = 16u << exponent;
        for (std::size_t at = 0; at < body.size(); at += size) {
            const bool more = body.size() - at > size;
            Message m = to_control(Bytes(body.begin() + static_cast<std::ptrdiff_t>(at), body.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, body.size()))));
            m.options = {{kPath, text("mbpf")}, {kBlock1, bytes_of(static_cast<std::uint32_t>(at / size) << 4 | (more ? 8u : 0u) | exponent)}, {kSize1, bytes_of(static_cast<std::uint32_t>(body.size()))}};
            const Message a = send(m);
            ASSERT_EQ(a.code, more ? 0x5fu : 0x44u) << at;
            EXPECT_EQ(a.number(kBlock1), m.number(kBlock1));
            if (!more) {
                EXPECT_EQ(response(a.payload).push().received(), 896u);
            }
        }
    }
}

TEST_F(Coap, blocks_must_follow_each_other_and_fit) {
    const auto block = [&](std::uint32_t option, std::size_t bytes) {
        Message m = to_control(Bytes(bytes, 'x'));
        m.options.emplace_back(kBlock1, bytes_of(option));
        return send(m).code;
    };
    EXPECT_EQ(block(1u << 4 | 8 | 2, 64), 0x88u);   // no block before it
    EXPECT_EQ(block(0u << 4 | 8 | 2, 64), 0x5fu);
    EXPECT_EQ(block(2u << 4 | 8 | 2, 64), 0x88u);   // one missing
    EXPECT_EQ(block(1u << 4 | 8 | 2, 63), 0x80u);   // not whole
    EXPECT_EQ(block(1u << 4 | 8 | 2, 64), 0x5fu);
    EXPECT_EQ(block(0xfffffu << 4 | 8 | 6, 64), 0x88u);
    EXPECT_EQ(block(0u << 4 | 8 | 7, 64), 0x82u);   // reserved size
    EXPECT_EQ(block(0u << 4 | 8 | 6, 1024), 0x5fu);
    EXPECT_EQ(block(1u << 4 | 6, 1), 0x8du);        // longer than a message
    EXPECT_EQ(send(to_control(Bytes(1025, 'x'))).code, 0x8du);
    EXPECT_EQ(send(to_control(Bytes(1024, 'x'))).code, 0x44u);
}

TEST_F(Coap, blocks_of_two_bodies_do_not_mix) {
    const auto block = [&](std::uint32_t number, const char* tag) {
        Message m = to_control(Bytes(64, 'x'));
        m.options.emplace_back(kBlock1, bytes_of(number << 4 | 8 | 2));
        m.options.emplace_back(kRequestTag, text(tag));
        return send(m).code;
    };
    EXPECT_EQ(block(0, "one"), 0x5fu);
    EXPECT_EQ(block(0, "two"), 0x5fu);
    EXPECT_EQ(block(1, "one"), 0x88u);  // late, of a try given up
    EXPECT_EQ(block(1, "two"), 0x5fu);
    EXPECT_EQ(block(2, "two"), 0x5fu);
}

TEST_F(Coap, a_repeated_datagram_is_answered_from_memory) {
    Message m = to_control(hello());
    m.id = 7;
    const Bytes first = raw(encode(m));
    EXPECT_EQ(raw(encode(m)), first);  // the uptime in it too: not executed again
    Message other = m;
    other.id = 8;
    EXPECT_NE(raw(encode(other)), first);
    EXPECT_TRUE(raw(encode(m)).empty());  // an older one, late
    EXPECT_FALSE(raw(encode(m), 2).empty());  // another peer's ids are its own
}

TEST_F(Coap, peers_do_not_mix_and_the_oldest_makes_room) {
    Message part = to_control(Bytes(64, 'x'));
    part.options.emplace_back(kBlock1, bytes_of(8 | 2));
    for (std::uint8_t peer = 1; peer <= MBPF_COAP_PEERS; ++peer) EXPECT_EQ(send(part, peer).code, 0x5fu);
    Message next = part;
    next.options[1].second = bytes_of(1u << 4 | 8 | 2);
    for (std::uint8_t peer = 1; peer <= MBPF_COAP_PEERS; ++peer) EXPECT_EQ(send(next, peer).code, 0x5fu);
    EXPECT_EQ(send(part, 99).code, 0x5fu);
    next.options[1].second = bytes_of(2u << 4 | 8 | 2);
    EXPECT_EQ(send(next, MBPF_COAP_PEERS).code, 0x5fu);
    EXPECT_EQ(send(next, 1).code, 0x88u);
}

TEST_F(Coap, what_is_not_served_is_refused) {
    const auto code = [&](unsigned method, std::vector<std::pair<std::uint16_t, Bytes>> options) {
        Message m = to_control(hello());
        m.code = method;
        m.options = std::move(options);
        return send(m).code;
    };
    const Bytes here = text("mbpf");
    EXPECT_EQ(code(2, {{kPath, text("other")}}), 0x84u);
    EXPECT_EQ(code(2, {}), 0x84u);
    EXPECT_EQ(code(2, {{kPath, here}, {kPath, here}}), 0x84u);
    EXPECT_EQ(code(2, {{kPath, text(".well-known")}}), 0x84u);
    EXPECT_EQ(code(2, {{kPath, text(".well-known")}, {kPath, text("core")}}), 0x85u);
    EXPECT_EQ(code(3, {{kPath, here}}), 0x85u);
    EXPECT_EQ(code(4, {{kPath, here}}), 0x85u);
    EXPECT_EQ(code(31, {{kPath, here}}), 0x85u);
    EXPECT_EQ(code(2, {{kPath, here}, {kQuery, text("a=b")}}), 0x82u);
    EXPECT_EQ(code(2, {{kPath, here}, {9, text("x")}}), 0x82u);       // critical, unknown
    EXPECT_EQ(code(2, {{kPath, here}, {2000, text("x")}}), 0x44u);    // elective, unknown
    EXPECT_EQ(code(2, {{kPath, here}, {2001, text("x")}}), 0x82u);
    EXPECT_EQ(code(2, {{3, text("device.example")}, {7, bytes_of(5683)}, {kPath, here}}), 0x44u);
    EXPECT_EQ(code(2, {{kPath, here}, {kFormat, bytes_of(50)}}), 0x8fu);
    EXPECT_EQ(code(2, {{kPath, here}, {kFormat, Bytes(5, 1)}}), 0x82u);
    EXPECT_EQ(code(2, {{kPath, here}, {kAccept, bytes_of(50)}}), 0x86u);
    EXPECT_EQ(code(2, {{kPath, here}, {kFormat, bytes_of(42)}, {kAccept, bytes_of(42)}}), 0x44u);
    EXPECT_EQ(code(2, {{kPath, here}, {kBlock2, bytes_of(1)}, {kBlock2, bytes_of(1)}}), 0x82u);
}

TEST_F(Coap, what_is_no_request_gets_a_reset_or_nothing) {
    const auto type_of = [&](const Bytes& b) {
        const Bytes a = raw(b);
        return a.empty() ? -1 : a.size() == 4 && a[1] == 0 && a[2] == b[2] && a[3] == b[3] ? int{a[0] >> 4 & 3} : -2;
    };
    EXPECT_EQ(type_of({0x40, 0, 0, 1}), kRst);                     // ping
    EXPECT_EQ(type_of({0x40, 0x45, 0, 2}), kRst);                  // a response that nobody awaits
    EXPECT_EQ(type_of({0x50, 0x45, 0, 3}), -1);
    EXPECT_EQ(type_of({0x60, 0x45, 0, 4}), -1);                    // ACK
    EXPECT_EQ(type_of({0x70, 0, 0, 5}), -1);                       // RST
    EXPECT_EQ(type_of({0x49, 2, 0, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9}), kRst);  // token of 9 bytes
    EXPECT_EQ(type_of({0x44, 2, 0, 7, 1}), kRst);                  // token cut off
    EXPECT_EQ(type_of({0x40, 2, 0, 8, 0xb4, 'm'}), kRst);          // option cut off
    EXPECT_EQ(type_of({0x40, 2, 0, 9, 0xf0}), kRst);               // reserved
    EXPECT_EQ(type_of({0x40, 2, 0, 10, 0x0f}), kRst);
    EXPECT_EQ(type_of({0x40, 2, 0, 11, 0xe0, 1}), kRst);
    EXPECT_EQ(type_of({0x40, 2, 0, 12, 0xff}), kRst);              // marker without payload
    EXPECT_EQ(type_of({0x50, 2, 0, 13, 0xff}), -1);
    EXPECT_EQ(type_of({0x80, 2, 0, 14}), -1);                      // another version
    EXPECT_EQ(type_of({0x40, 2, 0}), -1);
    EXPECT_TRUE(raw({}).empty());
}

TEST_F(Coap, random_datagrams_do_no_harm) {
    std::mt19937 random(5);
    const control::HelloReply about = response(send(to_control(hello())).payload).hello();
    for (int round = 0; round < 200'000; ++round) {
        Message m = to_control(hello());
        m.type = static_cast<Type>(random() % 4);
        m.id = static_cast<std::uint16_t>(random());
        m.code = random() % 4;
        m.payload.resize(random() % 80);
        for (auto& b : m.payload) b = static_cast<std::uint8_t>(random());
        if (random() % 2 == 0) m.options.emplace_back(random() % 2 == 0 ? kBlock1 : kBlock2, bytes_of(static_cast<std::uint32_t>(random() >> random() % 32) & 0xffffff));
        Bytes b = encode(m);
        for (unsigned n = random() % 4; n-- > 0;) b[random() % b.size()] = static_cast<std::uint8_t>(random());
        if (random() % 8 == 0) b.resize(random() % b.size());
        (void)raw(b, static_cast<std::uint8_t>(random() % 4));
    }
    const control::HelloReply now = response(send(to_control(hello()), 77).payload).hello();
    EXPECT_EQ(now.session(), about.session());
    EXPECT_EQ(now.last_sequence(), about.last_sequence());
    EXPECT_EQ(now.ram_free(), about.ram_free());
}

}  // namespace
}  // namespace mbpf::test
