// SPDX-License-Identifier: Apache-2.0
// The host's side of native_device_runner.c: lays the arena out, writes the batch, starts the emulator, reads the
// results.
#include "native_device.h"

#include <mbpf/abi/native.h>
#include <stdlib.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "compiler/lift/image_plan.h"
#include "compiler/targets/target.h"
#include "linker/image.h"

namespace mbpf::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Emulator {
    std::string_view target;
    const char* program;
    const char* arguments;
};
constexpr Emulator kEmulators[] = {
    {"cortex-m4", "qemu-system-arm", "-M mps2-an386 -nodefaults -display none -semihosting-config enable=on,target=native -kernel"},
    {"rv32imac", "qemu-system-riscv32", "-M virt -bios none -cpu rv32 -icount shift=0 -nodefaults -display none -semihosting-config enable=on,target=native -kernel"},
    {"rv64gc", "qemu-riscv64", ""},
    {"aarch64", "qemu-aarch64", ""},
};
constexpr std::uint32_t kRingBytes = 8192;

const Emulator* emulator_of(std::string_view target) {
    const auto* found = std::ranges::find(kEmulators, target, &Emulator::target);
    return found == std::end(kEmulators) ? nullptr : found;
}

std::string runner_of(std::string_view target) { return std::string(MBPF_BINARY_DIR) + "/native_device/" + std::string(target) + ".elf"; }

Diagnostic failure(std::string message) {
    Diagnostic d;
    d.code = "MBPF9001";
    d.message = std::move(message);
    return d;
}

