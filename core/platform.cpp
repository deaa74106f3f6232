// SPDX-License-Identifier: Apache-2.0
// Look-ups, section matching, ABI hashes and the descriptors compiled into the tools.
#include "core/platform.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>

#include "core/section_pattern.h"

namespace mbpf {

std::vector<std::pair<std::string_view, std::string_view>> platform_descriptors();  // embedded by platform.cmake

namespace {

// FNV-1a over a canonical text: what it covers is docs/decisions/0004-abi-hash.md. Not cryptographic; it
// guards against mistakes.
class Fnv {
  public:
    Fnv& add(std::uint64_t value) {
        for (char c : std::to_string(value) + ";") add_char(c);
        return *this;
    }
    Fnv& add_signed(std::int64_t value) { return add(static_cast<std::uint64_t>(value)); }
    // Properties that came later add to the text only where they are used, so that older hashes stay.
    Fnv& add_flag(bool set, char mark) {
        if (set) add_char(mark);
        return *this;
    }
    Fnv& add_name(std::string_view name) {
        for (char c : name) add_char(c);
        return *this;
    }
    std::uint32_t value() const { return hash_; }

  private:
    void add_char(char c) {
        hash_ ^= static_cast<std::uint8_t>(c);
        hash_ *= 16777619u;
    }
    std::uint32_t hash_ = 2166136261u;
};

template <class Range, class Key, class Projection>
auto* find_in(const Range& range, const Key& key, Projection projection) {
    const auto found = std::ranges::find(range, key, projection);
    return found == range.end() ? nullptr : &*found;
}

}  // namespace

std::uint32_t Hook::abi_hash() const {
    Fnv hash;
    hash.add(context_size).add(raw_memory).add(any_return).add_signed(return_min).add_signed(return_max).add(fields.size());
    for (const ContextField& f : fields)
        hash.add(f.offset).add(f.size).add(static_cast<std::uint64_t>(f.kind)).add(f.is_signed).add(f.writable).add(f.has_range).add_signed(f.min).add(f.max).add(f.native64_offset).add(f.native64_size).add_name(f.object).add_flag(f.never_null, 'n');
    hash.add_flag(packet_read_only, 'r').add_flag(legacy_packet_access, 'l');
    return hash.value();
}

std::uint32_t Helper::abi_hash() const {
    Fnv hash;
    hash.add(number).add(static_cast<std::uint64_t>(returns)).add(return_width).add(return_signed).add(has_return_range).add_signed(return_min).add(return_max).add(invalidates_packet).add(args.size());
    for (const HelperArg& a : args)
        hash.add(static_cast<std::uint64_t>(a.kind)).add(a.width).add(a.fixed_size).add(a.nullable).add(a.has_range).add_signed(a.min).add_signed(a.max).add_flag(a.initialized, 'i').add_name(a.object);
    hash.add_name(object).add_flag(acquires, 'a').add_flag(borrows, 'b').add_flag(callback != CallbackKind::none, static_cast<char>('0' + static_cast<int>(callback)));
    hash.add_flag(tail_call, 't').add_flag(locks, 'l').add_flag(unlocks, 'u').add_flag(no_packet_memory, 'p').add_flag(return_at_most_argument != 0, static_cast<char>('A' + return_at_most_argument));
    return hash.value();
}

bool Helper::runs_as_program() const {
    if (tail_call) return false;  // notes the target for the runtime
    return as_program || std::ranges::any_of(args, [](const HelperArg& a) {
               return a.kind == ArgKind::map || a.kind == ArgKind::map_value_pointer || a.kind == ArgKind::ring_buffer_record || a.kind == ArgKind::callback;
           });
}

const Helper* Platform::find_helper(std::uint32_t number) const {
    const auto found = std::ranges::lower_bound(helpers, number, {}, &Helper::number);
    return found == helpers.end() || found->number != number ? nullptr : &*found;
}
const MapTypeInfo* Platform::find_map_type(std::uint32_t number) const { return find_in(map_types, number, &MapTypeInfo::number); }

std::uint64_t MapTypeInfo::steps(std::uint32_t key_size, std::uint32_t entries) const {
    if (!steps_are_key_bits) return std::min(max_steps, entries);
    return std::min(std::uint64_t{8} * (key_size - std::min(key_size, 4u)) + 1, std::uint64_t{2} * entries);
}

std::uint64_t HelperArg::greatest() const { return has_range ? static_cast<std::uint64_t>(std::max<std::int64_t>(max, 0)) : kMaxBufferBytes; }

std::uint32_t Platform::base_cost(const Helper& helper) const { return helper.cost + (helper.runs_as_program() ? 0 : gate_cost); }

std::uint32_t Platform::map_cost(const Helper& helper, std::uint32_t map_type, std::uint32_t key_size, std::uint32_t value_size, std::uint32_t entries) const {
    const MapTypeInfo* type = find_map_type(map_type);
    const auto row = std::ranges::find_if(helper.map_costs, [&](const MapCost& c) { return std::ranges::find(c.map_types, map_type) != c.map_types.end(); });
    if (type == nullptr || row == helper.map_costs.end()) return 0;
    // Sizes and entries have 32 bits and factors far fewer (check_costs), so nothing passes 64 bits.
    const std::uint64_t key = std::min<std::uint64_t>(key_size, type->max_key_size), value = std::min<std::uint64_t>(value_size, type->max_value_size);
    const std::uint64_t cost = row->fixed + key * row->key_byte + value * row->value_byte + type->steps(key_size, entries) * (row->step + key * row->step_key_byte);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(cost, UINT32_MAX));
}

