// SPDX-License-Identifier: Apache-2.0
// Records are written and judged by the rules devices follow, so that a mistake shows before one is sent.
#include "signer/root.h"

#include <mbpf/abi/reader.h>
#include <mbpf/abi/trust.h>

#include <algorithm>

#include "core/make_diagnostic.h"
#include "linker/package_layout.h"

namespace mbpf {

namespace {

class Bytes {
  public:
    void number(std::uint64_t value, unsigned size) {
        for (unsigned i = 0; i < size; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    void append(std::span<const std::uint8_t> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
    std::vector<std::uint8_t>& take() { return out_; }

  private:
    std::vector<std::uint8_t> out_;
};

unsigned root_keys(const RootRecord& r) {
    return static_cast<unsigned>(std::ranges::count_if(r.keys, [](const RootKey& k) { return k.key.role == Role::root; }));
}

Status limits(const RootRecord& r) {
    if (r.keys.empty() || r.keys.size() > MBPF_TRUST_MAX_KEYS) return diagnostic(5007, "trust anchors hold 1 to " + std::to_string(MBPF_TRUST_MAX_KEYS) + " keys", std::to_string(r.keys.size()) + " given", "give 1 to " + std::to_string(MBPF_TRUST_MAX_KEYS) + " public keys with --pub");
    for (std::size_t i = 0; i < r.keys.size(); ++i) {
        const PublicKey& key = r.keys[i].key;
        if (key.role == Role::device) return diagnostic(5016, "a device's own key is in no root record", "key " + key_id_text(key.id()), "leave it out");
        for (std::size_t j = 0; j < i; ++j)
            if (r.keys[j].key.id() == key.id()) return diagnostic(5005, r.keys[j].key.role == key.role ? "the same key is given twice" : "one key is given for two roles", "key " + key_id_text(key.id()), "roles must be held by different keys");
    }
    if (r.revoked.size() > MBPF_ROOT_MAX_REVOKED) return diagnostic(5016, "a root record holds at most " + std::to_string(MBPF_ROOT_MAX_REVOKED) + " revocations", std::to_string(r.revoked.size()) + " needed", "provision the devices anew");
    if (r.verifiers < 1 || r.verifiers > 2) return diagnostic(5016, "devices demand one verifier or two", std::to_string(r.verifiers) + " given", "give --verifiers 1 or 2");
    const unsigned roots = root_keys(r);
    if (r.threshold > roots || (roots != 0 && r.threshold == 0)) return diagnostic(5016, "the threshold cannot be met", std::to_string(r.threshold) + " of " + std::to_string(roots) + " root keys", "give a threshold from 1 to the number of root keys");
    if (r.signatures.size() > MBPF_ROOT_MAX_SIGNATURES) return diagnostic(5016, "a root record holds at most " + std::to_string(MBPF_ROOT_MAX_SIGNATURES) + " signatures", "", "have fewer keys sign");
    return ok();
}

Result<std::vector<std::uint8_t>> body_of(const RootRecord& r) {
    if (Status s = limits(r); !s) return s.error();
    Bytes out;
    out.number(MBPF_ROOT_MAGIC, 4);
    out.number(MBPF_ROOT_FORMAT, 2);
    out.number(r.keys.size(), 1);
    out.number(r.revoked.size(), 1);
    out.number(r.version, 4);
    out.number(r.threshold, 1);
    out.number(r.verifiers, 1);
    out.number(r.demand_deployment ? MBPF_ROOT_DEMAND_DEPLOYMENT : 0u, 1);
    out.number(0, 1);
    for (const RootKey& k : r.keys) {
        out.number(static_cast<std::uint8_t>(k.key.role), 1);
        out.number(MBPF_SIGALG_ED25519, 1);
        out.number(0, 2);
        out.append(k.key.bytes);
        out.number(k.capabilities, 8);
        out.number(k.hooks, 8);
    }
    for (const KeyId& id : r.revoked) out.append(id);
    return out.take();
}

std::vector<std::uint8_t> message_of(std::span<const std::uint8_t> body) {
    static constexpr char kPrefix[] = MBPF_TBS_PREFIX_ROOT;
    std::vector<std::uint8_t> out(kPrefix, kPrefix + sizeof kPrefix - 1);
    const auto digest = sha256(body);
    out.insert(out.end(), digest.begin(), digest.end());
    return out;
}

const RootKey* find_key(const RootRecord& r, const KeyId& id) {
    const auto found = std::ranges::find_if(r.keys, [&](const RootKey& k) { return k.key.id() == id; });
    return found == r.keys.end() ? nullptr : &*found;
}

// Root keys of `r` whose signature over `message` is in `next`.
unsigned signers(const RootRecord& r, const RootRecord& next, std::span<const std::uint8_t> message) {
    return static_cast<unsigned>(std::ranges::count_if(r.keys, [&](const RootKey& k) {
        return k.key.role == Role::root && std::ranges::any_of(next.signatures, [&](const RootRecord::Signature& s) { return s.key_id == k.key.id() && signature_holds(k.key, message, s.bytes); });
    }));
}

Status revocations_kept(const RootRecord& previous, const RootRecord& next) {
    for (const KeyId& id : previous.revoked)
        if (std::ranges::find(next.revoked, id) == next.revoked.end()) return diagnostic(5017, "a revocation is missing", "key " + key_id_text(id), "make the record with --previous");
    for (const RootKey& k : next.keys)
        if (std::ranges::find(next.revoked, k.key.id()) != next.revoked.end()) return diagnostic(5017, "revoked keys never return", "key " + key_id_text(k.key.id()), "make a new key");
    for (const RootKey& k : previous.keys) {
        const RootKey* kept = find_key(next, k.key.id());
        if (kept == nullptr && std::ranges::find(next.revoked, k.key.id()) == next.revoked.end()) return diagnostic(5017, "a key left without being revoked", "key " + key_id_text(k.key.id()), "make the record with --previous");
        if (kept != nullptr && kept->key.role != k.key.role) return diagnostic(5017, "a key keeps its role", "key " + key_id_text(k.key.id()), "make a new key for the role");
    }
    return ok();
}

}  // namespace

std::uint8_t usual_threshold(std::span<const RootKey> keys) {
    const auto roots = std::ranges::count_if(keys, [](const RootKey& k) { return k.key.role == Role::root; });
    return static_cast<std::uint8_t>(roots == 0 ? 0 : roots / 2 + 1);
}

Result<std::vector<std::uint8_t>> encode_root(const RootRecord& record) {
    auto body = body_of(record);
    if (!body) return body;
    Bytes out;
    out.append(*body);
    out.number(record.signatures.size(), 2);
    out.number(0, 2);
    for (const RootRecord::Signature& s : record.signatures) {
        out.append(s.key_id);
        out.append(s.bytes);
    }
    if (out.take().size() > MBPF_ROOT_BYTES) return diagnostic(5016, "the root record does not fit a device", std::to_string(out.take().size()) + " bytes, at most " + std::to_string(MBPF_ROOT_BYTES), "have fewer keys sign, or hold fewer keys");
    return std::move(out.take());
}

Result<RootRecord> parse_root(std::span<const std::uint8_t> bytes) {
    const auto malformed = [](std::string why) { return diagnostic(3306, "not a root record", std::move(why), "give a file that mbpf-sign root make wrote"); };
    if (bytes.size() > MBPF_ROOT_BYTES) return malformed("it is longer than " + std::to_string(MBPF_ROOT_BYTES) + " bytes");
    mbpf_reader in = mbpf_reader_at(bytes.data(), static_cast<std::uint32_t>(bytes.size()), 0, static_cast<std::uint32_t>(bytes.size()));
    RootRecord r;
    const auto magic = mbpf_read_u32(&in);
    const auto format = mbpf_read_u16(&in);
    const unsigned keys = mbpf_read_u8(&in), revoked = mbpf_read_u8(&in);
    r.version = mbpf_read_u32(&in);
    r.threshold = mbpf_read_u8(&in);
    r.verifiers = mbpf_read_u8(&in);
    const unsigned flags = mbpf_read_u8(&in), reserved = mbpf_read_u8(&in);
    if (in.failed || magic != MBPF_ROOT_MAGIC || format != MBPF_ROOT_FORMAT || reserved != 0 || (flags & ~MBPF_ROOT_DEMAND_DEPLOYMENT) != 0) return malformed("its header is another");
    r.demand_deployment = (flags & MBPF_ROOT_DEMAND_DEPLOYMENT) != 0;
    for (unsigned i = 0; i < keys; ++i) {
        RootKey k;
        const unsigned role = mbpf_read_u8(&in), algorithm = mbpf_read_u8(&in), zero = mbpf_read_u16(&in);
        const std::uint8_t* key = mbpf_read_bytes(&in, 32);
        k.capabilities = mbpf_read_u64(&in);
        k.hooks = mbpf_read_u64(&in);
        if (in.failed || role < MBPF_ROLE_VERIFIER || role > MBPF_ROLE_DEPLOY || algorithm != MBPF_SIGALG_ED25519 || zero != 0) return malformed("key " + std::to_string(i) + " is invalid");
        k.key.role = static_cast<Role>(role);
        std::copy_n(key, 32, k.key.bytes.begin());
        r.keys.push_back(k);
    }
    for (unsigned i = 0; i < revoked; ++i) {
        const std::uint8_t* id = mbpf_read_bytes(&in, MBPF_KEY_ID_BYTES);
        if (id == nullptr) return malformed("it was cut short");
        std::copy_n(id, MBPF_KEY_ID_BYTES, r.revoked.emplace_back().begin());
    }
    const unsigned signatures = mbpf_read_u16(&in), zero = mbpf_read_u16(&in);
    if (in.failed || zero != 0 || in.left != signatures * sizeof(mbpf_root_signature)) return malformed("its signatures do not end where it does");
    for (unsigned i = 0; i < signatures; ++i) {
        RootRecord::Signature s;
        std::copy_n(mbpf_read_bytes(&in, MBPF_KEY_ID_BYTES), s.key_id.size(), s.key_id.begin());
        std::copy_n(mbpf_read_bytes(&in, 64), s.bytes.size(), s.bytes.begin());
        r.signatures.push_back(s);
    }
    if (Status s = limits(r); !s) return malformed(s.error().message);
    return r;
}

Result<RootRecord> succeed_root(const RootRecord& previous, RootRecord wanted) {
    wanted.version = previous.version + 1;
    wanted.signatures.clear();
    for (const KeyId& id : previous.revoked)
        if (std::ranges::find(wanted.revoked, id) == wanted.revoked.end()) wanted.revoked.push_back(id);
    for (const RootKey& k : previous.keys)
        if (find_key(wanted, k.key.id()) == nullptr && std::ranges::find(wanted.revoked, k.key.id()) == wanted.revoked.end()) wanted.revoked.push_back(k.key.id());
    if (Status s = revocations_kept(previous, wanted); !s) return s.error();
    return wanted;
}

Result<std::vector<std::uint8_t>> root_bytes_to_sign(const RootRecord& record) {
    auto body = body_of(record);
    if (!body) return body;
    return message_of(*body);
}

Status sign_root(RootRecord& record, const Signer& key) {
    const PublicKey& pub = key.public_key();
    if (pub.role != Role::root) return diagnostic(5009, "a key of role " + std::string(role_name(pub.role)) + " signs no root records", "", "sign with a key of role root");
    auto message = root_bytes_to_sign(record);
    if (!message) return message.error();
    auto signature = key.sign(*message);
    if (!signature) return signature.error();
    if (!signature_holds(pub, *message, *signature)) return diagnostic(5010, "the key's signature does not hold", "", "check the token");
    std::erase_if(record.signatures, [&](const RootRecord::Signature& s) { return s.key_id == pub.id(); });
    record.signatures.push_back({pub.id(), *signature});
    return encode_root(record) ? ok() : Status(encode_root(record).error());
}

Status check_root(const RootRecord* previous, const RootRecord& next) {
    auto message = root_bytes_to_sign(next);
    if (!message) return message.error();
    if (previous != nullptr) {
        if (next.version <= previous->version) return diagnostic(5018, "the record is not newer than its predecessor", std::to_string(next.version) + " after " + std::to_string(previous->version), "make it with --previous");
        if (Status s = revocations_kept(*previous, next); !s) return s;
        const unsigned by = signers(*previous, next, *message);
        if (previous->threshold == 0 || by < previous->threshold) return diagnostic(5018, "too few root keys of the previous record have signed", std::to_string(by) + " of " + std::to_string(previous->threshold), previous->threshold == 0 ? "it has no root keys: provision the devices anew" : "have more of them sign");
    }
    const unsigned by = signers(next, next, *message);
    if (by < next.threshold) return diagnostic(5018, "too few of the record's own root keys have signed", std::to_string(by) + " of " + std::to_string(next.threshold), "have more of them sign");
    return ok();
}

Result<std::vector<std::uint8_t>> encode_trust_anchors(const RootRecord& root, const TrustAnchorOptions& options) {
    auto record = encode_root(root);
    if (!record) return record;
    Bytes out;
    out.number(MBPF_TRUST_MAGIC, 4);
    out.number(MBPF_TRUST_VERSION, 2);
    out.number(options.device_seed ? MBPF_TRUST_DEVICE_KEY : 0u, 2);
    out.number(options.capabilities, 8);
    for (const auto* id : {&options.device_id, &options.group_id, &options.class_id}) out.append(*id);
    out.append(options.device_seed.value_or(std::array<std::uint8_t, 32>{}));
    out.number(record->size(), 2);
    out.number(0, 2);
    out.append(*record);
    out.append(sha256(out.take()));
    return std::move(out.take());
}

Result<std::vector<std::uint8_t>> encode_trust_anchors(std::span<const PublicKey> keys, const TrustAnchorOptions& options) {
    RootRecord root;
    for (const PublicKey& key : keys) root.keys.push_back({key});
    root.threshold = usual_threshold(root.keys);
    return encode_trust_anchors(root, options);
}

Status check_trust_anchors(std::span<const std::uint8_t> bytes) {
    const auto wrong = [](std::string why) { return diagnostic(3306, "these are no trust anchors", std::move(why), "give a file that mbpf-sign trust-anchors wrote"); };
    constexpr std::size_t kHash = 32;
    if (bytes.size() < MBPF_TRUST_HEADER_BYTES + kHash) return wrong("they are too short");
    mbpf_reader in = mbpf_reader_at(bytes.data(), static_cast<std::uint32_t>(bytes.size()), 0, static_cast<std::uint32_t>(bytes.size()));
    if (mbpf_read_u32(&in) != MBPF_TRUST_MAGIC) return wrong("they begin otherwise");
    if (mbpf_read_u16(&in) != MBPF_TRUST_VERSION) return wrong("they are of another version than " + std::to_string(MBPF_TRUST_VERSION));
    const std::span<const std::uint8_t> hashed = bytes.first(bytes.size() - kHash);
    if (!std::ranges::equal(sha256(hashed), bytes.last(kHash))) return wrong("their checksum is another: the file is damaged or cut short");
    if (auto record = parse_root(hashed.subspan(MBPF_TRUST_HEADER_BYTES)); !record) return record.error();
    return ok();
}

}  // namespace mbpf
