// SPDX-License-Identifier: Apache-2.0
// Bytes that nobody honest wrote, where all that should keep them out has been passed: packages whose signatures and
// digest hold, flash whose CRCs do. Nothing may leave its place, whatever is admitted; run it with sanitizers.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "mbpf/crc32.h"
#include "stored_device.h"

namespace mbpf::test {
namespace {

using Random = std::independent_bits_engine<std::mt19937, 32, std::uint32_t>;
using Bytes = std::vector<std::uint8_t>;

std::uint32_t odd_number(Random& random, std::uint32_t near) {
    static constexpr std::uint32_t odd[] = {0, 1, 2, 3, 7, 8, 15, 16, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF};
    switch (random() % 4) {
        case 0: return odd[random() % std::size(odd)];
        case 1: return near + random() % 17 - 8;
        case 2: return near << random() % 32;
        default: return random() >> random() % 32;
    }
}

// Writes such a number over 1 to 4 bytes somewhere in [begin, end).
void disturb(Random& random, Bytes& bytes, std::size_t begin, std::size_t end) {
    const std::size_t width = std::size_t{1} << random() % 3, places = (end - begin) / width;
    const std::size_t at = begin + random() % places * width;
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, width);
    value = odd_number(random, value);
    std::memcpy(bytes.data() + at, &value, width);
}

Package rich_package(const std::string& name) {
    Package p = simple_package(name);
    p.programs.push_back(p.programs[0]);
    p.programs[1].name = "second";
    place_on(p, 1, "iio", "iio/device0/accel_x");
    p.maps = {array_map("array", 12, 5), {"hash", MBPF_MAP_HASH, 0, 5, 9, 7}, {"ring", MBPF_MAP_RING_BUFFER, 0, 0, 0, 64}, {"trie", MBPF_MAP_LPM_TRIE, 0, 8, 4, 6}, {"queue", MBPF_MAP_QUEUE, 0, 0, 8, 3}, {"programs", MBPF_MAP_PROGRAM_ARRAY, 0, 4, 4, 3}};
    p.imports.push_back({MBPF_IMPORT_PROGRAM, 1, 5u << 16 | 2});
    for (std::uint16_t i = 0; i < 6; ++i) p.imports.push_back({MBPF_IMPORT_MAP, i, 0});
    p.imports.push_back({MBPF_IMPORT_DATA, 0, 8});
    p.imports.push_back({MBPF_IMPORT_HELPER, 1, helper(1).abi_hash});
    p.data = {1, 2, 3, 4, 5, 6, 7, 8};
    p.data_ram_bytes = 24;
    finish(p);
    return p;
}

// Each package's RAM is its own, and all that it names lies in it.
void expect_in_place(mbpf_runtime* rt) {
    for (const mbpf_package_state& p : rt->packages) {
        if (!p.used) continue;
        ASSERT_GE(p.ram, rt->arena);
        ASSERT_LE(p.ram + p.ram_bytes, rt->arena + MBPF_ARENA_BYTES);
        for (const mbpf_package_state& q : rt->packages) ASSERT_TRUE(&q == &p || !q.used || q.ram_bytes == 0 || p.ram + p.ram_bytes <= q.ram || q.ram + q.ram_bytes <= p.ram);
        ASSERT_LE(p.program_count, MBPF_MAX_PROGRAMS);
        for (std::uint32_t i = 0; i < p.map_count; ++i) {
            const mbpf_map& m = p.maps[i];
            const auto bytes = mbpf_map_storage_bytes(m.type, m.key_size, m.value_size, m.max_entries);
            ASSERT_GT(bytes, 0u);
            ASSERT_GE(m.values, p.ram);
            ASSERT_LE(m.values + bytes, p.ram + p.ram_bytes);
        }
        for (std::uint32_t i = 0; i < p.program_count; ++i) {
            const auto entry = reinterpret_cast<std::uintptr_t>(p.programs[i].entry), begin = reinterpret_cast<std::uintptr_t>(p.bytes);
            ASSERT_TRUE(entry >= begin + MBPF_HEADER_BYTES && entry < begin + MBPF_SLOT_BYTES);
        }
    }
}

// All the host may do with its maps.
void visit_maps(mbpf_runtime* rt) {
    for (mbpf_package_state& p : rt->packages) {
        for (std::uint32_t i = 0; p.used && i < p.map_count; ++i) {
            mbpf_map& m = p.maps[i];
            const mbpf_map_operations* operations = mbpf_map_operations_of(m.type);
            Bytes key(MBPF_MAX_KEY_BYTES), next(MBPF_MAX_KEY_BYTES), value(MBPF_MAX_VALUE_BYTES, 0x5A);
            (void)operations->update(&m, key.data(), value.data(), MBPF_UPDATE_ANY);
            const void* read = operations->read(&m, key.data());
            if (read != nullptr) std::memcpy(value.data(), read, mbpf_map_read_bytes(&m));
            (void)operations->next_key(&m, nullptr, next.data());
            (void)operations->used(&m);
            (void)operations->remove(&m, key.data());
        }
    }
}

TEST(HostileBytes, packages_changed_under_valid_signatures_never_leave_their_place) {
    Random random(5);
    Device d;
    const Bytes good = d.signed_bytes(rich_package("demo"));
    std::uint32_t signed_bytes = 0;
    std::memcpy(&signed_bytes, good.data() + 8, 4);
    ASSERT_EQ(d.push_bytes(good, false).status, MBPF_OK);
    std::map<std::uint32_t, int> verdicts;
    for (int i = 0; i < 2000; ++i) {
        Bytes bytes = good;
        const auto rows = signed_bytes - MBPF_HEADER_BYTES - 16;
        for (std::uint32_t n = 1 + random() % 3; n-- > 0;) {
            if (random() % 2 == 0) disturb(random, bytes, 8, 144);  // lengths, name, counts, offsets, sums
            else disturb(random, bytes, signed_bytes - rows, signed_bytes);
        }
        bytes = signed_again(d, std::move(bytes), signed_bytes);
        const Device::Outcome o = d.push_bytes(bytes, false);
        ++verdicts[o.verdict.code];
        ASSERT_TRUE(o.status == MBPF_OK || o.status == MBPF_REFUSED) << i;
        expect_in_place(d.rt());
        if (HasFatalFailure()) FAIL() << "change " << i;
        if (o.status != MBPF_OK) continue;
        visit_maps(d.rt());
        for (mbpf_package_state& p : d.rt()->packages)
            if (p.used) (void)mbpf_unload(d.rt(), p.name);
    }
    EXPECT_EQ(mbpf_ram_free(d.rt()), MBPF_ARENA_BYTES);
    EXPECT_GT(verdicts[MBPF_ADMIT_OK], 50);
    EXPECT_GT(verdicts.size(), 15u) << "the changes reach many checks";
}

// A record of the journal, of any content and a good CRC.
void any_record(Random& random, std::uint8_t* at, const StoredDevice& d) {
    for (std::uint32_t i = 0; i < MBPF_RECORD_BYTES; ++i) at[i] = static_cast<std::uint8_t>(random());
    at[0] = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : MBPF_RECORD_AREA + random() % 6);
    at[1] = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 5);
    const std::uint32_t bytes = odd_number(random, d.store.slot_bytes);
    std::memcpy(at + 4, &bytes, 4);
    if (random() % 2 == 0) std::memcpy(at + 16, "demo", 5);
    const std::uint32_t crc = mbpf_crc32(at, MBPF_RECORD_BYTES - 4);
    std::memcpy(at + MBPF_RECORD_BYTES - 4, &crc, 4);
}

