// SPDX-License-Identifier: Apache-2.0
// The device's hashes and its Ed25519 (libsodium's with compact loops) beside the host's libsodium: the same digests and signatures, and the same verdict on every input,
// above all on those on which implementations differ: small and mixed orders, encodings that are not canonical.
#include <gtest/gtest.h>
#include <sodium.h>

#include <array>
#include <cstring>
#include <random>
#include <vector>

#include "crypto/sha2.h"
#include "mbpf/crypto.h"

// What libsodium's verification and signing are given in place of their own.
extern "C" {
int mbpf_sodium_verify_32(const unsigned char* x, const unsigned char* y);
int mbpf_sodium_memcmp(const void* a, const void* b, std::size_t n);
int mbpf_sodium_is_zero(const unsigned char* n, std::size_t count);
void mbpf_reduce_mod_l(unsigned char s[64]);
void mbpf_muladd_mod_l(unsigned char s[32], const unsigned char a[32], const unsigned char b[32], const unsigned char c[32]);
}

namespace mbpf::test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Key = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

class Random {
  public:
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(engine_() % n); }
    template <class T>
    T bytes(T to) {
        for (auto& b : to) b = static_cast<std::uint8_t>(engine_());
        return to;
    }

  private:
    std::mt19937_64 engine_{7};
};

Key from_hex(std::string_view text) {
    Key out{};
    std::size_t n = 0;
    sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &n, nullptr);
    EXPECT_EQ(n, out.size());
    return out;
}

// Both verdicts, which must be one.
bool verdict(const Signature& s, const Bytes& m, const Key& key) {
    const bool host = crypto_sign_verify_detached(s.data(), m.data(), m.size(), key.data()) == 0;
    EXPECT_EQ(mbpf_ed25519_verify(s.data(), m.data(), static_cast<std::uint32_t>(m.size()), key.data()), host);
    return host;
}

struct Pair {
    Key seed, key;
    std::array<std::uint8_t, 64> secret;
    explicit Pair(const Key& s) : seed(s), key{}, secret{} { crypto_sign_seed_keypair(key.data(), secret.data(), seed.data()); }
    Signature sign(const Bytes& m) const {
        Signature s;
        crypto_sign_detached(s.data(), nullptr, m.data(), m.size(), secret.data());
        return s;
    }
};

