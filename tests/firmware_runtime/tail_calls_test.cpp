// SPDX-License-Identifier: Apache-2.0
// Tail calls at hooks, with real code: who runs, how often, whose verdict counts, and that no run is left half done.
#include <gtest/gtest.h>

#include "device.h"

namespace mbpf::test {
namespace {

// Tail-calls what import 1, a program array, holds at `element`; returns `otherwise` if that fails.
std::vector<std::uint8_t> code_tail_call(std::uint8_t element, std::uint8_t otherwise) {
    return {0x48, 0x83, 0xEC, 0x08, 0x48, 0x8B, 0x06, 0x48, 0x8B, 0x76, 0x08, 0xBA, element, 0, 0, 0,  // sub rsp,8; mov rax,[rsi]; mov rsi,[rsi+8]; mov edx,element
            0xFF, 0xD0, 0x48, 0x83, 0xC4, 0x08, 0x85, 0xC0, 0x74, 0x06, 0xB8, otherwise, 0, 0, 0, 0xC3,  // call rax; add rsp,8; test eax,eax; je 1f; mov eax,otherwise; ret
            0x31, 0xC0, 0xC3, 0x90};                                                                      // 1: xor eax,eax; ret
}

PackageProgram row(const char* name, const char* hook_name, const char* attach, std::size_t offset, bool tail_only) {
    PackageProgram p = simple_package().programs[0];
    p.name = name;
    p.attach = attach;
    p.hook_id = hook(hook_name).id;
    p.hook_abi = hook(hook_name).abi_hash;
    p.entry_offset = static_cast<std::uint32_t>(offset);
    p.tail_only = tail_only;
    return p;
}

// `first` tail-calls element 1; the array holds `held` at elements 0, 1, …: programs counted from 1, 0 for none.
// Programs: first, again (tail-calls element 2), last (returns 1), drops (returns 0), strange (of another hook).
Package chain(std::vector<std::uint16_t> held, const char* name = "chain") {
    Package p = simple_package(name, code_tail_call(1, 7));
    p.programs.clear();
    const char* at = "iio/device0/accel_x";
    p.programs.push_back(row("first", "iio", at, 0, false));
    const auto add = [&](const char* program, const char* hook_name, const char* attach, const std::vector<std::uint8_t>& code) {
        p.text.resize((p.text.size() + 15) / 16 * 16);
        p.programs.push_back(row(program, hook_name, attach, p.text.size(), true));
        p.text.insert(p.text.end(), code.begin(), code.end());
    };
    add("again", "iio", at, code_tail_call(2, 8));
    add("last", "iio", at, code_return(1));
    add("drops", "iio", at, code_return(0));
    add("strange", "gpio", "gpio/chip0/line3/both", code_return(1));
    p.maps = {{"next", MBPF_MAP_PROGRAM_ARRAY, 0, 4, 4, 4}};
    p.imports = {{MBPF_IMPORT_HELPER, 12, helper(12).abi_hash}, {MBPF_IMPORT_MAP, 0, 0}};
    for (std::size_t i = 0; i < held.size(); ++i)
        if (held[i] != 0) p.imports.push_back({MBPF_IMPORT_PROGRAM, static_cast<std::uint16_t>(held[i] - 1), static_cast<std::uint32_t>(i)});
    finish(p);
    return p;
}

class TailCalls : public testing::Test {
  protected:
    mbpf_hook_result fire() {
        mbpf_iio_event event{};
        for (std::uint32_t i = 0; i < d.rt()->point_count; ++i)
            if (std::string_view("iio/device0/accel_x") == d.rt()->points[i].name) return mbpf_hook_run(&d.rt()->points[i], &event);
        return {};
    }
    std::uint64_t runs(const char* program, const char* package = "chain") { return mbpf_count_value(d.program(package, program)->runs); }
    void set(std::uint32_t element, std::uint32_t program) {
        mbpf_map* map = mbpf_find_map(mbpf_find_package(d.rt(), "chain"), "next");
        ASSERT_EQ(mbpf_map_operations_of(map->type)->update(map, &element, &program, MBPF_UPDATE_ANY), 0);
    }
    Device d;
};

TEST_F(TailCalls, the_last_programs_verdict_is_the_runs) {
    ASSERT_EQ(d.push(chain({0, 2, 3})).status, MBPF_OK);
    for (const char* name : {"again", "last", "drops", "strange"}) EXPECT_FALSE(d.program("chain", name)->attached) << name;
    const mbpf_hook_result r = fire();
    EXPECT_EQ(r.verdict, 1);
    EXPECT_EQ(r.programs_run, 1u);
    for (const char* name : {"first", "again", "last"}) EXPECT_EQ(runs(name), 1u) << name;
    set(2, 4);
    EXPECT_EQ(fire().verdict, 0);
    EXPECT_EQ(mbpf_count_value(d.program("chain", "drops")->drops), 1u);
    EXPECT_EQ(mbpf_count_value(d.program("chain", "first")->drops), 0u);  // it handed the event on
}

TEST_F(TailCalls, an_empty_element_lets_the_caller_go_on) {
    ASSERT_EQ(d.push(chain({})).status, MBPF_OK);
    EXPECT_EQ(fire().verdict, 7);
    set(1, 77);  // there is no such program
    EXPECT_EQ(fire().verdict, 7);
    set(1, 5);  // of another hook
    EXPECT_EQ(fire().verdict, 7);
    EXPECT_EQ(runs("strange"), 0u);
    set(1, 3);
    EXPECT_EQ(fire().verdict, 1);
    EXPECT_EQ(runs("first"), 4u);
}

TEST_F(TailCalls, a_run_makes_eight) {
    ASSERT_EQ(d.push(chain({0, 1})).status, MBPF_OK);  // first enters itself
    EXPECT_EQ(fire().verdict, 7);
    EXPECT_EQ(runs("first"), 9u);
    EXPECT_EQ(fire().verdict, 7);  // and the next run as many
    EXPECT_EQ(runs("first"), 18u);
}

TEST_F(TailCalls, programs_of_other_packages_run_behind_the_chain) {
    Package behind = simple_package("behind", code_return(5));
    behind.programs[0].priority = 9;
    place_on(behind, 0, "iio", "iio/device0/accel_x");
    ASSERT_EQ(d.push(behind).status, MBPF_OK);
    ASSERT_EQ(d.push(chain({0, 2, 3})).status, MBPF_OK);
    mbpf_hook_result r = fire();
    EXPECT_EQ(r.verdict, 5);
    EXPECT_EQ(r.programs_run, 2u);
    set(2, 4);  // the chain ends in a drop: nobody behind it is asked
    r = fire();
    EXPECT_EQ(r.verdict, 0);
    EXPECT_EQ(r.programs_run, 1u);
    EXPECT_EQ(runs("main", "behind"), 1u);
}

TEST_F(TailCalls, a_new_version_says_anew_where_they_lead) {
    ASSERT_EQ(d.push(chain({0, 2, 3})).status, MBPF_OK);
    set(2, 4);
    set(3, 4);
    const Device::Outcome o = d.push(chain({0, 3}));
    ASSERT_EQ(o.status, MBPF_OK);
    EXPECT_EQ(o.result.maps_kept, 0u);
    EXPECT_EQ(fire().verdict, 1);
    EXPECT_EQ(runs("last"), 1u);
    EXPECT_EQ(runs("again"), 0u);
    mbpf_map* map = mbpf_find_map(mbpf_find_package(d.rt(), "chain"), "next");
    EXPECT_EQ(mbpf_map_operations_of(map->type)->used(map), 1u);
    EXPECT_TRUE(d.program("chain", "first")->attached);
    EXPECT_FALSE(d.program("chain", "last")->attached);
}

TEST_F(TailCalls, what_the_host_attached_stays_so_and_a_former_entry_does_not) {
    ASSERT_EQ(d.push(chain({0, 3})).status, MBPF_OK);
    ASSERT_EQ(mbpf_attach_program(d.program("chain", "last")), MBPF_OK);
    Package next = chain({0, 3});
    next.programs[0].tail_only = true;
    ASSERT_EQ(d.push(next).status, MBPF_OK);
    EXPECT_TRUE(d.program("chain", "last")->attached);
    EXPECT_FALSE(d.program("chain", "first")->attached);
}

TEST_F(TailCalls, through_an_array_of_another_package_lead_nowhere) {
    ASSERT_EQ(d.push(chain({0, 3}, "other")).status, MBPF_OK);
    ASSERT_EQ(mbpf_detach_program(d.program("other", "first")), MBPF_OK);
    ASSERT_EQ(d.push(chain({})).status, MBPF_OK);
    mbpf_map* foreign = mbpf_find_map(mbpf_find_package(d.rt(), "other"), "next");
    std::memcpy(const_cast<void**>(d.program("chain", "first")->imports + 1), &foreign, sizeof foreign);
    EXPECT_EQ(fire().verdict, 7);
    EXPECT_EQ(runs("last", "other"), 0u);
}

}  // namespace
}  // namespace mbpf::test
