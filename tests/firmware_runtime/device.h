// SPDX-License-Identifier: Apache-2.0
// A device on the host for tests: runtime, virtual board and trust anchors with keys made here, and packages
// whose code is a few bytes of x86-64 written by hand.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <sodium.h>
#include <span>
#include <string>
#include <vector>

#include "linker/package.h"
#include "mbpf/abi/map_layout.h"
#include "mbpf/abi/trust.h"
#include "mbpf/admission_check.h"
#include "mbpf/runtime.h"
extern "C" {
#include "isa_platform.h"
#include "microbpf_platform.h"
}
#include "reference/virtual_board.h"

namespace mbpf::test {

struct Key {
    std::uint8_t role = 0;
    std::array<std::uint8_t, 32> public_key{};
    std::array<std::uint8_t, 64> secret{};
    std::array<std::uint8_t, 8> id{};
    std::uint64_t capabilities = ~std::uint64_t{0}, hooks = ~std::uint64_t{0};
};

inline Key make_key(std::uint8_t role, std::uint8_t seed) {
    Key key;
    key.role = role;
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(seed);
    crypto_sign_seed_keypair(key.public_key.data(), key.secret.data(), bytes.data());
    std::uint8_t digest[32];
    crypto_hash_sha256(digest, key.public_key.data(), 32);
    std::memcpy(key.id.data(), digest, 8);
    return key;
}

struct RootSpec {
    std::uint32_t version = 1;
    std::uint8_t threshold = 0, verifiers = 1, flags = 0;
    std::vector<Key> keys;
    std::vector<std::array<std::uint8_t, 8>> revoked;
    std::vector<Key> signers;
};

template <class T>
void append_number(std::vector<std::uint8_t>& out, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

// A root record by hand: what the device reads, not what the signer writes.
inline std::vector<std::uint8_t> root_record(const RootSpec& spec) {
    std::vector<std::uint8_t> out;
    append_number(out, std::uint32_t{MBPF_ROOT_MAGIC});
    append_number(out, std::uint16_t{MBPF_ROOT_FORMAT});
    out.insert(out.end(), {static_cast<std::uint8_t>(spec.keys.size()), static_cast<std::uint8_t>(spec.revoked.size())});
    append_number(out, spec.version);
    out.insert(out.end(), {spec.threshold, spec.verifiers, spec.flags, 0});
    for (const Key& key : spec.keys) {
        out.insert(out.end(), {key.role, MBPF_SIGALG_ED25519, 0, 0});
        out.insert(out.end(), key.public_key.begin(), key.public_key.end());
        append_number(out, key.capabilities);
        append_number(out, key.hooks);
    }
    for (const auto& id : spec.revoked) out.insert(out.end(), id.begin(), id.end());
    std::uint8_t digest[32];
    crypto_hash_sha256(digest, out.data(), out.size());
    std::string message(MBPF_TBS_PREFIX_ROOT, sizeof(MBPF_TBS_PREFIX_ROOT) - 1);
    message.append(digest, digest + 32);
    append_number(out, static_cast<std::uint16_t>(spec.signers.size()));
    append_number(out, std::uint16_t{0});
    for (const Key& key : spec.signers) {
        std::uint8_t signature[64];
        crypto_sign_detached(signature, nullptr, reinterpret_cast<const unsigned char*>(message.data()), message.size(), key.secret.data());
        out.insert(out.end(), key.id.begin(), key.id.end());
        out.insert(out.end(), signature, signature + 64);
    }
    return out;
}

// The factory's blob; device id 0, 1, …, group id 100, 101, …, class id 200, 201, …; `seed` of the device's key.
inline std::vector<std::uint8_t> anchors(const RootSpec& root, std::uint64_t capabilities = ~std::uint64_t{0}, std::uint8_t seed = 0) {
    std::vector<std::uint8_t> out;
    append_number(out, std::uint32_t{MBPF_TRUST_MAGIC});
    append_number(out, std::uint16_t{MBPF_TRUST_VERSION});
    append_number(out, static_cast<std::uint16_t>(seed == 0 ? 0 : MBPF_TRUST_DEVICE_KEY));
    append_number(out, capabilities);
    for (int id : {0, 100, 200})
        for (int i = 0; i < 16; ++i) out.push_back(static_cast<std::uint8_t>(id + i));
    out.insert(out.end(), 32, seed);
    const auto record = root_record(root);
    append_number(out, static_cast<std::uint16_t>(record.size()));
    append_number(out, std::uint16_t{0});
    out.insert(out.end(), record.begin(), record.end());
    std::uint8_t digest[32];
    crypto_hash_sha256(digest, out.data(), out.size());
    out.insert(out.end(), digest, digest + 32);
    return out;
}
inline std::vector<std::uint8_t> anchors(const std::vector<Key>& keys, std::uint64_t capabilities = ~std::uint64_t{0}) {
    RootSpec root;
    root.keys = keys;
    return anchors(root, capabilities);
}

inline const mbpf_hook_row& hook(const std::string& name, const mbpf_platform_tables& platform = mbpf_platform_microbpf) {
    for (std::uint32_t i = 0; i < platform.hook_count; ++i)
        if (name == platform.hooks[i].name) return platform.hooks[i];
    __builtin_trap();
}

inline const mbpf_helper_row& helper(std::uint32_t number, const mbpf_platform_tables& platform = mbpf_platform_microbpf) {
    for (std::uint32_t i = 0; i < platform.helper_count; ++i)
        if (number == platform.helpers[i].number) return platform.helpers[i];
    __builtin_trap();
}

// mov eax, result; ret
inline std::vector<std::uint8_t> code_return(std::uint32_t result) {
    return {0xB8, static_cast<std::uint8_t>(result), static_cast<std::uint8_t>(result >> 8), static_cast<std::uint8_t>(result >> 16), static_cast<std::uint8_t>(result >> 24), 0xC3};
}
// Adds 1 to the u32 that import 0 points to and returns it: mov rax,[rsi]; add dword [rax],1; mov eax,[rax]; ret
inline std::vector<std::uint8_t> code_count() { return {0x48, 0x8B, 0x06, 0x83, 0x00, 0x01, 0x8B, 0x00, 0xC3}; }

inline PackageMap array_map(std::string name, std::uint32_t value_size = 8, std::uint32_t entries = 4) { return {std::move(name), MBPF_MAP_ARRAY, 0, 4, value_size, entries}; }

// Fills in what follows from the rest.
inline void finish(Package& p) {
    p.data_ram_bytes = std::max(p.data_ram_bytes, static_cast<std::uint32_t>(p.data.size()));
    std::uint64_t ram = mbpf_package_ram_base_bytes(static_cast<std::uint32_t>(p.imports.size()), static_cast<std::uint32_t>(p.maps.size()), p.data_ram_bytes, sizeof(void*));
    for (const PackageMap& m : p.maps) ram += mbpf_map_storage_bytes(m.type, m.key_size, m.value_size, m.max_entries);
    p.ram_bytes = static_cast<std::uint32_t>(ram);
}

// One program on trace/t that returns 42.
inline Package simple_package(const std::string& name = "demo", std::vector<std::uint8_t> code = code_return(42)) {
    Package p;
    p.name = name;
    p.version = {1, 2, 3};
    p.rollback_counter = 5;
    p.isa = MBPF_ISA_X86_64;
    p.platform_version = 1;
    p.text = std::move(code);
    PackageProgram program;
    program.name = "main";
    program.attach = "trace/t";
    program.hook_id = hook("trace").id;
    program.hook_abi = hook("trace").abi_hash;
    program.stack_bytes = 64;
    program.worst_case_instructions = 10;
    p.programs.push_back(program);
    finish(p);
    return p;
}

inline void place_on(Package& p, std::size_t i, const std::string& hook_name, const std::string& attach) {
    p.programs[i].attach = attach;
    p.programs[i].hook_id = hook(hook_name).id;
    p.programs[i].hook_abi = hook(hook_name).abi_hash;
}

inline void sign_with(Package& p, const Key& key, std::uint8_t as_role) {
    static const std::string verifier(MBPF_TBS_PREFIX_VERIFIER, sizeof(MBPF_TBS_PREFIX_VERIFIER) - 1);
    static const std::string release(MBPF_TBS_PREFIX_RELEASE, sizeof(MBPF_TBS_PREFIX_RELEASE) - 1);
    const std::string& prefix = as_role == MBPF_ROLE_VERIFIER ? verifier : release;
    std::vector<std::uint8_t> message(prefix.begin(), prefix.end());
    const std::vector<std::uint8_t> header = p.header_bytes();
    message.insert(message.end(), header.begin(), header.end());
    PackageSignature s;
    s.role = as_role;
    s.algorithm = MBPF_SIGALG_ED25519;
    s.key_id = key.id;
    crypto_sign_detached(s.signature.data(), nullptr, message.data(), message.size(), key.secret.data());
    p.signatures.push_back(s);
}

class Device {
  public:
    Key verifier = make_key(MBPF_ROLE_VERIFIER, 1);
    Key release = make_key(MBPF_ROLE_RELEASE, 2);

    // The factory's blob, there again after each reset.
    std::vector<std::uint8_t> factory = anchors({verifier, release});

    Device() : memory_(static_cast<mbpf_runtime*>(std::aligned_alloc(4096, (sizeof(mbpf_runtime) + 4095) / 4096 * 4096))) {
        reset();
    }
    ~Device() {
        mbpf_active = nullptr;
        std::free(memory_);
    }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    // What a reset leaves of RAM: nothing.
    void reset() {
        mbpf_runtime_init(memory_);
        mbpf_virtual_board_init(memory_);
        provision(factory);
    }

    mbpf_runtime* rt() { return memory_; }
    void provision(const std::vector<std::uint8_t>& blob) { mbpf_set_trust_anchors(memory_, blob.data(), static_cast<std::uint32_t>(blob.size())); }

    std::vector<std::uint8_t> signed_bytes(Package p) const {
        p.signatures.clear();
        sign_with(p, verifier, MBPF_ROLE_VERIFIER);
        sign_with(p, release, MBPF_ROLE_RELEASE);
        return p.serialize(true);
    }

    static std::array<std::uint8_t, 32> digest_of(const std::vector<std::uint8_t>& bytes) {
        std::array<std::uint8_t, 32> digest;
        crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
        return digest;
    }

    struct Outcome {
        mbpf_status status = MBPF_OK;
        mbpf_verdict verdict{};
        mbpf_commit_result result{};
    };
    Outcome push_bytes(const std::vector<std::uint8_t>& bytes, const mbpf_commit_options& options) {
        Outcome o;
        o.status = mbpf_transfer_begin(memory_, static_cast<std::uint32_t>(bytes.size()), digest_of(bytes).data(), &o.verdict);
        if (o.status != MBPF_OK) return o;
        o.status = mbpf_transfer_data(memory_, 0, bytes.data(), static_cast<std::uint32_t>(bytes.size()));
        if (o.status != MBPF_OK) return o;
        o.status = mbpf_transfer_commit(memory_, &options, &o.verdict, &o.result);
        return o;
    }
    Outcome push_bytes(const std::vector<std::uint8_t>& bytes, bool activate = true, bool dry_run = false) {
        return push_bytes(bytes, {.activate = activate, .dry_run = dry_run, .host_confirms = false, .probation_ms = 0});
    }
    Outcome push(const Package& p, bool activate = true, bool dry_run = false) { return push_bytes(signed_bytes(p), activate, dry_run); }
    Outcome push_with(const Package& p, const mbpf_commit_options& options) { return push_bytes(signed_bytes(p), options); }

    mbpf_program* program(const std::string& package, const std::string& name) {
        mbpf_package_state* state = mbpf_find_package(memory_, package.c_str());
        return state == nullptr ? nullptr : mbpf_find_program(state, name.c_str());
    }

  private:
    mbpf_runtime* memory_;
};

// What a host with both keys could send: digest and signatures made anew over the changed bytes.
inline std::vector<std::uint8_t> signed_again(const Device& d, std::vector<std::uint8_t> bytes, std::uint32_t signed_bytes) {
    crypto_hash_sha256(bytes.data() + offsetof(mbpf_package_header, payload_digest), bytes.data() + MBPF_HEADER_BYTES, signed_bytes - MBPF_HEADER_BYTES);
    std::uint8_t* entry = bytes.data() + signed_bytes + MBPF_SIGNATURE_BLOCK_HEADER_BYTES;
    for (const Key* key : {&d.verifier, &d.release}) {
        const std::vector<std::uint8_t> message = to_be_signed(key->role, std::span(bytes).first(MBPF_HEADER_BYTES));
        crypto_sign_detached(entry + 12, nullptr, message.data(), message.size(), key->secret.data());
        entry += sizeof(mbpf_signature_entry);
    }
    return bytes;
}

}  // namespace mbpf::test
