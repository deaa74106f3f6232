// SPDX-License-Identifier: Apache-2.0
// One field wrong in a package that is right in all else, under good signatures: the check that is there for this field
// refuses it, by its number and its words. What a device with another firmware, platform or policy would meet.
#include <gtest/gtest.h>

#include <functional>

#include "device.h"

namespace mbpf::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint32_t get32(const Bytes& bytes, std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, 4);
    return value;
}
void put32(Bytes& bytes, std::size_t at, std::uint32_t value) { std::memcpy(bytes.data() + at, &value, 4); }

constexpr std::size_t kSignedBytes = offsetof(mbpf_package_header, signed_bytes), kText = offsetof(mbpf_package_header, text_offset), kData = offsetof(mbpf_package_header, data_offset),
                      kDataRam = offsetof(mbpf_package_header, data_ram_bytes), kImports = offsetof(mbpf_package_header, imports_offset), kPrograms = offsetof(mbpf_package_header, programs_offset),
                      kMaps = offsetof(mbpf_package_header, maps_offset), kMapCount = offsetof(mbpf_package_header, map_count);

// One of everything, admitted as it stands.
Package whole_package() {
    Package p = simple_package();
    p.data = {1, 2, 3, 4};
    p.maps = {array_map("m"), {"tails", MBPF_MAP_PROGRAM_ARRAY, 0, 4, 4, 4}};
    p.imports = {{MBPF_IMPORT_MAP, 0, 0}, {MBPF_IMPORT_PROGRAM, 0, 1u << 16}};
    finish(p);
    return p;
}

struct FieldCase {
    const char* name;
    std::uint32_t code;
    const char* detail;
    std::function<void(Package&)> change;  // before it is written
    std::function<void(Bytes&)> edit;      // after; digest and signatures are made anew
};

const FieldCase kFields[] = {
    {"reserved_header_bytes_after_the_version", MBPF_ADMIT_LAYOUT, "reserved bytes", {}, [](Bytes& b) { b[offsetof(mbpf_package_header, reserved0) + 1] = 1; }},
    {"reserved_header_bytes_before_the_digest", MBPF_ADMIT_LAYOUT, "reserved bytes", {}, [](Bytes& b) { b[offsetof(mbpf_package_header, reserved1)] = 1; }},
    {"first_reserved_header_byte_at_the_end", MBPF_ADMIT_LAYOUT, "reserved bytes", {}, [](Bytes& b) { b[offsetof(mbpf_package_header, reserved2)] = 1; }},
    {"text_at_an_odd_place", MBPF_ADMIT_LAYOUT, "text", {}, [](Bytes& b) { put32(b, kText, get32(b, kText) + 8); }},
    {"data_at_an_odd_place", MBPF_ADMIT_LAYOUT, "data", {}, [](Bytes& b) { put32(b, kData, get32(b, kData) + 4); }},
    {"imports_at_an_odd_place", MBPF_ADMIT_LAYOUT, "imports", {}, [](Bytes& b) { put32(b, kImports, get32(b, kImports) + 4); }},
    {"imports_over_the_data", MBPF_ADMIT_LAYOUT, "imports", {}, [](Bytes& b) { put32(b, kImports, get32(b, kData)); }},
    {"programs_over_the_imports", MBPF_ADMIT_LAYOUT, "programs", {}, [](Bytes& b) { put32(b, kPrograms, get32(b, kImports)); }},
    {"maps_beyond_what_is_signed", MBPF_ADMIT_LAYOUT, "maps", {}, [](Bytes& b) { put32(b, kMaps, get32(b, kMaps) + 4); }},
    {"more_maps_than_are_signed", MBPF_ADMIT_LAYOUT, "maps", {}, [](Bytes& b) { put32(b, kMapCount, 3); }},
    {"data_longer_than_its_ram", MBPF_ADMIT_LAYOUT, "data", {}, [](Bytes& b) { put32(b, kDataRam, 3); }},
    {"data_alignment", MBPF_ADMIT_LAYOUT, "data", [](Package& p) { p.data_align = 4; }, {}},
    {"no_text", MBPF_ADMIT_LAYOUT, "text", {}, [](Bytes& b) { put32(b, kText + 4, 0); }},
    {"attach_string_with_a_control_character", MBPF_ADMIT_LAYOUT, "program row", [](Package& p) { p.programs[0].attach = "trace/\033c"; }, {}},
    {"program_name_with_a_control_character", MBPF_ADMIT_LAYOUT, "program row", [](Package& p) { p.programs[0].name = "ma\rin"; }, {}},
    {"program_flag_that_nobody_knows", MBPF_ADMIT_LAYOUT, "program row", {}, [](Bytes& b) { b[get32(b, kPrograms) + offsetof(mbpf_package_program, flags)] = 0x80; }},
    {"two_programs_of_one_name", MBPF_ADMIT_LAYOUT, "two programs of one name", [](Package& p) { p.programs.push_back(p.programs[0]); }, {}},
    {"map_name_with_a_control_character", MBPF_ADMIT_LAYOUT, "map row", [](Package& p) { p.maps[0].name = "\177"; }, {}},
    {"first_reserved_word_of_a_map", MBPF_ADMIT_LAYOUT, "map row", {}, [](Bytes& b) { b[get32(b, kMaps) + offsetof(mbpf_package_map, reserved)] = 1; }},
    {"second_reserved_word_of_a_map", MBPF_ADMIT_LAYOUT, "map row", {}, [](Bytes& b) { b[get32(b, kMaps) + offsetof(mbpf_package_map, reserved) + 4] = 1; }},
    {"map_flag_that_nobody_knows", MBPF_ADMIT_MAP_TYPE, "m", [](Package& p) { p.maps[0].flags = 1; }, {}},
    {"more_ram_than_the_platform_allows_a_package", MBPF_ADMIT_RAM, "limit of a package", [](Package& p) { p.maps[0] = array_map("m", 4096, 65536); }, {}},
    {"ram_that_would_wrap", MBPF_ADMIT_RAM, "limit of a package", [](Package& p) { p.data_ram_bytes = 0xFFFFFFF8; }, {}},
    {"reserved_byte_of_an_import", MBPF_ADMIT_IMPORT, "import row", {}, [](Bytes& b) { b[get32(b, kImports) + 1] = 1; }},
    {"a_program_that_is_not_there_in_an_array_that_is", MBPF_ADMIT_IMPORT, "import row", [](Package& p) { p.imports[1].index = 1; }, {}},
    {"values_of_a_map_that_is_not_there", MBPF_ADMIT_IMPORT, "import row", [](Package& p) { p.imports[0] = {MBPF_IMPORT_MAP_VALUES, 2, 0}; }, {}},
    {"more_helpers_behind_gates_than_there_are_gates", MBPF_ADMIT_IMPORT, "helpers",
     [](Package& p) {
         p.capabilities = helper(6).capability;
         p.imports.assign(MBPF_GATES + 1, {MBPF_IMPORT_HELPER, 6, helper(6).abi_hash});
     }, {}},
    {"programs_of_two_platforms", MBPF_ADMIT_HOOK_UNKNOWN, "isa",
     [](Package& p) {
         p.programs.push_back(p.programs[0]);
         p.programs[1].name = "other";
         p.programs[1].attach = "isa";
         p.programs[1].hook_id = hook("isa", mbpf_platform_isa).id;
         p.programs[1].hook_abi = hook("isa", mbpf_platform_isa).abi_hash;
     }, {}},
};

