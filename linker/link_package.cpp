// SPDX-License-Identifier: Apache-2.0
// Image, maps, hooks, bounds and capabilities to a package. Everything a person named is checked against the
// format's widths here, so that writing cannot fail.
#include <mbpf/abi/map_layout.h>
#include <mbpf/abi/package.h>

#include <algorithm>
#include <cctype>
#include <functional>

#include "compiler/lift/image_plan.h"
#include "compiler/marks.h"
#include "linker/audit.h"
#include "linker/bounds.h"
#include "linker/image.h"
#include "linker/package.h"
#include "linker/stack_depth.h"
#include "linker/tail_calls.h"

namespace mbpf {
namespace {

Diagnostic refused(const char* code, std::string message, std::string why, std::string fix) {
    Diagnostic d;
    d.code = code;
    d.message = std::move(message);
    d.why = std::move(why);
    d.fix = std::move(fix);
    return d;
}

std::optional<Diagnostic> check_name(const char* code, const std::string& what, const std::string& name,
                                     std::size_t longest, const char* fix) {
    const auto printable = [](unsigned char c) { return c > 0x20 && c < 0x7f; };
    if (!name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), printable)) return {};
    if (name.size() > longest)
        return refused(code, what + " is too long: " + name,
                       std::to_string(name.size()) + " characters; at most " + std::to_string(longest), fix);
    return refused(code, what + " is empty or holds characters other than printable ASCII", {}, fix);
}

// Stack of the deepest helper a program may call; helpers run on the caller's stack.
std::uint32_t helper_stack(const VerifiedObject& verified, std::size_t program) {
    std::uint32_t most = 0;
    for (const std::uint32_t number : verified.facts(program).helpers_used)
        if (const Helper* helper = verified.platform().find_helper(number)) most = std::max(most, helper->stack);
    return most;
}

std::uint64_t capabilities_of(const VerifiedObject& verified, std::size_t program) {
    std::uint64_t bits = 0;
    for (const std::uint32_t number : verified.facts(program).helpers_used) {
        const Helper* helper = verified.platform().find_helper(number);
        if (helper == nullptr || helper->capability.empty()) continue;
        if (const Capability* capability = verified.platform().find_capability(helper->capability))
            bits |= std::uint64_t{1} << (capability->bit % 64);
    }
    return bits;
}

std::uint32_t runtime_stack(const NativeObject& native, const Image& image) { return image.uses_runtime ? native.target().runtime_stack_bytes : 0; }

std::optional<Diagnostic> audit_stack(const NativeObject& native, const Image& image, const Audit& audit) {
    std::vector<StackClaim> claims;
    for (const NativeProgram& program : native.programs()) claims.push_back({image.symbols.at(program.symbol), program.stack_bytes + runtime_stack(native, image), program.symbol});
    return check_stack(audit, native.target().return_address_bytes, claims);
}

std::uint32_t bound_field(const std::optional<std::uint64_t>& bound) { return bound ? static_cast<std::uint32_t>(std::min<std::uint64_t>(*bound, MBPF_UNBOUNDED)) : MBPF_UNBOUNDED; }

std::optional<Diagnostic> add_programs(const VerifiedObject& verified, const NativeObject& native, const Image& image,
                                       const Audit& audit, Package& package) {
    const std::vector<ProgramBounds> bounds = bound_programs(image, audit, native, std::max(kRuntimeAtomicCost, costliest_call(verified)));
    const auto& programs = verified.object().programs;
    for (std::size_t p = 0; p < programs.size(); ++p) {
        if (auto bad = check_name("MBPF1302", "program name", programs[p].name, MBPF_PROGRAM_NAME_BYTES - 1,
                                  "rename the C function"))
            return bad;
        if (auto bad = check_name("MBPF1303", "section name", programs[p].section, MBPF_ATTACH_BYTES - 1,
                                  "use a shorter name in SEC(\"…\")"))
            return bad;
        const Hook& hook = verified.hook(p);
        PackageProgram row;
        row.name = programs[p].name;
        row.attach = programs[p].section;
        row.hook_id = hook.id;
        row.fail_open = hook.fail_open;
        row.hook_abi = hook.abi_hash();
        row.entry_offset = image.symbols.at(native.programs()[p].symbol);
        row.stack_bytes =
            native.programs()[p].stack_bytes +
            std::max(helper_stack(verified, p), runtime_stack(native, image));
        row.worst_case_instructions = verified.facts(p).worst_case_instructions;
        row.native_instructions = bound_field(bounds[p].instructions);
        row.native_cycles = bound_field(bounds[p].cycles);
        row.parameter = verified.hook_match(p).parameter;
        package.capabilities |= capabilities_of(verified, p);
        package.stack_bytes = std::max(package.stack_bytes, row.stack_bytes);
        package.worst_case_instructions = std::max(package.worst_case_instructions, row.worst_case_instructions);
        package.programs.push_back(std::move(row));
    }
    return std::nullopt;
}