void any_entry(Random& random, std::uint8_t* at) {
    for (std::uint32_t i = 0; i < MBPF_EVENT_ENTRY_BYTES; ++i) at[i] = static_cast<std::uint8_t>(random());
    const std::uint32_t index = odd_number(random, 20);
    std::memcpy(at, &index, 4);
    const std::uint32_t crc = mbpf_crc32(at, MBPF_EVENT_ENTRY_BYTES - 4);
    std::memcpy(at + MBPF_EVENT_ENTRY_BYTES - 4, &crc, 4);
}

void any_root(Random& random, std::uint8_t* at) {
    Bytes record(odd_number(random, MBPF_ROOT_BYTES) % MBPF_ROOT_BYTES + 8u);
    for (std::uint8_t& b : record) b = static_cast<std::uint8_t>(random());
    record.resize(std::min<std::size_t>(record.size(), MBPF_ROOT_BYTES));
    const std::uint32_t root = MBPF_ROOT_MAGIC;
    std::memcpy(record.data(), &root, 4);
    record[4] = MBPF_ROOT_FORMAT, record[5] = 0;
    write_root_copy(at, record, 0);
    if (random() % 4 == 0) at[4 + random() % 4] = static_cast<std::uint8_t>(random());  // its length
}

class HostileFlash : public ::testing::TestWithParam<bool> {};