class Writer {
  public:
    void word(std::uint64_t value) {
        for (unsigned i = 0; i < 4; ++i) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    void append(std::span<const std::uint8_t> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
    const Bytes& bytes() const { return bytes_; }

  private:
    Bytes bytes_;
};

// Offsets are into the runner's arena.
class Arena {
  public:
    std::uint32_t place(std::span<const std::uint8_t> content, std::size_t size) {
        const std::size_t at = (bytes_.size() + 63) & ~std::size_t{63};
        bytes_.resize(at + std::max(size, content.size()));
        std::ranges::copy(content, bytes_.begin() + static_cast<std::ptrdiff_t>(at));
        return static_cast<std::uint32_t>(at);
    }
    const Bytes& bytes() const { return bytes_; }

  private:
    Bytes bytes_;
};

Bytes batch_of(const VerifiedObject& verified, const NativeObject& native, const Image& image, std::span<const NativeInput> inputs) {
    const auto& maps = verified.object().maps;
    const ImagePlan plan = plan_image(verified);
    Arena arena;
    const std::uint32_t text = arena.place(image.text, 0), data = arena.place(plan.data, plan.data_ram_bytes + 8u);
    const std::uint32_t ring = arena.place({}, kRingBytes), packet = arena.place({}, 4096);
    const std::vector<StateMap> state = state_maps(verified.object());
    std::vector<std::uint32_t> values(maps.size()), handles(maps.size());
    std::uint32_t ring_room = 0;
    for (std::size_t m = 0; m < maps.size(); ++m) {
        const auto kept = std::ranges::find(state, m, &StateMap::map);
        const std::uint32_t entries = kept == state.end() ? 0 : kept->entries, stride = mbpf_array_stride(maps[m].value_size);
        values[m] = plan.data_offsets[m] >= 0 ? data + static_cast<std::uint32_t>(plan.data_offsets[m]) : arena.place({}, std::size_t{stride} * entries + 8);
        Writer block;
        for (const std::size_t word : {m, std::size_t{values[m]}, std::size_t{entries}, std::size_t{stride}}) block.word(word);
        handles[m] = arena.place(block.bytes(), 0);
        if (maps[m].type == static_cast<std::uint32_t>(bpf::MapType::ring_buffer)) ring_room = std::min(maps[m].max_entries, kRingBytes);
    }
    Writer out;
    for (const std::size_t word : {arena.bytes().size(), native.imports().size(), state.size(), inputs.size(), std::size_t{ring}, std::size_t{ring_room}}) out.word(word);
    for (const Import& row : native.imports()) {
        out.word(row.kind == MBPF_IMPORT_HELPER ? 1 : row.kind == MBPF_IMPORT_RUNTIME ? 2 : 0);
        out.word(row.kind == MBPF_IMPORT_HELPER || row.kind == MBPF_IMPORT_RUNTIME ? row.index
                 : row.kind == MBPF_IMPORT_DATA ? data + row.value
                 : row.kind == MBPF_IMPORT_MAP  ? handles[plan.object_maps[row.index]]
                                                : values[plan.object_maps[row.index]]);
    }
    for (const StateMap& s : state) out.word(values[s.map]), out.word(std::uint64_t{s.entries} * s.stride);
    out.append(arena.bytes());
    for (const NativeInput& input : inputs) {
        out.word(input.reset);
        if (input.reset) out.append(input.state);
        out.word(text + image.symbols.at(native.programs()[input.program].symbol));
        out.word(input.context.size());
        out.word(input.has_packet ? packet : 0);
        out.word(input.packet.size());
        out.append(input.context);
        out.append(input.packet);
    }
    return out.bytes();
}

// False: the results end here.
class Reader {
  public:
    explicit Reader(Bytes bytes) : bytes_(std::move(bytes)) {}
    bool take(Bytes& to, std::size_t size) {
        if (bytes_.size() - at_ < size) return false;
        to.assign(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), bytes_.begin() + static_cast<std::ptrdiff_t>(at_ + size));
        at_ += size;
        return true;
    }
    bool number(std::uint64_t& to, std::size_t size) {
        Bytes bytes;
        if (!take(bytes, size)) return false;
        to = 0;
        for (std::size_t i = size; i > 0; --i) to = to << 8 | bytes[i - 1];
        return true;
    }

  private:
    Bytes bytes_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<StateMap> state_maps(const bpf::Object& object) {
    std::vector<StateMap> state;
    for (std::size_t m = 0; m < object.maps.size(); ++m) {
        const bpf::Map& map = object.maps[m];
        if (map.read_only() || map.type == static_cast<std::uint32_t>(bpf::MapType::ring_buffer)) continue;
        const bool hash = map.type == static_cast<std::uint32_t>(bpf::MapType::hash);
        state.push_back({m, hash ? kHashKeys : map.max_entries, mbpf_array_stride(map.value_size)});
    }
    return state;
}

bool can_emulate(std::string_view target) {
    const Emulator* emulator = emulator_of(target);
    return emulator != nullptr && std::filesystem::exists(runner_of(target)) && std::system((std::string("command -v ") + emulator->program + " >/dev/null").c_str()) == 0;
}

Result<std::vector<NativeOutcome>> run_emulated(const VerifiedObject& verified, const NativeObject& native, std::span<const NativeInput> inputs) {
    std::vector<std::string> symbols;
    for (const NativeProgram& program : native.programs()) symbols.push_back(program.symbol);
    const Result<Image> image = link_image(native.elf(), native.target(), symbols);
    if (!image) return image.error();
    const Emulator* emulator = emulator_of(native.target().name);
    if (emulator == nullptr) return failure("no emulator for " + std::string(native.target().name));
    std::string folder = std::filesystem::temp_directory_path() / "native-device-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return failure("no temporary folder");
    const Bytes batch = batch_of(verified, native, *image, inputs);
    std::ofstream(folder + "/batch", std::ios::binary).write(reinterpret_cast<const char*>(batch.data()), static_cast<std::streamsize>(batch.size()));
    const std::string command = "cd " + folder + " && timeout 60 " + emulator->program + " " + emulator->arguments + " " + runner_of(native.target().name) + " </dev/null >output 2>&1";
    const int status = std::system(command.c_str());
    std::ifstream file(folder + "/results", std::ios::binary);
    const bool opened = file.is_open();
    Reader reader(Bytes(std::istreambuf_iterator<char>(file), {}));
    std::ifstream output(folder + "/output");
    const std::string said(std::istreambuf_iterator<char>(output), {});
    std::filesystem::remove_all(folder);
    if (!opened) return failure(std::string(emulator->program) + " did not start: " + said);

    std::size_t state_bytes = 0;
    for (const StateMap& s : state_maps(verified.object())) state_bytes += std::size_t{s.entries} * s.stride;
    std::vector<NativeOutcome> outcomes;
    for (const NativeInput& input : inputs) {
        NativeOutcome outcome;
        std::uint64_t calls = 0;
        if (!reader.number(outcome.r0, 8) || !reader.take(outcome.context, input.context.size()) || !reader.take(outcome.packet, input.packet.size()) || !reader.take(outcome.state, state_bytes) || !reader.number(outcome.instructions, 4) || !reader.number(calls, 4) || !reader.take(outcome.calls, calls)) break;
        outcomes.push_back(std::move(outcome));
    }
    if (outcomes.size() == inputs.size() && status != 0) return failure("the runner ended with status " + std::to_string(status) + ": " + said);
    return outcomes;
}

}  // namespace mbpf::test
