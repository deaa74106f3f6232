/* SPDX-License-Identifier: Apache-2.0
 * Included before libsodium's files: gives what they import and export names of our own, so that host tests
 * can link the host's libsodium beside them. */
#ifndef MBPF_CRYPTO_NAMES_H
#define MBPF_CRYPTO_NAMES_H
#define crypto_sign_ed25519_verify_detached mbpf_sodium_verify_detached
#define _crypto_sign_ed25519_verify_detached mbpf_sodium_verify_detached_ph
#define crypto_sign_ed25519_open mbpf_sodium_open
#define crypto_hash_sha512_update mbpf_sodium_sha512_update
#define crypto_hash_sha512_final mbpf_sodium_sha512_final
#define crypto_hash_sha512_init mbpf_sodium_sha512_init
/* sign.c brings a hinit of its own, for signing alone. */
#ifdef MBPF_CRYPTO_SIGN
#define _crypto_sign_ed25519_ref10_hinit mbpf_sodium_sign_hinit
#else
#define _crypto_sign_ed25519_ref10_hinit mbpf_sodium_hinit
#endif
#define _crypto_sign_ed25519_detached mbpf_sodium_sign_detached_ph
#define crypto_sign_ed25519_detached mbpf_sodium_sign_detached
#define crypto_sign_ed25519 mbpf_sodium_sign
#define crypto_hash_sha512 mbpf_sodium_sha512
#define crypto_verify_32 mbpf_sodium_verify_32
#define sodium_memcmp mbpf_sodium_memcmp
#define sodium_memzero mbpf_sodium_memzero
#define sodium_is_zero mbpf_sodium_is_zero
#endif
