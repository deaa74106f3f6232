// SPDX-License-Identifier: Apache-2.0
// Programs that the verifier accepts, as native code in this process against the reference interpreter: for 64-bit
// pointers and, by x32, for the ways of 32-bit devices. Equal must be the result and all that a program can change:
// values of maps, the packet, the context, the records it submits.
#include <gtest/gtest.h>
#include <mbpf/abi/native.h>

#include <charconv>
#include <cstring>
#include <iostream>
#include <string_view>

#include "simulator/interpreter.h"
#include "simulator/model_world.h"
#include "tests/compiler/native_host.h"
#include "tests/fuzz/program_generator.h"
#include "verifier/verify.h"

namespace mbpf {
namespace {

std::uint64_t g_programs = 3000;
std::uint64_t g_seed = 1;
std::uint64_t g_case = 0;  // this seed alone

// Programs that once showed a bug. 11112918: an index that is never 0, so that what is accessed and the offset the
// pointer starts from lay in different objects of the frame.
constexpr std::uint64_t kFoundBugs[] = {11112918};

bool g_speed_only = false;

using Bytes = std::vector<std::uint8_t>;
using test::NativeHost;

constexpr std::size_t kBatch = 24, kRuns = 6, kRing = 2;
constexpr std::uint32_t kKeys = 3;  // that the hash map holds

// The helpers' side of a native run: what the model world is to the interpreter.
struct Device {
    NativeHost* host = nullptr;
    std::uint8_t* records = nullptr;
    std::uint64_t used = 0, room = 0;
    std::vector<Bytes> submitted;
    std::map<void*, std::uint32_t> reserved;
};
Device g_device;

void* lookup(void* handle, const void* key) {
    std::uint32_t k = 0;
    std::memcpy(&k, key, sizeof k);
    const std::size_t map = g_device.host->map_of_handle(handle);
    const std::uint32_t entries = map == 0 ? 3 : kKeys, size = map == 0 ? 32 : 16;
    return k < entries ? g_device.host->map_bytes(map) + std::size_t{k} * size : nullptr;
}
void* reserve(void*, std::uint32_t size, std::uint64_t) {
    const std::uint64_t takes = ((std::uint64_t{size} + 7) & ~std::uint64_t{7}) + 8;
    if (takes > g_device.room - g_device.used) return nullptr;
    void* record = g_device.records + g_device.used;
    g_device.used += takes;
    std::memset(record, 0, size);
    g_device.reserved[record] = size;
    return record;
}
void submit(void* record, std::uint64_t) {
    const auto* bytes = static_cast<std::uint8_t*>(record);
    g_device.submitted.emplace_back(bytes, bytes + g_device.reserved[record]);
}
void discard(void* record, std::uint64_t) { g_device.used -= ((std::uint64_t{g_device.reserved[record]} + 7) & ~std::uint64_t{7}) + 8; }

const void* helper_address(std::uint16_t number) {
    switch (number) {
        case 1: return reinterpret_cast<const void*>(&lookup);
        case 131: return reinterpret_cast<const void*>(&reserve);
        case 132: return reinterpret_cast<const void*>(&submit);
        case 133: return reinterpret_cast<const void*>(&discard);
        default: return nullptr;
    }
}

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
    static constexpr std::uint64_t kBoundary[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX, 8, 31, 56, 64};
    Bytes bytes(size);
    for (std::size_t at = 0; at < size; ++at) {
        static std::uint64_t word = 0;
        if (at % 8 == 0) word = random() % 3 == 0 ? random() : kBoundary[random() % std::size(kBoundary)];
        bytes[at] = static_cast<std::uint8_t>(word >> (8 * (at % 8)));
    }
    return bytes;
}

std::string listing(const bpf::Program& program) {
    std::string text;
    for (std::size_t i = 0; i < program.insns.size(); ++i) text += std::to_string(i) + ": " + bpf::disassemble(program.insns, i) + "\n";
    return text;
}

// xdp_md as the native code of the target has it.
Bytes native_context(const Bytes& plain, std::uint64_t packet, std::uint64_t size, bool wide) {
    Bytes native(wide ? 40 : 24);
    const auto put = [&](std::size_t at, std::uint64_t value, std::size_t bytes) { std::memcpy(native.data() + at, &value, bytes); };
    const std::size_t width = wide ? 8 : 4;
    put(0, packet, width);
    put(width, packet + size, width);
    put(2 * width, packet, width);
    std::memcpy(native.data() + 3 * width, plain.data() + 12, 12);
    return native;
}

class Comparison {
  public:
    Comparison(const VerifiedObject& verified, const Target& target, NativeHost& host) : verified_(verified), wide_(target_pointer_bytes(target) == 8), host_(host) {
        records_ = host.allocate(4096 + 64);
        packet_ = host.allocate(256);
    }

