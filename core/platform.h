// SPDX-License-Identifier: Apache-2.0
// What a device offers to programs: hooks with their contexts, helpers, map types, limits. Read from a
// descriptor (sdk/platforms/*.textproto, schema core/proto/platform.proto); author headers, firmware tables
// and reference pages are generated from the same value, so host and device cannot disagree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mbpf {

enum class FieldKind : std::uint8_t {
    scalar,
    packet_start,  // xdp_md.data: loads as a packet pointer
    packet_end,    // xdp_md.data_end
    packet_meta,   // xdp_md.data_meta
    raw_bytes,     // an array inside the context, any access width within it
};

struct ContextField {
    std::string name;
    std::uint32_t offset = 0;  // bytes
    std::uint32_t size = 0;    // bytes: 1, 2, 4, 8; raw_bytes: any
    FieldKind kind = FieldKind::scalar;
    bool is_signed = false;
    bool writable = false;
    // Least and greatest value the device guarantees on entry (as the field's own type); for scalars.
    std::int64_t min = 0;
    std::uint64_t max = 0;
    bool has_range = false;
    std::string unit;
    std::string alias;          // second C name of the field (duty_cycle), empty if none
    std::string doc;
    // Where the field lies in the native struct of 64-bit devices, when it differs (xdp_md's pointers).
    std::uint32_t native64_offset = 0;
    std::uint32_t native64_size = 0;
};

struct Hook {
    std::uint16_t id = 0;
    std::string name;                    // "iio"
    std::vector<std::string> sections;   // patterns: "iio/device{u32}/{name}", "xdp", "timer/{duration}"
    std::string context_type;            // C name of the struct: "iio_event"
    std::uint32_t context_size = 0;      // bytes; 0: the context may not be read
    std::uint32_t native64_context_size = 0;  // when it differs on 64-bit devices, else 0
    std::vector<ContextField> fields;    // sorted by offset
    std::int64_t return_min = 0;         // r0 as signed 64-bit must lie in [return_min, return_max]
    std::int64_t return_max = 0;
    bool any_return = false;             // no constraint at all
    bool fail_open = false;              // verdict when no program can run: pass (true) or drop
    std::uint64_t max_instructions = 0;  // worst case per run
    std::uint32_t max_stack = 512;       // bytes over all frames
    // Test hook only: the context is plain writable memory of a size given at verification, r2 its length.
    bool raw_memory = false;
    std::string doc;

    // Hash of the context layout and return range; device and host compare it.
    std::uint32_t abi_hash() const;
};

enum class ArgKind : std::uint8_t {
    scalar,            // any initialised number
    context,           // the hook's context pointer
    map,               // a map handle from lddw
    map_key,           // readable memory of the map argument's key_size
    map_value,         // readable memory of the map argument's value_size
    map_value_out,     // writable memory of value_size; initialised by the helper
    memory_read,       // readable initialised memory, size in the next argument (memory_size*) or fixed_size
    memory_write,      // writable memory; need not be initialised; the helper initialises it all
    memory_size,       // size of the preceding memory argument, > 0
    memory_size_zero,  // likewise, may be 0
    ring_buffer_record,  // pointer got from reserve; consumed: released by the call
    stack_only_read,   // as memory_read, but must be on the stack (rare; linux)
    callback,          // pointer to a static function
    any_pointer_or_scalar,
};

struct HelperArg {
    std::string name;
    std::string c_type;  // as in the author's header: "const void *", "__u64"
    ArgKind kind = ArgKind::scalar;
    std::uint8_t width = 64;        // scalar: bits the helper looks at (32: the low half alone)
    std::uint32_t fixed_size = 0;   // memory_*: size when no size argument follows
    bool nullable = false;          // pointer may be the constant 0
    // Scalar only: accepted range; the verifier demands it (has_range).
    std::int64_t min = 0;
    std::int64_t max = 0;
    bool has_range = false;
};

