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
    for (unsigned step = 0; step < kMaxChain; ++step) {
        if (id == 0) return nullptr;
        const BtfType* t = type(id);
        if (t == nullptr) return nullptr;
        switch (t->kind) {
            case BtfKind::type_definition:
            case BtfKind::volatile_:
            case BtfKind::constant:
            case BtfKind::restrict_:
            case BtfKind::type_tag: id = t->size_or_type; break;
            default: return t;
        }
    }
    return nullptr;
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
        const bool bit_fields = (info >> 31) != 0;
        const auto extra = extra_bytes(t.kind, vlen);
        if (!extra) return bad("unknown kind " + std::to_string((info >> 24) & 0x1f));
        at += 12;
        if (*extra > types->size() - at) return bad("a type record is cut off");
        if (t.kind == BtfKind::array) {
            t.element_type = read_u32(*types, at);
            t.elements = read_u32(*types, at + 8);
        } else if (t.kind == BtfKind::structure || t.kind == BtfKind::union_) {
            for (std::uint32_t i = 0; i < vlen; ++i) {
                const std::uint32_t offset = read_u32(*types, at + i * 12 + 8);
                t.members.push_back({btf.text(read_u32(*types, at + i * 12)), read_u32(*types, at + i * 12 + 4), bit_fields ? offset & 0xffffff : offset});
            }
        } else if (t.kind == BtfKind::data_section) {
            for (std::uint32_t i = 0; i < vlen; ++i)
                t.variables.push_back({read_u32(*types, at + i * 12), read_u32(*types, at + i * 12 + 4), read_u32(*types, at + i * 12 + 8)});
        }
        at += static_cast<std::size_t>(*extra);
        btf.types_.push_back(std::move(t));
    }
    return btf;
}

Result<std::vector<BtfLine>> read_btf_lines(std::span<const std::uint8_t> bytes, const Btf& btf) {
    if (bytes.size() < 24 || read_u16(bytes, 0) != kMagic) return bad("no .BTF.ext header");
    const auto lines = part(bytes, read_u32(bytes, 4), read_u32(bytes, 16), read_u32(bytes, 20));
    if (!lines) return bad("line information lies outside the section");
    std::vector<BtfLine> result;
    if (lines->empty()) return result;
    if (lines->size() < 4) return bad("line information is cut off");
    const std::uint32_t record = read_u32(*lines, 0);
    if (record < 16 || record > 4096) return bad("line record size is " + std::to_string(record));
    for (std::size_t at = 4; at < lines->size();) {
        if (lines->size() - at < 8) return bad("line information is cut off");
        const std::string_view section = btf.text(read_u32(*lines, at));
        const std::uint32_t count = read_u32(*lines, at + 4);
        at += 8;
        if ((lines->size() - at) / record < count) return bad("line information is cut off");
        for (std::uint32_t i = 0; i < count; ++i, at += record) {
            const std::uint32_t place = read_u32(*lines, at + 12);
            result.push_back({section, read_u32(*lines, at), btf.text(read_u32(*lines, at + 4)), btf.text(read_u32(*lines, at + 8)), place >> 10, place & 0x3ff});
        }
    }
    return result;
}

bool has_core_relocations(std::span<const std::uint8_t> bytes) {
    return bytes.size() >= 32 && read_u16(bytes, 0) == kMagic && read_u32(bytes, 4) >= 32 && read_u32(bytes, 28) > 4;
}

}  // namespace mbpf
