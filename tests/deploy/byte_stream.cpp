// SPDX-License-Identifier: Apache-2.0
// Lines to devices: names that are none, ends that go away, ends that stop reading.
#include "simulator/byte_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace mbpf {
namespace {

using Bytes = std::vector<std::uint8_t>;

template <class T>
std::string code_of(const Result<T>& r) {
    return r ? "opened" : r.error().code;
}

TEST(OpenStream, names_that_are_none_are_usage_errors) {
    for (const std::string& url : {std::string(), std::string("/dev/ttyS0"), std::string("http://x:1"), std::string("tcp://host"), std::string("tcp://:7000"), std::string("unix:"), "unix:/" + std::string(200, 'a'), std::string("serial:/dev/null:12345"), std::string("serial:/dev/null:fast"), std::string("serial:/dev/null:")})
        EXPECT_EQ(code_of(open_stream(url)), "MBPF4103") << url;
}

TEST(OpenStream, ends_that_are_not_there_are_io_errors) {
    for (const char* url : {"unix:/nonexistent/socket", "tcp://127.0.0.1:1", "serial:/nonexistent", "serial:/dev/null", "tcp://127.0.0.1:notaport"}) {
        auto stream = open_stream(url);
        EXPECT_EQ(code_of(stream), "MBPF4101") << url;
        ASSERT_FALSE(stream);
        EXPECT_EQ(exit_code(stream.error()), 4);
    }
}

TEST(OpenStream, speaks_over_tcp) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
    auto stream = open_stream("tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    ASSERT_TRUE(stream) << stream.error().message;
    const int peer = ::accept(listener, nullptr, nullptr);
    ASSERT_TRUE((*stream)->write(Bytes{1, 2, 3}));
    std::uint8_t got[3];
    ASSERT_EQ(::read(peer, got, 3), 3);
    EXPECT_EQ(got[2], 3);
    ASSERT_EQ(::write(peer, "ok", 2), 2);
    EXPECT_EQ((*stream)->read(1000).value(), (Bytes{'o', 'k'}));
    ::close(peer);
    ::close(listener);
    EXPECT_EQ(code_of((*stream)->read(1000)), "MBPF4101");
}

TEST(OpenStream, speaks_over_a_unix_socket) {
    const std::string path = (std::filesystem::temp_directory_path() / ("mbpf-stream-" + std::to_string(::getpid()))).string();
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    auto stream = open_stream("unix:" + path);
    ::unlink(path.c_str());
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_TRUE((*stream)->write(Bytes(100, 1)));
    ::close(listener);
}

TEST(OpenStream, speaks_raw_over_a_serial_line) {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0) GTEST_SKIP() << "this machine offers no pseudo-terminals";
    ASSERT_GE(master, 0);
    ASSERT_EQ(::grantpt(master), 0);
    ASSERT_EQ(::unlockpt(master), 0);
    auto stream = open_stream("serial:" + std::string(::ptsname(master)) + ":921600");
    ASSERT_TRUE(stream) << stream.error().message;
    // Bytes a terminal would act on: end of file, interrupt, return, newline, flow control, 8 bits, zero.
    const Bytes special{4, 3, 13, 10, 17, 19, 0xff, 0, 26};
    ASSERT_TRUE((*stream)->write(special));
    Bytes got(special.size());
    ASSERT_EQ(::read(master, got.data(), got.size()), static_cast<ssize_t>(special.size()));
    EXPECT_EQ(got, special);
    ASSERT_EQ(::write(master, special.data(), special.size()), static_cast<ssize_t>(special.size()));
    Bytes back;
    while (back.size() < special.size()) {
        auto part = (*stream)->read(1000);
        ASSERT_TRUE(part && !part->empty());
        back.insert(back.end(), part->begin(), part->end());
    }
    EXPECT_EQ(back, special);
    ::close(master);
}

TEST(Stream, nothing_in_time_is_no_error) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    auto stream = stream_of(ends[0]);
    EXPECT_TRUE(stream->read(1).value().empty());
    ::close(ends[1]);
    EXPECT_EQ(code_of(stream->read(1)), "MBPF4101");
    EXPECT_EQ(code_of(stream->write(Bytes{1})), "MBPF4101");  // no SIGPIPE either
}

}  // namespace
}  // namespace mbpf
