// SPDX-License-Identifier: Apache-2.0
// Starting devices and asking them.
#include "tests/end_to_end/device.h"

#include <unistd.h>

#include "tests/end_to_end/build_package.h"

namespace mbpf::end_to_end {

DeviceTest::~DeviceTest() {
    if (!flash_.empty()) ::unlink(flash_.c_str());
}

void DeviceTest::keep_flash() {
    flash_ = testing::TempDir() + "mbpf-flash-" + GetParam().name + "-" + std::to_string(::getpid());
    ::unlink(flash_.c_str());
}

void DeviceTest::start(bool provisioned, const WrapStream& wrap) {
    client_.reset();
    board_.reset();
    const std::vector<std::uint8_t> anchors = provisioned ? trust_anchors() : std::vector<std::uint8_t>{};
    std::unique_ptr<ByteStream> stream;
    if (GetParam().board) {
        BoardOptions options;
        options.trust_anchors = anchors;
        options.flash = flash_;
        auto board = start_board(*GetParam().board, options);
        ASSERT_TRUE(board) << render_text(board.error());
        board_.emplace(std::move(board).value());
        auto opened = open_stream(board_->endpoint());
        ASSERT_TRUE(opened) << render_text(opened.error());
        stream = std::move(opened).value();
    } else {
        stream = start_host_device(anchors, flash_);
    }
    client_.emplace(wrap ? wrap(std::move(stream)) : std::move(stream));
    client_->timeout_ms = 4000;
}

control::Response DeviceTest::must(control::Request request) {
    auto r = client_->call(std::move(request));
    if (r) return *r;
    ADD_FAILURE() << render_text(r.error());
    return {};
}

control::Response DeviceTest::push(std::span<const std::uint8_t> package) {
    auto r = client_->push(package, {});
    if (r) return *r;
    ADD_FAILURE() << render_text(r.error());
    return {};
}

control::HelloReply DeviceTest::hello() {
    control::Request request;
    request.mutable_hello();
    return must(std::move(request)).hello();
}

std::string DeviceTest::lookup(const std::string& package, const std::string& map, const std::string& key) { return must(map_request(package, map, control::MapAccess::LOOKUP, key)).map().value(); }

void DeviceTest::update(const std::string& package, const std::string& map, const std::string& key, const std::string& value) { must(map_request(package, map, control::MapAccess::UPDATE, key, value)); }

std::string DeviceTest::code_of_push(std::span<const std::uint8_t> package, ControlClient::PushOptions options) {
    auto r = client_->push(package, options);
    return r ? "ok" : r.error().code;
}

std::string DeviceTest::code_of(control::Request request) {
    auto r = client_->call(std::move(request));
    return r ? "ok" : r.error().code;
}

std::string u32(std::uint32_t value) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
    return bytes;
}

std::uint32_t to_u32(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | (at + i < bytes.size() ? static_cast<std::uint8_t>(bytes[at + i]) : 0u);
    return value;
}

control::Request map_request(const std::string& package, const std::string& map, control::MapAccess::Op op, const std::string& key, const std::string& value) {
    control::Request request;
    auto& m = *request.mutable_map();
    m.set_package(package);
    m.set_map(map);
    m.set_op(op);
    m.set_key(key);
    m.set_value(value);
    return request;
}

}  // namespace mbpf::end_to_end
