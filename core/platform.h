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
    packet_start,    // xdp_md.data: loads as a packet pointer
    packet_end,      // xdp_md.data_end
    packet_meta,     // xdp_md.data_meta
    raw_bytes,       // an array inside the context, any access width within it (with narrow_context_access: aligned)
    object_or_null,  // __sk_buff.sk: loads as a pointer to an object of class `object`, or NULL
};

struct ContextField {
    std::string name;
    std::uint32_t offset = 0;  // bytes
    std::uint32_t size = 0;    // bytes: 1, 2, 4, 8; raw_bytes: any; packet pointers: 4 or 8
    FieldKind kind = FieldKind::scalar;
    std::string object;        // object_or_null: name in Platform::objects
    bool never_null = false;   // object_or_null: the kernel always sets it
    std::uint32_t element_size = 1;  // raw_bytes: of the array's elements in C
    bool whole = false;        // read only as a whole (raw_bytes: by elements), even with narrow_context_access
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

// A struct that several hooks share, each with its own rules which fields may be touched.
struct ContextLayout {
    std::string name;                  // C name of the struct
    std::uint32_t size = 0;            // bytes
    std::vector<ContextField> fields;  // sorted by offset
};

struct Hook {
    std::uint16_t id = 0;
    std::string name;                    // "iio"
    std::vector<std::string> groups;     // names by which descriptors mean several hooks at once; may be another hook's
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
    std::uint32_t max_cycles = 0;        // of the machine code, by the target's timing model; 0: no limit
    std::uint32_t max_stack = 512;       // bytes over all frames
    // Test hook only: the context is plain writable memory of a size given at verification, r2 its length.
    bool raw_memory = false;
    bool packet_read_only = false;       // the packet may be read but not written
    bool section_fallback = false;       // takes sections that no pattern of any hook matches
    std::string fallback_file;           // as section_fallback, for objects whose file name holds this text; it goes first
    bool legacy_packet_access = false;   // LD_ABS and LD_IND are available on this hook
    std::vector<std::uint32_t> map_types;  // that programs may pass to helpers; empty: any
    std::string unsupported;             // why programs of this hook cannot be judged; empty: they can
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
    object,            // pointer to an object of class `object`; the call does not consume it
    object_release,    // likewise, acquired by an earlier call; released by this one
    callback_context,  // handed through to the callback: stack, map value or NULL
    map_value_pointer,  // points into a map value (timers, spin locks)
};

struct HelperArg {
    std::string name;
    std::string c_type;  // as in the author's header: "const void *", "__u64"
    ArgKind kind = ArgKind::scalar;
    std::uint8_t width = 64;        // scalar: bits the helper looks at (32: the low half alone)
    std::uint32_t fixed_size = 0;   // memory_*: size when no size argument follows
    bool nullable = false;          // pointer may be the constant 0
    bool initialized = false;       // memory_write: the helper also reads it, so all of it must be initialised
    std::string object;             // object, object_release: name in Platform::objects
    // Scalar only: accepted range; the verifier demands it (has_range).
    std::int64_t min = 0;
    std::int64_t max = 0;
    bool has_range = false;
    std::uint32_t unit_cost = 0;    // numbers: instructions charged for each 1 of its greatest value (of a size: each byte)

    // Of a number: no greater value passes the verifier.
    std::uint64_t greatest() const;
};
inline constexpr std::uint64_t kMaxBufferBytes = std::uint64_t{1} << 24;  // of a size argument without a range

enum class ReturnKind : std::uint8_t {
    nothing,             // r0 unreadable afterwards
    scalar,              // range below if has_range, else unknown
    map_value_or_null,   // of the map argument
    ring_buffer_record_or_null,  // size from argument 2, a constant
    memory_or_null,      // fixed_size bytes
    map_value,           // of the map argument, never null
    object_or_null,      // of class Helper::object; with `acquires` the program must release it
    object,              // likewise, never null
};

// How a helper calls the function it is given.
enum class CallbackKind : std::uint8_t {
    none,
    loop,               // (u32 index, void *ctx); calls bounded by argument 1, at most 1 << 23
    for_each_map_elem,  // (map, key, value, ctx), once per entry
    timer,              // (map, key, value); runs later, not during the call
};

// What a call costs on a map of these types, beside Helper::cost: grows with the map's shape.
struct MapCost {
    std::vector<std::uint32_t> map_types;
    std::uint32_t fixed = 0;
    std::uint32_t key_byte = 0;       // for each byte of the key
    std::uint32_t value_byte = 0;     // for each byte of the value
    std::uint32_t step = 0;           // for each record that a walk may visit
    std::uint32_t step_key_byte = 0;  // for each byte of the key at each of them
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
    std::uint32_t cost = 0;           // worst-case instructions, without what map_costs, unit costs and the gate add
    std::uint32_t stack = 0;          // bytes of native stack it may use
    std::string capability;           // "motor", "gpio", …; empty: free for all
    bool invalidates_packet = false;
    bool pure = false;                // no effect, same result within one run
    std::string object;               // returns object, object_or_null: name in Platform::objects
    bool acquires = false;            // the returned object must be released by the program
    bool borrows = false;             // the returned object is a view of the object argument: dead when that is released
    CallbackKind callback = CallbackKind::none;
    bool tail_call = false;           // may never return; no reference may be held
    bool locks = false;               // takes the spin lock of the map value argument
    bool unlocks = false;
    bool no_packet_memory = false;    // memory arguments may not lie in the packet
    std::uint8_t return_at_most_argument = 0;  // r0 is at most the value of this argument (1 to 5), as signed; 0: no such promise
    std::string unsupported;          // why a call cannot be judged; empty: it can
    bool variadic = false;            // in C further arguments may follow; the helper takes any value there
    bool as_program = false;          // touches memory given to it and nothing else; see runs_as_program()
    std::vector<std::string> hooks;   // names of hooks that may call it; empty: all
    std::vector<std::uint32_t> map_types;  // accepted types of the map argument; empty: any
    std::vector<MapCost> map_costs;
    std::string doc;

