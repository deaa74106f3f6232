// SPDX-License-Identifier: Apache-2.0
// Starting and ending QEMU. The child dies with its parent (PR_SET_PDEATHSIG), so that no crash of ours
// leaves an emulator behind; its messages go to a file that a diagnostic can quote.
#include "simulator/board.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "core/make_diagnostic.h"
#include "signer/root.h"
#include "simulator/control_client.h"

namespace mbpf {

namespace {

struct Machine {
    BoardKind kind;
    std::string_view name;
    const char* emulator;
    const char* package;  // of Debian
    std::vector<std::string> arguments;
    const char* anchors_address;  // BOARD_ANCHORS in firmware_runtime/port/*/*/board.h
    // What loads the firmware. On riscv `virt` a flash makes -kernel mean something else.
    std::array<std::string_view, 2> firmware_argument;  // option, and what stands before the path
    std::uintmax_t flash_bytes;   // of the file that stands for the flash, which the emulator wants whole
    // What gives the board its flash; FILE stands for the path.
    std::vector<std::string> flash_arguments;
};

const Machine& machine(BoardKind kind) {
    static const Machine machines[] = {
        {BoardKind::cortex_m4, "cortex-m4", "qemu-system-arm", "qemu-system-arm", {"-M", "mps2-an386"}, "0x21000000", {"-kernel", ""}, 16u << 20,
         {"-machine", "memory-backend=psram", "-object", "memory-backend-file,id=psram,size=16M,share=on,mem-path=FILE"}},
        {BoardKind::cortex_m33, "cortex-m33", "qemu-system-arm", "qemu-system-arm", {"-M", "mps2-an505"}, "0x80000000", {"-kernel", ""}, 16u << 20,
         {"-machine", "memory-backend=psram", "-object", "memory-backend-file,id=psram,size=16M,share=on,mem-path=FILE"}},
        {BoardKind::rv32imac, "rv32imac", "qemu-system-riscv32", "qemu-system-misc", {"-M", "virt", "-bios", "none", "-cpu", "rv32"}, "0x87f00000", {"-device", "loader,file="}, 32u << 20,
         {"-drive", "if=pflash,unit=1,format=raw,file=FILE"}},
    };
    return machines[static_cast<std::size_t>(kind)];
}

// What another kind of file would do to the emulator is a page of its registers.
bool is_firmware(const Machine& m, const std::filesystem::path& path) {
    std::array<char, 20> head{};
    std::ifstream file(path, std::ios::binary);
    if (!file.read(head.data(), head.size())) return false;
    constexpr char kArm = 40, kRiscv = static_cast<char>(243);  // e_machine
    return std::string_view(head.data(), 6) == "\177ELF\1\1" && head[18] == (m.kind == BoardKind::rv32imac ? kRiscv : kArm) && head[19] == 0;
}

Result<std::string> find_firmware(const Machine& m, const std::string& given) {
    const std::string name = "firmware-" + std::string(m.name) + ".elf";
    std::vector<std::filesystem::path> candidates;
    if (!given.empty()) {
        candidates = {given};
    } else {
        if (const char* folder = std::getenv("MBPF_FIRMWARE_DIR"); folder != nullptr && *folder != '\0') candidates.emplace_back(std::filesystem::path(folder) / name);
        std::error_code error;
        const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
        if (!error) {
            candidates.emplace_back(self.parent_path().parent_path() / "firmware" / name);
            candidates.emplace_back(self.parent_path().parent_path() / "share" / "microbpf" / "firmware" / name);
        }
        candidates.emplace_back(std::filesystem::path(MBPF_BUILD_FIRMWARE_DIR) / name);
    }
    std::string tried;
    for (const std::filesystem::path& path : candidates) {
        std::error_code error;
        if (std::filesystem::is_regular_file(path, error)) {
            if (is_firmware(m, path)) return path.string();
            return diagnostic(4202, "'" + path.string() + "' is no firmware for " + std::string(m.name), "it is no 32-bit ELF file of that board's CPU", "give the .elf that was built for the board");
        }
        tried += (tried.empty() ? "" : ", ") + path.string();
    }
    return diagnostic(4202, "no firmware for " + std::string(m.name), "looked for " + tried,
                   "build the project, or set MBPF_FIRMWARE_DIR to the folder that holds " + name);
}

// QEMU splits option values at commas; a doubled one stands for itself.
std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : value) out += c == ',' ? std::string(",,") : std::string(1, c);
    return out;
}