// The eight points of small order, and what else decodes to some of them.
const char* const kSmallOrder[] = {
    "0100000000000000000000000000000000000000000000000000000000000000", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

// Every length around the ends of blocks; SHA-512 in three pieces.
TEST(Crypto, digests_are_libsodiums) {
    Random random;
    const Bytes m = random.bytes(Bytes(600));
    for (std::uint32_t n = 0; n <= m.size(); ++n) {
        std::array<std::uint8_t, 32> ours, theirs;
        std::array<std::uint8_t, 64> our_512, their_512;
        mbpf_sha256(m.data(), n, ours.data());
        crypto_hash_sha256(theirs.data(), m.data(), n);
        ASSERT_EQ(ours, theirs) << n;
        mbpf_sha512 s;
        mbpf_sha512_begin(&s);
        mbpf_sha512_add(&s, m.data(), n / 3);
        mbpf_sha512_add(&s, m.data() + n / 3, n / 2);
        mbpf_sha512_add(&s, m.data() + n / 3 + n / 2, n - n / 3 - n / 2);
        mbpf_sha512_end(&s, our_512.data());
        crypto_hash_sha512(their_512.data(), m.data(), n);
        ASSERT_EQ(our_512, their_512) << n;
    }
}

// As after messages of gigabytes: what came before is left out of both states, but for its length.
TEST(Crypto, a_digests_length_is_not_cut) {
    Random random;
    const Bytes m = random.bytes(Bytes(200));
    for (const std::uint32_t blocks : {(1u << 22) - 1, 1u << 22, (3u << 22) + 5, ~0u - 2}) {
        std::array<std::uint8_t, 64> ours, theirs;
        mbpf_sha512 s;
        mbpf_sha512_begin(&s);
        s.blocks = blocks;
        mbpf_sha512_add(&s, m.data(), static_cast<std::uint32_t>(m.size()));
        mbpf_sha512_end(&s, ours.data());
        crypto_hash_sha512_state t;
        crypto_hash_sha512_init(&t);
        t.count[1] = static_cast<std::uint64_t>(blocks) << 10;
        crypto_hash_sha512_update(&t, m.data(), m.size());
        crypto_hash_sha512_final(&t, theirs.data());
        EXPECT_EQ(ours, theirs) << blocks;
    }
}

// RFC 8032 §7.1, test 2.
TEST(Crypto, the_rfcs_signature) {
    const Key seed = from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    const Key first = from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"), second = from_hex("085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    const std::uint8_t message = 0x72;
    Key key;
    Signature s;
    mbpf_ed25519_public_key(seed.data(), key.data());
    EXPECT_EQ(key, from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    mbpf_ed25519_sign(seed.data(), &message, 1, s.data());
    EXPECT_EQ(std::memcmp(s.data(), first.data(), 32), 0);
    EXPECT_EQ(std::memcmp(s.data() + 32, second.data(), 32), 0);
    EXPECT_TRUE(mbpf_ed25519_verify(s.data(), &message, 1, key.data()));
}

TEST(Crypto, signs_and_judges_as_libsodium_does) {
    Random random;
    for (int i = 0; i < 150; ++i) {
        const Pair pair(random.bytes(Key{}));
        const Bytes m = random.bytes(Bytes(random.below(300)));
        Key key;
        Signature s, theirs = pair.sign(m);
        mbpf_ed25519_public_key(pair.seed.data(), key.data());
        mbpf_ed25519_sign(pair.seed.data(), m.data(), static_cast<std::uint32_t>(m.size()), s.data());
        ASSERT_EQ(key, pair.key);
        ASSERT_EQ(s, theirs);
        ASSERT_TRUE(verdict(s, m, key));
        const std::uint32_t bit = random.below(512);
        s[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        ASSERT_FALSE(verdict(s, m, key)) << bit;
        key[bit / 16] ^= static_cast<std::uint8_t>(1u << bit % 8);
        ASSERT_FALSE(verdict(theirs, m, key));
    }
}

TEST(Crypto, comparisons_look_at_every_bit) {
    for (std::size_t bit = 0; bit < 256; ++bit) {
        const Key zero{};
        Key x{};
        x[bit / 8] = static_cast<std::uint8_t>(1u << bit % 8);
        EXPECT_NE(mbpf_sodium_verify_32(x.data(), zero.data()), 0) << bit;
        EXPECT_NE(mbpf_sodium_memcmp(zero.data(), x.data(), 32), 0) << bit;
        EXPECT_EQ(mbpf_sodium_is_zero(x.data(), 32), 0) << bit;
        EXPECT_EQ(mbpf_sodium_verify_32(x.data(), x.data()), 0) << bit;
        EXPECT_EQ(mbpf_sodium_memcmp(x.data(), x.data(), 32), 0) << bit;
        EXPECT_EQ(mbpf_sodium_is_zero(zero.data(), 32), 1);
    }
}

// Of bytes that make the greatest sums and carries, of any, and around multiples of the order.
TEST(Crypto, scalars_are_reduced_and_multiplied_as_libsodium_does) {
    Random random;
    const std::array<std::uint8_t, 6> ends = {0x00, 0xFF, 0x80, 0x7F, 0x01, 0xEF};
    const auto some = [&](auto to, int i) {
        to = random.bytes(to);
        if (i % 4 == 0) to.fill(ends[static_cast<std::size_t>(i / 4) % ends.size()]);
        if (i % 4 == 1)
            for (auto& b : to) b = ends[random.below(ends.size())];
        return to;
    };
    const Key order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    for (int i = 0; i < 4000; ++i) {
        Signature wide = some(Signature{}, i);
        if (i % 16 == 3) { // a small multiple of the order, at any byte, and a little more or less
            const std::size_t at = random.below(33);
            unsigned carry = random.below(3);
            wide.fill(carry == 0 ? 0xFF : 0);
            for (std::size_t k = at; k < at + 32; ++k, carry >>= 8) {
                carry += order[k - at] * (1u + static_cast<unsigned>(i) % 8);
                wide[k] = static_cast<std::uint8_t>(carry);
            }
        }
        Key reduced, a = some(Key{}, i), b = some(Key{}, i / 2), c = some(Key{}, i / 3), ours, product;
        Signature mine = wide;
        crypto_core_ed25519_scalar_reduce(reduced.data(), wide.data());
        mbpf_reduce_mod_l(mine.data());
        ASSERT_EQ(std::memcmp(mine.data(), reduced.data(), 32), 0) << i;
        mbpf_muladd_mod_l(ours.data(), a.data(), b.data(), c.data());
        crypto_core_ed25519_scalar_mul(product.data(), a.data(), b.data());
        mine.fill(0);
        std::memcpy(mine.data(), c.data(), 32);
        crypto_core_ed25519_scalar_reduce(c.data(), mine.data());  // its sum drops what goes beyond 2^256
        crypto_core_ed25519_scalar_add(product.data(), product.data(), c.data());
        ASSERT_EQ(ours, product) << i;
    }
}

// Valid but for s or r, which are every one of the ends of their ranges.
TEST(Crypto, scalars_and_commitments_at_their_ends_are_judged_alike) {
    Random random;
    const Pair pair(random.bytes(Key{}));
    const Bytes m = random.bytes(Bytes(40));
    const Signature good = pair.sign(m);
    for (const char* end : {"0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
                            "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
                            "eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "0000000000000000000000000000000000000000000000000000000000000010",
                            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0f", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1f",
                            "0000000000000000000000000000000000000000000000000000000000000080", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
        const Key value = from_hex(end);
        for (const std::size_t at : {0u, 32u, 64u}) { // 64: both
            Signature s = good;
            if (at != 32) std::memcpy(s.data(), value.data(), 32);
            if (at != 0) std::memcpy(s.data() + 32, value.data(), 32);
            EXPECT_FALSE(verdict(s, m, pair.key)) << end << ' ' << at;
        }
    }
}

// s + L fits 256 bits and would satisfy the equation.
TEST(Crypto, a_scalar_that_is_not_below_the_order_is_refused) {
    const Key order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    Random random;
    for (int i = 0; i < 20; ++i) {
        const Pair pair(random.bytes(Key{}));
        const Bytes m = random.bytes(Bytes(20));
        Signature s = pair.sign(m);
        for (int more = 0; more < 15; ++more) {
            unsigned carry = 0;
            for (std::size_t k = 0; k < 32; ++k) {
                carry += s[32 + k] + order[k];
                s[32 + k] = static_cast<std::uint8_t>(carry);
                carry >>= 8;
            }
            if (carry != 0) break;
            ASSERT_FALSE(verdict(s, m, pair.key));
        }
    }
}

TEST(Crypto, keys_and_commitments_of_small_order_are_refused) {
    Random random;
    for (const char* key : kSmallOrder)
        for (const char* commitment : kSmallOrder)
            for (int i = 0; i < 8; ++i) { // of eight messages one on average fits a signature with s = 0
                Signature s{};
                const Key r = from_hex(commitment);
                std::memcpy(s.data(), r.data(), 32);
                EXPECT_FALSE(verdict(s, random.bytes(Bytes(8)), from_hex(key)));
            }
}

// y from the modulus up to 2^255 - 1: each such encoding has a canonical twin.
TEST(Crypto, encodings_beyond_the_modulus_are_refused) {
    Random random;
    const Pair pair(random.bytes(Key{}));
    for (unsigned low = 0xED; low <= 0xFF; ++low)
        for (const int top : {0x7F, 0xFF}) {
            Key y;
            y.fill(0xFF);
            y[0] = static_cast<std::uint8_t>(low);
            y[31] = static_cast<std::uint8_t>(top);
            const Bytes m = random.bytes(Bytes(8));
            EXPECT_FALSE(verdict(pair.sign(m), m, y));
        }
}

// A key with a part of small order. Without the cofactor a signature holds only where that part falls out of the sum,
// one time in its order; with it, always.
TEST(Crypto, keys_of_mixed_order_are_judged_without_the_cofactor) {
    Random random;
    std::array<int, 2> seen{};
    for (int round = 0; round < 120; ++round) {
        const Pair pair(random.bytes(Key{}));
        const Key torsion = from_hex(kSmallOrder[1 + round % 7]);
        Key mixed, hash, scalar;
        ASSERT_EQ(crypto_core_ed25519_add(mixed.data(), pair.key.data(), torsion.data()), 0);
        std::uint8_t digest[64];
        const Signature nonce = random.bytes(Signature{});
        crypto_hash_sha512(digest, pair.seed.data(), 32);
        std::memcpy(scalar.data(), digest, 32);
        scalar[0] = static_cast<std::uint8_t>(scalar[0] & 248);
        scalar[31] = static_cast<std::uint8_t>((scalar[31] & 127) | 64);
        Signature s;
        crypto_core_ed25519_scalar_reduce(hash.data(), nonce.data());
        ASSERT_EQ(crypto_scalarmult_ed25519_base_noclamp(s.data(), hash.data()), 0);
        const Key r = hash;
        const Bytes m = random.bytes(Bytes(16));
        Bytes all(s.begin(), s.begin() + 32);
        all.insert(all.end(), mixed.begin(), mixed.end());
        all.insert(all.end(), m.begin(), m.end());
        crypto_hash_sha512(digest, all.data(), all.size());
        crypto_core_ed25519_scalar_reduce(hash.data(), digest);
        crypto_core_ed25519_scalar_mul(hash.data(), hash.data(), scalar.data());
        crypto_core_ed25519_scalar_add(s.data() + 32, hash.data(), r.data());
        ++seen[verdict(s, m, mixed) ? 1 : 0];
    }
    EXPECT_GT(seen[0], 30);
    EXPECT_GT(seen[1], 10);
}

}  // namespace
}  // namespace mbpf::test
