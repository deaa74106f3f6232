// SPDX-License-Identifier: Apache-2.0
// The package format: what is written reads back to the same values and the same bytes, and nothing else
// reads at all. Byte positions below come from the structs in mbpf/abi/package.h.
#include "linker/package.h"
#include "linker/package_layout.h"

#include <gtest/gtest.h>
#include <mbpf/abi/map_layout.h>
#include <mbpf/abi/package.h>
#include <sodium.h>

#include <algorithm>
#include <functional>

namespace mbpf {
namespace {

Package example() {
    Package p;
    p.name = "limit-switch";
    p.version = {1, 2, 3};
    p.rollback_counter = 7;
    p.isa = MBPF_ISA_THUMBV7EM;
    p.platform_version = 1;
    p.capabilities = 5;
    p.stack_bytes = 96;
    p.worst_case_instructions = 1234;
    p.text.assign(37, 0x5a);
    p.data = {1, 2, 3};
    p.data_ram_bytes = 24;
    p.imports = {{MBPF_IMPORT_HELPER, 1000, 0xdeadbeef}, {MBPF_IMPORT_MAP_VALUES, 0, 0}, {MBPF_IMPORT_DATA, 0, 16}};
    PackageProgram program;
    program.name = "stop";
    program.attach = "gpio/chip0/line3/rising";
    program.hook_id = 3;
    program.fail_open = true;
    program.hook_abi = 0x11223344;
    program.entry_offset = 16;
    program.stack_bytes = 96;
    program.worst_case_instructions = 1234;
    program.parameter = 99;
    p.programs = {program};
    p.maps = {{"thresholds_16byt", MBPF_MAP_ARRAY, 0, 4, 12, 8}, {"seen", MBPF_MAP_HASH, 0, 4, 8, 16}};
    p.ram_bytes = static_cast<std::uint32_t>(p.required_ram_bytes().value_or(0));
    PackageSignature signature;
    signature.role = MBPF_ROLE_VERIFIER;
    signature.algorithm = MBPF_SIGALG_ED25519;
    signature.key_id = {1, 2, 3, 4, 5, 6, 7, 8};
    signature.signature.fill(0x77);
    p.signatures = {signature};
    p.host_sections = {{MBPF_HOST_BYTECODE, {9, 8, 7}}, {MBPF_HOST_PROVENANCE, {}}};
    return p;
}

using Bytes = std::vector<std::uint8_t>;

void put32(Bytes& bytes, std::size_t at, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}
std::uint32_t get32(const Bytes& bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(bytes[at + i]) << (8 * i);
    return value;
}
std::size_t signed_bytes(const Bytes& bytes) { return get32(bytes, 8); }
std::size_t host_region(const Bytes& bytes) { return signed_bytes(bytes) + 8 + 76; }

// As an attacker would: after a change to the payload, its digest is made to fit again.
void fix_payload_digest(Bytes& bytes) {
    crypto_hash_sha256(bytes.data() + offsetof(mbpf_package_header, payload_digest), bytes.data() + 256,
                       signed_bytes(bytes) - 256);
}

std::string code_of(const Result<Package>& result) { return result ? "accepted" : result.error().code; }

TEST(Package, reads_back_what_was_written) {
    const Package p = example();
    const Bytes bytes = p.serialize();
    const Result<Package> read = parse_package(bytes);
    ASSERT_TRUE(read) << render_text(read.error());
    EXPECT_EQ(read->name, p.name);
    EXPECT_EQ(read->version.patch, 3);
    EXPECT_EQ(read->rollback_counter, 7u);
    EXPECT_EQ(read->isa, p.isa);
    EXPECT_EQ(read->capabilities, 5u);
    EXPECT_EQ(read->text, p.text);
    EXPECT_EQ(read->data, p.data);
    EXPECT_EQ(read->data_ram_bytes, 24u);
    EXPECT_EQ(read->imports, p.imports);
    ASSERT_EQ(read->programs.size(), 1u);
    EXPECT_EQ(read->programs[0].attach, "gpio/chip0/line3/rising");
    EXPECT_TRUE(read->programs[0].fail_open);
    EXPECT_EQ(read->programs[0].parameter, 99u);
    ASSERT_EQ(read->maps.size(), 2u);
    EXPECT_EQ(read->maps[0].name, "thresholds_16byt");
    EXPECT_EQ(read->maps[1].max_entries, 16u);
    ASSERT_EQ(read->signatures.size(), 1u);
    EXPECT_EQ(read->signatures[0].signature, p.signatures[0].signature);
    ASSERT_NE(read->find_host_section(MBPF_HOST_BYTECODE), nullptr);
    EXPECT_EQ(read->find_host_section(MBPF_HOST_BYTECODE)->bytes, Bytes({9, 8, 7}));
    EXPECT_EQ(read->serialize(), bytes);
}

TEST(Package, header_is_256_bytes_and_the_same_with_and_without_host_sections_and_signatures) {
    Package p = example();
    const Bytes header = p.header_bytes();
    ASSERT_EQ(header.size(), MBPF_HEADER_BYTES);
    const Bytes whole = p.serialize();
    EXPECT_TRUE(std::equal(header.begin(), header.end(), whole.begin()));

    Bytes stripped = p.serialize(true);
    EXPECT_LT(stripped.size(), whole.size());
    const Result<Package> read = parse_package(stripped);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->host_sections.empty());
    EXPECT_EQ(read->header_bytes(), header);
    EXPECT_EQ(read->serialize(), stripped);