TEST_P(HostileFlash, a_boot_from_anything_with_good_checksums_never_harms) {
    Random random(6);
    StoredDevice d(5, GetParam());
    ASSERT_EQ(d.boot(), MBPF_OK);
    ASSERT_EQ(d.push(version(1)).status, MBPF_OK);
    ASSERT_EQ(d.confirm(), MBPF_OK);
    ASSERT_EQ(d.push(version(7, "bystander")).status, MBPF_OK);
    const Bytes good = d.image();
    int ran = 0, installed = 0;
    for (int i = 0; i < 500; ++i) {
        d.restore(good);
        const mbpf_journal& j = d.store.journal;
        for (std::uint32_t n = random() % 20; n-- > 0;)
            any_record(random, d.flash.bytes + random() % 2 * j.area_bytes + random() % 40 * MBPF_RECORD_BYTES, d);
        for (std::uint32_t n = random() % 6; n-- > 0;)
            any_entry(random, d.flash.bytes + d.store.events.begin + random() % 2 * d.store.events.area_bytes + random() % MBPF_EVENT_ENTRIES * MBPF_EVENT_ENTRY_BYTES);
        if (random() % 3 == 0) any_root(random, d.flash.bytes + d.store.root.begin + random() % 2 * d.store.root.copy_bytes);
        const mbpf_status status = d.boot();
        ASSERT_TRUE(status == MBPF_OK || status == MBPF_BAD_STATE) << i;  // or a journal of another layout
        expect_in_place(d.rt());
        if (HasFatalFailure()) FAIL() << i;
        ran += d.runs("bystander") == 7;
        const mbpf_status push = d.push(version(2)).status;
        ASSERT_TRUE(push == MBPF_OK || push == MBPF_REFUSED || push == MBPF_FLASH_FAILED) << i << " " << push;
        installed += push == MBPF_OK;
        mbpf_store_poll(d.rt());
        expect_in_place(d.rt());
        if (HasFatalFailure()) FAIL() << i;
    }
    EXPECT_GT(ran, 30);
    EXPECT_GT(installed, 30);
    EXPECT_LT(installed, 500);
}

INSTANTIATE_TEST_SUITE_P(Flash, HostileFlash, testing::Bool(), [](const auto& instance) { return instance.param ? std::string("mapped") : std::string("copied_to_ram"); });

// The longest probation a host can ask for is not the shortest.
TEST(HostileBytes, the_longest_probation_is_not_over_at_once) {
    StoredDevice d;
    ASSERT_EQ(d.boot(), MBPF_OK);
    for (const std::uint32_t probation_ms : {0xFFFFFFFFu, 0xFFFFFFFFu - 98u, 6'553'600u}) {
        ASSERT_EQ(d.push_with(version(1), {.activate = true, .dry_run = false, .host_confirms = false, .probation_ms = probation_ms}).status, MBPF_OK);
        mbpf_store_poll(d.rt());
        ASSERT_NE(d.package("demo"), nullptr);
        EXPECT_TRUE(d.package("demo")->on_trial) << probation_ms;
    }
}

}  // namespace
}  // namespace mbpf::test