std::optional<std::uint16_t> free_port() {
    const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) return std::nullopt;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    const bool good = ::bind(s, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                      ::getsockname(s, reinterpret_cast<sockaddr*>(&address), &bytes) == 0;
    ::close(s);
    if (!good) return std::nullopt;
    return ntohs(address.sin_port);
}

// A new file is as large as the part and reads as zeros: the firmware erases what it uses.
Result<std::vector<std::string>> plan_flash(const Machine& m, const std::string& file) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
        std::ofstream(file, std::ios::binary | std::ios::app).close();
        std::filesystem::resize_file(file, m.flash_bytes, error);
    }
    const std::uintmax_t bytes = error ? 0 : std::filesystem::file_size(file, error);
    if (error) return diagnostic(4205, "cannot use '" + file + "' as the board's flash", error.message(), "give the path of a file that can be written");
    if (bytes != m.flash_bytes)
        return diagnostic(4205, "'" + file + "' is not a flash of board " + std::string(m.name), "it has " + std::to_string(bytes) + " bytes, the board's has " + std::to_string(m.flash_bytes),
                       "give the file that this kind of board was started with before, or a new name");
    std::vector<std::string> arguments = m.flash_arguments;
    for (std::string& a : arguments)
        if (const std::size_t at = a.find("FILE"); at != std::string::npos) a.replace(at, 4, escaped(file));
    return arguments;
}

struct Line {
    std::string endpoint;  // for our side
    std::string chardev;   // for QEMU's
    std::string socket;    // file to remove
};

Result<Line> plan_line(const std::string& wanted, const std::string& folder) {
    constexpr std::string_view unix_scheme = "unix:", tcp_scheme = "tcp://127.0.0.1:";
    if (wanted.empty() || wanted.starts_with(unix_scheme)) {
        const std::string path = wanted.empty() ? folder + "/serial" : wanted.substr(unix_scheme.size());
        if (path.empty() || path.size() > 100)
            return diagnostic(4204, "'" + wanted + "' is no usable socket path", "a Unix socket's path has at most 100 characters", "give a shorter path");
        return Line{"unix:" + path, "unix:" + escaped(path) + ",server=on,wait=off", path};
    }
    if (wanted.starts_with(tcp_scheme)) {
        const std::string_view digits = std::string_view(wanted).substr(tcp_scheme.size());
        std::uint16_t port = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (error == std::errc() && end == digits.data() + digits.size()) {
            if (port == 0) {
                const std::optional<std::uint16_t> chosen = free_port();
                if (!chosen) return diagnostic(4204, "no free TCP port", std::strerror(errno), "name a port, or use a Unix socket");
                port = *chosen;
            }
            const std::string text = std::to_string(port);
            return Line{"tcp://127.0.0.1:" + text, "tcp:127.0.0.1:" + text + ",server=on,wait=off", ""};
        }
    }
    return diagnostic(4204, "'" + wanted + "' is no endpoint a board can serve", "boards serve unix:PATH and tcp://127.0.0.1:PORT", "use one of these forms");
}

std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    if (text.size() > 400) text = "… " + text.substr(text.size() - 400);
    return text;
}

// Child's side: between fork and exec only async-signal-safe calls.
[[noreturn]] void become_emulator(pid_t parent, char* const* arguments, int messages, int report) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);  // the parent died before the line above
    ::setpgid(0, 0);                        // a terminal's Ctrl-C is the parent's to handle
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(messages, STDOUT_FILENO);
    ::dup2(messages, STDERR_FILENO);
    ::execvp(arguments[0], arguments);
    const int error = errno;
    if (::write(report, &error, sizeof error) < 0) ::_exit(126);
    ::_exit(127);
}