Bytes written(const Device& d, const FieldCase& c) {
    Package p = whole_package();
    if (c.change) c.change(p);
    finish(p);
    Bytes bytes = d.signed_bytes(p);
    if (!c.edit) return bytes;
    const std::uint32_t signed_bytes = get32(bytes, kSignedBytes);
    c.edit(bytes);
    return signed_again(d, std::move(bytes), signed_bytes);
}

class Field : public testing::TestWithParam<FieldCase> {};

TEST_P(Field, is_judged_by_itself) {
    Device d;
    const Device::Outcome o = d.push_bytes(written(d, GetParam()));
    EXPECT_EQ(o.status, MBPF_REFUSED);
    EXPECT_EQ(o.verdict.code, GetParam().code) << o.verdict.detail;
    EXPECT_STREQ(o.verdict.detail, GetParam().detail);
}
INSTANTIATE_TEST_SUITE_P(Admission, Field, testing::ValuesIn(kFields), [](const auto& instance) { return std::string(instance.param.name); });

TEST(AdmissionFields, the_package_that_they_change_is_admitted) {
    Device d;
    EXPECT_EQ(d.push(whole_package()).status, MBPF_OK);
    EXPECT_EQ(d.push_bytes(written(d, {"", 0, "", {}, [](Bytes&) {}})).status, MBPF_OK) << "signed again, it is the same";
}

TEST(AdmissionFields, signatures_that_begin_just_before_the_end_are_cut) {
    Device d;
    Bytes bytes = d.signed_bytes(whole_package());
    put32(bytes, kSignedBytes, static_cast<std::uint32_t>(bytes.size()) - MBPF_SIGNATURE_BLOCK_HEADER_BYTES + 1);
    EXPECT_EQ(d.push_bytes(bytes).verdict.code, MBPF_ADMIT_TRUNCATED);
}

TEST(AdmissionFields, a_map_that_lives_on_keeps_type_sizes_and_entries) {
    const PackageMap hash{"m", MBPF_MAP_HASH, 0, 8, 8, 4};
    const auto changed = [&](const std::function<void(PackageMap&)>& change) {
        Device d;
        Package p = simple_package();
        p.maps = {hash};
        finish(p);
        EXPECT_EQ(d.push(p).status, MBPF_OK);
        change(p.maps[0]);
        finish(p);
        const Device::Outcome o = d.push(p);
        EXPECT_TRUE(o.status == MBPF_OK || std::string_view(o.verdict.detail) == "m");
        return o.verdict.code;
    };
    EXPECT_EQ(changed([](PackageMap&) {}), MBPF_ADMIT_OK);
    EXPECT_EQ(changed([](PackageMap& m) { m.type = MBPF_MAP_LRU_HASH; }), MBPF_ADMIT_MAP_LAYOUT_CHANGED);
    EXPECT_EQ(changed([](PackageMap& m) { m.key_size = 4; }), MBPF_ADMIT_MAP_LAYOUT_CHANGED);
    EXPECT_EQ(changed([](PackageMap& m) { m.value_size = 4; }), MBPF_ADMIT_MAP_LAYOUT_CHANGED);
    EXPECT_EQ(changed([](PackageMap& m) { m.max_entries = 3; }), MBPF_ADMIT_MAP_LAYOUT_CHANGED);
}