    p.signatures.clear();
    EXPECT_EQ(p.header_bytes(), header);
}

TEST(Package, device_bytes_are_those_of_the_package_with_the_signatures_that_a_device_demands) {
    Package p = example();
    const DeviceBytes before = device_bytes(p);
    p.signatures.push_back(p.signatures.front());
    const DeviceBytes bytes = device_bytes(p);
    EXPECT_EQ(bytes.total(), p.serialize(true).size());
    EXPECT_EQ(before.total(), bytes.total());
    EXPECT_EQ(bytes.fixed, 256u + 8 + 2 * 76);
    EXPECT_EQ(bytes.text, 40u);  // 37, padded
    EXPECT_EQ(bytes.data, 8u);
    EXPECT_EQ(bytes.relocations, 8 * p.imports.size());
    EXPECT_EQ(bytes.programs, 104u);
    EXPECT_EQ(bytes.maps, 2 * 40u);
    p.signatures.push_back(p.signatures.front());
    EXPECT_EQ(device_bytes(p).total(), p.serialize(true).size());
}

TEST(Package, cut_at_any_byte_is_refused_except_where_the_host_region_is_stripped_whole) {
    const Bytes bytes = example().serialize();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        const Result<Package> read = parse_package(std::span(bytes).first(length));
        if (length == host_region(bytes)) {
            EXPECT_TRUE(read);
        } else {
            EXPECT_EQ(code_of(read), "MBPF3200") << "cut at " << length;
        }
    }
}

TEST(Package, one_flipped_bit_anywhere_but_in_key_id_and_signature_changes_the_header_or_is_refused) {
    const Bytes bytes = example().serialize();
    const Bytes header = example().header_bytes();
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        Bytes changed = bytes;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
        const Result<Package> read = parse_package(changed);
        if (!read) continue;
        // Accepted: then either the signature no longer fits the header, or it is the entry itself.
        const bool in_entry = bit / 8 >= signed_bytes(bytes) + 8 && bit / 8 < host_region(bytes);
        EXPECT_TRUE(in_entry || bit / 8 < MBPF_HEADER_BYTES) << "byte " << bit / 8;
        EXPECT_TRUE(in_entry || read->header_bytes() != header);
        EXPECT_EQ(read->serialize(), changed);
    }
}

struct BadCase {
    const char* name;
    const char* code;
    std::function<void(Bytes&)> change;
};

const std::size_t kPrograms = 256 + 40 + 8 + 3 * 8;
const std::size_t kMaps = kPrograms + 104;

