// SPDX-License-Identifier: Apache-2.0
// Files and terminals for all tools. Inputs are read with a limit, since a pipe may never end; outputs go to
// a temporary in the same folder and are renamed, so that a reader sees the old file or the new one, whole.
#include "sdk/cli/cli.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace mbpf::cli {
namespace {

Diagnostic input_error(const std::string& path, std::string why, std::string fix = "check the path and its permissions") {
    Diagnostic d;
    d.code = "MBPF4001";
    d.message = "cannot read " + (path == "-" ? std::string("standard input") : "'" + path + "'");
    d.why = std::move(why);
    d.fix = std::move(fix);
    return d;
}

Diagnostic output_error(const std::string& path, std::string why, std::string fix) {
    Diagnostic d;
    d.code = "MBPF4002";
    d.message = "cannot write " + (path == "-" ? std::string("standard output") : "'" + path + "'");
    d.why = std::move(why);
    d.fix = std::move(fix);
    return d;
}

std::string system_text(int number) { return std::string(std::strerror(number)); }

// Closes on every way out.
class Descriptor {
  public:
    explicit Descriptor(int fd, bool owned = true) : fd_(fd), owned_(owned) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (owned_ && fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    // The result of close: a full disk may show only here.
    int close() {
        const int fd = fd_;
        fd_ = -1;
        return ::close(fd);
    }

  private:
    int fd_;
    bool owned_;
};

// 0 or errno.
int write_all(int fd, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return 0;
}

// Where `path` leads through symbolic links, so that the rename replaces the file and not the link.
std::string real_destination(const std::string& path) {
    char* resolved = ::realpath(path.c_str(), nullptr);
    if (resolved == nullptr) return path;
    std::string result(resolved);
    std::free(resolved);
    return result;
}

// Devices and pipes (/dev/null, /dev/stdout) cannot be replaced by a rename: written in place.
Status write_in_place(const std::string& path, std::span<const std::uint8_t> bytes) {
    Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (fd.get() < 0) return output_error(path, system_text(errno), "check the path and its permissions");
    if (const int error = write_all(fd.get(), bytes)) return output_error(path, system_text(error), "check the device");
    return ok();
}

Status write_and_rename(const std::string& path, std::span<const std::uint8_t> bytes, unsigned mode, bool overwrite) {
    const std::string fix = "check that the folder exists, is writable and has space";
    std::string temporary = path + ".XXXXXX";
    Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));  // 0600 until it is whole
    if (fd.get() < 0) return output_error(path, system_text(errno), fix);
    int error = write_all(fd.get(), bytes);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (error == 0 && ::fchmod(fd.get(), static_cast<mode_t>(mode) & ~mask) != 0) error = errno;
    if (error == 0 && ::fsync(fd.get()) != 0 && errno != EINVAL) error = errno;
    if (fd.close() != 0 && error == 0) error = errno;
    if (error == 0 && overwrite && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
    // link() fails where the name exists: no moment between a check and the write.
    if (error == 0 && !overwrite && ::link(temporary.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0 || !overwrite) ::unlink(temporary.c_str());
    if (error == EEXIST) return output_error(path, "the file exists", "choose another name or remove the file first");
    if (error != 0) return output_error(path, system_text(error), fix);
    return ok();
}

}  // namespace

Result<std::vector<std::uint8_t>> read_input(const std::string& path) {
    const bool is_stdin = path == "-";
    Descriptor fd(is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC), !is_stdin);
    if (fd.get() < 0) return input_error(path, system_text(errno));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return input_error(path, system_text(errno));
    if (S_ISDIR(info.st_mode)) return input_error(path, "it is a directory");
    std::vector<std::uint8_t> bytes;
    if (S_ISREG(info.st_mode) && info.st_size > 0 && static_cast<std::uint64_t>(info.st_size) <= kMaxInputBytes) {
        bytes.reserve(static_cast<std::size_t>(info.st_size));
    }
    std::uint8_t chunk[65536];
    for (;;) {
        const ssize_t n = ::read(fd.get(), chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return input_error(path, system_text(errno));
        if (n == 0) return bytes;
        if (bytes.size() + static_cast<std::size_t>(n) > kMaxInputBytes) {
            return input_error(path, "it is larger than " + std::to_string(kMaxInputBytes >> 20) + " MiB, the limit for an input", "sources, objects and keys are far smaller: name one of them");
        }
        bytes.insert(bytes.end(), chunk, chunk + n);
    }
}

Result<std::string> read_text(const std::string& path) {
    Result<std::vector<std::uint8_t>> bytes = read_input(path);
    if (!bytes) return bytes.error();
    return std::string(bytes->begin(), bytes->end());
}

Status write_output(const std::string& path, std::span<const std::uint8_t> bytes, unsigned mode, bool overwrite) {
    if (path.empty()) return output_error(path, "the name is empty", "name a file");
    if (path == "-") {
        std::fflush(stdout);
        if (const int error = write_all(STDOUT_FILENO, bytes)) return output_error(path, system_text(error), "check the reader of the pipe");
        return ok();
    }
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return write_and_rename(path, bytes, mode, overwrite);
    if (S_ISDIR(info.st_mode)) return output_error(path, "it is a directory", "name a file");
    if (!overwrite) return output_error(path, "the file exists", "choose another name or remove the file first");
    if (!S_ISREG(info.st_mode)) return write_in_place(path, bytes);
    return write_and_rename(real_destination(path), bytes, mode, overwrite);
}

Status write_text(const std::string& path, std::string_view text) {
    return write_output(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

Status write_text_below(const std::string& folder, const std::string& name, std::string_view text) {
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return output_error(path.string(), error.message(), "check that the folder exists and is writable");
    return write_text(path.string(), text);
}

Status keep_inputs(const std::string& output, std::span<const std::string> inputs) {
    struct stat to {}, from {};
    if (output.empty() || output == "-" || ::stat(output.c_str(), &to) != 0 || !S_ISREG(to.st_mode)) return ok();
    for (const std::string& input : inputs)
        if (input != "-" && ::stat(input.c_str(), &from) == 0 && from.st_dev == to.st_dev && from.st_ino == to.st_ino)
            return usage_error("'" + output + "' is an input and would be replaced", "name another file to write");
    return ok();
}

std::string working_folder() {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::current_path(error);
    return error ? std::string() : folder.string();
}

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

bool use_colour() {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
    return stderr_is_terminal() && !dumb && (no_colour == nullptr || *no_colour == '\0');
}

void take_standard_streams() {
    // The wrong way round, so that their use fails as it would on a closed one.
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int finish(int code) {
    errno = 0;
    const bool lost = std::ferror(stdout) != 0;
    if (std::fflush(stdout) == 0 && !lost) return code;
    const std::string why = errno != 0 ? system_text(errno) : "not everything could be written";
    report(output_error("-", why, "check the file, disk or pipe that stdout goes to"));
    return code != 0 ? code : 4;
}

int report(const Diagnostic& d, bool json) {
    if (json) {
        const std::string line = render_json(d) + "\n";
        std::fwrite(line.data(), 1, line.size(), stdout);
        std::fflush(stdout);
    } else {
        const std::string text = render_text(d, {.colour = use_colour()});
        std::fwrite(text.data(), 1, text.size(), stderr);
    }
    return exit_code(d);
}

Diagnostic usage_error(std::string message, std::string fix) {
    Diagnostic d;
    d.code = "MBPF2001";
    d.message = std::move(message);
    d.fix = std::move(fix);
    return d;
}

std::optional<std::string> environment(std::string_view name) {
    const char* value = std::getenv(("MBPF_" + std::string(name)).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
}

void limit_memory(std::uint64_t bytes) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) != 0 || (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= bytes)) return;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_AS, &limit);
}

ProgressBar::ProgressBar(std::string label, std::uint64_t total)
    : label_(std::move(label)), total_(total), active_(stderr_is_terminal()) {
    update(0);
}

ProgressBar::~ProgressBar() {
    if (active_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::update(std::uint64_t done) {
    if (!active_) return;
    if (done > total_) done = total_;
    // total_ may be any 64-bit number: no product that could wrap.
    const int percent = total_ == 0 ? 100 : static_cast<int>(static_cast<double>(done) / static_cast<double>(total_) * 100.0);
    if (percent == last_percent_) return;
    last_percent_ = percent;
    char bar[31];
    for (int i = 0; i < 30; ++i) bar[i] = i * 100 < percent * 30 ? '#' : '.';
    bar[30] = '\0';
    std::fprintf(stderr, "\r%s [%s] %3d %%", label_.c_str(), bar, percent);
    std::fflush(stderr);
}

}  // namespace mbpf::cli