TEST(AdmissionFields, more_signatures_than_a_package_has_are_refused_unread) {
    Device d;
    Bytes bytes = d.signed_bytes(whole_package());
    const std::size_t block = get32(bytes, kSignedBytes);
    bytes[block + offsetof(mbpf_signature_block_header, count)] = MBPF_MAX_SIGNATURES + 1;
    bytes.resize(block + MBPF_SIGNATURE_BLOCK_HEADER_BYTES + (MBPF_MAX_SIGNATURES + 1) * sizeof(mbpf_signature_entry));
    const Device::Outcome o = d.push_bytes(bytes);
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_LAYOUT);
    EXPECT_STREQ(o.verdict.detail, "signature block");
    bytes[block + offsetof(mbpf_signature_block_header, count)] = MBPF_MAX_SIGNATURES;
    bytes.resize(bytes.size() - sizeof(mbpf_signature_entry));
    EXPECT_EQ(d.push_bytes(bytes).status, MBPF_OK) << "entries of no role and no algorithm are passed over";
    bytes[block + offsetof(mbpf_signature_block_header, reserved)] = 1;
    EXPECT_STREQ(d.push_bytes(bytes).verdict.detail, "signature block");
}

// A transfer's bytes go to its slot and nowhere else; the next slot may hold code that runs.
TEST(Transfer, never_leaves_what_it_announced) {
    Device d;
    const std::array<std::uint8_t, 32> digest{1};
    const Bytes bytes(MBPF_SLOT_BYTES, 0xEE);
    mbpf_verdict v;
    EXPECT_EQ(mbpf_transfer_begin(d.rt(), MBPF_SLOT_BYTES + 1, digest.data(), &v), MBPF_REFUSED);
    EXPECT_EQ(v.code, MBPF_ADMIT_TOO_LARGE);
    EXPECT_EQ(mbpf_transfer_data(d.rt(), 0, bytes.data(), 1), MBPF_BAD_STATE) << "none is open";
    ASSERT_EQ(mbpf_transfer_begin(d.rt(), MBPF_SLOT_BYTES, digest.data(), &v), MBPF_OK);
    const std::uint32_t slot = d.rt()->transfer.slot;
    const auto send = [&](std::uint32_t offset, std::uint32_t count) { return mbpf_transfer_data(d.rt(), offset, bytes.data(), count); };
    EXPECT_EQ(send(0, MBPF_SLOT_BYTES - 2), MBPF_OK);
    EXPECT_EQ(send(MBPF_SLOT_BYTES - 2, 3), MBPF_OUT_OF_RANGE);
    EXPECT_EQ(send(MBPF_SLOT_BYTES - 3, 4), MBPF_OUT_OF_RANGE);
    EXPECT_EQ(send(0xFFFFFFFE, 4), MBPF_OUT_OF_RANGE);
    EXPECT_EQ(send(4, 0xFFFFFFFE), MBPF_OUT_OF_RANGE);
    EXPECT_EQ(send(MBPF_SLOT_BYTES - 1, 1), MBPF_OUT_OF_RANGE) << "one in between is missing";
    EXPECT_EQ(d.rt()->transfer.received, MBPF_SLOT_BYTES - 2);
    EXPECT_EQ(send(MBPF_SLOT_BYTES - 4, 4), MBPF_OK) << "two of them again";
    EXPECT_EQ(send(MBPF_SLOT_BYTES, 1), MBPF_OUT_OF_RANGE);
    EXPECT_EQ(d.rt()->transfer.received, MBPF_SLOT_BYTES);
    EXPECT_EQ(d.rt()->slots[slot][MBPF_SLOT_BYTES - 1], 0xEE);
}

// A device with two platforms of different versions: a package is of one, and so are its hooks.
TEST(AdmissionFields, a_hook_of_the_other_platforms_version_is_not_the_packages) {
    Device d;
    mbpf_platform_tables newer = mbpf_platform_isa;
    newer.version = 2;
    for (std::uint32_t i = 0; i < d.rt()->platform_count; ++i)
        if (d.rt()->platforms[i] == &mbpf_platform_isa) d.rt()->platforms[i] = &newer;
    Package p = whole_package();
    p.platform_version = 2;
    const Device::Outcome o = d.push(p);
    EXPECT_EQ(o.verdict.code, MBPF_ADMIT_HOOK_UNKNOWN);
    EXPECT_STREQ(o.verdict.detail, "trace/t");
}

}  // namespace
}  // namespace mbpf::test
