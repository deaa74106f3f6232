// SPDX-License-Identifier: Apache-2.0
// The maps on both boards: the digests of the host, and no helper takes more than its stated cost.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "core/platform.h"
#include "mbpf/map.h"
#include "sequences.h"

namespace mbpf::test {
namespace {

struct Board {
    const char* name;
    const char* command;
    unsigned grain;  // of its instruction counter
};
constexpr Board kBoards[] = {
    {"cortex-m4", "qemu-system-arm -M mps2-an386 -semihosting-config enable=on,target=native", 40},
    {"rv32imac", "qemu-system-riscv32 -M virt -bios none -cpu rv32", 1},
};
void PrintTo(const Board& board, std::ostream* out) { *out << board.name; }

struct Line {
    unsigned shape = 0, digest = 0, lookup = 0, update = 0, remove = 0, append = 0;
};

std::vector<Line> run(const Board& board) {
    const std::string command = "timeout 120 " + std::string(board.command) + " -icount shift=0 -nodefaults -display none -serial stdio -kernel " + FIRMWARE_FOLDER + "/maps-" + board.name + ".elf 2>/dev/null </dev/null";
    std::vector<Line> lines;
    std::FILE* out = ::popen(command.c_str(), "r");
    if (out == nullptr) return lines;
    Line l;
    while (std::fscanf(out, " shape %u digest %u lookup %u update %u remove %u append %u", &l.shape, &l.digest, &l.lookup, &l.update, &l.remove, &l.append) == 6) lines.push_back(l);
    ::pclose(out);
    return lines;
}

unsigned digest_here(const map_shape& shape) {
    std::vector<std::uint64_t> storage(mbpf_map_storage_bytes(shape.type, shape.key, shape.value, shape.entries) / 8);
    mbpf_map map{};
    map.values = reinterpret_cast<std::uint8_t*>(storage.data());
    map.stride = mbpf_map_stride(shape.type, shape.key, shape.value);
    map.key_size = shape.key;
    map.value_size = shape.value;
    map.max_entries = shape.entries;
    map.type = static_cast<std::uint16_t>(shape.type);
    std::vector<std::uint8_t> copy(shape.value);
    struct Self {
        mbpf_map* map;
        const mbpf_map_operations* operations;
        std::vector<std::uint8_t>* copy;
    } self{&map, mbpf_map_operations_of(shape.type), &copy};
    const map_target target = {
        &self,
        [](void* s, const std::uint8_t* key) {
            auto* at = static_cast<std::uint8_t*>(static_cast<Self*>(s)->operations->lookup(static_cast<Self*>(s)->map, key));
            if (at == nullptr || static_cast<Self*>(s)->map->key_size != 0) return at;
            static_cast<Self*>(s)->copy->assign(at, at + static_cast<Self*>(s)->map->value_size);
            return static_cast<Self*>(s)->copy->data();
        },
        [](void* s, const std::uint8_t* key, const std::uint8_t* value, std::uint64_t flags) { return static_cast<Self*>(s)->operations->update(static_cast<Self*>(s)->map, key, value, flags); },
        [](void* s, const std::uint8_t* key) { return static_cast<Self*>(s)->operations->remove(static_cast<Self*>(s)->map, key); },
        [](void* s, const std::uint8_t* key, const std::uint8_t* value, std::uint64_t time) { mbpf_time_series_push(static_cast<Self*>(s)->map, key, value, time); },
        [](void* s, const std::uint8_t* key) { return static_cast<const std::uint8_t*>(static_cast<Self*>(s)->operations->read(static_cast<Self*>(s)->map, key)); },
        [](void* s, const std::uint8_t* key, std::uint8_t* next) { return static_cast<Self*>(s)->operations->next_key(static_cast<Self*>(s)->map, key, next); },
        [](void* s) { return static_cast<Self*>(s)->operations->used(static_cast<Self*>(s)->map); }};
    return map_sequence(&shape, &target);
}

// What the descriptor charges for a call of the helper on the shape.
unsigned charged(unsigned helper, const map_shape& shape) {
    const Platform& platform = *builtin_platform("microbpf");
    const Helper* h = platform.find_helper(helper);
    return h == nullptr ? 0 : h->cost + platform.map_cost(*h, shape.type, shape.key, shape.value, shape.entries);
}

class MapsOnBoard : public testing::TestWithParam<Board> {};

TEST_P(MapsOnBoard, give_the_results_of_the_host_within_the_cost_that_is_charged) {
    const std::vector<Line> lines = run(GetParam());
    ASSERT_EQ(lines.size(), MAP_SHAPES);
    for (const Line& l : lines) {
        const map_shape& shape = map_shapes[l.shape];
        const std::string what = "shape " + std::to_string(l.shape) + ", type " + std::to_string(shape.type);
        EXPECT_EQ(l.digest, digest_here(shape)) << what;
        const bool keys = shape.key != 0;
        const auto within = [&](const char* call, unsigned took, unsigned helper) {
            if (took == 0) return;
            std::printf("  %-10s %-24s %-7s %6u of %6u\n", GetParam().name, what.c_str(), call, took, charged(helper, shape));
            EXPECT_LE(took, charged(helper, shape) + GetParam().grain - 1) << what << " " << call;
        };
        within("lookup", l.lookup, keys ? 1 : 89);
        within("update", l.update, keys ? 2 : 87);
        if (shape.type != MBPF_MAP_ARRAY && shape.type != MBPF_MAP_PERCPU_ARRAY) within("remove", l.remove, keys ? 3 : 88);
        within("append", l.append, 1001);
    }
}
INSTANTIATE_TEST_SUITE_P(Emulated, MapsOnBoard, testing::ValuesIn(kBoards), [](const auto& instance) { return std::string(instance.param.name).starts_with("cortex") ? "cortex_m4" : "rv32imac"; });

}  // namespace
}  // namespace mbpf::test
