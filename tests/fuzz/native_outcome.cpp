// SPDX-License-Identifier: Apache-2.0
// Calls of helpers are noted in the same bytes by all engines; native_device_runner.c is the third to write them.
// Lookups in arrays are not: native code has none.
#include "tests/fuzz/native_outcome.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <random>

#include "simulator/model_world.h"
#include "tests/compiler/native_host.h"

namespace mbpf::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
using test::NativeHost;
using test::NativeInput;
using test::NativeOutcome;
using test::StateMap;

void note(Bytes& calls, std::uint32_t number, std::span<const std::uint8_t> what) {
    if (calls.size() + 4 + what.size() > test::kCallBytes) return;
    for (unsigned i = 0; i < 4; ++i) calls.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
    calls.insert(calls.end(), what.begin(), what.end());
}
Bytes little_endian(std::uint64_t value, std::size_t size) {
    Bytes bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return bytes;
}

class NotingWorld : public sim::ModelWorld {
  public:
    using ModelWorld::ModelWorld;
    Result<std::uint64_t> call(const Helper& helper, const std::array<std::uint64_t, 5>& args, sim::Machine& machine) override {
        if (helper.number == 1) lookup(args);
        if (helper.number == 5) note(calls, 5, little_endian(args[0], 8));
        if (helper.number == 131) note(calls, 131, little_endian(args[1], 4));
        if (helper.number == 132 || helper.number == 133)
            if (const sim::MemoryRegion* record = memory().find(args[0], 1)) note(calls, helper.number, helper.number == 132 ? record->bytes : little_endian(record->bytes.size(), 4));
        return ModelWorld::call(helper, args, machine);
    }
    Bytes calls;

  private:
    void lookup(const std::array<std::uint64_t, 5>& args) {
        for (std::uint32_t m = 1; m < map_count(); ++m) {
            const sim::MemoryRegion* key = memory().find(args[1], 4);
            if (map_handle(m) != args[0] || key == nullptr) continue;
            Bytes words = little_endian(m, 4);
            const Bytes value = little_endian(sim::Memory::load(*key, args[1], 4), 4);
            words.insert(words.end(), value.begin(), value.end());
            note(calls, 1, words);
        }
    }
};

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
    static constexpr std::uint64_t kBoundary[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX, 8, 31, 56, 64, 0xffffffff80000000, 0x8000000080000000, 128, 255};
    Bytes bytes(size);
    std::uint64_t word = 0;
    for (std::size_t at = 0; at < size; ++at) {
        if (at % 8 == 0) word = random() % 3 == 0 ? random() : kBoundary[random() % std::size(kBoundary)];
        bytes[at] = static_cast<std::uint8_t>(word >> (8 * (at % 8)));
    }
    return bytes;
}

// xdp_md as the native code of the target has it; its pointers come from whoever runs it.
Bytes native_context(const Bytes& plain, bool wide) {
    Bytes native(wide ? 40 : 24);
    std::copy(plain.begin() + 12, plain.begin() + 24, native.begin() + (wide ? 24 : 12));
    return native;
}

Bytes state_of(sim::ModelWorld& world, const std::vector<StateMap>& maps) {
    Bytes state;
    for (const StateMap& s : maps) {
        const Bytes& bytes = world.memory().region(world.map(s.map).region()).bytes;
        state.insert(state.end(), bytes.begin(), bytes.begin() + std::ptrdiff_t{s.entries} * s.stride);
    }
    return state;
}

// The helpers' side of a native run in this process.
struct Here {
    NativeHost* host = nullptr;
    const bpf::Object* object = nullptr;
    std::uint8_t* records = nullptr;
    std::uint64_t used = 0, room = 0;
    std::map<void*, std::uint32_t> reserved;
    Bytes calls;
};
Here g_here;

void* lookup(void* handle, const void* key) {
    std::uint32_t words[2] = {static_cast<std::uint32_t>(g_here.host->map_of_handle(handle)), 0};
    std::memcpy(&words[1], key, 4);
    const bpf::Map& map = g_here.object->maps[words[0]];
    if (words[0] != 0) note(g_here.calls, 1, {reinterpret_cast<std::uint8_t*>(words), sizeof words});
    const bool hash = map.type == static_cast<std::uint32_t>(bpf::MapType::hash);
    return words[1] < (hash ? test::kHashKeys : map.max_entries) ? g_here.host->map_bytes(words[0]) + std::size_t{words[1]} * ((map.value_size + 7) & ~7u) : nullptr;
}
std::uint64_t identity(std::uint64_t value) {
    note(g_here.calls, 5, little_endian(value, 8));
    return value;
}
std::uint64_t room_of(std::uint32_t size) { return ((std::uint64_t{size} + 7) & ~std::uint64_t{7}) + 8; }
void* reserve(void*, std::uint32_t size, std::uint64_t) {
    note(g_here.calls, 131, little_endian(size, 4));
    if (room_of(size) > g_here.room - g_here.used) return nullptr;
    void* record = g_here.records + g_here.used;
    g_here.used += room_of(size);
    std::memset(record, 0, size);
    g_here.reserved[record] = size;
    return record;
}
void submit(void* record, std::uint64_t) { note(g_here.calls, 132, {static_cast<std::uint8_t*>(record), g_here.reserved[record]}); }
void discard(void* record, std::uint64_t) {
    note(g_here.calls, 133, little_endian(g_here.reserved[record], 4));
    g_here.used -= room_of(g_here.reserved[record]);
}
const void* helper_address(std::uint16_t number) {
    switch (number) {
        case 1: return reinterpret_cast<const void*>(&lookup);
        case 5: return reinterpret_cast<const void*>(&identity);
        case 131: return reinterpret_cast<const void*>(&reserve);
        case 132: return reinterpret_cast<const void*>(&submit);
        case 133: return reinterpret_cast<const void*>(&discard);
        default: return nullptr;
    }
}

}  // namespace

