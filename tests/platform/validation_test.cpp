// SPDX-License-Identifier: Apache-2.0
// What a descriptor could say that would make the verifier rely on a false fact, the generated C not compile,
// or a number change its value on the way into the model. Then bytes at random.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "core/platform.h"

namespace mbpf {
namespace {

std::string hook_with(const std::string& fields) {
    return "name: \"p\" hook { id: 1 name: \"h\" section: \"h\" context_type: \"c\" context_size: 16 max_instructions: 9 returns { min: 0 max: 1 } " + fields + " } ";
}
std::string helper_with(const std::string& rest) { return hook_with("") + "map_type { number: 2 name: \"array\" max_entries: 9 } helper { number: 5 name: \"f\" return_type: \"long\" " + rest + " } "; }
std::string field(const std::string& rest) { return hook_with("field { name: \"a\" offset: 0 " + rest + " }"); }

struct Case {
    const char* name;
    const char* code;  // null: accepted
    std::string text;
};

class Validation : public testing::TestWithParam<Case> {};

TEST_P(Validation, verdict) {
    const auto platform = parse_platform(GetParam().text, "case.textproto");
    if (GetParam().code == nullptr) {
        EXPECT_TRUE(platform) << (platform ? "" : render_text(platform.error()));
        return;
    }
    ASSERT_FALSE(platform);
    EXPECT_EQ(platform.error().code, GetParam().code) << render_text(platform.error());
    EXPECT_EQ(exit_code(platform.error()), 3);
}

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Ranges, Validation, testing::Values(
    Case{"unsigned_range_fits", nullptr, field("size: 1 range { min: 0 max: 255 }")},
    Case{"unsigned_range_too_wide", "MBPF3106", field("size: 1 range { min: 0 max: 256 }")},
    Case{"unsigned_range_negative", "MBPF3106", field("size: 4 range { min: -1 max: 5 }")},
    Case{"unsigned_greatest_negative", "MBPF3106", field("size: 8 range { min: 0 max: -1 }")},
    Case{"signed_range_fits", nullptr, field("size: 2 is_signed: true range { min: -32768 max: 32767 }")},
    Case{"signed_range_too_wide", "MBPF3106", field("size: 2 is_signed: true range { min: -32769 max: 0 }")},
    Case{"whole_signed_word", nullptr, field("size: 8 is_signed: true range { min: -9223372036854775808 max: 9223372036854775807 }")},
    Case{"range_of_bytes", "MBPF3106", field("size: 4 kind: RAW_BYTES range { min: 0 max: 1 }")},
    Case{"return_range_wider_than_width", "MBPF3106", helper_with("return_width: 32 return_range { min: 0 max: 4294967295 }")},
    Case{"unsigned_return_range_fits", nullptr, helper_with("return_width: 32 return_unsigned: true return_range { min: 0 max: 4294967295 }")},
    Case{"return_range_empty", "MBPF3106", helper_with("return_range { min: 1 max: 0 }")},
    Case{"return_range_of_nothing", "MBPF3108", helper_with("returns: RETURN_NOTHING return_range { min: 0 max: 1 }")},
    Case{"argument_range_wider_than_width", "MBPF3106", helper_with("arg { name: \"a\" type: \"u\" width: 32 range { min: 0 max: 4294967296 } }")},
    Case{"range_of_a_pointer", "MBPF3108", helper_with("arg { name: \"a\" type: \"u\" kind: ARG_MAP range { min: 0 max: 1 } }")},
    Case{"negative_size", "MBPF3106", helper_with("arg { name: \"b\" type: \"u\" kind: ARG_MEMORY_READ } arg { name: \"n\" type: \"u\" kind: ARG_MEMORY_SIZE_ZERO range { min: -1 max: 8 } }")},
    Case{"size_zero_where_not_allowed", "MBPF3106", helper_with("arg { name: \"b\" type: \"u\" kind: ARG_MEMORY_READ } arg { name: \"n\" type: \"u\" kind: ARG_MEMORY_SIZE range { min: 0 max: 8 } }")},
    Case{"cost_on_a_map_it_takes", nullptr, helper_with("arg { name: \"m\" type: \"u\" kind: ARG_MAP } map_type: 2 map_cost { map_type: 2 fixed: 7 value_byte: 1048576 }")},
    Case{"cost_on_a_map_it_does_not_take", "MBPF3108", helper_with("arg { name: \"m\" type: \"u\" kind: ARG_MAP } map_type: 2 map_cost { map_type: 1 fixed: 7 }")},
    Case{"unit_cost_of_a_size", nullptr, helper_with("arg { name: \"a\" type: \"u\" kind: ARG_MEMORY_READ } arg { name: \"n\" type: \"u\" kind: ARG_MEMORY_SIZE unit_cost: 7 }")},
    Case{"unit_cost_of_a_number", nullptr, helper_with("arg { name: \"n\" type: \"u\" range { min: 0 max: 9 } unit_cost: 7 }")},
    Case{"unit_cost_of_a_number_without_range", "MBPF3108", helper_with("arg { name: \"n\" type: \"u\" unit_cost: 7 }")},
    Case{"unit_cost_of_a_negative_number", "MBPF3108", helper_with("arg { name: \"n\" type: \"u\" range { min: -1 max: 9 } unit_cost: 7 }")},
    Case{"unit_cost_of_a_great_number", nullptr, helper_with("arg { name: \"n\" type: \"u\" range { min: 0 max: 2147483647 } unit_cost: 7 }")},
    Case{"unit_cost_of_a_number_too_great", "MBPF3108", helper_with("arg { name: \"n\" type: \"u\" range { min: 0 max: 2147483648 } unit_cost: 7 }")},
    Case{"unit_cost_of_a_pointer", "MBPF3108", helper_with("arg { name: \"a\" type: \"u\" kind: ARG_MAP unit_cost: 7 }")},
    Case{"unit_cost_too_high", "MBPF3108", helper_with("arg { name: \"n\" type: \"u\" range { min: 0 max: 9 } unit_cost: 1025 }")},
    Case{"cost_too_high", "MBPF3108", helper_with("cost: 1048577")},
    Case{"gate_cost_too_high", "MBPF3106", hook_with("") + "gate_cost: 1048577"},
    Case{"cost_on_a_map_too_high", "MBPF3108", helper_with("arg { name: \"m\" type: \"u\" kind: ARG_MAP } map_type: 2 map_cost { map_type: 2 step: 1048577 }")},
    Case{"keys_least_above_greatest", "MBPF3106", hook_with("") + "map_type { number: 2 name: \"m\" min_key_size: 5 max_key_size: 4 }"},
    Case{"results_of_32_bits", nullptr, "name: \"p\" hook { id: 1 name: \"h\" section: \"h\" max_instructions: 9 returns { min: -2147483648 max: 2147483647 } }"},
    Case{"results_above_32_bits", "MBPF3106", "name: \"p\" hook { id: 1 name: \"h\" section: \"h\" max_instructions: 9 returns { min: 0 max: 2147483648 } }"},
    Case{"results_below_32_bits", "MBPF3106", "name: \"p\" hook { id: 1 name: \"h\" section: \"h\" max_instructions: 9 returns { min: -2147483649 max: 0 } }"},
    Case{"too_many_programs", "MBPF3106", hook_with("") + "max_programs: 65536"},
    Case{"call_depth_without_bound", "MBPF3106", hook_with("") + "max_call_depth: 4000000000"},
    Case{"ram_without_bound", "MBPF3106", hook_with("") + "max_ram: 4000000000"}), name_of);

INSTANTIATE_TEST_SUITE_P(Narrowing, Validation, testing::Values(
    Case{"id_of_17_bits", "MBPF3106", "name: \"p\" hook { id: 65537 name: \"h\" section: \"h\" max_instructions: 9 }"},
    Case{"no_id", "MBPF3106", "name: \"p\" hook { name: \"h\" section: \"h\" max_instructions: 9 }"},
    Case{"width_that_wraps_to_32", "MBPF3108", helper_with("arg { name: \"a\" type: \"u\" width: 288 }")},
    Case{"return_width_that_wraps_to_32", "MBPF3108", helper_with("return_width: 288")},
    Case{"bit_that_wraps", "MBPF3109", hook_with("") + "capability { name: \"c\" bit: 256 }"},
    Case{"capability_bit_twice", "MBPF3103", hook_with("") + "capability { name: \"c\" bit: 1 } capability { name: \"d\" bit: 1 }"},
    Case{"unnamed_field_kind", "MBPF3101", field("size: 4 kind: 99")},
    Case{"unnamed_argument_kind", "MBPF3101", helper_with("arg { name: \"a\" type: \"u\" kind: 99 }")},
    Case{"unnamed_return_kind", "MBPF3101", helper_with("returns: 99")},
    Case{"object_with_fields_of_3_bytes", "MBPF3106", hook_with("") + "object { name: \"o\" size: 8 unit: 3 }"},
    Case{"object_with_wide_fields_outside", "MBPF3106", hook_with("") + "object { name: \"o\" size: 8 unit: 4 wide_begin: 8 wide_end: 16 }"},
    Case{"map_gives_an_object_of_no_class", "MBPF3109", hook_with("") + "no_native_code: true map_type { number: 2 name: \"m\" object: \"o\" }"},
    Case{"map_acquires_nothing", "MBPF3108", hook_with("") + "no_native_code: true map_type { number: 2 name: \"m\" acquires: true }"},
    Case{"map_gives_objects_to_native_programs", "MBPF3108", hook_with("") + "object { name: \"o\" size: 8 } map_type { number: 2 name: \"m\" object: \"o\" }"},
    Case{"map_gives_objects", nullptr, hook_with("") + "no_native_code: true object { name: \"o\" size: 8 } map_type { number: 2 name: \"m\" object: \"o\" acquires: true }"},
    Case{"number_of_17_bits", "MBPF3108", hook_with("") + "helper { number: 65536 name: \"f\" return_type: \"long\" }"}), name_of);

INSTANTIATE_TEST_SUITE_P(Layout, Validation, testing::Values(
    Case{"context_that_c_rounds_up", "MBPF3105", "name: \"p\" hook { id: 1 name: \"h\" section: \"h\" context_type: \"c\" context_size: 12 max_instructions: 9 field { name: \"a\" offset: 0 size: 8 } }"},
    Case{"huge_context", "MBPF3105", "name: \"p\" hook { id: 1 name: \"h\" section: \"h\" context_type: \"c\" context_size: 4294967288 max_instructions: 9 }"},
    Case{"end_wraps", "MBPF3105", hook_with("field { name: \"a\" offset: 4294967292 size: 8 }")},
    Case{"fields_of_raw_memory", "MBPF3105", hook_with("raw_memory: true field { name: \"a\" offset: 0 size: 4 }")},
    Case{"packet_pointer_without_64_bit_place", "MBPF3105", field("size: 4 kind: PACKET_START")},
    Case{"packet_pointer_of_4_bytes_on_64_bits", "MBPF3105", hook_with("native64_context_size: 16 field { name: \"a\" offset: 0 size: 4 kind: PACKET_START }")},
    Case{"packet_pointer", nullptr, hook_with("native64_context_size: 16 field { name: \"a\" offset: 0 size: 4 kind: PACKET_START native64_offset: 8 native64_size: 8 }")},
    Case{"64_bit_place_outside", "MBPF3105", hook_with("native64_context_size: 8 field { name: \"a\" offset: 0 size: 4 kind: PACKET_START native64_offset: 8 native64_size: 8 }")},
    Case{"64_bit_place_misaligned", "MBPF3105", hook_with("native64_context_size: 16 field { name: \"a\" offset: 0 size: 4 kind: PACKET_START native64_offset: 4 native64_size: 8 }")},
    Case{"64_bit_places_overlap", "MBPF3105", hook_with("native64_context_size: 16 field { name: \"a\" offset: 0 size: 4 kind: PACKET_START native64_offset: 0 native64_size: 8 } field { name: \"b\" offset: 4 size: 4 }")},
    Case{"scalar_that_grows_on_64_bits", "MBPF3105", hook_with("native64_context_size: 16 field { name: \"a\" offset: 0 size: 4 native64_offset: 0 native64_size: 8 }")},
    Case{"64_bit_place_without_64_bit_context", "MBPF3105", field("size: 4 native64_offset: 8 native64_size: 4")}), name_of);

INSTANTIATE_TEST_SUITE_P(Names, Validation, testing::Values(
    Case{"keyword", "MBPF3104", hook_with("field { name: \"int\" offset: 0 size: 4 }")},
    Case{"gap_name", "MBPF3104", hook_with("field { name: \"reserved0\" offset: 0 size: 4 }")},
    Case{"reserved_itself_is_free", nullptr, hook_with("field { name: \"reserved\" offset: 0 size: 4 }")},
    Case{"keyword_as_alias", "MBPF3104", field("size: 4 alias: \"if\"")},
    Case{"empty_field_name", "MBPF3104", hook_with("field { offset: 0 size: 4 }")},
    Case{"field_twice", "MBPF3103", hook_with("field { name: \"a\" offset: 0 size: 4 } field { name: \"a\" offset: 4 size: 4 }")},
    Case{"alias_of_another", "MBPF3103", hook_with("field { name: \"a\" offset: 0 size: 4 } field { name: \"b\" offset: 4 size: 4 alias: \"a\" }")},
    Case{"argument_twice", "MBPF3103", helper_with("arg { name: \"a\" type: \"u\" } arg { name: \"a\" type: \"u\" }")},
    Case{"section_of_two_hooks", "MBPF3103", hook_with("") + "hook { id: 2 name: \"g\" section: \"h\" max_instructions: 9 }"},
    Case{"context_type_of_two_hooks", "MBPF3103", hook_with("field { name: \"a\" offset: 0 size: 4 }") + "hook { id: 2 name: \"g\" section: \"g\" context_type: \"c\" context_size: 4 max_instructions: 9 field { name: \"b\" offset: 0 size: 4 } }"},
    Case{"constant_twice", "MBPF3103", hook_with("") + "constant { name: \"X\" } constant { name: \"X\" }"},
    Case{"constant_without_name", "MBPF3104", hook_with("") + "constant { value: 3 }"},
    Case{"map_type_with_spaces", "MBPF3104", hook_with("") + "map_type { number: 2 name: \"a b\" }"},
    Case{"no_c_type", "MBPF3104", helper_with("arg { name: \"a\" }")},
    Case{"end_of_comment", "MBPF3110", field("size: 4 doc: \"x */ int y;\"")},
    Case{"line_break_in_doc", "MBPF3110", helper_with("doc: \"two\\nlines\"")},
    Case{"escape_in_unit", "MBPF3110", field("size: 4 unit: \"\\033[2J\"")},
    Case{"line_break_in_c_type", "MBPF3110", helper_with("arg { name: \"a\" type: \"u\\n#error\" }")}), name_of);

INSTANTIATE_TEST_SUITE_P(Helpers, Validation, testing::Values(
    Case{"fixed_size_of_a_number", "MBPF3108", helper_with("arg { name: \"a\" type: \"u\" fixed_size: 4 }")},
    Case{"buffer_of_fixed_size", nullptr, helper_with("arg { name: \"a\" type: \"u\" kind: ARG_MEMORY_READ fixed_size: 4 }")},
    Case{"size_after_fixed_size", "MBPF3108", helper_with("arg { name: \"a\" type: \"u\" kind: ARG_MEMORY_READ fixed_size: 4 } arg { name: \"n\" type: \"u\" kind: ARG_MEMORY_SIZE }")},
    Case{"two_maps", "MBPF3108", helper_with("arg { name: \"a\" type: \"u\" kind: ARG_MAP } arg { name: \"b\" type: \"u\" kind: ARG_MAP }")},
    Case{"record_without_a_size", "MBPF3108", helper_with("returns: RETURN_RING_BUFFER_RECORD_OR_NULL arg { name: \"a\" type: \"u\" kind: ARG_MAP } arg { name: \"k\" type: \"u\" kind: ARG_MAP_KEY }")},
    Case{"no_return_type", "MBPF3104", hook_with("") + "helper { number: 5 name: \"f\" }"}), name_of);

std::string linux_like(const std::string& rest) {
    return "name: \"p\" no_native_code: true "
           "object { name: \"sock\" size: 8 base: \"any\" } object { name: \"any\" } "
           "context { name: \"md\" size: 16 field { name: \"a\" offset: 0 size: 4 } field { name: \"s\" offset: 8 size: 8 kind: OBJECT_OR_NULL object: \"sock\" } } "
           "hook { id: 1 name: \"h\" section: \"h\" max_instructions: 9 context: \"md\" group: \"g\" } map_type { number: 2 name: \"array\" max_entries: 9 } " + rest;
}
std::string linux_hook(const std::string& rest) { return linux_like("hook { id: 2 name: \"i\" section: \"i\" max_instructions: 9 " + rest + " }"); }
std::string linux_helper(const std::string& rest) { return linux_like("helper { number: 5 name: \"f\" return_type: \"long\" " + rest + " }"); }
constexpr const char* kMapArg = "arg { name: \"m\" type: \"v\" kind: ARG_MAP } ";
constexpr const char* kCallbackArg = "arg { name: \"c\" type: \"v\" kind: ARG_CALLBACK } ";

INSTANTIATE_TEST_SUITE_P(SharedContexts, Validation, testing::Values(
    Case{"of_two_hooks", nullptr, linux_hook("context: \"md\" write: \"a\" hide: \"s\"")},
    Case{"unknown", "MBPF3109", linux_hook("context: \"nope\"")},
    Case{"unknown_field", "MBPF3109", linux_hook("context: \"md\" only: \"b\"")},
    Case{"hide_and_only", "MBPF3105", linux_hook("context: \"md\" only: \"a\" hide: \"s\"")},
    Case{"beside_a_layout", "MBPF3105", linux_hook("context: \"md\" context_size: 8")},
    Case{"fields_chosen_of_none", "MBPF3105", linux_hook("only: \"a\"")},
    Case{"written_object", "MBPF3105", linux_hook("context: \"md\" write: \"s\"")},
    Case{"twice", "MBPF3103", linux_like("context { name: \"md\" size: 4 }")},
    Case{"without_size", "MBPF3105", linux_like("context { name: \"empty\" }")},
    Case{"overlapping_fields", "MBPF3105", linux_like("context { name: \"n\" size: 8 field { name: \"a\" offset: 0 size: 8 } field { name: \"b\" offset: 4 size: 4 } }")},
    Case{"array_with_a_remainder", "MBPF3105", linux_like("context { name: \"n\" size: 8 field { name: \"a\" offset: 0 size: 6 kind: RAW_BYTES element_size: 4 } }")},
    Case{"two_fallbacks", "MBPF3103", linux_hook("section_fallback: true } hook { id: 3 name: \"j\" section: \"j\" max_instructions: 9 section_fallback: true")}), name_of);

INSTANTIATE_TEST_SUITE_P(Objects, Validation, testing::Values(
    Case{"object_that_is_its_own_base", "MBPF3108", linux_like("object { name: \"x\" base: \"y\" } object { name: \"y\" base: \"x\" }")},
    Case{"object_of_unknown_base", "MBPF3109", linux_like("object { name: \"x\" base: \"y\" }")},
    Case{"object_twice", "MBPF3103", linux_like("object { name: \"sock\" }")},
    Case{"field_of_unknown_object", "MBPF3109", linux_like("context { name: \"n\" size: 8 field { name: \"a\" offset: 0 size: 8 kind: OBJECT_OR_NULL object: \"q\" } }")},
    Case{"pointer_of_four_bytes", "MBPF3105", linux_like("context { name: \"n\" size: 8 field { name: \"a\" offset: 0 size: 4 kind: OBJECT_OR_NULL object: \"sock\" } }")},
    Case{"number_with_an_object", "MBPF3105", linux_like("context { name: \"n\" size: 8 field { name: \"a\" offset: 0 size: 8 object: \"sock\" } }")},
    Case{"packet_pointer_of_eight_bytes", nullptr, linux_like("context { name: \"n\" size: 8 field { name: \"a\" offset: 0 size: 8 kind: PACKET_START } }")},
    Case{"packet_pointer_of_eight_bytes_in_native_code", "MBPF3105", hook_with("field { name: \"a\" offset: 0 size: 8 kind: PACKET_START }")},
    Case{"takes_and_returns", nullptr, linux_helper("returns: RETURN_OBJECT_OR_NULL object: \"sock\" borrows: true arg { name: \"o\" type: \"v\" kind: ARG_OBJECT object: \"any\" }")},
    Case{"argument_without_class", "MBPF3108", linux_helper("arg { name: \"o\" type: \"v\" kind: ARG_OBJECT }")},
    Case{"argument_of_unknown_class", "MBPF3109", linux_helper("arg { name: \"o\" type: \"v\" kind: ARG_OBJECT_RELEASE object: \"q\" }")},
    Case{"number_argument_with_class", "MBPF3108", linux_helper("arg { name: \"o\" type: \"v\" object: \"sock\" }")},
    Case{"result_without_class", "MBPF3108", linux_helper("returns: RETURN_OBJECT")},
    Case{"number_result_with_class", "MBPF3108", linux_helper("object: \"sock\"")},
    Case{"acquires_a_number", "MBPF3108", linux_helper("acquires: true")},
    Case{"borrows_from_nothing", "MBPF3108", linux_helper("returns: RETURN_OBJECT object: \"sock\" borrows: true")}), name_of);

INSTANTIATE_TEST_SUITE_P(Effects, Validation, testing::Values(
    Case{"group_of_hooks", nullptr, linux_helper("hook: \"g\"")},
    Case{"unknown_group", "MBPF3109", linux_helper("hook: \"no_such\"")},
    Case{"loop", nullptr, linux_helper("callback: CALLBACK_LOOP arg { name: \"n\" type: \"u\" } " + std::string(kCallbackArg) + "arg { name: \"x\" type: \"v\" kind: ARG_CALLBACK_CONTEXT }")},
    Case{"loop_without_count", "MBPF3108", linux_helper("callback: CALLBACK_LOOP " + std::string(kCallbackArg))},
    Case{"callback_of_no_kind", "MBPF3108", linux_helper(kCallbackArg)},
    Case{"unsupported_callback_of_no_kind", nullptr, linux_helper(std::string(kCallbackArg) + "unsupported: \"why\"")},
    Case{"kind_without_callback", "MBPF3108", linux_helper("callback: CALLBACK_TIMER")},
    Case{"context_without_callback", "MBPF3108", linux_helper("arg { name: \"x\" type: \"v\" kind: ARG_CALLBACK_CONTEXT }")},
    Case{"walk_of_no_map", "MBPF3108", linux_helper("callback: CALLBACK_FOR_EACH_MAP_ELEM " + std::string(kCallbackArg))},
    Case{"timer_nowhere", "MBPF3108", linux_helper("callback: CALLBACK_TIMER " + std::string(kCallbackArg))},
    Case{"tail_call_through_nothing", "MBPF3108", linux_helper("tail_call: true")},
    Case{"locks_nothing", "MBPF3108", linux_helper("locks: true")},
    Case{"locks_and_unlocks", "MBPF3108", linux_helper("locks: true unlocks: true arg { name: \"l\" type: \"v\" kind: ARG_MAP_VALUE_POINTER }")},
    Case{"at_most_an_argument_that_is_not_there", "MBPF3108", linux_helper("return_at_most_argument: 1")},
    Case{"at_most_a_pointer", "MBPF3108", linux_helper(std::string(kMapArg) + "return_at_most_argument: 1")},
    Case{"at_most_argument_257", "MBPF3108", linux_helper("arg { name: \"n\" type: \"u\" } return_at_most_argument: 257")},
    Case{"initialized_number", "MBPF3108", linux_helper("arg { name: \"n\" type: \"u\" initialized: true }")},
    Case{"unnamed_callback_kind", "MBPF3101", linux_helper("callback: 99")},
    Case{"map_value_of_no_map", "MBPF3108", linux_helper("returns: RETURN_MAP_VALUE")}), name_of);

TEST(Messages, have_no_control_characters) {
    for (const char* text : {"name: \"p\" hook { id: 1 name: \"a\\033[2Jb\" section: \"h\" max_instructions: 9 }", "name: \"p\" hook { id: \"\x1b[2J\" }"}) {
        const auto platform = parse_platform(text, "case.textproto");
        ASSERT_FALSE(platform);
        EXPECT_EQ(render_text(platform.error()).find('\033'), std::string::npos);
    }
}

TEST(Sections, of_any_path_are_printable) {
    const Platform& platform = *builtin_platform("microbpf");
    EXPECT_TRUE(match_section(platform, "coap/a/b?c=%20~"));
    for (const char* section : {"coap/", "coap/a b", "coap/\033[2J", "coap/a\n", "coap/\x7f", "coap/\xc3\xa4"}) EXPECT_FALSE(match_section(platform, section)) << section;
}

TEST(Files, larger_than_a_descriptor_are_refused) {
    const std::string path = testing::TempDir() + "/large.textproto";
    std::ofstream(path, std::ios::binary) << std::string(2u << 20, '#');
    const auto platform = load_platform(path);
    ASSERT_FALSE(platform);
    EXPECT_EQ(platform.error().code, "MBPF3101");
    EXPECT_FALSE(load_platform(testing::TempDir()));
}

// Whatever is accepted can be generated from; whatever is refused says why.
TEST(Hostile, mutated_descriptors_are_parsed_or_refused) {
    std::ifstream file(std::string(MBPF_SOURCE_DIR) + "/sdk/platforms/microbpf.textproto", std::ios::binary);
    std::ostringstream read;
    read << file.rdbuf();
    const std::string original = read.str();
    ASSERT_GT(original.size(), 5000u);
    std::mt19937 random(1);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    int accepted = 0;
    for (int round = 0; round < 1500; ++round) {
        std::string text = original;
        for (std::size_t edits = 1 + below(3); edits != 0; --edits) {
            const std::size_t at = below(text.size()), length = 1 + below(40);
            switch (below(4)) {
                case 0: text.erase(at, length); break;
                case 1: text.insert(at, text.substr(below(text.size()), length)); break;
                case 2: text[at] = static_cast<char>(below(256)); break;
                case 3: text[at] = static_cast<char>('0' + below(10)); break;
            }
        }
        const auto platform = parse_platform(text, "mutated");
        if (!platform) {
            EXPECT_EQ(diagnostic_class(platform.error()), DiagnosticClass::malformed);
            EXPECT_FALSE(platform.error().message.empty());
            continue;
        }
        ++accepted;
        EXPECT_FALSE(author_header(*platform).empty() || firmware_header(*platform).empty() || firmware_source(*platform).empty() || reference_page(*platform).empty());
    }
    EXPECT_GT(accepted, 20);
}

}  // namespace
}  // namespace mbpf
