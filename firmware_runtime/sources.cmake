# SPDX-License-Identifier: Apache-2.0
# The runtime's files by part, for host and device alike.
set(R ${PROJECT_SOURCE_DIR}/firmware_runtime)
set(MBPF_RUNTIME_CORE_SOURCES
  ${R}/src/admission.c ${R}/src/arena.c ${R}/src/atomics.c ${R}/src/commit.c ${R}/src/console.c ${R}/src/crc32.c ${R}/src/fault.c ${R}/src/grants.c ${R}/src/hooks.c ${R}/src/isolation.c ${R}/src/journal.c ${R}/src/load.c ${R}/src/map.c
  ${R}/src/map_array.c ${R}/src/map_hash.c ${R}/src/map_lpm.c ${R}/src/map_lru.c ${R}/src/map_queue.c ${R}/src/map_records.c ${R}/src/map_ringbuf.c ${R}/src/map_series.c ${R}/src/packet.c ${R}/src/signatures.c ${R}/src/store.c ${R}/src/swap.c ${R}/src/text.c ${R}/src/transfer.c)
list(APPEND MBPF_RUNTIME_CORE_SOURCES ${R}/src/attest.c ${R}/src/event_flash.c ${R}/src/events.c ${R}/src/flash_write.c ${R}/src/root_flash.c ${R}/src/policy.c ${R}/src/trust.c)
set(MBPF_RUNTIME_HELPER_SOURCES
  ${R}/helpers/format.c ${R}/helpers/isa.c ${R}/helpers/maps.c ${R}/helpers/ring_buffer.c ${R}/helpers/time.c ${R}/helpers/trace_printk.c)
set(MBPF_RUNTIME_CONTROL_SOURCES ${R}/src/control.c ${R}/src/control_attest.c ${R}/src/control_faults.c ${R}/src/control_run.c ${R}/src/control_state.c ${R}/src/control_store.c ${R}/src/frame.c)
# Only for ports with a network.
set(MBPF_RUNTIME_COAP_SOURCES ${R}/src/coap.c ${R}/src/coap_message.c)
set(MBPF_RUNTIME_CRYPTO_SOURCES ${R}/crypto/ed25519.c ${R}/crypto/ed25519_sign.c ${R}/crypto/sha256.c)
set(MBPF_RUNTIME_BOARD_SOURCES ${R}/reference/virtual_board.c)

set(MBPF_SODIUM_SOURCES
  ${MBPF_LIBSODIUM_SOURCE}/crypto_core/ed25519/ref10/ed25519_ref10.c ${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/open.c
  ${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/sign.c)
set(MBPF_BEARSSL_SOURCES
  ${MBPF_BEARSSL_SOURCE}/src/hash/sha2big.c ${MBPF_BEARSSL_SOURCE}/src/hash/sha2small.c ${MBPF_BEARSSL_SOURCE}/src/codec/enc64be.c
  ${MBPF_BEARSSL_SOURCE}/src/codec/dec64be.c ${MBPF_BEARSSL_SOURCE}/src/codec/enc32be.c ${MBPF_BEARSSL_SOURCE}/src/codec/dec32be.c)
set(MBPF_NANOPB_SOURCES
  ${MBPF_NANOPB_SOURCE}/pb_common.c ${MBPF_NANOPB_SOURCE}/pb_decode.c ${MBPF_NANOPB_SOURCE}/pb_encode.c)

set(MBPF_RUNTIME_INCLUDES ${R}/include)
set(MBPF_THIRD_PARTY_INCLUDES
  ${MBPF_BEARSSL_SOURCE}/inc ${MBPF_BEARSSL_SOURCE}/src ${MBPF_NANOPB_SOURCE}
  ${MBPF_LIBSODIUM_SOURCE}/include/sodium ${MBPF_LIBSODIUM_SOURCE}/include ${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10)
set(MBPF_CRYPTO_DEFINITIONS CONFIGURED=1 SODIUM_STATIC=1 NATIVE_LITTLE_ENDIAN=1)
# Verification hashes with BearSSL and reduces with the compact loop (crypto/ed25519.c).
set_source_files_properties(${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/open.c PROPERTIES
  COMPILE_DEFINITIONS sc25519_reduce=mbpf_reduce_mod_l)
# Signing too, with a compact a * b + c, and it multiplies the base point as any other (crypto/ed25519_sign.c).
set_source_files_properties(${MBPF_LIBSODIUM_SOURCE}/crypto_sign/ed25519/ref10/sign.c PROPERTIES
  COMPILE_DEFINITIONS "MBPF_CRYPTO_SIGN=1;sc25519_reduce=mbpf_reduce_mod_l;sc25519_muladd=mbpf_muladd_mod_l;ge25519_scalarmult_base=mbpf_scalarmult_base")

# The control protocol for nanopb, named apart from the host's protobuf code.
set(MBPF_GENERATED ${CMAKE_CURRENT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${MBPF_GENERATED})
find_program(NANOPB_GENERATOR nanopb_generator.py REQUIRED)
add_custom_command(OUTPUT ${MBPF_GENERATED}/control.nanopb.c ${MBPF_GENERATED}/control.nanopb.h
  COMMAND ${NANOPB_GENERATOR} -q -I ${PROJECT_SOURCE_DIR}/core/proto -f ${R}/control.options -e .nanopb -D ${MBPF_GENERATED} control.proto
  DEPENDS ${PROJECT_SOURCE_DIR}/core/proto/control.proto ${R}/control.options
  COMMENT "nanopb: control.proto" VERBATIM)

# Tables of both platforms from their descriptors: MBPF_PLATFORM_GEN is the generator's path, or its target.
set(MBPF_PLATFORM_SOURCES)
foreach(platform microbpf isa)
  add_custom_command(OUTPUT ${MBPF_GENERATED}/${platform}_platform.c ${MBPF_GENERATED}/${platform}_platform.h
    COMMAND ${MBPF_PLATFORM_GEN} ${PROJECT_SOURCE_DIR}/sdk/platforms/${platform}.textproto ${MBPF_GENERATED}
    DEPENDS ${MBPF_PLATFORM_GEN} ${PROJECT_SOURCE_DIR}/sdk/platforms/${platform}.textproto
    COMMENT "Platform tables: ${platform}" VERBATIM)
  list(APPEND MBPF_PLATFORM_SOURCES ${MBPF_GENERATED}/${platform}_platform.c)
endforeach()
set(MBPF_GENERATED_SOURCES ${MBPF_GENERATED}/control.nanopb.c ${MBPF_PLATFORM_SOURCES})
set(MBPF_GENERATED_HEADERS ${MBPF_GENERATED}/control.nanopb.h ${MBPF_GENERATED}/microbpf_platform.h ${MBPF_GENERATED}/isa_platform.h)
