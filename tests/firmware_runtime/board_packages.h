// SPDX-License-Identifier: Apache-2.0
// Packages of hand-written machine code for the boards, signed with test keys that the boards are provisioned with.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sodium.h>
#include <string>
#include <vector>

#include "core/platform.h"
#include "linker/package.h"
#include "mbpf/abi/map_layout.h"
#include "mbpf/abi/package.h"
#include "signer/root.h"
#include "signer/signer.h"
#include "simulator/board.h"

namespace mbpf::test {

struct Signer {
    PublicKey key;
    std::array<std::uint8_t, 64> secret{};
    Signer(Role role, std::uint8_t seed) {
        std::array<std::uint8_t, 32> bytes{};
        bytes.fill(seed);
        key.role = role;
        crypto_sign_seed_keypair(key.bytes.data(), secret.data(), bytes.data());
    }
    void sign(Package& p) const {
        const std::string prefix = key.role == Role::verifier ? std::string(MBPF_TBS_PREFIX_VERIFIER, sizeof(MBPF_TBS_PREFIX_VERIFIER) - 1)
                                                              : std::string(MBPF_TBS_PREFIX_RELEASE, sizeof(MBPF_TBS_PREFIX_RELEASE) - 1);
        std::vector<std::uint8_t> message(prefix.begin(), prefix.end());
        const auto header = p.header_bytes();
        message.insert(message.end(), header.begin(), header.end());
        PackageSignature s;
        s.role = static_cast<std::uint8_t>(key.role);
        s.algorithm = MBPF_SIGALG_ED25519;
        s.key_id = key.id();
        crypto_sign_detached(s.signature.data(), nullptr, message.data(), message.size(), secret.data());
        p.signatures.push_back(s);
    }
};

inline const Signer& verifier() { static const Signer s(Role::verifier, 1); return s; }
inline const Signer& release() { static const Signer s(Role::release, 2); return s; }

inline BoardOptions provisioned() {
    const PublicKey keys[] = {verifier().key, release().key};
    BoardOptions options;
    Result<std::vector<std::uint8_t>> blob = encode_trust_anchors(keys);
    EXPECT_TRUE(static_cast<bool>(blob));
    if (blob) options.trust_anchors = *blob;
    return options;
}

// On the conformance hook: returns the u32 at the context plus 1, high word 0.
inline Package increment(BoardKind kind, const std::string& name = "demo") {
    Package p;
    p.name = name;
    p.platform_version = 1;
    if (kind != BoardKind::rv32imac) {
        p.isa = kind == BoardKind::cortex_m4 ? MBPF_ISA_THUMBV7EM : MBPF_ISA_THUMBV8M_MAIN;
        p.text = {0x00, 0x68, 0x01, 0x30, 0x00, 0x21, 0x70, 0x47};  // ldr r0,[r0]; adds r0,#1; movs r1,#0; bx lr
    } else {
        p.isa = MBPF_ISA_RV32;
        p.isa_extensions = MBPF_EXT_RV_C;
        p.text = {0x08, 0x41, 0x05, 0x05, 0x81, 0x45, 0x82, 0x80};  // lw a0,0(a0); addi a0,a0,1; li a1,0; ret
    }
    PackageProgram program;
    program.name = "main";
    program.attach = "isa";
    program.hook_id = 1;
    program.hook_abi = builtin_platform("isa")->hooks[0].abi_hash();
    program.worst_case_instructions = 4;
    program.native_instructions = 4;
    program.native_cycles = 16;
    p.programs.push_back(program);
    p.ram_bytes = static_cast<std::uint32_t>(mbpf_package_ram_base_bytes(0, 0, 0, 4));
    return p;
}

inline std::string name_of(const testing::TestParamInfo<BoardKind>& instance) {
    std::string name(board_name(instance.param));
    std::ranges::replace(name, '-', '_');
    return name;
}

inline std::vector<std::uint8_t> signed_bytes(Package p) {
    verifier().sign(p);
    release().sign(p);
    return p.serialize(true);
}

}  // namespace mbpf::test
