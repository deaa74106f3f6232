// SPDX-License-Identifier: Apache-2.0
// The program model every stage shares: an object holds maps and programs; a program is one flat array of
// slots, its entry function first and the functions it calls after it (as libbpf lays them out), with all
// relocations resolved, so that a slot index names an instruction everywhere, in messages too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/isa.h"

namespace mbpf::bpf {

// Linux's map type numbers, and ours from 1000.
enum class MapType : std::uint32_t {
    unspecified = 0,
    hash = 1,
    array = 2,
    prog_array = 3,
    perf_event_array = 4,
    percpu_hash = 5,
    percpu_array = 6,
    lru_hash = 9,
    lpm_trie = 11,
    array_of_maps = 12,
    hash_of_maps = 13,
    devmap = 14,
    cgroup_storage = 19,
    percpu_cgroup_storage = 21,
    queue = 22,
    stack = 23,
    sk_storage = 24,
    devmap_hash = 25,
    ring_buffer = 27,
    inode_storage = 28,
    task_storage = 29,
    user_ring_buffer = 31,
    cgrp_storage = 32,
    time_series = 1000,
};

// Global data sections are maps of one entry, as in libbpf: one mechanism for both.
// kconfig: externs that the kernel's configuration gives a value, which no object knows.
enum class MapOrigin : std::uint8_t { declared, rodata, data, bss, kconfig };

// What the kernel keeps for itself inside a map value: programs may touch these bytes through helpers only.
enum class MapFieldKind : std::uint8_t { spin_lock, timer, other };
struct MapField {
    MapFieldKind kind = MapFieldKind::other;
    std::uint32_t offset = 0;  // in the value, bytes
    std::uint32_t size = 0;
};

// Elements of a program array that are empty, and those that hold a function that is no program.
inline constexpr std::int32_t kNoProgram = -1, kNotAProgram = -2;

struct Map {
    std::string name;
    std::uint32_t type = 0;  // MapType when known; kept as read
    std::uint32_t key_size = 0;
    std::uint32_t value_size = 0;
    std::uint32_t max_entries = 0;
    std::uint32_t flags = 0;
    std::int32_t inner_map = -1;  // array_of_maps, hash_of_maps: index into Object::maps of a map like its elements; -1: none
    std::vector<MapField> kernel_fields;  // sorted by offset; known for maps whose value type BTF tells
    std::vector<std::int32_t> programs;   // prog_array: index into Object::programs by element, as the object fills it; kNoProgram
    MapOrigin origin = MapOrigin::declared;
    std::vector<std::uint8_t> initial;  // rodata, data: value_size bytes; else empty
    bool read_only() const { return origin == MapOrigin::rodata; }
    // Programs may look values up but not write them: BPF_F_RDONLY_PROG, and maps of devices always.
    bool values_read_only() const { return read_only() || origin == MapOrigin::kconfig || (flags & 0x80) != 0 || type == static_cast<std::uint32_t>(MapType::devmap) || type == static_cast<std::uint32_t>(MapType::devmap_hash); }
    // BPF_F_WRONLY_PROG: programs may not read values.
    bool values_write_only() const { return (flags & 0x100) != 0; }
    bool is_global_data() const { return origin != MapOrigin::declared; }
};

struct Function {
    std::string name;
    std::uint32_t begin = 0;  // first slot
    std::uint32_t end = 0;    // one past the last
    std::uint32_t btf_type_id = 0;  // 0: no BTF
};

struct LineInfo {
    std::uint32_t slot = 0;  // valid from this slot to the next entry's
    std::uint32_t file = 0;  // index into Object::files
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string text;
};

struct Program {
    std::string name;     // of the entry function
    std::string section;  // "xdp", "iio/device0/accel_x"; ".text" for a lone function
    std::vector<Insn> insns;
    std::vector<Function> functions;  // functions[0] is the entry and begins at slot 0; each begins where the one before ends
    std::vector<LineInfo> lines;      // sorted by slot
    // lddw operands after loading: src = Pseudo::map, imm = index into Object::maps;
    // src = Pseudo::map_value, imm = index into Object::maps, second slot's imm = byte offset in the value;
    // src = Pseudo::function, imm = slots relative to the next instruction. call_local likewise by imm.

    // The function that holds `slot`; the slot must be inside the program.
    const Function& function_of(std::uint32_t slot) const;
    // The line entry in force at `slot`, or null.
    const LineInfo* line_of(std::uint32_t slot) const;
};

struct BtfMember {
    std::string name;
    std::uint32_t offset_bits = 0;
    std::uint32_t size_bits = 0;
    bool is_signed = false;
};

// An instruction made a call of a helper that does not exist, since its CO-RE relocation has no value.
struct UnresolvedRelocation {
    std::uint32_t program = 0;  // index into Object::programs
    std::uint32_t slot = 0;
    std::string why;
};

// An instruction names something that the object does not define: a kernel function, a kernel's or loader's variable.
struct ExternUse {
    std::uint32_t program = 0;  // index into Object::programs
    std::uint32_t slot = 0;
    std::string name;
};

struct Object {
    std::string path;
    std::string license;
    std::vector<std::string> files;
    std::vector<Map> maps;
    std::vector<Program> programs;
    std::vector<std::string> externs;  // functions and variables the object uses but does not define
    std::vector<ExternUse> extern_uses;
    std::vector<UnresolvedRelocation> unresolved;
    bool has_core_relocations = false;  // they have been applied
    std::vector<std::uint8_t> elf;  // the object as read: goes into the package's host section

    const Map* find_map(std::string_view name) const;
    // Source location of a slot, for diagnostics.
    SourceLocation location(const Program& program, std::uint32_t slot) const;
};

struct ReadOptions {
    std::string path = "<memory>";  // for messages only
    // CO-RE relocations are resolved against this: raw BTF or an ELF file with .BTF. Empty: the object's own.
    std::span<const std::uint8_t> target_btf = {};
    // Each function of .text becomes a program too, to be judged alone.
    bool text_functions = false;
};

// Reads a relocatable eBPF ELF by libbpf's conventions. Any input is fine: bad ones give MBPF3xxx.
Result<Object> read_object(std::span<const std::uint8_t> bytes, const ReadOptions& options = {});

// Object of one program from raw slots, without ELF: for tests, the ISA runner and fuzzers.
Result<Object> object_from_slots(std::vector<Insn> slots, std::string section, std::vector<Map> maps = {});

}  // namespace mbpf::bpf