const Capability* Platform::find_capability(std::string_view capability) const { return find_in(capabilities, capability, &Capability::name); }
const Hook* Platform::find_hook(std::string_view hook) const { return find_in(hooks, hook, &Hook::name); }

const ObjectClass* Platform::find_object(std::string_view object) const { return find_in(objects, object, &ObjectClass::name); }

bool Platform::object_is_a(std::string_view object, std::string_view wanted) const {
    // Validation refuses chains longer than this, and with them cycles.
    for (std::size_t step = 0; step <= objects.size(); ++step) {
        if (object == wanted) return true;
        const ObjectClass* row = find_object(object);
        if (row == nullptr || row->base.empty()) return false;
        object = row->base;
    }
    return false;
}

std::optional<HookMatch> match_section(const Platform& platform, std::string_view section, std::string_view object_path) {
    for (const Hook& hook : platform.hooks)
        for (const std::string& pattern : hook.sections)
            if (const auto parameter = match_pattern(pattern, section)) return HookMatch{&hook, *parameter};
    // libbpf: a leading ? only says that the program is not loaded unless asked for.
    if (!platform.native_code && section.starts_with('?')) return match_section(platform, section.substr(1), object_path);
    const std::string_view file = object_path.substr(object_path.rfind('/') + 1);
    for (const Hook& hook : platform.hooks)
        if (!hook.fallback_file.empty() && file.find(hook.fallback_file) != std::string_view::npos) return HookMatch{&hook, 0, true};
    for (const Hook& hook : platform.hooks)
        if (hook.section_fallback) return HookMatch{&hook, 0, true};
    return std::nullopt;
}

namespace {

// "linux_helpers.textproto" is a part of platform linux: its text follows that of the other parts.
std::string_view platform_of_file(std::string_view file) { return file.substr(0, file.find_first_of("_.")); }

// Parsed when first asked for: a tool for one platform does not pay for the others.
struct Builtin {
    std::string name;
    std::string text;
    std::once_flag once;
    std::unique_ptr<Platform> platform;
};

std::map<std::string, Builtin, std::less<>>& builtins() {
    static std::map<std::string, Builtin, std::less<>> all = [] {
        std::map<std::string, Builtin, std::less<>> parts;
        for (const auto& [file, text] : platform_descriptors()) {
            Builtin& builtin = parts[std::string(platform_of_file(file))];
            builtin.name = platform_of_file(file);
            builtin.text.append(text).append("\n");
        }
        return parts;
    }();
    return all;
}

}  // namespace

const Platform* builtin_platform(std::string_view name) {
    const auto found = builtins().find(name);
    if (found == builtins().end()) return nullptr;
    Builtin& builtin = found->second;
    std::call_once(builtin.once, [&] {
        // A built-in descriptor that does not parse is our own bug and found by the first test.
        auto parsed = parse_platform(builtin.text, name);
        if (parsed) builtin.platform = std::make_unique<Platform>(std::move(parsed).value());
    });
    return builtin.platform.get();
}

std::vector<std::string> builtin_platform_names() {
    std::vector<std::string> names;
    for (const auto& [name, builtin] : builtins()) names.push_back(name);
    return names;
}

Result<Platform> load_platform(std::string_view name_or_path) {
    if (const Platform* builtin = builtin_platform(name_or_path)) return *builtin;
    const std::filesystem::path path(name_or_path);
    std::error_code error;
    std::ifstream file(path, std::ios::binary);
    if (!file || !std::filesystem::is_regular_file(path, error)) {
        Diagnostic d;
        d.code = "MBPF3111";
        d.message = "no platform \"" + std::string(name_or_path) + "\"";
        for (const std::string& name : builtin_platform_names()) d.why += (d.why.empty() ? "built in: " : ", ") + name;
        d.fix = "give a built-in name or the path of a .textproto descriptor";
        return d;
    }
    // Ours have 15 KB: a file this large is no descriptor, and would only take memory.
    constexpr std::uintmax_t kMaxBytes = 1u << 20;
    std::string text(std::min<std::uintmax_t>(std::filesystem::file_size(path, error), kMaxBytes + 1), '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxBytes) {
        Diagnostic d;
        d.code = "MBPF3101";
        d.message = "platform descriptor is larger than 1 MiB";
        d.where.file = name_or_path;
        return d;
    }
    return parse_platform(text, name_or_path);
}

}  // namespace mbpf