// Pid, or errno of the failing exec as a negative number.
pid_t spawn(const std::vector<std::string>& command, const std::string& messages_path) {
    std::vector<char*> arguments;
    for (const std::string& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    int report[2];
    if (::pipe2(report, O_CLOEXEC) != 0) return -errno;
    const int messages = ::open(messages_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) become_emulator(parent, arguments.data(), messages, report[1]);
    const int fork_error = errno;
    ::close(report[1]);
    if (messages >= 0) ::close(messages);
    int error = pid < 0 ? fork_error : 0;
    if (pid > 0 && ::read(report[0], &error, sizeof error) == sizeof error) ::waitpid(pid, nullptr, 0);
    ::close(report[0]);
    return error != 0 ? -error : pid;
}

volatile std::sig_atomic_t interrupted = 0;
void on_signal(int) { interrupted = 1; }

}  // namespace

class BoardStarter {
  public:
    static Result<BoardProcess> start(BoardKind kind, const BoardOptions& options) {
        const Machine& m = machine(kind);
        const Result<std::string> firmware = find_firmware(m, options.firmware);
        if (!firmware) return firmware.error();
        BoardProcess board;
        board.kind_ = kind;
        std::string pattern = (std::filesystem::temp_directory_path() / "mbpf-board-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) return diagnostic(4203, "cannot make a folder for the board", pattern + ": " + std::strerror(errno), "check TMPDIR");
        board.folder_ = pattern;
        const Result<Line> line = plan_line(options.endpoint, board.folder_);
        if (!line) return line.error();
        board.endpoint_ = line->endpoint;
        board.socket_ = line->socket;
        std::vector<std::string> command = {m.emulator};
        command.insert(command.end(), m.arguments.begin(), m.arguments.end());
        for (const char* a : {"-display", "none", "-monitor", "none", "-nodefaults", "-no-user-config"}) command.emplace_back(a);
        if (options.exact_counts) command.insert(command.end(), {"-icount", "shift=0"});
        const bool is_list = !m.firmware_argument[1].empty();  // of which commas are part
        command.insert(command.end(), {std::string(m.firmware_argument[0]), std::string(m.firmware_argument[1]) + (is_list ? escaped(*firmware) : *firmware), "-serial", line->chardev});
        if (!options.flash.empty()) {
            const Result<std::vector<std::string>> flash = plan_flash(m, options.flash);
            if (!flash) return flash.error();
            command.insert(command.end(), flash->begin(), flash->end());
        }
        if (!options.trust_anchors.empty()) {
            const std::string path = board.folder_ + "/anchors";
            std::ofstream file(path, std::ios::binary);
            file.write(reinterpret_cast<const char*>(options.trust_anchors.data()), static_cast<std::streamsize>(options.trust_anchors.size()));
            if (!file.flush()) return diagnostic(4203, "cannot write the board's trust anchors", path, "check that the disk has space");
            command.insert(command.end(), {"-device", "loader,file=" + escaped(path) + ",addr=" + m.anchors_address + ",force-raw=on"});
        }
        const std::string messages = board.folder_ + "/messages";
        const pid_t pid = spawn(command, messages);
        if (pid == -ENOENT || pid == -EACCES)
            return diagnostic(4201, std::string(m.emulator) + " is not installed", "it emulates the " + std::string(m.name) + " board",
                           "install the Debian package " + std::string(m.package));
        if (pid < 0) return diagnostic(4203, std::string(m.emulator) + " cannot be started", std::strerror(static_cast<int>(-pid)), "free some memory or processes");
        board.pid_ = pid;
        if (options.wait_until_ready) {
            const Status ready = wait_ready(board, options.ready_timeout_ms, messages);
            if (!ready) return ready.error();
        }
        return board;
    }

  private:
    static Status wait_ready(BoardProcess& board, int timeout_ms, const std::string& messages) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
        do {
            if (!board.running())
                return diagnostic(4203, std::string(machine(board.kind_).emulator) + " ended before the board was ready", read_text(messages), "see its message above");
            if (Result<std::unique_ptr<ByteStream>> stream = open_stream(board.endpoint_)) {
                ControlClient client(std::move(*stream));
                client.timeout_ms = 300;
                client.tries = 2;
                control::Request hello;
                hello.mutable_hello();
                if (client.call(std::move(hello))) return ok();
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        } while (std::chrono::steady_clock::now() < until);
        return diagnostic(4203, "the board did not answer", "no reply to hello within " + std::to_string(timeout_ms) + " ms; " + read_text(messages),
                       "check that the firmware is for this board");
    }
};

std::optional<BoardKind> parse_board(std::string_view name) {
    for (const BoardKind kind : kBoardKinds)
        if (machine(kind).name == name) return kind;
    return std::nullopt;
}

std::string_view board_name(BoardKind kind) { return machine(kind).name; }

Result<BoardProcess> start_board(BoardKind kind, const BoardOptions& options) { return BoardStarter::start(kind, options); }

BoardProcess::BoardProcess(BoardProcess&& other) noexcept
    : kind_(other.kind_), pid_(std::exchange(other.pid_, -1)), endpoint_(std::move(other.endpoint_)), folder_(std::exchange(other.folder_, {})),
      socket_(std::exchange(other.socket_, {})) {}

BoardProcess& BoardProcess::operator=(BoardProcess&& other) noexcept {
    if (this != &other) {
        stop();
        kind_ = other.kind_;
        pid_ = std::exchange(other.pid_, -1);
        endpoint_ = std::move(other.endpoint_);
        folder_ = std::exchange(other.folder_, {});
        socket_ = std::exchange(other.socket_, {});
    }
    return *this;
}

BoardProcess::~BoardProcess() { stop(); }

bool BoardProcess::running() {
    if (pid_ < 0) return false;
    if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
    pid_ = -1;
    return false;
}

void BoardProcess::stop() {
    if (pid_ >= 0) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
    }
    std::error_code ignored;
    if (!socket_.empty()) std::filesystem::remove(std::exchange(socket_, {}), ignored);
    if (!folder_.empty()) std::filesystem::remove_all(std::exchange(folder_, {}), ignored);
}