const BadCase kBadCases[] = {
    {"bytes_after_the_end", "MBPF3200", [](Bytes& b) { b.push_back(0); }},
    {"other_magic", "MBPF3201", [](Bytes& b) { b[0] = 'X'; }},
    {"newer_format", "MBPF3202", [](Bytes& b) { b[4] = 2; }},
    {"other_header_size", "MBPF3204", [](Bytes& b) { b[6] = 8; }},
    {"unknown_flag", "MBPF3203", [](Bytes& b) { b[12] = 1; }},
    {"reserved_not_zero", "MBPF3203", [](Bytes& b) { b[250] = 1; }},
    {"name_not_terminated", "MBPF3206", [](Bytes& b) { std::fill_n(b.begin() + 16, 32, std::uint8_t{'a'}); }},
    {"name_empty", "MBPF3206", [](Bytes& b) { std::fill_n(b.begin() + 16, 32, std::uint8_t{0}); }},
    {"name_with_bytes_after_its_end", "MBPF3206", [](Bytes& b) { b[16 + 30] = 'x'; }},
    {"name_with_escape_character", "MBPF3206", [](Bytes& b) { b[16] = 0x1b; }},
    {"name_with_c1_control", "MBPF3206", [](Bytes& b) { b[16] = 0xc2, b[17] = 0x9b; }},
    {"name_with_overlong_utf8", "MBPF3206", [](Bytes& b) { b[16] = 0xc0, b[17] = 0xaf; }},
    {"name_with_surrogate", "MBPF3206", [](Bytes& b) { b[16] = 0xed, b[17] = 0xa0, b[18] = 0x80; }},
    {"text_size_huge", "MBPF3204", [](Bytes& b) { put32(b, 68, 0xffffffff); }},
    {"text_size_zero", "MBPF3204", [](Bytes& b) { put32(b, 68, 0); }},
    {"import_count_huge", "MBPF3204", [](Bytes& b) { put32(b, 88, 0x20000000); }},
    {"program_count_huge", "MBPF3204", [](Bytes& b) { put32(b, 96, 0xffffffff); }},
    {"map_count_huge", "MBPF3204", [](Bytes& b) { put32(b, 104, 0xffffffff); }},
    {"all_sizes_huge_but_consistent", "MBPF3204",
     [](Bytes& b) { put32(b, 68, 0xfffffff0), put32(b, 72, 0xf0), put32(b, 84, 0xf8), put32(b, 8, 0xf8); }},
    {"signed_bytes_past_the_end", "MBPF3204", [](Bytes& b) { put32(b, 8, 0x7fffffff); }},
    {"data_offset_into_text", "MBPF3204", [](Bytes& b) { put32(b, 72, 256); }},
    {"data_ram_smaller_than_data", "MBPF3204", [](Bytes& b) { put32(b, 80, 2); }},
    {"data_alignment_odd", "MBPF3204", [](Bytes& b) { put32(b, 136, 3); }},
    {"text_changed", "MBPF3205", [](Bytes& b) { b[256] ^= 1; }},
    {"padding_not_zero", "MBPF3203", [](Bytes& b) { b[256 + 38] = 1, fix_payload_digest(b); }},
    {"import_kind_unknown", "MBPF3209", [](Bytes& b) { b[256 + 48] = 9, fix_payload_digest(b); }},
    {"import_kind_zero", "MBPF3209", [](Bytes& b) { b[256 + 48] = 0, fix_payload_digest(b); }},
    {"import_of_missing_map", "MBPF3209", [](Bytes& b) { b[256 + 56 + 2] = 2, fix_payload_digest(b); }},
    {"import_past_the_data", "MBPF3209", [](Bytes& b) { put32(b, 256 + 64 + 4, 24), fix_payload_digest(b); }},
    {"program_name_not_terminated", "MBPF3206",
     [](Bytes& b) { std::fill_n(b.begin() + kPrograms, 24, std::uint8_t{'p'}), fix_payload_digest(b); }},
    {"program_flags_unknown", "MBPF3207", [](Bytes& b) { b[kPrograms + 67] = 0x80, fix_payload_digest(b); }},
    {"entry_past_the_text", "MBPF3207", [](Bytes& b) { put32(b, kPrograms + 72, 38), fix_payload_digest(b); }},
    {"entry_odd", "MBPF3207", [](Bytes& b) { put32(b, kPrograms + 72, 17), fix_payload_digest(b); }},
    {"program_stack_above_header", "MBPF3207", [](Bytes& b) { put32(b, kPrograms + 76, 97), fix_payload_digest(b); }},
    {"program_instructions_above_header", "MBPF3207", [](Bytes& b) { b[kPrograms + 87] = 1, fix_payload_digest(b); }},
    {"map_reserved_not_zero", "MBPF3208", [](Bytes& b) { b[kMaps + 36] = 1, fix_payload_digest(b); }},
    {"two_maps_of_one_name", "MBPF3208",
     [](Bytes& b) { std::copy_n(b.begin() + kMaps, 16, b.begin() + kMaps + 40), fix_payload_digest(b); }},
    {"map_name_empty", "MBPF3206",
     [](Bytes& b) { std::fill_n(b.begin() + kMaps, 16, std::uint8_t{0}), fix_payload_digest(b); }},
    {"signature_magic", "MBPF3210", [](Bytes& b) { b[signed_bytes(b)] = 0; }},
    {"signature_count_huge", "MBPF3210", [](Bytes& b) { b[signed_bytes(b) + 5] = 0xff; }},
    {"signature_role_unknown", "MBPF3210", [](Bytes& b) { b[signed_bytes(b) + 8] = 3; }},
    {"signature_reserved_not_zero", "MBPF3210", [](Bytes& b) { b[signed_bytes(b) + 10] = 1; }},
    {"host_magic", "MBPF3211", [](Bytes& b) { b[host_region(b)] = 0; }},
    {"host_count_huge", "MBPF3211", [](Bytes& b) { put32(b, host_region(b) + 4, 0xffffffff); }},
    {"host_tag_twice", "MBPF3211", [](Bytes& b) { put32(b, host_region(b) + 8 + 40, MBPF_HOST_BYTECODE); }},
    {"host_size_changed", "MBPF3211", [](Bytes& b) { put32(b, host_region(b) + 12, 0xffffffff); }},
    {"host_blob_changed", "MBPF3212", [](Bytes& b) { b.back() ^= 1; }},
    {"host_region_where_the_header_has_none", "MBPF3200",
     [](Bytes& b) { std::fill_n(b.begin() + 176, 32, std::uint8_t{0}); }},
};

