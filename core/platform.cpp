// SPDX-License-Identifier: Apache-2.0
// Look-ups, section matching, ABI hashes and the descriptors compiled into the tools.
#include "core/platform.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "core/section_pattern.h"

namespace mbpf {

std::vector<std::pair<std::string_view, std::string_view>> platform_descriptors();  // embedded by platform.cmake

namespace {

// FNV-1a over a canonical text: what it covers is docs/decisions/0004-abi-hash.md. Not cryptographic; it
// guards against mistakes.
class Fnv {
  public:
    Fnv& add(std::uint64_t value) {
        for (char c : std::to_string(value) + ";") {
            hash_ ^= static_cast<std::uint8_t>(c);
            hash_ *= 16777619u;
        }
        return *this;
    }
    Fnv& add_signed(std::int64_t value) { return add(static_cast<std::uint64_t>(value)); }
    std::uint32_t value() const { return hash_; }

  private:
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
        hash.add(f.offset).add(f.size).add(static_cast<std::uint64_t>(f.kind)).add(f.is_signed).add(f.writable).add(f.has_range).add_signed(f.min).add(f.max).add(f.native64_offset).add(f.native64_size);
    return hash.value();
}

std::uint32_t Helper::abi_hash() const {
    Fnv hash;
    hash.add(number).add(static_cast<std::uint64_t>(returns)).add(return_width).add(return_signed).add(has_return_range).add_signed(return_min).add(return_max).add(invalidates_packet).add(args.size());
    for (const HelperArg& a : args)
        hash.add(static_cast<std::uint64_t>(a.kind)).add(a.width).add(a.fixed_size).add(a.nullable).add(a.has_range).add_signed(a.min).add_signed(a.max);
    return hash.value();
}

const Helper* Platform::find_helper(std::uint32_t number) const {
    const auto found = std::ranges::lower_bound(helpers, number, {}, &Helper::number);
    return found == helpers.end() || found->number != number ? nullptr : &*found;
}
const MapTypeInfo* Platform::find_map_type(std::uint32_t number) const { return find_in(map_types, number, &MapTypeInfo::number); }
const Capability* Platform::find_capability(std::string_view capability) const { return find_in(capabilities, capability, &Capability::name); }
const Hook* Platform::find_hook(std::string_view hook) const { return find_in(hooks, hook, &Hook::name); }

std::optional<HookMatch> match_section(const Platform& platform, std::string_view section) {
    for (const Hook& hook : platform.hooks)
        for (const std::string& pattern : hook.sections)
            if (const auto parameter = match_pattern(pattern, section)) return HookMatch{&hook, *parameter};
    return std::nullopt;
}

const Platform* builtin_platform(std::string_view name) {
    // Parsed once; a built-in descriptor that does not parse is our own bug and found by the first test.
    static const std::vector<std::unique_ptr<Platform>> kPlatforms = [] {
        std::vector<std::unique_ptr<Platform>> all;
        for (const auto& [file, text] : platform_descriptors()) {
            auto parsed = parse_platform(text, file);
            if (parsed) all.push_back(std::make_unique<Platform>(std::move(parsed).value()));
        }
        return all;
    }();
    for (const auto& platform : kPlatforms)
        if (platform->name == name) return platform.get();
    return nullptr;
}

std::vector<std::string> builtin_platform_names() {
    std::vector<std::string> names;
    for (const auto& [file, text] : platform_descriptors()) names.push_back(std::filesystem::path(file).stem().string());
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
