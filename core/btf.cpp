// SPDX-License-Identifier: Apache-2.0
// One pass over the type section; layouts from the kernel's BTF documentation.
#include "core/btf.h"

#include "core/bytes.h"

namespace mbpf {

namespace {

constexpr std::uint16_t kMagic = 0xeb9f;
constexpr unsigned kMaxChain = 32;

Diagnostic bad(std::string what) {
    Diagnostic d;
    d.code = "MBPF3006";
    d.message = "debug information (BTF) is malformed: " + std::move(what);
    d.fix = "rebuild the object with clang -target bpf -g";
    return d;
}

// Bytes that follow the 12-byte type record, or nothing for an unknown kind.
std::optional<std::uint64_t> extra_bytes(BtfKind kind, std::uint32_t vlen) {
    switch (kind) {
        case BtfKind::unknown: return std::nullopt;
        case BtfKind::integer:
        case BtfKind::variable:
        case BtfKind::declaration_tag: return 4;
        case BtfKind::array: return 12;
        case BtfKind::structure:
        case BtfKind::union_:
        case BtfKind::data_section:
        case BtfKind::enumeration64: return std::uint64_t{vlen} * 12;
        case BtfKind::enumeration:
        case BtfKind::function_prototype: return std::uint64_t{vlen} * 8;
        case BtfKind::pointer:
        case BtfKind::forward:
        case BtfKind::type_definition:
        case BtfKind::volatile_:
        case BtfKind::constant:
        case BtfKind::restrict_:
        case BtfKind::function:
        case BtfKind::floating:
        case BtfKind::type_tag: return 0;
    }
    return std::nullopt;
}

// The part of `bytes` that a header's (offset, length) names, counted from the header's end.
std::optional<std::span<const std::uint8_t>> part(std::span<const std::uint8_t> bytes, std::uint64_t header, std::uint32_t offset, std::uint32_t length) {
    const std::uint64_t begin = header + offset;
    if (begin > bytes.size() || length > bytes.size() - begin) return std::nullopt;
    return bytes.subspan(static_cast<std::size_t>(begin), length);
}

}  // namespace

std::string_view Btf::text(std::uint32_t offset) const { return read_string(strings_, offset).value_or(std::string_view()); }

const BtfType* Btf::resolve(std::uint32_t id) const {
    const std::uint32_t resolved = resolve_id(id);
    return resolved == 0 ? nullptr : type(resolved);
}

std::uint32_t Btf::resolve_id(std::uint32_t id) const {
    for (unsigned step = 0; step < kMaxChain; ++step) {
        if (id == 0) return 0;
        const BtfType* t = type(id);
        if (t == nullptr) return 0;
        switch (t->kind) {
            case BtfKind::type_definition:
            case BtfKind::volatile_:
            case BtfKind::constant:
            case BtfKind::restrict_:
            case BtfKind::type_tag: id = t->size_or_type; break;
            default: return id;
        }
    }
    return 0;
}

std::optional<std::uint32_t> Btf::size_of(std::uint32_t id) const {
    std::uint64_t factor = 1;
    for (unsigned step = 0; step < kMaxChain; ++step) {
        const BtfType* t = resolve(id);
        if (t == nullptr) return std::nullopt;
        switch (t->kind) {
            case BtfKind::integer:
            case BtfKind::structure:
            case BtfKind::union_:
            case BtfKind::enumeration:
            case BtfKind::enumeration64:
            case BtfKind::floating: factor *= t->size_or_type; break;
            case BtfKind::pointer: factor *= 8; break;
            case BtfKind::array:
                factor *= t->elements;
                id = t->element_type;
                if (factor > UINT32_MAX) return std::nullopt;
                continue;
            default: return std::nullopt;
        }
        if (factor > UINT32_MAX) return std::nullopt;
        return static_cast<std::uint32_t>(factor);
    }
    return std::nullopt;
}

namespace {

// What follows the record of a type, by kind. The bytes are there: extra_bytes() was checked.
void read_details(const Btf& btf, std::span<const std::uint8_t> bytes, std::uint32_t vlen, BtfType& t) {
    const auto word = [&](std::size_t i) { return read_u32(bytes, i * 4); };
    switch (t.kind) {
        case BtfKind::integer:
            t.encoding = (word(0) >> 24) & 0xf;
            t.is_signed = (t.encoding & 1) != 0;
            t.integer_offset = (word(0) >> 16) & 0xff;
            break;
        case BtfKind::array:
            t.element_type = word(0);
            t.elements = word(2);
            break;
        case BtfKind::structure:
        case BtfKind::union_:
            t.members.reserve(vlen);
            for (std::uint32_t i = 0; i < vlen; ++i) {
                const std::uint32_t offset = word(i * 3 + 2);
                t.members.push_back({btf.text(word(i * 3)), word(i * 3 + 1), t.flag ? offset & 0xffffff : offset, t.flag ? offset >> 24 : 0});
            }
            break;
        case BtfKind::data_section:
            for (std::uint32_t i = 0; i < vlen; ++i) t.variables.push_back({word(i * 3), word(i * 3 + 1), word(i * 3 + 2)});
            break;
        case BtfKind::enumeration:
            for (std::uint32_t i = 0; i < vlen; ++i)
                t.enumerators.push_back({btf.text(word(i * 2)), static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(word(i * 2 + 1))})});
            break;
        case BtfKind::enumeration64:
            for (std::uint32_t i = 0; i < vlen; ++i) t.enumerators.push_back({btf.text(word(i * 3)), word(i * 3 + 1) | std::uint64_t{word(i * 3 + 2)} << 32});
            break;
        case BtfKind::function_prototype:
            for (std::uint32_t i = 0; i < vlen; ++i) t.parameters.push_back(word(i * 2 + 1));
            break;
        default: break;
    }
}

}  // namespace