class BadPackage : public testing::TestWithParam<BadCase> {};
TEST_P(BadPackage, is_refused_with_its_code) {
    Bytes bytes = example().serialize();
    GetParam().change(bytes);
    EXPECT_EQ(code_of(parse_package(bytes)), GetParam().code);
}
INSTANTIATE_TEST_SUITE_P(All, BadPackage, testing::ValuesIn(kBadCases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Package, ram_is_that_of_the_device_layout) {
    const Package p = example();
    // 3 imports of 4 bytes rounded to 16, 2 map objects, 24 bytes of data rounded to 32; an array; a hash map's control
    // block, 16 buckets and 16 records.
    EXPECT_EQ(p.required_ram_bytes(), 16u + 64u + 32u + 8u * 16u + (16u + 16u * 4u + 16u * (8u + 8u + 8u)));
    Package bad = p;
    bad.maps[0].key_size = 8;
    EXPECT_FALSE(bad.required_ram_bytes());
    bad = p;
    bad.isa = 999;
    EXPECT_FALSE(bad.required_ram_bytes());
}

TEST(Package, signed_bytes_are_a_cose_sig_structure_separated_by_role) {
    const Bytes header = example().header_bytes();
    const Bytes verifier = to_be_signed(MBPF_ROLE_VERIFIER, header);
    const Bytes release = to_be_signed(MBPF_ROLE_RELEASE, header);
    ASSERT_EQ(verifier.size(), 40u + header.size());
    ASSERT_EQ(release.size(), 39u + header.size());
    EXPECT_EQ(verifier[0], 0x84);
    EXPECT_TRUE(std::equal(header.begin(), header.end(), verifier.end() - 256));
    EXPECT_TRUE(to_be_signed(3, header).empty());
}

}  // namespace
}  // namespace mbpf
