// SPDX-License-Identifier: Apache-2.0
// Every admission check refuses over the wire with its own number, and a refused package leaves no trace.
// Cases begin with a package the device admits and change one thing; most are signed again, so that only the
// check meant can refuse them.
#include <gtest/gtest.h>
#include <mbpf/abi/admission.h>
#include <mbpf/abi/map_layout.h>
#include <mbpf/abi/package.h>

#include <set>

#include "tests/end_to_end/build_package.h"
#include "tests/end_to_end/device.h"

namespace mbpf::end_to_end {
namespace {

using Bytes = std::vector<std::uint8_t>;

void put32(Bytes& bytes, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

struct Refused {
    const char* name;
    unsigned number;                       // MBPF_ADMIT_*
    std::function<void(Package&)> change;  // before signing; may be empty
    std::function<void(Bytes&)> damage;    // after signing; may be empty
};

// Import rows and maps cost RAM, which the header declares.
void declare_ram(Package& p) { p.ram_bytes = static_cast<std::uint32_t>(p.required_ram_bytes().value_or(p.ram_bytes)); }
Import& helper_row(Package& p) {
    for (Import& row : p.imports)
        if (row.kind == MBPF_IMPORT_HELPER) return row;
    ADD_FAILURE() << "the example calls no helper";
    return p.imports.front();
}

std::vector<Refused> cases() {
    return {
        {"half a header", MBPF_ADMIT_TRUNCATED, {}, [](Bytes& b) { b.erase(b.begin() + 100, b.end()); }},
        {"no signature block", MBPF_ADMIT_TRUNCATED, {}, [](Bytes& b) { b.erase(b.end() - 2 * 76 - 8, b.end()); }},
        {"half a signature", MBPF_ADMIT_TRUNCATED, {}, [](Bytes& b) { b.erase(b.end() - 10, b.end()); }},
        {"another magic", MBPF_ADMIT_MAGIC, {}, [](Bytes& b) { b[0] = 'm'; }},
        {"a later format", MBPF_ADMIT_FORMAT_VERSION, {}, [](Bytes& b) { b[4] = 2; }},
        {"an unknown flag", MBPF_ADMIT_FLAGS, {}, [](Bytes& b) { b[15] = 0x80; }},
        {"an unknown flag, signed", MBPF_ADMIT_FLAGS, [](Package& p) { p.flags = 1; }, {}},
        {"text outside the package", MBPF_ADMIT_LAYOUT, {}, [](Bytes& b) { put32(b, offsetof(mbpf_package_header, text_bytes), 0xfffffff0u); }},
        {"a reserved byte", MBPF_ADMIT_LAYOUT, {}, [](Bytes& b) { b[255] = 1; }},
        {"a reserved byte of a signature", MBPF_ADMIT_LAYOUT, {}, [](Bytes& b) { b[b.size() - 74] = 1; }},
        {"bytes after the signatures", MBPF_ADMIT_LAYOUT, {}, [](Bytes& b) { b.push_back(0); }},
        {"no programs", MBPF_ADMIT_LAYOUT, {}, [](Bytes& b) { put32(b, offsetof(mbpf_package_header, program_count), 0); }},
        {"less RAM declared than used", MBPF_ADMIT_LAYOUT, [](Package& p) { p.ram_bytes -= 8; }, {}},
        {"larger than a slot", MBPF_ADMIT_TOO_LARGE, [](Package& p) { p.text.resize(100'000); }, {}},
        {"another instruction set", MBPF_ADMIT_ISA, [](Package& p) { p.isa = MBPF_ISA_AARCH64; }, {}},
        {"an extension the CPU lacks", MBPF_ADMIT_ISA_EXTENSION, [](Package& p) { p.isa_extensions |= MBPF_EXT_RV_D; }, {}},
        {"another platform version", MBPF_ADMIT_PLATFORM, [](Package& p) { p.platform_version += 1000; }, {}},
        {"a name changed after signing", MBPF_ADMIT_SIGNATURE_INVALID, {}, [](Bytes& b) { b[16] ^= 1; }},
        {"a rollback counter changed after signing", MBPF_ADMIT_SIGNATURE_INVALID, {}, [](Bytes& b) { b[offsetof(mbpf_package_header, rollback_counter)] ^= 1; }},
        {"a bit of the last signature", MBPF_ADMIT_SIGNATURE_INVALID, {}, [](Bytes& b) { b.back() ^= 1; }},
        {"a bit of the first signature", MBPF_ADMIT_SIGNATURE_INVALID, {}, [](Bytes& b) { b[b.size() - 77] ^= 0x10; }},
        {"a bit of the text", MBPF_ADMIT_PAYLOAD_DIGEST, {}, [](Bytes& b) { b[MBPF_HEADER_BYTES] ^= 1; }},
        {"a capability not granted", MBPF_ADMIT_CAPABILITY, [](Package& p) { p.capabilities |= kNotGranted; }, {}},
        {"a helper used without its capability", MBPF_ADMIT_CAPABILITY, [](Package& p) { p.capabilities = 0; }, {}},
        {"no such hook", MBPF_ADMIT_HOOK_UNKNOWN, [](Package& p) { p.programs[0].attach = "gpio/chip7/line3/rising"; }, {}},
        {"a hook's number for another's name", MBPF_ADMIT_HOOK_UNKNOWN, [](Package& p) { p.programs[0].attach = "xdp"; }, {}},
        {"another context layout", MBPF_ADMIT_HOOK_ABI, [](Package& p) { p.programs[0].hook_abi ^= 1; }, {}},
        {"no such helper", MBPF_ADMIT_HELPER_UNKNOWN, [](Package& p) { helper_row(p).index = 60000; }, {}},
        {"another helper prototype", MBPF_ADMIT_HELPER_ABI, [](Package& p) { helper_row(p).value ^= 1; }, {}},
        {"a map type the firmware lacks", MBPF_ADMIT_MAP_TYPE, [](Package& p) { p.maps[0].type = 7; }, {}},
        {"a ring buffer of no power of two", MBPF_ADMIT_MAP_TYPE,
         [](Package& p) {
             for (PackageMap& map : p.maps)
                 if (map.type == MBPF_MAP_RING_BUFFER) map.max_entries = 500;
         },
         {}},
        {"more RAM than there is", MBPF_ADMIT_RAM,
         [](Package& p) {
             for (PackageMap& map : p.maps)
                 if (map.type == MBPF_MAP_ARRAY) map.max_entries = 20'000;
             declare_ram(p);
         },
         {}},
        {"more stack than the hook has", MBPF_ADMIT_STACK, [](Package& p) { p.programs[0].stack_bytes = p.stack_bytes = 100'000; }, {}},
        {"more instructions than the hook's budget", MBPF_ADMIT_INSTRUCTIONS, [](Package& p) { p.programs[0].worst_case_instructions = p.worst_case_instructions = std::uint64_t{1} << 40; }, {}},
        {"more cycles than the hook's budget", MBPF_ADMIT_CYCLES, [](Package& p) { p.programs[0].native_cycles = 2'000'000'000; }, {}},
        {"an import of data outside", MBPF_ADMIT_IMPORT, [](Package& p) { p.imports.push_back({MBPF_IMPORT_DATA, 0, 4096}); declare_ram(p); }, {}},
        {"an import of a map that is not there", MBPF_ADMIT_IMPORT, [](Package& p) { p.imports.push_back({MBPF_IMPORT_MAP, 99, 0}); declare_ram(p); }, {}},
        {"an unknown kind of import", MBPF_ADMIT_IMPORT, [](Package& p) { p.imports.push_back({77, 0, 0}); declare_ram(p); }, {}},
        {"an entry outside the text", MBPF_ADMIT_ENTRY, [](Package& p) { p.programs[0].entry_offset = static_cast<std::uint32_t>(p.text.size() + 2) & ~1u; }, {}},
        {"an odd entry", MBPF_ADMIT_ENTRY, [](Package& p) { p.programs[0].entry_offset |= 1; }, {}},
    };
}

class Admission : public DeviceTest {
  protected:
    Package example() { return build_example("estop/estop.bpf.c", target()); }
    std::string code(unsigned number) { return "MBPF" + std::to_string(5100 + number); }
    void expect_untouched(std::uint32_t ram) {
        EXPECT_EQ(hello().ram_free(), ram);
        auto list = device().list();
        ASSERT_TRUE(list);
        EXPECT_TRUE(list->empty());
    }
};

TEST_P(Admission, each_check_refuses_with_its_number_and_leaves_no_trace) {
    start();
    const std::uint32_t ram = hello().ram_free();
    for (const Refused& c : cases()) {
        SCOPED_TRACE(c.name);
        Package p = example();
        if (c.change) c.change(p);
        Bytes bytes = for_device(p);
        if (c.damage) c.damage(bytes);
        EXPECT_EQ(code_of_push(bytes), code(c.number));
        EXPECT_EQ(hello().ram_free(), ram);
    }
    expect_untouched(ram);
    EXPECT_EQ(code_of_push(for_device(example())), "ok");  // and none of them did harm
}

TEST_P(Admission, a_package_for_another_cpu_is_refused) {
    start();
    EXPECT_EQ(code_of_push(for_device(build_example("estop/estop.bpf.c", GetParam().other_target))), code(MBPF_ADMIT_ISA));
}

TEST_P(Admission, signatures_must_be_of_both_roles_by_trusted_keys) {
    start();
    const SecretKey verifier = trusted_key(Role::verifier), release = trusted_key(Role::release), strange = strange_key(Role::release), other = strange_key(Role::verifier);
    const auto push_signed = [&](std::initializer_list<const SecretKey*> keys) {
        Package p = example();
        for (const SecretKey* key : keys) EXPECT_TRUE(sign_package(p, *key));
        return code_of_push(p.serialize(true));
    };
    EXPECT_EQ(push_signed({}), code(MBPF_ADMIT_SIGNATURE_MISSING_VERIFIER));
    EXPECT_EQ(push_signed({&release}), code(MBPF_ADMIT_SIGNATURE_MISSING_VERIFIER));
    EXPECT_EQ(push_signed({&verifier}), code(MBPF_ADMIT_SIGNATURE_MISSING_RELEASE));
    EXPECT_EQ(push_signed({&verifier, &strange}), code(MBPF_ADMIT_KEY_UNKNOWN));
    EXPECT_EQ(push_signed({&other, &release}), code(MBPF_ADMIT_KEY_UNKNOWN));
    EXPECT_EQ(push_signed({&other, &strange, &verifier, &release}), "ok");
    // A signature moved to the other role is by no key of that role.
    Package p = example();
    ASSERT_TRUE(sign_package(p, verifier));
    p.signatures.push_back(p.signatures[0]);
    p.signatures[1].role = MBPF_ROLE_RELEASE;
    EXPECT_EQ(code_of_push(p.serialize(true)), code(MBPF_ADMIT_KEY_UNKNOWN));
}

TEST_P(Admission, an_older_rollback_counter_is_refused) {
    start();
    Package p = example();
    p.rollback_counter = 5;
    if (push(for_device(p)).push().on_trial()) {  // a store counts what was confirmed
        control::Request confirm;
        confirm.mutable_confirm()->set_package("estop");
        must(std::move(confirm));
    }
    p.rollback_counter = 4;
    p.version = {9, 9, 9};
    auto r = device().push(for_device(p), {});
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, code(MBPF_ADMIT_ROLLBACK));
    EXPECT_EQ(r.error().why, "expected 5, actual 4; estop");
    EXPECT_EQ(device().list().value().at(0).rollback_counter(), 5u);
    p.rollback_counter = 5;
    EXPECT_EQ(code_of_push(for_device(p)), "ok");
}

TEST_P(Admission, a_kept_map_keeps_its_layout) {
    start();
    ASSERT_EQ(code_of_push(for_device(example())), "ok");
    Package p = example();
    for (PackageMap& map : p.maps)
        if (map.type == MBPF_MAP_ARRAY) map.max_entries = 2;
    declare_ram(p);
    EXPECT_EQ(code_of_push(for_device(p)), code(MBPF_ADMIT_MAP_LAYOUT_CHANGED));
}

TEST_P(Admission, slots_run_out_and_come_back) {
    start();
    std::string last;
    unsigned loaded = 0;
    for (; loaded < 40; ++loaded) {
        Package p = example();
        p.name = "copy" + std::to_string(loaded);
        last = code_of_push(for_device(p));
        if (last != "ok") break;
    }
    EXPECT_EQ(last, code(MBPF_ADMIT_NO_SLOT));
    EXPECT_GE(loaded, 2u);
    control::Request unload;
    unload.mutable_unload()->set_package("copy0");
    must(unload);
    Package p = example();
    p.name = "another";
    EXPECT_EQ(code_of_push(for_device(p)), "ok");
}

TEST_P(Admission, an_unprovisioned_device_admits_nothing) {
    start(false);
    EXPECT_EQ(hello().trusted_keys(), 0u);
    EXPECT_EQ(code_of_push(for_device(example())), code(MBPF_ADMIT_NO_TRUST_ANCHORS));
}

TEST_P(Admission, transfers_out_of_order_are_refused) {
    start();
    control::Request data, commit, begin;
    data.mutable_push_data()->set_data("abc");
    commit.mutable_push_commit();
    EXPECT_EQ(code_of(data), "MBPF4105");
    EXPECT_EQ(code_of(commit), "MBPF4105");
    begin.mutable_push_begin()->set_bytes(100);
    EXPECT_EQ(code_of(begin), "MBPF3502");  // without a digest
    begin.mutable_push_begin()->set_sha256(std::string(32, 'd'));
    must(begin);
    EXPECT_EQ(code_of(data), "MBPF4105");  // of another transfer
    data.mutable_push_data()->set_transfer(0x64646464);
    data.mutable_push_data()->set_offset(50);
    EXPECT_NE(code_of(data), "ok");
    data.mutable_push_data()->set_offset(0xfffffff0u);
    EXPECT_NE(code_of(data), "ok");
    data.mutable_push_data()->set_offset(0);
    data.mutable_push_data()->set_data(std::string(101, 'x'));
    EXPECT_NE(code_of(data), "ok");
    EXPECT_NE(code_of(commit), "ok");
    expect_untouched(hello().ram_free());
}

// Each bit on the host; on boards, which take seconds for that, each byte once in a while.
TEST_P(Admission, no_flipped_bit_is_admitted) {
    start();
    const Bytes good = for_device(example());
    const std::uint32_t ram = hello().ram_free();
    std::set<std::string> codes;
    const std::size_t step = is_board() ? 397 : 5;
    for (std::size_t bit = 0; bit < good.size() * 8; bit += step) {
        Bytes bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << bit % 8));
        const std::string verdict = code_of_push(bad);
        // The host directory's digest is signed, so even that byte breaks the signature.
        ASSERT_NE(verdict, "ok") << "bit " << bit;
        codes.insert(verdict);
    }
    expect_untouched(ram);
    EXPECT_GE(codes.size(), 3u);
}

TEST_P(Admission, every_number_has_a_case_here) {
    std::set<unsigned> seen{MBPF_ADMIT_OK, MBPF_ADMIT_SIGNATURE_MISSING_VERIFIER, MBPF_ADMIT_SIGNATURE_MISSING_RELEASE, MBPF_ADMIT_KEY_UNKNOWN, MBPF_ADMIT_ROLLBACK, MBPF_ADMIT_NO_SLOT, MBPF_ADMIT_MAP_LAYOUT_CHANGED, MBPF_ADMIT_NO_TRUST_ANCHORS};
    for (const Refused& c : cases()) seen.insert(c.number);
    for (unsigned n = MBPF_ADMIT_SECOND_VERIFIER; n <= MBPF_ADMIT_ROOT_STORE; ++n) seen.insert(n);  // tests/firmware_runtime/trust_test.cpp
#define MBPF_TEST_NUMBER(number, name, what, fix) EXPECT_TRUE(seen.contains(number)) << what;
    MBPF_ADMISSION_TABLE(MBPF_TEST_NUMBER)
#undef MBPF_TEST_NUMBER
}

MBPF_ON_ALL_DEVICES(Admission);

}  // namespace
}  // namespace mbpf::end_to_end