Result<Btf> read_btf(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < 24 || read_u16(bytes, 0) != kMagic) return bad("no BTF header");
    const std::uint32_t header = read_u32(bytes, 4);
    if (header < 24) return bad("header too short");
    const auto types = part(bytes, header, read_u32(bytes, 8), read_u32(bytes, 12));
    const auto strings = part(bytes, header, read_u32(bytes, 16), read_u32(bytes, 20));
    if (!types || !strings) return bad("a part lies outside the section");
    Btf btf;
    btf.strings_ = *strings;
    btf.types_.emplace_back();  // id 0: void
    for (std::size_t at = 0; at < types->size();) {
        if (types->size() - at < 12) return bad("a type record is cut off");
        const std::uint32_t info = read_u32(*types, at + 4), vlen = info & 0xffff;
        BtfType t;
        t.kind = static_cast<BtfKind>((info >> 24) & 0x1f);
        t.name = btf.text(read_u32(*types, at));
        t.size_or_type = read_u32(*types, at + 8);
        t.flag = (info >> 31) != 0;
        const auto extra = extra_bytes(t.kind, vlen);
        if (!extra) return bad("unknown kind " + std::to_string((info >> 24) & 0x1f));
        at += 12;
        if (*extra > types->size() - at) return bad("a type record is cut off");
        read_details(btf, types->subspan(at, static_cast<std::size_t>(*extra)), vlen, t);
        at += static_cast<std::size_t>(*extra);
        btf.types_.push_back(std::move(t));
    }
    return btf;
}

namespace {

// .BTF.ext's parts have one form: the size of a record, then for each section its name and its records.
template <class Add>
Status read_records(std::span<const std::uint8_t> part, const Btf& btf, std::string_view what, Add add) {
    if (part.empty()) return ok();
    if (part.size() < 4) return bad(std::string(what) + " is cut off");
    const std::uint32_t record = read_u32(part, 0);
    if (record < 16 || record > 4096) return bad(std::string(what) + ": record size is " + std::to_string(record));
    for (std::size_t at = 4; at < part.size();) {
        if (part.size() - at < 8) return bad(std::string(what) + " is cut off");
        const std::string_view section = btf.text(read_u32(part, at));
        const std::uint32_t count = read_u32(part, at + 4);
        at += 8;
        if ((part.size() - at) / record < count) return bad(std::string(what) + " is cut off");
        for (std::uint32_t i = 0; i < count; ++i, at += record) add(section, part.subspan(at, record));
    }
    return ok();
}

}  // namespace

Result<std::vector<BtfLine>> read_btf_lines(std::span<const std::uint8_t> bytes, const Btf& btf) {
    if (bytes.size() < 24 || read_u16(bytes, 0) != kMagic) return bad("no .BTF.ext header");
    const auto lines = part(bytes, read_u32(bytes, 4), read_u32(bytes, 16), read_u32(bytes, 20));
    if (!lines) return bad("line information lies outside the section");
    std::vector<BtfLine> result;
    const auto add = [&](std::string_view section, std::span<const std::uint8_t> r) {
        const std::uint32_t place = read_u32(r, 12);
        result.push_back({section, read_u32(r, 0), btf.text(read_u32(r, 4)), btf.text(read_u32(r, 8)), place >> 10, place & 0x3ff});
    };
    if (Status s = read_records(*lines, btf, "line information", add); !s) return s.error();
    return result;
}

Result<std::vector<BtfCoreRelocation>> read_btf_core_relocations(std::span<const std::uint8_t> bytes, const Btf& btf) {
    std::vector<BtfCoreRelocation> result;
    if (bytes.size() < 32 || read_u16(bytes, 0) != kMagic || read_u32(bytes, 4) < 32) return result;  // a header of before CO-RE
    const auto relocations = part(bytes, read_u32(bytes, 4), read_u32(bytes, 24), read_u32(bytes, 28));
    if (!relocations) return bad("CO-RE relocations lie outside the section");
    const auto add = [&](std::string_view section, std::span<const std::uint8_t> r) {
        result.push_back({section, read_u32(r, 0), read_u32(r, 4), btf.text(read_u32(r, 8)), read_u32(r, 12)});
    };
    if (Status s = read_records(*relocations, btf, "CO-RE relocations", add); !s) return s.error();
    return result;
}

}  // namespace mbpf
