// SPDX-License-Identifier: Apache-2.0
// Every admission code is fired, by a package that is right in all else; no truncation or bit flip of a good
// package is ever admitted.
#include <gtest/gtest.h>

#include <functional>

#include "device.h"

namespace mbpf::test {
namespace {

void put32(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (8 * i));
}

struct Case {
    const char* name;
    std::uint32_t code;
    std::function<Device::Outcome(Device&)> run;
};

Device::Outcome push_changed(Device& d, const std::function<void(Package&)>& change) {
    Package p = simple_package();
    change(p);
    finish(p);
    return d.push(p);
}

Device::Outcome push_edited(Device& d, const std::function<void(std::vector<std::uint8_t>&)>& edit) {
    std::vector<std::uint8_t> bytes = d.signed_bytes(simple_package());
    edit(bytes);
    return d.push_bytes(bytes);
}

Import import_row(std::uint8_t kind, std::uint16_t index, std::uint32_t value) {
    Import row;
    row.kind = kind;
    row.index = index;
    row.value = value;
    return row;
}

const Case kCases[] = {
    {"empty_input_is_truncated", MBPF_ADMIT_TRUNCATED, [](Device& d) { return d.push_bytes({}); }},
    {"cut_signatures_are_truncated", MBPF_ADMIT_TRUNCATED, [](Device& d) { return push_edited(d, [](auto& b) { b.pop_back(); }); }},
    {"wrong_magic", MBPF_ADMIT_MAGIC, [](Device& d) { return push_edited(d, [](auto& b) { b[0] ^= 1; }); }},
    {"newer_format", MBPF_ADMIT_FORMAT_VERSION, [](Device& d) { return push_edited(d, [](auto& b) { b[4] = 2; }); }},
    {"unknown_flag", MBPF_ADMIT_FLAGS, [](Device& d) { return push_changed(d, [](Package& p) { p.flags = 1; }); }},
    {"header_size", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_edited(d, [](auto& b) { b[6] = 8; }); }},
    {"reserved_bytes_set", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_edited(d, [](auto& b) { b[255] = 1; }); }},
    {"text_outside", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_edited(d, [](auto& b) { put32(b, 68, 0x7FFFFFFF); }); }},
    {"text_offset_wraps", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_edited(d, [](auto& b) { put32(b, 64, 0xFFFFFFF0); }); }},
    {"text_inside_header", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_edited(d, [](auto& b) { put32(b, 64, 0); }); }},
    {"too_many_programs", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_edited(d, [](auto& b) { put32(b, 96, 0x40000000); }); }},
    {"too_many_maps", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_edited(d, [](auto& b) { put32(b, 104, 0x40000000); }); }},
    {"too_many_imports", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_edited(d, [](auto& b) { put32(b, 88, 0x40000000); }); }},
    {"no_program", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_changed(d, [](Package& p) { p.programs.clear(); }); }},
    {"control_character_in_name", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_changed(d, [](Package& p) { p.name = "a\nb"; }); }},
    {"two_maps_of_one_name", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_changed(d, [](Package& p) { p.maps = {array_map("m"), array_map("m")}; }); }},
    {"bytes_after_signatures", MBPF_ADMIT_LAYOUT, [](Device& d) { return push_edited(d, [](auto& b) { b.push_back(0); }); }},
    {"declared_ram_differs", MBPF_ADMIT_LAYOUT, [](Device& d) { Package p = simple_package(); p.ram_bytes += 8; return d.push(p); }},
    {"larger_than_a_slot", MBPF_ADMIT_TOO_LARGE, [](Device& d) { return push_changed(d, [](Package& p) { p.text.resize(MBPF_SLOT_BYTES); }); }},
    {"other_isa", MBPF_ADMIT_ISA, [](Device& d) { return push_changed(d, [](Package& p) { p.isa = MBPF_ISA_RV32; }); }},
    {"isa_extension", MBPF_ADMIT_ISA_EXTENSION, [](Device& d) { return push_changed(d, [](Package& p) { p.isa_extensions = 8; }); }},
    {"platform_version", MBPF_ADMIT_PLATFORM, [](Device& d) { return push_changed(d, [](Package& p) { p.platform_version = 7; }); }},
    {"no_signatures", MBPF_ADMIT_SIGNATURE_MISSING_VERIFIER, [](Device& d) { return d.push_bytes(simple_package().serialize(true)); }},
    {"verifier_signature_missing", MBPF_ADMIT_SIGNATURE_MISSING_VERIFIER, [](Device& d) { Package p = simple_package(); sign_with(p, d.release, MBPF_ROLE_RELEASE); return d.push_bytes(p.serialize(true)); }},
    {"release_signature_missing", MBPF_ADMIT_SIGNATURE_MISSING_RELEASE, [](Device& d) { Package p = simple_package(); sign_with(p, d.verifier, MBPF_ROLE_VERIFIER); return d.push_bytes(p.serialize(true)); }},
    {"unknown_release_key", MBPF_ADMIT_KEY_UNKNOWN, [](Device& d) { Package p = simple_package(); sign_with(p, d.verifier, MBPF_ROLE_VERIFIER); sign_with(p, make_key(2, 9), MBPF_ROLE_RELEASE); return d.push_bytes(p.serialize(true)); }},
    {"key_of_the_other_role", MBPF_ADMIT_KEY_UNKNOWN, [](Device& d) { Package p = simple_package(); sign_with(p, d.release, MBPF_ROLE_VERIFIER); sign_with(p, d.verifier, MBPF_ROLE_RELEASE); return d.push_bytes(p.serialize(true)); }},
    {"one_key_for_both_roles", MBPF_ADMIT_NO_TRUST_ANCHORS,
     [](Device& d) {
         Key same = d.verifier;
         same.role = MBPF_ROLE_RELEASE;
         d.provision(anchors({d.verifier, same}));
         Package p = simple_package();
         sign_with(p, d.verifier, MBPF_ROLE_VERIFIER);
         sign_with(p, same, MBPF_ROLE_RELEASE);
         return d.push_bytes(p.serialize(true));
     }},
    {"header_changed_after_signing", MBPF_ADMIT_SIGNATURE_INVALID, [](Device& d) { return push_edited(d, [](auto& b) { b[48] ^= 1; }); }},
    {"signature_bit_flipped", MBPF_ADMIT_SIGNATURE_INVALID, [](Device& d) { return push_edited(d, [](auto& b) { b[b.size() - 1 - 76] ^= 1; }); }},
    {"verifier_signature_relabelled_as_release", MBPF_ADMIT_SIGNATURE_INVALID,
     [](Device& d) {
         Package p = simple_package();
         sign_with(p, d.verifier, MBPF_ROLE_VERIFIER);
         PackageSignature forged = p.signatures[0];
         forged.role = MBPF_ROLE_RELEASE;
         forged.key_id = d.release.id;
         p.signatures.push_back(forged);
         return d.push_bytes(p.serialize(true));
     }},
    {"payload_bit_flipped", MBPF_ADMIT_PAYLOAD_DIGEST, [](Device& d) { return push_edited(d, [](auto& b) { b[257] ^= 1; }); }},
    {"older_than_the_installed_one", MBPF_ADMIT_ROLLBACK, [](Device& d) { (void)d.push(simple_package()); return push_changed(d, [](Package& p) { p.rollback_counter = 4; }); }},
    {"capability_not_granted", MBPF_ADMIT_CAPABILITY, [](Device& d) { d.provision(anchors({d.verifier, d.release}, 1)); return push_changed(d, [](Package& p) { p.capabilities = 2; }); }},
    {"helper_without_its_capability", MBPF_ADMIT_CAPABILITY, [](Device& d) { return push_changed(d, [](Package& p) { p.imports = {import_row(MBPF_IMPORT_HELPER, 1000, helper(1000).abi_hash)}; }); }},
    {"no_such_hook_point", MBPF_ADMIT_HOOK_UNKNOWN, [](Device& d) { return push_changed(d, [](Package& p) { p.programs[0].attach = "iio/device9/accel_x"; }); }},
    {"hook_id_differs", MBPF_ADMIT_HOOK_UNKNOWN, [](Device& d) { return push_changed(d, [](Package& p) { p.programs[0].hook_id = 1; }); }},
    {"hook_context_differs", MBPF_ADMIT_HOOK_ABI, [](Device& d) { return push_changed(d, [](Package& p) { p.programs[0].hook_abi ^= 1; }); }},
    {"no_such_helper", MBPF_ADMIT_HELPER_UNKNOWN, [](Device& d) { return push_changed(d, [](Package& p) { p.imports = {import_row(MBPF_IMPORT_HELPER, 9999, 0)}; }); }},
    {"helper_prototype_differs", MBPF_ADMIT_HELPER_ABI, [](Device& d) { return push_changed(d, [](Package& p) { p.imports = {import_row(MBPF_IMPORT_HELPER, 5, 1)}; }); }},
    {"map_type_not_linked_in", MBPF_ADMIT_MAP_TYPE, [](Device& d) { return push_changed(d, [](Package& p) { p.maps = {{"m", 11, 0, 4, 4, 4}}; }); }},
    {"ring_buffer_of_odd_size", MBPF_ADMIT_MAP_TYPE, [](Device& d) { return push_changed(d, [](Package& p) { p.maps = {{"m", MBPF_MAP_RING_BUFFER, 0, 0, 0, 100}}; }); }},
    {"map_larger_than_a_package_may_be", MBPF_ADMIT_RAM, [](Device& d) { return push_changed(d, [](Package& p) { p.maps = {array_map("m", 4096, 65536)}; }); }},
    {"arena_used_up", MBPF_ADMIT_RAM,
     [](Device& d) {
         for (const char* name : {"a", "b"}) (void)push_changed(d, [&](Package& p) { p.name = name; p.maps = {array_map("m", 4096, 31)}; });
         return push_changed(d, [](Package& p) { p.maps = {array_map("m", 4096, 31)}; });
     }},
    {"too_much_stack", MBPF_ADMIT_STACK, [](Device& d) { return push_changed(d, [](Package& p) { p.programs[0].stack_bytes = 60000; }); }},
    {"too_many_instructions", MBPF_ADMIT_INSTRUCTIONS, [](Device& d) { return push_changed(d, [](Package& p) { p.programs[0].worst_case_instructions = ~std::uint64_t{0}; }); }},
    {"too_many_cycles", MBPF_ADMIT_CYCLES, [](Device& d) { return push_changed(d, [](Package& p) { p.programs[0].native_cycles = 2'000'000'000; }); }},
    {"all_slots_taken", MBPF_ADMIT_NO_SLOT,
     [](Device& d) {
         for (int i = 0; i < MBPF_SLOT_COUNT; ++i) (void)push_changed(d, [&](Package& p) { p.name = "p" + std::to_string(i); });
         return push_changed(d, [](Package& p) { p.name = "one more"; });
     }},
    {"unknown_import_kind", MBPF_ADMIT_IMPORT, [](Device& d) { return push_changed(d, [](Package& p) { p.imports = {import_row(99, 0, 0)}; }); }},
    {"import_of_a_map_there_is_not", MBPF_ADMIT_IMPORT, [](Device& d) { return push_changed(d, [](Package& p) { p.imports = {import_row(MBPF_IMPORT_MAP, 3, 0)}; }); }},
    {"values_of_a_map_that_is_no_array", MBPF_ADMIT_IMPORT, [](Device& d) { return push_changed(d, [](Package& p) { p.maps = {{"h", MBPF_MAP_HASH, 0, 4, 4, 4}}; p.imports = {import_row(MBPF_IMPORT_MAP_VALUES, 0, 0)}; }); }},
    {"data_offset_outside", MBPF_ADMIT_IMPORT, [](Device& d) { return push_changed(d, [](Package& p) { p.imports = {import_row(MBPF_IMPORT_DATA, 0, 1000)}; }); }},
    {"program_import_outside", MBPF_ADMIT_IMPORT, [](Device& d) { return push_changed(d, [](Package& p) { p.imports = {import_row(MBPF_IMPORT_PROGRAM, 1, 0)}; }); }},
    {"program_in_a_map_that_holds_none", MBPF_ADMIT_IMPORT, [](Device& d) { return push_changed(d, [](Package& p) { p.maps = {{"a", MBPF_MAP_ARRAY, 0, 4, 4, 4}}; p.imports = {import_row(MBPF_IMPORT_PROGRAM, 0, 0)}; }); }},
    {"program_behind_its_array", MBPF_ADMIT_IMPORT, [](Device& d) { return push_changed(d, [](Package& p) { p.maps = {{"a", MBPF_MAP_PROGRAM_ARRAY, 0, 4, 4, 4}}; p.imports = {import_row(MBPF_IMPORT_PROGRAM, 0, 4)}; }); }},
    {"program_array_that_is_not_there", MBPF_ADMIT_IMPORT, [](Device& d) { return push_changed(d, [](Package& p) { p.maps = {{"a", MBPF_MAP_PROGRAM_ARRAY, 0, 4, 4, 4}}; p.imports = {import_row(MBPF_IMPORT_PROGRAM, 0, 1 << 16)}; }); }},
    {"unknown_runtime_function", MBPF_ADMIT_IMPORT, [](Device& d) { return push_changed(d, [](Package& p) { p.imports = {import_row(MBPF_IMPORT_RUNTIME, 9, 0)}; }); }},
    {"entry_outside_text", MBPF_ADMIT_ENTRY, [](Device& d) { return push_changed(d, [](Package& p) { p.programs[0].entry_offset = 4096; }); }},
    {"odd_entry", MBPF_ADMIT_ENTRY, [](Device& d) { return push_changed(d, [](Package& p) { p.programs[0].entry_offset = 1; }); }},
    {"kept_map_changed", MBPF_ADMIT_MAP_LAYOUT_CHANGED,
     [](Device& d) {
         (void)push_changed(d, [](Package& p) { p.maps = {array_map("m", 8)}; });
         return push_changed(d, [](Package& p) { p.maps = {array_map("m", 16)}; });
     }},
    {"not_provisioned", MBPF_ADMIT_NO_TRUST_ANCHORS, [](Device& d) { mbpf_set_trust_anchors(d.rt(), nullptr, 0); return d.push(simple_package()); }},
    {"torn_trust_anchors_count_as_none", MBPF_ADMIT_NO_TRUST_ANCHORS, [](Device& d) { auto blob = anchors({d.verifier, d.release}); blob[40] ^= 1; d.provision(blob); return d.push(simple_package()); }},
};

class Refusal : public testing::TestWithParam<Case> {};

TEST_P(Refusal, gives_its_own_code) {
    Device d;
    const Device::Outcome o = GetParam().run(d);
    EXPECT_EQ(o.status, MBPF_REFUSED);
    EXPECT_EQ(o.verdict.code, GetParam().code) << o.verdict.detail << " expected " << o.verdict.expected << " actual " << o.verdict.actual;
    EXPECT_FALSE(d.rt()->transfer.open);
}
INSTANTIATE_TEST_SUITE_P(Admission, Refusal, testing::ValuesIn(kCases), [](const auto& instance) { return std::string(instance.param.name); });

TEST(Admission, covers_every_code) {
    std::vector<bool> seen(64);
    for (const Case& c : kCases) seen[c.code] = true;
    // Those of root records, of two verifiers, deployment, grants and budgets: trust_test.cpp.
    for (std::uint32_t code = MBPF_ADMIT_SECOND_VERIFIER; code <= MBPF_ADMIT_ROOT_STORE; ++code) seen[code] = true;
#define MBPF_CHECK_ROW(number, name, what, fix) EXPECT_TRUE((number) == 0 || seen[number]) << #name;
    MBPF_ADMISSION_TABLE(MBPF_CHECK_ROW)
}

TEST(Admission, good_package_is_admitted_and_attached) {
    Device d;
    const Device::Outcome o = d.push(simple_package());
    ASSERT_EQ(o.status, MBPF_OK) << o.verdict.code << o.verdict.detail;
    ASSERT_NE(d.program("demo", "main"), nullptr);
    EXPECT_TRUE(d.program("demo", "main")->attached);
    EXPECT_EQ(mbpf_program_run(d.program("demo", "main"), nullptr), 42u);
}

TEST(Admission, dry_run_changes_nothing) {
    Device d;
    EXPECT_EQ(d.push(simple_package(), true, true).status, MBPF_OK);
    EXPECT_EQ(d.program("demo", "main"), nullptr);
    EXPECT_EQ(mbpf_ram_free(d.rt()), MBPF_ARENA_BYTES);
    for (const bool used : d.rt()->slot_used) EXPECT_FALSE(used);
}

TEST(Admission, an_extra_signature_by_an_unknown_key_does_no_harm) {
    Device d;
    Package p = simple_package();
    sign_with(p, make_key(MBPF_ROLE_RELEASE, 77), MBPF_ROLE_RELEASE);
    sign_with(p, d.release, MBPF_ROLE_RELEASE);
    sign_with(p, d.verifier, MBPF_ROLE_VERIFIER);
    EXPECT_EQ(d.push_bytes(p.serialize(true)).status, MBPF_OK);
}

TEST(Admission, every_truncation_is_refused) {
    Device d;
    Package p = simple_package();
    p.maps = {array_map("m")};
    p.data = {1, 2, 3};
    p.imports = {import_row(MBPF_IMPORT_MAP, 0, 0), import_row(MBPF_IMPORT_HELPER, 5, helper(5).abi_hash)};
    finish(p);
    const std::vector<std::uint8_t> bytes = d.signed_bytes(p);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        // Exactly sized, so that a sanitizer sees any read past the end.
        const std::vector<std::uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
        mbpf_admitted admitted;
        mbpf_verdict verdict;
        ASSERT_FALSE(mbpf_admit(d.rt(), cut.data(), static_cast<std::uint32_t>(n), 0, &admitted, &verdict)) << n;
        ASSERT_EQ(d.push_bytes(cut).status, MBPF_REFUSED) << n;
    }
    EXPECT_EQ(d.push_bytes(bytes).status, MBPF_OK);
}

TEST(Admission, every_flipped_bit_of_header_and_payload_is_refused) {
    Device d;
    const std::vector<std::uint8_t> bytes = d.signed_bytes(simple_package());
    for (std::size_t bit = 0; bit < (bytes.size() - 160) * 8; bit += 3) {
        std::vector<std::uint8_t> flipped = bytes;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        ASSERT_EQ(d.push_bytes(flipped).status, MBPF_REFUSED) << bit;
    }
}

// Signed garbage: what a buggy linker with valid keys could send.
TEST(Admission, random_rows_under_valid_signatures_never_harm) {
    std::uint64_t state = 88172645463325252u;
    const auto random = [&] { state ^= state << 13; state ^= state >> 7; state ^= state << 17; return state; };
    Device d;
    for (int i = 0; i < 300; ++i) {
        Package p = simple_package();
        for (std::uint64_t m = random() % 4; m != 0; --m)
            p.maps.push_back({"m" + std::to_string(m), static_cast<std::uint16_t>(random() % 4 == 0 ? 27 : random() % 4), 0, static_cast<std::uint32_t>(random() % 70), static_cast<std::uint32_t>(random() >> (random() % 64)), static_cast<std::uint32_t>(random() >> (random() % 64))});
        for (std::uint64_t n = random() % 6; n != 0; --n) p.imports.push_back(import_row(static_cast<std::uint8_t>(random() % 8), static_cast<std::uint16_t>(random() % 12), static_cast<std::uint32_t>(random() >> (random() % 64))));
        p.data_ram_bytes = static_cast<std::uint32_t>(random() >> (random() % 64));
        p.programs[0].entry_offset = static_cast<std::uint32_t>(random() % 8);
        finish(p);
        (void)d.push(p);
    }
    (void)mbpf_unload(d.rt(), "demo");
    EXPECT_EQ(mbpf_ram_free(d.rt()), MBPF_ARENA_BYTES);
}

}  // namespace
}  // namespace mbpf::test