enum class ReturnKind : std::uint8_t {
    nothing,             // r0 unreadable afterwards
    scalar,              // range below if has_range, else unknown
    map_value_or_null,   // of the map argument
    ring_buffer_record_or_null,  // size from argument 2, a constant
    memory_or_null,      // fixed_size bytes
};

struct Helper {
    std::uint32_t number = 0;
    std::string name;       // "map_lookup_elem": the author writes bpf_<name>
    std::string c_return;   // "void *", "long", "__u64"
    std::vector<HelperArg> args;  // at most 5
    ReturnKind returns = ReturnKind::scalar;
    std::uint8_t return_width = 64;   // native return type: 0 (void), 32 or 64 bits
    bool return_signed = true;        // 32-bit results are sign- (else zero-) extended to r0
    std::int64_t return_min = 0;
    std::uint64_t return_max = 0;
    bool has_return_range = false;
    std::uint32_t cost = 0;           // worst-case instructions charged to the program
    std::uint32_t stack = 0;          // bytes of native stack it may use
    std::string capability;           // "motor", "gpio", …; empty: free for all
    bool invalidates_packet = false;
    bool pure = false;                // no effect, same result within one run
    std::vector<std::string> hooks;   // names of hooks that may call it; empty: all
    std::vector<std::uint32_t> map_types;  // accepted types of the map argument; empty: any
    std::string doc;

    std::uint32_t abi_hash() const;
};

struct MapTypeInfo {
    std::uint32_t number = 0;
    std::string name;             // "array"
    std::uint32_t max_key_size = 0;    // bytes; 0: must be 0
    std::uint32_t min_key_size = 0;
    std::uint32_t max_value_size = 0;
    std::uint32_t max_entries = 0;
    bool program_may_lookup = true;
    bool program_may_update = true;
    bool program_may_delete = true;
    bool power_of_two_entries = false;  // ring buffer
};

struct Capability {
    std::string name;
    std::uint8_t bit = 0;  // in the package header's capability set
    std::string doc;
};

// A C enum or constant given to program authors, e.g. XDP_PASS.
struct Constant {
    std::string name;
    std::int64_t value = 0;
    std::string doc;
};

struct Platform {
    std::string name;
    std::uint32_t version = 1;
    std::vector<Hook> hooks;
    std::vector<Helper> helpers;       // sorted by number
    std::vector<MapTypeInfo> map_types;
    std::vector<Capability> capabilities;
    std::vector<Constant> constants;
    std::uint32_t max_programs = 8;    // per package
    std::uint32_t max_maps = 16;
    std::uint32_t max_ram = 65536;     // bytes per package: imports, data, maps
    std::uint32_t max_call_depth = 8;
    bool legacy_packet_access = false;

    const Helper* find_helper(std::uint32_t number) const;
    const MapTypeInfo* find_map_type(std::uint32_t number) const;
    const Capability* find_capability(std::string_view name) const;
    const Hook* find_hook(std::string_view name) const;
};

// The result of matching a section name against the hooks' patterns.
struct HookMatch {
    const Hook* hook = nullptr;
    std::uint64_t parameter = 0;  // first {u32} or {duration} (ns) of the pattern; 0 if none
};
std::optional<HookMatch> match_section(const Platform& platform, std::string_view section);

// Parses and validates a descriptor. `name` is for messages. Bad ones give MBPF31xx with line and column.
Result<Platform> parse_platform(std::string_view textproto, std::string_view name);

// Descriptors compiled into the tools: "microbpf" and "isa" (the conformance hook). Null: no such name.
const Platform* builtin_platform(std::string_view name);
std::vector<std::string> builtin_platform_names();
// A built-in name or the path of a .textproto file.
Result<Platform> load_platform(std::string_view name_or_path);

// Generated text. Deterministic. The author's header includes contexts, helpers, constants, map macros.
std::string author_header(const Platform& platform);
std::string firmware_header(const Platform& platform);  // C11: ids, context structs, helper prototypes
std::string firmware_source(const Platform& platform);  // C11: const tables of hooks and helpers with ABI hashes
std::string reference_page(const Platform& platform);   // Markdown

}  // namespace mbpf
