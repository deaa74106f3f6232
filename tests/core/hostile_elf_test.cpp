// SPDX-License-Identifier: Apache-2.0
// Objects made to be small and cost much: what they ask for must be bounded by what they bring.
#include <gtest/gtest.h>

#include "core/map_fields.h"
#include "core/program.h"

namespace mbpf {
namespace {

using Bytes = std::vector<std::uint8_t>;

void put(Bytes& out, std::uint64_t v, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
}

struct Section {
    std::string name;
    std::uint32_t type = 1, flags = 0;
    Bytes bytes;
    std::uint32_t link = 0, info = 0;
    bool shares = false;  // the bytes of the section before it
};

// Section 1 is that of the names.
Bytes elf_of(std::vector<Section> sections) {
    Section names{".strtab", 3, 0, {0}, 0, 0, false};
    sections.insert(sections.begin(), names);
    std::vector<std::uint32_t> name_at;
    for (const Section& s : sections) {
        name_at.push_back(static_cast<std::uint32_t>(sections[0].bytes.size()));
        sections[0].bytes.insert(sections[0].bytes.end(), s.name.begin(), s.name.end());
        sections[0].bytes.push_back(0);
    }
    Bytes out{0x7f, 'E', 'L', 'F', 2, 1, 1};
    out.resize(16);
    put(out, 1, 2);
    put(out, 247, 2);
    out.resize(64);
    std::vector<std::uint64_t> at;
    for (const Section& s : sections) {
        at.push_back(s.shares ? at.back() : out.size());
        if (!s.shares) out.insert(out.end(), s.bytes.begin(), s.bytes.end());
    }
    const std::uint64_t table = out.size();
    out.resize(out.size() + 64);
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const Section& s = sections[i];
        put(out, name_at[i], 4);
        put(out, s.type, 4);
        put(out, s.flags, 8);
        put(out, 0, 8);
        put(out, at[i], 8);
        put(out, s.bytes.size(), 8);
        put(out, s.link, 4);
        put(out, s.info, 4);
        put(out, 0, 16);
    }
    const auto fix = [&](std::size_t where, std::uint64_t v, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i) out[where + i] = static_cast<std::uint8_t>(v >> (8 * i));
    };
    fix(40, table, 8);
    fix(58, 64, 2);
    fix(60, sections.size() + 1, 2);
    fix(62, 1, 2);
    return out;
}

const Bytes kProgram{0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0};
constexpr std::uint32_t kCode = 4, kSymbols = 2, kStrings = 3;

void put_symbol(Bytes& out, std::uint32_t name, std::uint8_t info, std::uint16_t section, std::uint64_t value, std::uint64_t size) {
    put(out, name, 4);
    put(out, info, 2);
    put(out, section, 2);
    put(out, value, 8);
    put(out, size, 8);
}

// One program, its symbol named by what stands first in `names`; `symbols` and `sections` besides. Sections: 1 the names of
// sections, 2 the program, 3 the symbols' names, 4 the symbols, then `sections`.
Result<bpf::Object> object_of(std::string_view names, Bytes symbols = {}, std::vector<Section> sections = {}) {
    Bytes strings{0};
    strings.insert(strings.end(), names.begin(), names.end());
    strings.push_back(0);
    Bytes all(24, 0);
    put_symbol(all, 1, 0x12, 2, 0, kProgram.size());
    all.insert(all.end(), symbols.begin(), symbols.end());
    std::vector<Section> list{{"tc", 1, kCode, kProgram}, {".names", kStrings, 0, strings}, {".symtab", kSymbols, 0, all, 3}};
    list.insert(list.end(), sections.begin(), sections.end());
    return bpf::read_object(elf_of(std::move(list)), {"hostile.o"});
}

TEST(Hostile, sections_share_no_bytes) {
    ASSERT_TRUE(object_of("f")) << render_text(object_of("f").error());
    std::vector<Section> many(3, {"code", 1, kCode, kProgram});
    EXPECT_TRUE(object_of("f", {}, many));
    many.front().bytes.resize(1 << 12);
    many.resize(2000, many.front());
    for (std::size_t i = 1; i < many.size(); ++i) {
        many[i] = many.front();
        many[i].shares = true;
    }
    const auto object = object_of("f", {}, many);
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().code, "MBPF3004");
}

TEST(Hostile, names_are_not_as_long_as_the_file) {
    EXPECT_TRUE(object_of(std::string(1000, 'f')));
    const auto object = object_of(std::string(5000, 'f'));
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().code, "MBPF3004");
}

TEST(Hostile, maps_are_not_as_many_as_symbols) {
    for (unsigned count : {1000u, 1100u}) {
        Bytes symbols;
        for (unsigned i = 0; i < count; ++i) put_symbol(symbols, 1, 0x11, 5, 20 * i, 20);
        const auto object = object_of("f", symbols, {{"maps", 1, 3, Bytes(20 * count, 1)}});
        ASSERT_EQ(static_cast<bool>(object), count == 1000);
        if (!object) {
            EXPECT_EQ(object.error().code, "MBPF3007");
        }
    }
}