    std::uint32_t abi_hash() const;
    // On a device with isolation: called directly, with the program's own rights, instead of through a gate. True
    // also of every helper that works on a map, for a map's storage is the program's and not to be trusted.
    bool runs_as_program() const;
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
    // Records that one operation visits at most, if the map holds so many; 0: it walks none. steps_are_key_bits: a
    // node for each bit of the key behind its 4 bytes of length, and one.
    std::uint32_t max_steps = 0;
    bool steps_are_key_bits = false;
    std::string object;     // a lookup gives an object of this class instead of a value's address; empty: it does not
    bool acquires = false;  // which the program has to release

    std::uint64_t steps(std::uint32_t key_size, std::uint32_t entries) const;
};

// A kernel structure that programs may read through a pointer they were given.
struct ObjectClass {
    std::string name;          // "sock"
    std::uint32_t size = 0;    // readable bytes
    bool writable = false;     // all of it
    std::string base;          // an object of this class passes for one of `base` too; empty: none
    std::uint32_t hidden_begin = 0, hidden_end = 0;  // bytes in the middle that programs may not touch
    std::uint32_t unit = 0;                          // bytes of each field, which no access leaves; 0: accesses are free
    std::uint32_t wide_begin = 0, wide_end = 0;      // where fields have 8 bytes
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
    std::uint32_t max_tail_calls = 0;  // in one run; beyond it a tail call fails
    std::uint32_t gate_cost = 0;       // instructions of the way into a helper with rights of its own, and back
    bool legacy_packet_access = false;
    // False: programs run on another kernel, which has the layouts of its own; they are judged, not compiled.
    bool native_code = true;
    // A scalar context field may be read in parts by aligned loads, and an aligned 8-byte load may span two
    // adjacent readable fields of 4 bytes.
    bool narrow_context_access = false;
    // Programs may use pointers as numbers where Linux lets root do so (return them, store them in maps).
    bool pointer_leaks_allowed = false;
    std::vector<ObjectClass> objects;
    std::vector<ContextLayout> contexts;  // shared by hooks, for the author's header

    const ObjectClass* find_object(std::string_view name) const;
    // Whether an object of class `name` may be passed where `wanted` is asked for.
    bool object_is_a(std::string_view name, std::string_view wanted) const;
    const Helper* find_helper(std::uint32_t number) const;
    const MapTypeInfo* find_map_type(std::uint32_t number) const;
    // What any call of the helper costs: its own cost and the gate's, which is charged without isolation, too, so that a
    // package's bounds hold on both kinds of image.
    std::uint32_t base_cost(const Helper& helper) const;
    // What a call of the helper on such a map costs beside that; saturates.
    std::uint32_t map_cost(const Helper& helper, std::uint32_t map_type, std::uint32_t key_size, std::uint32_t value_size, std::uint32_t entries) const;
    const Capability* find_capability(std::string_view name) const;
    const Hook* find_hook(std::string_view name) const;
};

// The result of matching a section name against the hooks' patterns; where none matches, a fallback hook.
struct HookMatch {
    const Hook* hook = nullptr;
    std::uint64_t parameter = 0;  // first {u32} or {duration} (ns) of the pattern; 0 if none
    bool guessed = false;         // no pattern matches: a fallback took it
};
// `object_path`: of the object, where fallbacks go by its file name; may be empty.
std::optional<HookMatch> match_section(const Platform& platform, std::string_view section, std::string_view object_path = {});

// Parses and validates a descriptor. `name` is for messages. Bad ones give MBPF31xx with line and column.
Result<Platform> parse_platform(std::string_view textproto, std::string_view name);

// Descriptors compiled into the tools: "microbpf", "linux" and "isa" (the conformance hook). Null: no such name.
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