Status wait_for_interrupt(BoardProcess& board) {
    interrupted = 0;
    struct sigaction action {};
    struct sigaction before_int {};
    struct sigaction before_term {};
    action.sa_handler = on_signal;
    ::sigaction(SIGINT, &action, &before_int);
    ::sigaction(SIGTERM, &action, &before_term);
    bool alive = true;
    while (interrupted == 0 && (alive = board.running())) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ::sigaction(SIGINT, &before_int, nullptr);
    ::sigaction(SIGTERM, &before_term, nullptr);
    if (!alive) return diagnostic(4203, "the emulator ended by itself", "", "start the board again");
    return ok();
}

Result<std::vector<std::uint8_t>> trust_anchors_from_files(std::span<const std::string> public_key_files) {
    std::vector<PublicKey> keys;
    for (const std::string& path : public_key_files) {
        // Far more than a key has, so that what is no key file is not read whole; a folder opens and cannot be read.
        std::string text(1024, '\0');
        errno = 0;
        std::ifstream file(path, std::ios::binary);
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        if (!file && !file.eof()) return diagnostic(4001, "cannot read '" + path + "'", std::strerror(errno), "give the path of a public key file");
        text.resize(static_cast<std::size_t>(file.gcount()));
        Result<PublicKey> key = parse_public_key(text);
        if (!key) {
            Diagnostic d = key.error();
            d.where.file = path;
            return d;
        }
        keys.push_back(std::move(*key));
    }
    return encode_trust_anchors(keys);
}

}  // namespace mbpf