std::optional<Diagnostic> add_maps(const VerifiedObject& verified, const ImagePlan& plan, Package& package) {
    for (const std::uint32_t index : plan.object_maps) {
        const bpf::Map& map = verified.object().maps[index];
        if (auto bad = check_name("MBPF1304", "map name", map.name, MBPF_MAP_NAME_BYTES, "Rename the map.")) return bad;
        const bool device_type = mbpf_map_storage_bytes(map.type, map.key_size, map.value_size, map.max_entries) != 0;
        if (!device_type || map.flags > UINT16_MAX || map.type > UINT16_MAX)
            return refused("MBPF1305", "map " + map.name + " cannot be built on a device",
                           "type " + std::to_string(map.type) + ", key " + std::to_string(map.key_size) + ", value " +
                               std::to_string(map.value_size) + ", entries " + std::to_string(map.max_entries),
                           "Use a map type that the platform's reference page lists, within its sizes: at most 65536 entries, "
                           "keys up to 64 and values up to 4096 bytes; ring buffer sizes are powers of two.");
        // When the kernel reserves a map's memory is nothing to a device, which reserves all of it at load.
        constexpr std::uint32_t kNoPrealloc = 1;
        package.maps.push_back({map.name, static_cast<std::uint16_t>(map.type), static_cast<std::uint16_t>(map.flags & ~kNoPrealloc),
                                map.key_size, map.value_size, map.max_entries});
    }
    return std::nullopt;
}

std::optional<Diagnostic> check_limits(const Platform& platform, Package& package) {
    const auto too_many = [](const char* what, std::uint64_t have, std::uint64_t most) {
        return refused("MBPF1306", "package has too much: " + std::string(what),
                       std::to_string(have) + "; the platform allows " + std::to_string(most),
                       "Split the object, or shrink its maps and data.");
    };
    if (package.programs.size() > platform.max_programs)
        return too_many("programs", package.programs.size(), platform.max_programs);
    if (package.maps.size() > platform.max_maps) return too_many("maps", package.maps.size(), platform.max_maps);
    const std::uint64_t ram = package.required_ram_bytes().value_or(UINT64_MAX);
    if (ram > platform.max_ram) return too_many("bytes of RAM", ram, platform.max_ram);
    package.ram_bytes = static_cast<std::uint32_t>(ram);
    return std::nullopt;
}

}  // namespace

Result<Package> link_package(const VerifiedObject& verified, const NativeObject& native, const LinkOptions& options) {
    if (auto bad = check_name("MBPF1301", "package name", options.name, MBPF_NAME_BYTES - 1,
                              "give it one by --name, of letters, digits, '-', '_' and '.'"))
        return *bad;
    std::vector<std::string> symbols;
    for (const NativeProgram& program : native.programs()) symbols.push_back(program.symbol);
    Result<Image> image = link_image(native.elf(), native.target(), symbols);
    if (!image) return image.error();
    const Result<Audit> audit = audit_image(*image, native.target());
    if (!audit) return audit.error();
    if (auto bad = audit_stack(native, *image, *audit)) return *bad;
    const ImagePlan plan = plan_image(verified);
    Package package;
    package.name = options.name;
    package.version = options.version;
    package.rollback_counter = options.rollback_counter;
    package.isa = target_isa(native.target());
    package.isa_extensions = target_isa_extensions(native.target());
    package.platform_version = verified.platform().version;
    package.text = std::move(image->text);
    package.data = plan.data;
    package.data_ram_bytes = plan.data_ram_bytes;
    package.imports = native.imports();
    if (auto bad = add_maps(verified, plan, package)) return *bad;
    if (auto bad = add_programs(verified, native, *image, *audit, package)) return *bad;
    if (auto bad = add_tail_calls(verified, plan, package)) return *bad;
    if (auto bad = check_limits(verified.platform(), package)) return *bad;
    if (options.include_host_sections && !verified.object().elf.empty())
        package.host_sections = {{MBPF_HOST_BYTECODE, verified.object().elf}, {MBPF_HOST_CERTIFICATE, verified.certificate_file()}};
    return package;
}

}  // namespace mbpf
