// SPDX-License-Identifier: Apache-2.0
// Numbers are those of draft-ietf-suit-manifest, section "IANA Considerations"; where RIOT's older draft has
// others, both stand side by side. The digest covers the manifest with the head of its byte string.
#include "signer/suit.h"

#include <sodium.h>

#include "core/make_diagnostic.h"
#include "linker/package_layout.h"
#include "signer/cbor.h"

namespace mbpf {

namespace {

constexpr std::int64_t kEnvelopeTag = 107, kSign1Tag = 18;
constexpr std::int64_t kAuthentication = 2, kManifest = 3;
constexpr std::int64_t kVersion = 1, kSequence = 2, kCommon = 3;
constexpr std::int64_t kComponents = 2, kSharedSequence = 4;
constexpr std::int64_t kVendor = 1, kClass = 2, kDigest = 3, kSize = 14, kUri = 21;             // parameters
constexpr std::int64_t kMatchVendor = 1, kMatchClass = 2, kMatchImage = 3;                      // conditions
constexpr std::int64_t kSetComponent = 12, kOverride = 20, kFetch = 21;                         // directives
constexpr std::int64_t kReportAll = 15, kReportFailure = 2;                                     // reporting policies

struct Numbers {
    std::int64_t sha256, install, validate;
};
Numbers numbers(SuitProfile profile) { return profile == SuitProfile::draft ? Numbers{-16, 20, 7} : Numbers{2, 9, 10}; }

CborWriter digest_of(std::span<const std::uint8_t> bytes, SuitProfile profile) {
    CborWriter out;
    out.array(2).integer(numbers(profile).sha256).bytes(sha256(bytes));
    return out;
}

// RIOT's parser has no current component until it is told; the newer draft begins with the first one.
CborWriter sequence(std::size_t commands, SuitProfile profile) {
    CborWriter out;
    if (profile == SuitProfile::riot) out.array(2 * commands + 2).integer(kSetComponent).integer(0);
    else out.array(2 * commands);
    return out;
}

CborWriter common_part(std::span<const std::uint8_t> payload, const SuitOptions& o) {
    CborWriter shared = sequence(3, o.profile);
    shared.integer(kOverride).map(4);
    shared.integer(kVendor).bytes(o.vendor).integer(kClass).bytes(o.device_class);
    shared.integer(kDigest).wrapped(digest_of(payload, o.profile)).integer(kSize).integer(static_cast<std::int64_t>(payload.size()));
    shared.integer(kMatchVendor).integer(kReportAll).integer(kMatchClass).integer(kReportAll);
    CborWriter common;
    common.map(2).integer(kComponents).array(1).array(o.component.size());
    for (const std::string& part : o.component) common.bytes({reinterpret_cast<const std::uint8_t*>(part.data()), part.size()});
    common.integer(kSharedSequence).wrapped(shared);
    return common;
}

CborWriter manifest_of(std::span<const std::uint8_t> payload, const SuitOptions& o) {
    CborWriter install = sequence(3, o.profile), validate = sequence(1, o.profile);
    install.integer(kOverride).map(1).integer(kUri).text(o.integrated ? "#package" : o.uri);
    install.integer(kFetch).integer(kReportFailure).integer(kMatchImage).integer(kReportAll);
    validate.integer(kMatchImage).integer(kReportAll);
    CborWriter manifest;
    manifest.map(5).integer(kVersion).integer(1).integer(kSequence).integer(static_cast<std::int64_t>(o.sequence));
    manifest.integer(kCommon).wrapped(common_part(payload, o));
    const Numbers n = numbers(o.profile);
    if (n.validate < n.install) manifest.integer(n.validate).wrapped(validate).integer(n.install).wrapped(install);
    else manifest.integer(n.install).wrapped(install).integer(n.validate).wrapped(validate);
    return manifest;
}

Diagnostic problem(unsigned code, std::string message, std::string fix) { return diagnostic(code, std::move(message), {}, std::move(fix)); }

// COSE_Sign1 with EdDSA over the digest: RFC 9052 §4.2 and §4.4.
Result<CborWriter> signature_block(const CborWriter& digest, SuitProfile profile, const Signer& key) {
    CborWriter header, structure, block;
    header.map(1).integer(1).integer(-8);
    structure.array(4).text("Signature1").wrapped(header).bytes({}).wrapped(digest);
    auto signature = key.sign(structure.encoded());
    if (!signature) return signature.error();
    if (!signature_holds(key.public_key(), structure.encoded(), *signature)) return problem(5010, "the key's signature does not hold", "check the token");
    block.tag(kSign1Tag).array(4).wrapped(header).map(0);
    if (profile == SuitProfile::draft) block.null();
    else block.wrapped(digest);
    block.bytes(*signature);
    return block;
}

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
    std::string digits;
    for (char c : text)
        if (c != '-') digits += c;
    Uuid uuid;
    std::size_t size = 0;
    const char* end = nullptr;
    if (digits.size() != 32 || sodium_hex2bin(uuid.data(), uuid.size(), digits.data(), digits.size(), nullptr, &size, &end) != 0) return std::nullopt;
    if (size != uuid.size() || end != digits.data() + digits.size()) return std::nullopt;
    return uuid;
}

Result<std::vector<std::uint8_t>> suit_envelope(const Package& package, const SuitOptions& o, const Signer& key) {
    if (key.public_key().role != Role::release) return problem(5009, "a key of role " + std::string(role_name(key.public_key().role)) + " releases nothing", "sign the envelope with a release key");
    if (o.integrated && o.profile == SuitProfile::riot) return problem(2001, "RIOT fetches its payloads: they cannot be in the envelope", "give --uri");
    if (o.integrated != o.uri.empty()) return problem(2001, "the payload is either fetched or in the envelope", "give --uri, or --integrated");
    // RIOT reads it as a signed number of 32 bits.
    if (o.sequence > 0x7fffffff) return problem(2001, "the sequence number is greater than 2147483647", "choose a smaller one with --sequence");
    const std::vector<std::uint8_t> payload = package.serialize(true);
    CborWriter manifest;
    manifest.wrapped(manifest_of(payload, o));  // as it stands in the envelope, which is what is hashed
    const CborWriter digest = digest_of(manifest.encoded(), o.profile);
    auto block = signature_block(digest, o.profile, key);
    if (!block) return block.error();
    CborWriter authentication, envelope;
    if (o.profile == SuitProfile::draft) authentication.array(2).wrapped(digest).wrapped(*block);
    else authentication.array(1).wrapped(*block);
    if (o.profile == SuitProfile::draft) envelope.tag(kEnvelopeTag);
    envelope.map(o.integrated ? 3 : 2).integer(kAuthentication).wrapped(authentication).integer(kManifest);
    std::vector<std::uint8_t> out = envelope.encoded();
    out.insert(out.end(), manifest.encoded().begin(), manifest.encoded().end());
    if (o.integrated) {
        CborWriter tail;
        tail.text("#package").bytes(payload);
        out.insert(out.end(), tail.encoded().begin(), tail.encoded().end());
    }
    return out;
}

}  // namespace mbpf
