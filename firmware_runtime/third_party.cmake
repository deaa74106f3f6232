# SPDX-License-Identifier: Apache-2.0
# What of libsodium and nanopb the runtime takes, and how it is compiled.

# A copy of libsodium's curve arithmetic in which the definitions of some functions have another name, so that its calls find
# those of crypto/ed25519_curve.c, which includes the copy. A definition's name begins its line; no call's does.
set(MBPF_CURVE_FOLDER ${CMAKE_CURRENT_BINARY_DIR}/mbpf_curve)
function(_mbpf_without_definitions from to)
  file(READ ${from} text)
  foreach(name ${ARGN})
    string(FIND "${text}" "\n${name}(" found)
    if(found EQUAL -1)
      message(FATAL_ERROR "${from} does not define ${name}")
    endif()
    string(REPLACE "\n${name}(" "\n${name}_unrolled(" text "${text}")
  endforeach()
  file(CONFIGURE OUTPUT ${to} CONTENT "${text}" @ONLY)
endfunction()
_mbpf_without_definitions(${MBPF_LIBSODIUM_SOURCE}/crypto_core/ed25519/ref10/ed25519_ref10.c ${MBPF_CURVE_FOLDER}/mbpf_ed25519_ref10.c
  fe25519_invert fe25519_pow22523 ge25519_double_scalarmult_vartime ge25519_has_small_order)
_mbpf_without_definitions(${MBPF_LIBSODIUM_SOURCE}/crypto_core/ed25519/ref10/fe_25_5/fe.h ${MBPF_CURVE_FOLDER}/fe_25_5/fe.h
  fe25519_frombytes fe25519_tobytes)

set(MBPF_SODIUM_SOURCES
  ${R}/crypto/ed25519_curve.c ${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/open.c ${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/sign.c)
set(MBPF_NANOPB_SOURCES
  ${MBPF_NANOPB_SOURCE}/pb_common.c ${MBPF_NANOPB_SOURCE}/pb_decode.c ${MBPF_NANOPB_SOURCE}/pb_encode.c)

set(MBPF_THIRD_PARTY_INCLUDES
  ${MBPF_NANOPB_SOURCE} ${MBPF_CURVE_FOLDER} ${MBPF_LIBSODIUM_SOURCE}/crypto_core/ed25519/ref10
  ${MBPF_LIBSODIUM_SOURCE}/include/sodium ${MBPF_LIBSODIUM_SOURCE}/include ${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10)
set(MBPF_CRYPTO_DEFINITIONS CONFIGURED=1 SODIUM_STATIC=1 NATIVE_LITTLE_ENDIAN=1)
# Verification hashes and reduces with the compact loops (crypto/sha512.c, crypto/ed25519.c).
set_source_files_properties(${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/open.c PROPERTIES
  COMPILE_DEFINITIONS sc25519_reduce=mbpf_reduce_mod_l)
# Signing too, with a compact a * b + c, and it multiplies the base point as any other (crypto/ed25519_sign.c).
set_source_files_properties(${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/sign.c PROPERTIES
  COMPILE_DEFINITIONS "MBPF_CRYPTO_SIGN=1;sc25519_reduce=mbpf_reduce_mod_l;sc25519_muladd=mbpf_muladd_mod_l;ge25519_scalarmult_base=mbpf_scalarmult_base")
