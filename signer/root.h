// SPDX-License-Identifier: Apache-2.0
// Root records: which keys a device believes, in which role, how far. The host's half of what
// firmware_runtime/src/trust.c enforces; the layout is mbpf/abi/trust.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "signer/signer.h"

namespace mbpf {

struct RootKey {
    PublicKey key;
    std::uint64_t capabilities = ~std::uint64_t{0};  // release keys: what they may grant
    std::uint64_t hooks = ~std::uint64_t{0};         // bit N: hook id N; bit 63: all from 63 up
};

struct RootRecord {
    std::uint32_t version = 1;
    std::uint8_t threshold = 0;  // of root keys; 0 without any: the record can never be replaced
    std::uint8_t verifiers = 1;  // 2: a second, independent rebuild must have signed
    bool demand_deployment = false;
    std::vector<RootKey> keys;
    std::vector<KeyId> revoked;
    struct Signature {
        KeyId key_id{};
        std::array<std::uint8_t, 64> bytes{};
    };
    std::vector<Signature> signatures;
};

// More than half of the record's root keys.
std::uint8_t usual_threshold(std::span<const RootKey> keys);
// MBPF5005, 5007, 5016: what no device would take.
Result<std::vector<std::uint8_t>> encode_root(const RootRecord& record);
// MBPF3306. Labels of keys are not in a record.
Result<RootRecord> parse_root(std::span<const std::uint8_t> bytes);

// `wanted` as the successor of `previous`: the next version, all revocations kept, keys that leave revoked, no
// signatures. MBPF5017: a revoked key would return, or a key change its role.
Result<RootRecord> succeed_root(const RootRecord& previous, RootRecord wanted);
// What root keys sign.
Result<std::vector<std::uint8_t>> root_bytes_to_sign(const RootRecord& record);
// MBPF5009: no root key. Replaces one by the same key.
Status sign_root(RootRecord& record, const Signer& key);
// Whether a device with `previous` would take `next`: MBPF5017, 5018; without `previous` only its own threshold.
Status check_root(const RootRecord* previous, const RootRecord& next);

struct TrustAnchorOptions {
    std::uint64_t capabilities = ~std::uint64_t{0};  // of the device, whatever the release keys grant
    std::array<std::uint8_t, 16> device_id{}, group_id{}, class_id{};
    std::optional<std::array<std::uint8_t, 32>> device_seed;  // of the key that signs the device's reports
};
// What the factory writes into a device (mbpf/abi/trust.h): who it is, and its first root record.
Result<std::vector<std::uint8_t>> encode_trust_anchors(const RootRecord& root, const TrustAnchorOptions& options = {});
// With a record of these keys, version 1 and the usual threshold.
Result<std::vector<std::uint8_t>> encode_trust_anchors(std::span<const PublicKey> keys, const TrustAnchorOptions& options = {});

// MBPF3306: bytes that encode_trust_anchors() did not make.
Status check_trust_anchors(std::span<const std::uint8_t> bytes);

}  // namespace mbpf
