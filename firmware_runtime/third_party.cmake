# SPDX-License-Identifier: Apache-2.0
# What of libsodium, BearSSL and nanopb the runtime takes, and how it is compiled.
set(MBPF_SODIUM_SOURCES
  ${MBPF_LIBSODIUM_SOURCE}/crypto_core/ed25519/ref10/ed25519_ref10.c ${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/open.c
  ${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/sign.c)
set(MBPF_BEARSSL_SOURCES
  ${MBPF_BEARSSL_SOURCE}/src/hash/sha2big.c ${MBPF_BEARSSL_SOURCE}/src/hash/sha2small.c ${MBPF_BEARSSL_SOURCE}/src/codec/enc64be.c
  ${MBPF_BEARSSL_SOURCE}/src/codec/dec64be.c ${MBPF_BEARSSL_SOURCE}/src/codec/enc32be.c ${MBPF_BEARSSL_SOURCE}/src/codec/dec32be.c)
set(MBPF_NANOPB_SOURCES
  ${MBPF_NANOPB_SOURCE}/pb_common.c ${MBPF_NANOPB_SOURCE}/pb_decode.c ${MBPF_NANOPB_SOURCE}/pb_encode.c)

set(MBPF_THIRD_PARTY_INCLUDES
  ${MBPF_BEARSSL_SOURCE}/inc ${MBPF_BEARSSL_SOURCE}/src ${MBPF_NANOPB_SOURCE}
  ${MBPF_LIBSODIUM_SOURCE}/include/sodium ${MBPF_LIBSODIUM_SOURCE}/include ${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10)
set(MBPF_CRYPTO_DEFINITIONS CONFIGURED=1 SODIUM_STATIC=1 NATIVE_LITTLE_ENDIAN=1)
# Its squares are doubled by its other functions (crypto/ed25519_field.h).
set_source_files_properties(${MBPF_LIBSODIUM_SOURCE}/crypto_core/ed25519/ref10/ed25519_ref10.c PROPERTIES
  COMPILE_OPTIONS "-include;${R}/crypto/ed25519_field.h")
# Verification hashes with BearSSL and reduces with the compact loop (crypto/ed25519.c).
set_source_files_properties(${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/open.c PROPERTIES
  COMPILE_DEFINITIONS sc25519_reduce=mbpf_reduce_mod_l)
# Signing too, with a compact a * b + c, and it multiplies the base point as any other (crypto/ed25519_sign.c).
set_source_files_properties(${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/sign.c PROPERTIES
  COMPILE_DEFINITIONS "MBPF_CRYPTO_SIGN=1;sc25519_reduce=mbpf_reduce_mod_l;sc25519_muladd=mbpf_muladd_mod_l;ge25519_scalarmult_base=mbpf_scalarmult_base")
