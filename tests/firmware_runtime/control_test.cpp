// SPDX-License-Identifier: Apache-2.0
// The control protocol end to end on the host: the host's protobuf messages against the device's nanopb.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "control.pb.h"
#include "device.h"
#include "mbpf/control.h"
#include "simulator/framing.h"

namespace mbpf::test {
namespace {

class Line {
  public:
    Line() : control_(std::make_unique<mbpf_control>()) {
        mbpf_control_init(control_.get(), device.rt());
        control_->stimulus = mbpf_virtual_board_stimulus;
    }
    Device device;

    std::optional<control::Response> send(const std::vector<std::uint8_t>& bytes) {
        std::optional<control::Response> response;
        FrameReceiver receiver;
        for (const std::uint8_t b : bytes) {
            if (!mbpf_control_byte(control_.get(), b)) continue;
            for (const auto& m : receiver.receive({control_->frame, control_->frame_bytes})) {
                response.emplace();
                EXPECT_TRUE(response->ParseFromArray(m.data(), static_cast<int>(m.size())));
            }
        }
        return response;
    }
    control::Response call(control::Request request, bool same_sequence = false) {
        if (session_ == 0 && !request.has_hello()) {
            control::Request hello;
            hello.mutable_hello()->set_nonce(7);
            session_ = call(hello).hello().session();
        }
        if (!same_sequence) ++sequence_;
        return call_as_it_is(std::move(request), session_, sequence_);
    }
    control::Response call_as_it_is(control::Request request, std::uint32_t session, std::uint64_t sequence) {
        request.set_session(session);
        request.set_sequence(sequence);
        const std::string text = request.SerializeAsString();
        std::optional<control::Response> r = send(encode_frame({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
        EXPECT_TRUE(r.has_value());
        if (!r) return {};
        EXPECT_EQ(r->sequence(), sequence);
        return *r;
    }
    void push(const Package& p) {
        const std::vector<std::uint8_t> bytes = device.signed_bytes(p);
        control::Request begin;
        const auto digest = Device::digest_of(bytes);
        begin.mutable_push_begin()->set_bytes(static_cast<std::uint32_t>(bytes.size()));
        begin.mutable_push_begin()->set_sha256(digest.data(), digest.size());
        ASSERT_EQ(call(begin).code(), control::CODE_OK);
        for (std::size_t at = 0; at < bytes.size(); at += 100) {
            control::Request data;
            data.mutable_push_data()->set_offset(static_cast<std::uint32_t>(at));
            data.mutable_push_data()->set_data(bytes.data() + at, std::min<std::size_t>(100, bytes.size() - at));
            data.mutable_push_data()->set_transfer(std::uint32_t{digest[0]} | std::uint32_t{digest[1]} << 8 | std::uint32_t{digest[2]} << 16 | std::uint32_t{digest[3]} << 24);
            ASSERT_EQ(call(data).code(), control::CODE_OK);
        }
        control::Request commit;
        commit.mutable_push_commit()->set_activate(true);
        const control::Response r = call(commit);
        ASSERT_EQ(r.code(), control::CODE_OK) << r.admission() << r.detail();
    }
    control::Response map(control::MapAccess::Op op, const std::string& name, const std::string& key = "", const std::string& value = "") {
        control::Request request;
        control::MapAccess& m = *request.mutable_map();
        m.set_package("demo");
        m.set_map(name);
        m.set_op(op);
        m.set_key(key);
        m.set_value(value);
        return call(request);
    }

  private:
    std::unique_ptr<mbpf_control> control_;
    std::uint32_t session_ = 0;
    std::uint64_t sequence_ = 0;
};

std::string text_of(std::initializer_list<int> bytes) { return std::string(bytes.begin(), bytes.end()); }

TEST(Control, hello_describes_the_device) {
    Line line;
    control::Request request;
    request.mutable_hello();
    const control::Response r = line.call(request);
    EXPECT_EQ(r.hello().protocol(), 1u);
    EXPECT_EQ(r.hello().board(), "posix");
    EXPECT_EQ(r.hello().platform(), "microbpf");
    EXPECT_EQ(r.hello().isa(), MBPF_ISA_X86_64);
    EXPECT_EQ(r.hello().trusted_keys(), 2u);
    EXPECT_EQ(r.hello().device_id().size(), 16u);
}

TEST(Control, push_list_and_unload) {
    Line line;
    Package p = simple_package();
    p.maps = {array_map("values"), {"events", MBPF_MAP_RING_BUFFER, 0, 0, 0, 256}};
    finish(p);
    line.push(p);
    control::Request list;
    list.mutable_list();
    control::Response r = line.call(list);
    ASSERT_EQ(r.code(), control::CODE_OK);
    EXPECT_EQ(r.list().count(), 1u);
    EXPECT_EQ(r.list().name(), "demo");
    EXPECT_EQ(r.list().version_minor(), 2u);
    ASSERT_EQ(r.list().programs_size(), 1);
    EXPECT_EQ(r.list().programs(0).attach(), "trace/t");
    EXPECT_TRUE(r.list().programs(0).attached());
    ASSERT_EQ(r.list().maps_size(), 2);
    EXPECT_EQ(r.list().maps(1).name(), "events");
    control::Request unload;
    unload.mutable_unload()->set_package("demo");
    EXPECT_EQ(line.call(unload).code(), control::CODE_OK);
    EXPECT_EQ(line.call(unload).code(), control::CODE_NOT_FOUND);
    EXPECT_EQ(line.call(list).list().count(), 0u);
}

TEST(Control, a_package_with_all_it_may_have_can_be_listed) {
    Line line;
    Package p = simple_package("a name of thirty-one characters");
    p.programs.clear();
    for (int i = 0; i < 8; ++i) {
        PackageProgram program = simple_package().programs[0];
        program.name = "a_name_of_22_charact_" + std::to_string(i);
        program.attach = "trace/" + std::string(33, 'x');
        program.worst_case_instructions = 100000;
        p.programs.push_back(program);
    }
    for (int i = 0; i < 16; ++i) p.maps.push_back(array_map("map_of_16_chars" + std::string(1, static_cast<char>('a' + i)), 128, 4));
    finish(p);
    line.push(p);
    // Counts as long as they get, so that not all fits into one message.
    mbpf_package_state* package = mbpf_find_package(line.device.rt(), p.name.c_str());
    ASSERT_NE(package, nullptr);
    for (mbpf_program& program : std::span(package->programs, package->program_count)) {
        program.runs = program.total_ticks = program.drops = {~0u, ~0u};
        program.last_result = ~std::uint64_t{0};
        program.worst_ticks = ~0u;
    }
    control::ListReply all;
    int parts = 0;
    for (bool more = true; more && parts < 20; ++parts) {
        control::Request list;
        list.mutable_list()->set_program(static_cast<std::uint32_t>(all.programs_size()));
        list.mutable_list()->set_map(static_cast<std::uint32_t>(all.maps_size()));
        const control::Response r = line.call(list);
        ASSERT_EQ(r.code(), control::CODE_OK) << r.detail();
        all.mutable_programs()->MergeFrom(r.list().programs());
        all.mutable_maps()->MergeFrom(r.list().maps());
        more = r.list().more();
    }
    EXPECT_GT(parts, 1);
    ASSERT_EQ(all.programs_size(), 8);
    ASSERT_EQ(all.maps_size(), 16);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(all.programs(i).name(), p.programs[static_cast<std::size_t>(i)].name);
    for (int i = 0; i < 16; ++i) EXPECT_EQ(all.maps(i).name(), p.maps[static_cast<std::size_t>(i)].name);
    EXPECT_EQ(all.programs(7).worst_cycles(), 0xFFFF'FFFFu);
    control::Request past_the_end;
    past_the_end.mutable_list()->set_program(1000);
    past_the_end.mutable_list()->set_map(1000);
    EXPECT_EQ(line.call(past_the_end).list().maps_size(), 0);
}

TEST(Control, lost_records_of_a_ring_buffer_are_told) {
    Line line;
    Package p = simple_package();
    p.maps = {{"events", MBPF_MAP_RING_BUFFER, 0, 0, 0, 64}};
    finish(p);
    line.push(p);
    mbpf_map* map = mbpf_find_map(mbpf_find_package(line.device.rt(), "demo"), "events");
    for (int i = 0; i < 5; ++i)
        if (void* record = mbpf_ring_buffer_reserve(map, 8)) mbpf_ring_buffer_finish(record, false);
    control::Request list;
    list.mutable_list();
    EXPECT_EQ(line.call(list).list().maps(0).lost(), 1u);  // four of 8 + 8 bytes fit into 64
}

TEST(Control, hooks_are_listed) {
    Line line;
    control::Request request;
    request.mutable_list_hooks()->set_index(0);
    const control::Response r = line.call(request);
    EXPECT_EQ(r.hooks().count(), line.device.rt()->point_count);
    EXPECT_EQ(r.hooks().name(), "xdp");
    request.mutable_list_hooks()->set_index(1000);
    EXPECT_EQ(line.call(request).code(), control::CODE_NOT_FOUND);
}

TEST(Control, a_repeated_request_is_answered_but_not_executed_again) {
    Line line;
    line.push(simple_package());
    control::Request detach;
    detach.mutable_detach()->set_package("demo");
    detach.mutable_detach()->set_program("main");
    EXPECT_EQ(line.call(detach).code(), control::CODE_OK);
    EXPECT_EQ(line.call(detach, true).code(), control::CODE_OK);
    EXPECT_EQ(line.call(detach).code(), control::CODE_BAD_STATE);
}

TEST(Control, an_older_request_or_one_of_another_session_is_not_done) {
    Line line;
    line.push(simple_package());
    control::Request hello;
    hello.mutable_hello();
    const control::HelloReply first = line.call(hello).hello();
    EXPECT_NE(first.session(), 0u);
    EXPECT_NE(first.last_sequence(), 0u);  // push's
    control::Request detach, attach;
    detach.mutable_detach()->set_package("demo");
    detach.mutable_detach()->set_program("main");
    attach.mutable_attach()->set_package("demo");
    attach.mutable_attach()->set_program("main");
    const auto send = [&](const control::Request& r, std::uint32_t session, std::uint64_t sequence) { return line.call_as_it_is(r, session, sequence).code(); };
    const std::uint64_t s = first.last_sequence() + 100;
    ASSERT_EQ(send(detach, first.session(), s), control::CODE_OK);
    ASSERT_EQ(send(attach, first.session(), s + 1), control::CODE_OK);
    EXPECT_EQ(send(detach, first.session(), s), control::CODE_STALE);          // recorded and replayed
    EXPECT_EQ(send(detach, first.session(), s + 1), control::CODE_STALE);      // same sequence, another request
    EXPECT_EQ(send(detach, first.session() + 2, s + 2), control::CODE_STALE);  // of another boot
    EXPECT_EQ(send(detach, 0, s + 2), control::CODE_STALE);
    EXPECT_TRUE(line.device.program("demo", "main")->attached);
    // A later hello changes nothing, and neither it nor other reading displaces the answer kept for repetition.
    const control::HelloReply second = line.call(hello).hello();
    EXPECT_EQ(second.session(), first.session());
    EXPECT_EQ(second.last_sequence(), s + 1);
    EXPECT_EQ(send(attach, first.session(), s + 1), control::CODE_OK);
    // The numbers may wrap.
    EXPECT_EQ(send(detach, first.session(), s + 1 + UINT64_MAX / 2), control::CODE_OK);
    EXPECT_EQ(send(attach, first.session(), s + 2), control::CODE_STALE);
    EXPECT_EQ(send(attach, first.session(), 3), control::CODE_OK);
}

TEST(Control, nothing_is_done_before_a_session_is_open) {
    Line line;
    control::Request unload;
    unload.mutable_unload()->set_package("demo");
    EXPECT_EQ(line.call_as_it_is(unload, 0, 1).code(), control::CODE_STALE);
    EXPECT_EQ(line.call_as_it_is(unload, 0, 0).code(), control::CODE_STALE);
}

TEST(Control, two_boots_have_two_sessions) {
    std::set<std::uint32_t> sessions;
    for (std::uint64_t nonce = 0; nonce < 20; ++nonce) {
        Line line;
        control::Request hello;
        hello.mutable_hello()->set_nonce(nonce);
        sessions.insert(line.call(hello).hello().session());
    }
    EXPECT_EQ(sessions.size(), 20u);
}

TEST(Control, data_of_another_transfer_is_not_taken) {
    Line line;
    control::Request begin, data;
    begin.mutable_push_begin()->set_bytes(100);
    EXPECT_EQ(line.call(begin).code(), control::CODE_BAD_REQUEST);  // without digest
    begin.mutable_push_begin()->set_sha256(std::string(32, '\x11'));
    ASSERT_EQ(line.call(begin).code(), control::CODE_OK);
    data.mutable_push_data()->set_data("abc");
    data.mutable_push_data()->set_transfer(0x11111112);
    EXPECT_EQ(line.call(data).code(), control::CODE_BAD_STATE);
    EXPECT_EQ(line.device.rt()->transfer.received, 0u);
    data.mutable_push_data()->set_transfer(0x11111111);
    EXPECT_EQ(line.call(data).push().received(), 3u);
    EXPECT_EQ(line.call(begin).push().received(), 3u);  // goes on
    begin.mutable_push_begin()->set_sha256(std::string(32, '\x12'));
    EXPECT_EQ(line.call(begin).push().received(), 0u);
}

TEST(Control, maps_are_read_and_written) {
    using control::MapAccess;
    Line line;
    Package p = simple_package();
    p.maps = {array_map("array", 2, 3), {"hash", MBPF_MAP_HASH, 0, 2, 3, 2}};
    finish(p);
    line.push(p);
    EXPECT_EQ(line.map(MapAccess::UPDATE, "hash", "ab", "xyz").code(), control::CODE_OK);
    EXPECT_EQ(line.map(MapAccess::LOOKUP, "hash", "ab").map().value(), "xyz");
    EXPECT_EQ(line.map(MapAccess::LOOKUP, "hash", "no").code(), control::CODE_NOT_FOUND);
    EXPECT_EQ(line.map(MapAccess::UPDATE, "hash", "cd", "xyz").code(), control::CODE_OK);
    EXPECT_EQ(line.map(MapAccess::UPDATE, "hash", "ef", "xyz").code(), control::CODE_FULL);
    EXPECT_EQ(line.map(MapAccess::INFO, "hash").map().info().used(), 2u);
    EXPECT_EQ(line.map(MapAccess::DELETE, "hash", "ab").code(), control::CODE_OK);
    EXPECT_EQ(line.map(MapAccess::NEXT_KEY, "hash").map().key(), "cd");
    EXPECT_TRUE(line.map(MapAccess::NEXT_KEY, "hash", "cd").map().end());
    EXPECT_EQ(line.map(MapAccess::UPDATE, "hash", "a", "xyz").code(), control::CODE_BAD_REQUEST);
    EXPECT_EQ(line.map(MapAccess::UPDATE, "hash", "ab", "xy").code(), control::CODE_BAD_REQUEST);
    EXPECT_EQ(line.map(MapAccess::UPDATE, "array", text_of({1, 0, 0, 0}), "hi").code(), control::CODE_OK);
    EXPECT_EQ(line.map(MapAccess::LOOKUP, "array", text_of({1, 0, 0, 0})).map().value(), "hi");
    EXPECT_EQ(line.map(MapAccess::DELETE, "array", text_of({1, 0, 0, 0})).code(), control::CODE_BAD_REQUEST);
    EXPECT_EQ(line.map(MapAccess::LOOKUP, "none", "ab").code(), control::CODE_NOT_FOUND);
}

TEST(Control, events_are_delivered_once_and_in_order) {
    Line line;
    Package p = simple_package();
    p.maps = {{"events", MBPF_MAP_RING_BUFFER, 0, 0, 0, 4096}};
    finish(p);
    line.push(p);
    mbpf_map* ring = mbpf_find_map(mbpf_find_package(line.device.rt(), "demo"), "events");
    for (int i = 0; i < 50; ++i) {
        const std::string record(40, static_cast<char>('0' + i));
        ASSERT_EQ(mbpf_helper_ringbuf_output(ring, record.data(), 40, 0), 0);
    }
    control::Request request;
    request.mutable_events()->set_package("demo");
    request.mutable_events()->set_map("events");
    int next = 0;
    for (bool more = true; more;) {
        const control::Response r = line.call(request);
        ASSERT_EQ(r.code(), control::CODE_OK);
        for (const std::string& record : r.events().records()) EXPECT_EQ(record, std::string(40, static_cast<char>('0' + next++)));
        EXPECT_EQ(line.call(request, true).events().records_size(), r.events().records_size());  // repeated: not consumed again
        more = r.events().more();
    }
    EXPECT_EQ(next, 50);
}

TEST(Control, test_run_gives_result_and_context) {
    Line line;
    line.push(simple_package("demo", {0xC6, 0x47, 0x08, 0x07, 0x8B, 0x07, 0xC3}));  // mov byte [rdi+8],7; mov eax,[rdi]; ret
    control::Request request;
    control::TestRun& run = *request.mutable_test_run();
    run.set_package("demo");
    run.set_program("main");
    run.set_context(text_of({5, 0, 0, 0}));
    run.set_repeat(3);
    const control::Response r = line.call(request);
    ASSERT_EQ(r.code(), control::CODE_OK);
    EXPECT_EQ(r.test_run().result(), 5u);
    ASSERT_EQ(r.test_run().context().size(), hook("trace").context_bytes);
    EXPECT_EQ(r.test_run().context()[8], 7);
    run.set_context(std::string(400, 'x'));
    EXPECT_EQ(line.call(request).code(), control::CODE_OUT_OF_RANGE);
}

TEST(Control, test_run_refuses_a_context_that_breaks_a_guaranteed_range) {
    Line line;
    Package p = simple_package();
    place_on(p, 0, "gpio", "gpio/chip0/line3/both");
    finish(p);
    line.push(p);
    control::Request request;
    control::TestRun& run = *request.mutable_test_run();
    run.set_package("demo");
    run.set_program("main");
    std::string context(24, '\0');
    run.set_context(context);  // edge 0 is none
    EXPECT_EQ(line.call(request).code(), control::CODE_OUT_OF_RANGE);
    context[16] = 2;
    run.set_context(context);
    EXPECT_EQ(line.call(request).code(), control::CODE_OK);
}

TEST(Control, stimuli_reach_programs) {
    Line line;
    Package p = simple_package("demo", code_return(0));
    place_on(p, 0, "gpio", "gpio/chip0/line3/rising");
    finish(p);
    line.push(p);
    control::Request edge;
    edge.mutable_stimulus()->mutable_gpio()->set_line(3);
    edge.mutable_stimulus()->mutable_gpio()->set_value(1);
    control::Response r = line.call(edge);
    EXPECT_EQ(r.stimulus().programs_run(), 1u);
    EXPECT_EQ(r.stimulus().verdict(), 0);
    EXPECT_EQ(line.call(edge).stimulus().programs_run(), 0u);  // no edge: the level stays
    edge.mutable_stimulus()->mutable_gpio()->set_value(0);
    EXPECT_EQ(line.call(edge).stimulus().programs_run(), 0u);  // falling
    control::Request sensor;
    control::SensorSetup& setup = *sensor.mutable_stimulus()->mutable_sensor();
    setup.set_samples(100);
    setup.set_amplitude(800);
    setup.set_outlier_every(10);
    setup.set_outlier(9999);
    r = line.call(sensor);
    EXPECT_EQ(r.stimulus().samples_in(), 100u);
    EXPECT_EQ(r.stimulus().samples_passed(), 100u);
    EXPECT_EQ(r.stimulus().last_value(), 9999);
    control::Request packet;
    packet.mutable_stimulus()->mutable_packet()->set_data("frame");
    r = line.call(packet);
    EXPECT_EQ(r.stimulus().verdict(), MBPF_XDP_PASS);
    EXPECT_EQ(r.stimulus().data(), "frame");
    control::Request coap;
    coap.mutable_stimulus()->mutable_coap()->set_path("nothing");
    coap.mutable_stimulus()->mutable_coap()->set_method(1);
    EXPECT_EQ(line.call(coap).stimulus().coap_code(), static_cast<std::uint32_t>(MBPF_COAP_NOT_FOUND));
}

TEST(Control, trace_points_of_the_firmware_run_programs) {
    Line line;
    Package p = simple_package("demo", {0x8B, 0x47, 0x20, 0xC3});  // mov eax,[rdi+32] (arg 2); ret
    place_on(p, 0, "trace", "trace/sample");
    finish(p);
    line.push(p);
    control::Request sensor;
    sensor.mutable_stimulus()->mutable_sensor()->set_samples(7);
    EXPECT_EQ(line.call(sensor).code(), control::CODE_OK);
    EXPECT_EQ(mbpf_count_value(line.device.program("demo", "main")->runs), 7u);
    EXPECT_EQ(line.device.program("demo", "main")->last_result, 1u);  // the verdict
}

TEST(Control, console_log_is_read_in_pieces) {
    Line line;
    std::string all;
    for (int i = 0; i < 100; ++i) {
        const std::string text = "line " + std::to_string(i) + "\n";
        mbpf_console(text.data(), static_cast<std::uint32_t>(text.size()));
        all += text;
    }
    std::string got;
    control::Request request;
    for (;;) {
        request.mutable_log()->set_from(static_cast<std::uint32_t>(got.size()));
        const control::Response r = line.call(request);
        if (r.log().text().empty()) break;
        got += r.log().text();
        EXPECT_EQ(r.log().next(), got.size());
    }
    EXPECT_EQ(got, all);
}

TEST(Control, sound_frames_of_random_bytes_are_answered_and_do_no_harm) {
    Line line;
    line.push(simple_package());
    std::mt19937 rng(3);
    control::Request sample;
    sample.mutable_map()->set_package("demo");
    sample.mutable_map()->set_map("x");
    const std::string base = sample.SerializeAsString();
    for (int i = 0; i < 20000; ++i) {
        std::vector<std::uint8_t> m;
        if (rng() % 2 == 0) {
            m.assign(base.begin(), base.end());
            m[rng() % m.size()] = static_cast<std::uint8_t>(rng());
        } else {
            m.resize(rng() % 60);
            for (auto& b : m) b = static_cast<std::uint8_t>(rng());
        }
        ASSERT_TRUE(line.send(encode_frame(m)).has_value());
    }
    control::Request hello;
    hello.mutable_hello();
    EXPECT_EQ(line.call(hello).code(), control::CODE_OK);
}

}  // namespace
}  // namespace mbpf::test