// Structs that hold a thousand of the next each: 10^45 members.
TEST(Hostile, types_are_not_looked_through_for_ever) {
    constexpr unsigned kDepth = 15, kMembers = 1000;
    Bytes types;
    for (unsigned i = 0; i < kDepth; ++i) {
        put(types, 1, 4);
        put(types, 4u << 24 | kMembers, 4);
        put(types, 64, 4);
        for (unsigned m = 0; m < kMembers; ++m) {
            put(types, 1, 4);
            put(types, i + 2, 4);
            put(types, 0, 4);
        }
    }
    put(types, 1, 4);
    put(types, 1u << 24, 4);
    put(types, 4, 4);
    put(types, 32, 4);
    const Bytes strings{0, 'x', 0};
    Bytes btf;
    put(btf, 0xeb9f, 2);
    put(btf, 1, 2);
    put(btf, 24, 4);
    put(btf, 0, 4);
    put(btf, types.size(), 4);
    put(btf, types.size(), 4);
    put(btf, strings.size(), 4);
    btf.insert(btf.end(), types.begin(), types.end());
    btf.insert(btf.end(), strings.begin(), strings.end());
    const auto read = read_btf(btf);
    ASSERT_TRUE(read) << render_text(read.error());
    std::vector<bpf::MapField> fields;
    unsigned visits = kMaxFieldVisits;
    find_kernel_fields(*read, 1, 8, visits, fields);
    ASSERT_EQ(fields.size(), 1u) << "not to be touched at all";
    EXPECT_EQ(fields.front().offset, 0u);
    EXPECT_EQ(fields.front().size, UINT32_MAX);
}

// A type record of BTF: its name's place, kind with number of details, size or type, details.
void put_type(Bytes& out, std::uint32_t name, std::uint32_t kind, std::uint32_t count, std::uint32_t size, std::initializer_list<std::uint32_t> details = {}) {
    put(out, name, 4);
    put(out, kind << 24 | count, 4);
    put(out, size, 4);
    for (std::uint32_t word : details) put(out, word, 4);
}
Bytes btf_of(const Bytes& types, const Bytes& strings) {
    Bytes btf;
    put(btf, 0xeb9f, 2);
    put(btf, 1, 2);
    for (std::size_t word : {std::size_t{24}, std::size_t{0}, types.size(), types.size(), strings.size()}) put(btf, word, 4);
    btf.insert(btf.end(), types.begin(), types.end());
    btf.insert(btf.end(), strings.begin(), strings.end());
    return btf;
}

// 50,000 variables of .bss, all of one type: one that holds a lock, or 250 structs of 250 members. Both took minutes.
TEST(Hostile, variables_are_not_looked_through_for_ever) {
    const std::string_view names("\0x\0bpf_spin_lock\0.bss", 22);
    constexpr std::uint32_t kX = 1, kLock = 3, kBss = 17, kMembers = 250;
    for (const bool locks : {true, false}) {
        Bytes types;
        put_type(types, kX, 1, 0, 4, {32});
        for (std::uint32_t level = 1; level <= 2; ++level) {
            put_type(types, locks && level == 1 ? kLock : kX, 4, locks ? 1 : kMembers, 4);
            for (std::uint32_t m = 0; m < (locks ? 1 : kMembers); ++m) put(types, kX, 4), put(types, level, 4), put(types, 0, 4);
        }
        put_type(types, kX, 14, 0, 3, {1});
        put_type(types, kBss, 15, 1, 8, {4, 0, 8});
        Bytes symbols;
        for (unsigned i = 0; i < 50000; ++i) put_symbol(symbols, 1, 0x11, 5, i % 512 * 8, 8);
        const auto object = object_of("x", symbols, {{".bss", 1, 3, Bytes(4096)}, {".BTF", 1, 0, btf_of(types, Bytes(names.begin(), names.end()))}});
        ASSERT_TRUE(object) << render_text(object.error());
        ASSERT_EQ(object->maps.size(), 1u);
        EXPECT_EQ(object->maps[0].kernel_fields.size(), 1u) << "all of it is hidden";
    }
}

TEST(Hostile, maps_are_defined_in_one_section) {
    Bytes types;
    put_type(types, 1, 1, 0, 4, {32});
    const Section btf{".BTF", 1, 0, btf_of(types, {0, 'x', 0})}, maps{".maps", 1, 3, Bytes(8)};
    EXPECT_TRUE(object_of("x", {}, {maps, btf}));
    EXPECT_FALSE(object_of("x", {}, {maps, maps, btf}));
}

// Each is called once.
TEST(Hostile, functions_are_not_as_many_as_instructions) {
    for (unsigned count : {1023u, 1024u}) {
        Bytes code;
        for (unsigned i = 0; i < count; ++i) {
            code.push_back(0x85);
            code.push_back(0x10);
            put(code, 0, 2);
            put(code, count + 1 + i, 4);  // two instructions each, behind this function
        }
        Bytes symbols;
        for (unsigned i = 0; i <= count; ++i) code.insert(code.end(), kProgram.begin(), kProgram.end());
        for (unsigned i = 1; i <= count; ++i) put_symbol(symbols, 1, 0x02, 5, (count + 2 * i) * 8, 16);
        put_symbol(symbols, 1, 0x12, 5, 0, (count + 2) * 8);
        const auto object = object_of("f", symbols, {{"xdp", 1, kCode, code}});
        ASSERT_EQ(static_cast<bool>(object), count == 1023);
        if (!object) {
            EXPECT_EQ(object.error().code, "MBPF3011");
        }
    }
}

}  // namespace
}  // namespace mbpf