Expected interpret(const VerifiedObject& verified, std::size_t program, std::uint64_t seed, bool wide) {
    const bpf::Object& object = verified.object();
    const bool packet = object.programs[program].section == "xdp";
    const std::vector<StateMap> maps = test::state_maps(object);
    std::mt19937_64 random(seed);
    NotingWorld world(object);
    for (const StateMap& s : maps) {
        for (std::uint32_t k = 0; k < s.entries; ++k) world.map(s.map).update(little_endian(k, 4), random_bytes(random, object.maps[s.map].value_size), 0);
    }
    Expected result;
    for (std::size_t run = 0; run < kRuns; ++run) {
        sim::RunInput input;
        input.context = random_bytes(random, packet ? 24 : verified.memory_bytes() != 0 ? verified.memory_bytes() : 48);
        if (packet) input.packet = random_bytes(random, random() % 100);
        input.step_limit = 1'000'000;
        NativeInput native;
        native.program = program;
        native.context = packet ? native_context(input.context, wide) : input.context;
        native.has_packet = packet;
        native.packet = input.packet;
        native.reset = run == 0;
        if (native.reset) native.state = state_of(world, maps);
        result.inputs.push_back(std::move(native));
        world.calls.clear();
        sim::Machine machine(object, program, verified.platform(), world);
        const auto ran = machine.run(input);
        if (!ran) {
            result.trap = render_text(ran.error());
            return result;
        }
        NativeOutcome outcome;
        outcome.r0 = ran->r0;
        outcome.context = packet ? Bytes{} : ran->context;
        outcome.packet = ran->packet;
        outcome.packet.resize(input.packet.size());
        outcome.state = state_of(world, maps);
        outcome.calls = world.calls;
        result.outcomes.push_back(std::move(outcome));
    }
    return result;
}

Result<std::vector<NativeOutcome>> run_here(const VerifiedObject& verified, const NativeObject& native, std::span<const NativeInput> inputs) {
    auto host = NativeHost::load(verified, native, helper_address);
    if (!host) return host.error();
    g_here = {};
    g_here.host = host->get();
    g_here.object = &verified.object();
    g_here.records = (*host)->allocate(8192);
    for (const bpf::Map& map : verified.object().maps)
        if (map.type == static_cast<std::uint32_t>(bpf::MapType::ring_buffer)) g_here.room = map.max_entries;
    std::uint8_t* packet = (*host)->allocate(4096);
    const std::size_t width = target_pointer_bytes(native.target());
    const std::vector<StateMap> maps = test::state_maps(verified.object());
    std::vector<NativeOutcome> outcomes;
    Bytes untouched;  // values of maps that are not in the image
    for (const NativeInput& input : inputs) {
        if (input.reset) {
            g_here.used = 0;
            untouched = input.state;
            std::size_t at = 0;
            for (const StateMap& s : maps) {
                if (std::uint8_t* bytes = (*host)->map_bytes(s.map)) std::memcpy(bytes, input.state.data() + at, std::size_t{s.entries} * s.stride);
                at += std::size_t{s.entries} * s.stride;
            }
        }
        g_here.calls.clear();
        std::ranges::copy(input.packet, packet);
        Bytes context = input.context;
        if (input.has_packet)
            for (std::size_t field = 0; field < 3; ++field) {
                const auto address = reinterpret_cast<std::uintptr_t>(packet) + (field == 1 ? input.packet.size() : 0);
                std::memcpy(context.data() + field * width, &address, width);
            }
        NativeOutcome outcome;
        outcome.r0 = (*host)->run(input.program, context);
        outcome.context = std::move(context);
        outcome.packet.assign(packet, packet + input.packet.size());
        outcome.state = untouched;
        std::size_t at = 0;
        for (const StateMap& s : maps) {
            if (const std::uint8_t* bytes = (*host)->map_bytes(s.map)) std::memcpy(outcome.state.data() + at, bytes, std::size_t{s.entries} * s.stride);
            at += std::size_t{s.entries} * s.stride;
        }
        outcome.calls = g_here.calls;
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

std::string difference(const NativeOutcome& actual, const NativeOutcome& expected) {
    const auto bytes = [](const char* what, const Bytes& is, const Bytes& wanted) -> std::string {
        if (is == wanted) return {};
        const auto at = static_cast<std::size_t>(std::ranges::mismatch(is, wanted).in1 - is.begin());
        const auto value = [&](const Bytes& b) { return at < b.size() ? std::to_string(b[at]) : std::string("none"); };
        return std::string(what) + " differs at byte " + std::to_string(at) + ": " + value(is) + ", should be " + value(wanted);
    };
    if (actual.r0 != expected.r0) return "r0 is " + std::to_string(actual.r0) + ", should be " + std::to_string(expected.r0);
    if (!expected.context.empty())  // a packet hook's holds the engine's own pointers, and nothing is writable
        if (const std::string d = bytes("context", actual.context, expected.context); !d.empty()) return d;
    for (const std::string& d : {bytes("packet", actual.packet, expected.packet), bytes("map values", actual.state, expected.state), bytes("helper calls", actual.calls, expected.calls)})
        if (!d.empty()) return d;
    return {};
}

}  // namespace mbpf::fuzz