    // Empty: no difference.
    std::string run(std::size_t program, std::uint64_t seed) {
        const bpf::Object& object = verified_.object();
        std::mt19937_64 random(seed);
        sim::ModelWorld world(object);
        for (std::uint32_t m = 0; m < 2; ++m)
            for (std::uint32_t k = 0; k < kKeys; ++k) {
                const Bytes value = random_bytes(random, object.maps[m].value_size);
                world.map(m).update(key(k), value, 0);
                if (host_.map_bytes(m) != nullptr) std::copy(value.begin(), value.end(), host_.map_bytes(m) + k * value.size());
            }
        g_device = {&host_, records_, 0, object.maps[kRing].max_entries, {}, {}};
        const bool packet = object.programs[program].section == "xdp";
        for (std::size_t run = 0; run < kRuns; ++run) {
            sim::RunInput input;
            input.context = random_bytes(random, packet ? 24 : 48);
            if (packet) input.packet = random_bytes(random, random() % 100);
            input.step_limit = 1'000'000;
            sim::Machine machine(object, program, verified_.platform(), world);
            const auto expected = machine.run(input);
            if (!expected) return render_text(expected.error());
            std::copy(input.packet.begin(), input.packet.end(), packet_);
            Bytes context = packet ? native_context(input.context, reinterpret_cast<std::uintptr_t>(packet_), input.packet.size(), wide_) : input.context;
            const std::uint64_t r0 = host_.run(program, context);
            const std::string where = " in run " + std::to_string(run);
            if (r0 != expected->r0) return "r0 is " + std::to_string(r0) + ", should be " + std::to_string(expected->r0) + where;
            if (!std::equal(expected->packet.begin(), expected->packet.end(), packet_)) return "another packet" + where;
            if (!packet && context != expected->context) return "another context" + where;
            for (std::uint32_t m = 0; m < 2; ++m)
                for (std::uint32_t k = 0; k < kKeys; ++k) {
                    const Bytes value = world.map(m).value(key(k));
                    if (host_.map_bytes(m) != nullptr && !std::equal(value.begin(), value.end(), host_.map_bytes(m) + k * value.size())) return "another value " + std::to_string(k) + " of " + object.maps[m].name + where;
                }
            if (world.map(kRing).records() != g_device.submitted) return "other records" + where;
        }
        return {};
    }

  private:
    static Bytes key(std::uint32_t k) { return {static_cast<std::uint8_t>(k), 0, 0, 0}; }
    const VerifiedObject& verified_;
    bool wide_;
    NativeHost& host_;
    std::uint8_t* records_ = nullptr;
    std::uint8_t* packet_ = nullptr;
};

struct Batch {
    bpf::Object object;
    std::vector<std::uint64_t> seeds;
};

void expect_same(const Batch& batch, const std::shared_ptr<const Platform>& platform, std::uint64_t& runs) {
    const VerifyReport report = verify(std::make_shared<const bpf::Object>(batch.object), platform, {});
    ASSERT_TRUE(report.accepted());
    struct Way {
        const Target* target;
        AotOptions options;
    };
    std::vector<Way> ways = {{find_target("x86_64"), {}}, {&test::kX32, {}}};
    if (!g_speed_only) ways.push_back({&test::kX32, {.optimize = Optimize::size}});
    for (const Way& way : ways) {
        const auto native = compile_native(*report.verified, *way.target, way.options);
        ASSERT_TRUE(native) << render_text(native.error());
        auto host = NativeHost::load(*report.verified, *native, helper_address);
        ASSERT_TRUE(host) << render_text(host.error());
        Comparison comparison(*report.verified, *way.target, **host);
        for (std::size_t p = 0; p < batch.seeds.size(); ++p) {
            ASSERT_EQ(comparison.run(p, batch.seeds[p]), "") << way.target->name << ", seed " << batch.seeds[p] << "\n" << listing(batch.object.programs[p]);
            runs += kRuns;
        }
    }
}

TEST(NativeFuzz, native_code_does_what_the_interpreter_does) {
    const auto platform = std::make_shared<const Platform>(*builtin_platform("microbpf"));
    std::uint64_t accepted = 0, runs = 0;
    Batch batch;
    const std::uint64_t known = g_case != 0 ? 0 : std::size(kFoundBugs);
    for (std::uint64_t i = 0; i < g_programs + known; ++i) {
        const std::uint64_t seed = g_case != 0 ? g_case : i < known ? kFoundBugs[i] : g_seed * 1'000'003 + i - known;
        bpf::Object object = fuzz::generate(seed);
        VerifyOptions options;
        options.max_steps = 100'000;
        if (!verify(std::make_shared<const bpf::Object>(object), platform, options).accepted()) continue;
        ++accepted;
        object.programs[0].name = "p" + std::to_string(batch.seeds.size());
        if (batch.seeds.empty()) batch.object = object;
        else batch.object.programs.push_back(object.programs[0]);
        batch.seeds.push_back(seed);
        if (batch.seeds.size() < kBatch) continue;
        expect_same(batch, platform, runs);
        if (HasFatalFailure()) return;
        batch = {};
    }
    if (!batch.seeds.empty()) expect_same(batch, platform, runs);
    std::cout << g_programs << " programs, " << accepted << " accepted, " << runs << " native runs\n";
    if (g_case == 0) {
        EXPECT_GT(accepted, g_programs / 20) << "the generator makes hardly anything acceptable";
    }
}

}  // namespace
}  // namespace mbpf

// --programs=N, --seed=N: a longer run; --case=SEED --programs=1: that program; --speed-only: two code generations a
// program instead of three.
int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        for (const auto& [name, value] : {std::pair{std::string_view("--programs="), &mbpf::g_programs}, std::pair{std::string_view("--case="), &mbpf::g_case}, std::pair{std::string_view("--seed="), &mbpf::g_seed}})
            if (argument.starts_with(name)) std::from_chars(argument.data() + name.size(), argument.data() + argument.size(), *value);
        if (argument == "--speed-only") mbpf::g_speed_only = true;
    }
    return RUN_ALL_TESTS();
}
