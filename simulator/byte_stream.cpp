// SPDX-License-Identifier: Apache-2.0
// One descriptor, poll() and plain reads serve all three kinds of line.
#include "simulator/byte_stream.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/make_diagnostic.h"

namespace mbpf {

namespace {

constexpr int kConnectTimeoutMs = 5000;

Diagnostic failed(unsigned code, std::string message, std::string fix) { return diagnostic(code, std::move(message), {}, std::move(fix)); }

Diagnostic cannot_connect(const std::string& url, int error) {
    return failed(4101, "cannot open " + url + ": " + std::strerror(error), "check that the device is connected, or that `mbpf-sim board` is running");
}

class DescriptorStream : public ByteStream {
  public:
    // Never blocks in a call of the system: a device that stops reading must not stop us.
    explicit DescriptorStream(int fd) : fd_(fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }
    ~DescriptorStream() override { ::close(fd_); }
    DescriptorStream(const DescriptorStream&) = delete;
    DescriptorStream& operator=(const DescriptorStream&) = delete;

    Status write(std::span<const std::uint8_t> bytes) override {
        while (!bytes.empty()) {
            const ssize_t n = socket_ ? ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) : ::write(fd_, bytes.data(), bytes.size());
            if (n < 0 && errno == ENOTSOCK) {
                socket_ = false;
                continue;
            }
            if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
                pollfd p{fd_, POLLOUT, 0};
                if (::poll(&p, 1, 5000) > 0) continue;
                return failed(4101, "the device takes no more data", "check the line");
            }
            if (n <= 0) return failed(4101, std::string("the line to the device broke: ") + std::strerror(errno), "check that the device is running");
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        }
        return ok();
    }

    Result<std::vector<std::uint8_t>> read(int timeout_ms) override {
        pollfd p{fd_, POLLIN, 0};
        const int ready = ::poll(&p, 1, timeout_ms);
        if (ready < 0 && errno != EINTR) return failed(4101, std::string("the line to the device broke: ") + std::strerror(errno), "check that the device is running");
        if (ready <= 0) return std::vector<std::uint8_t>{};
        std::vector<std::uint8_t> bytes(4096);
        const ssize_t n = ::read(fd_, bytes.data(), bytes.size());
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::vector<std::uint8_t>{};
        if (n <= 0) return failed(4101, "the device closed the line", "check that the device is running");
        bytes.resize(static_cast<std::size_t>(n));
        return bytes;
    }

  private:
    int fd_;
    bool socket_ = true;
};

Result<int> open_unix(const std::string& url, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return failed(4103, "socket path in " + url + " is empty or too long", "write unix:PATH");
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        if (fd >= 0) ::close(fd);
        return cannot_connect(url, error);
    }
    return fd;
}

// connect() that gives up: a host that drops packets answers only after minutes. 0 or errno.
int connect_in_time(int fd, const sockaddr* address, socklen_t bytes) {
    if (::connect(fd, address, bytes) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    pollfd p{fd, POLLOUT, 0};
    if (::poll(&p, 1, kConnectTimeoutMs) <= 0) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 ? errno : error;
}

Result<int> open_tcp(const std::string& url, const std::string& rest) {
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string::npos || colon == 0) return failed(4103, url + " names no port", "write tcp://HOST:PORT");
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (const int error = ::getaddrinfo(rest.substr(0, colon).c_str(), rest.substr(colon + 1).c_str(), &hints, &found); error != 0)
        return failed(4101, "cannot open " + url + ": " + ::gai_strerror(error), "check host and port");
    int fd = -1, error = ECONNREFUSED;
    for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
        fd = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
        if (fd < 0) continue;
        error = connect_in_time(fd, a->ai_addr, a->ai_addrlen);
        if (error == 0) {
            const int on = 1;  // requests are small and waited for: Nagle's delay would be theirs
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            break;
        }
        ::close(fd);
        fd = -1;
    }
    ::freeaddrinfo(found);
    if (fd < 0) return cannot_connect(url, error);
    return fd;
}

speed_t speed_of(unsigned baud) {
    switch (baud) {
        case 9600: return B9600;
        case 19200: return B19200;
        case 38400: return B38400;
        case 57600: return B57600;
        case 230400: return B230400;
        case 460800: return B460800;
        case 921600: return B921600;
        case 115200: return B115200;
        default: return B0;
    }
}

Result<int> open_serial(const std::string& url, std::string path) {
    unsigned baud = 115200;
    if (const std::size_t colon = path.rfind(':'); colon != std::string::npos) {
        const auto [end, bad] = std::from_chars(path.data() + colon + 1, path.data() + path.size(), baud);
        if (bad != std::errc() || end != path.data() + path.size()) baud = 0;
        path.resize(colon);
    }
    const speed_t speed = speed_of(baud);
    if (speed == B0) return failed(4103, "baud rate in " + url + " is not supported", "use 9600 to 921600");
    const int fd = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);  // else it waits for a carrier
    termios t{};
    if (fd < 0 || ::tcgetattr(fd, &t) != 0) {
        const int error = errno;
        if (fd >= 0) ::close(fd);
        return cannot_connect(url, error);
    }
    ::cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~static_cast<tcflag_t>(CRTSCTS);
    ::cfsetspeed(&t, speed);
    ::tcsetattr(fd, TCSANOW, &t);
    return fd;
}

}  // namespace

std::unique_ptr<ByteStream> stream_of(int descriptor) { return std::make_unique<DescriptorStream>(descriptor); }

Result<std::unique_ptr<ByteStream>> open_stream(const std::string& url) {
    Result<int> fd = failed(4103, "\"" + url + "\" names no device", "write coap://HOST:PORT, tcp://HOST:PORT, unix:PATH or serial:/dev/ttyX[:BAUD]");
    if (url.starts_with("tcp://")) fd = open_tcp(url, url.substr(6));
    else if (url.starts_with("unix:")) fd = open_unix(url, url.substr(5));
    else if (url.starts_with("serial:")) fd = open_serial(url, url.substr(7));
    if (!fd) return fd.error();
    return stream_of(*fd);
}

}  // namespace mbpf
