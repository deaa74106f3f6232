# SPDX-License-Identifier: Apache-2.0
# The runtime's own files by part; R is its folder.
set(MBPF_RUNTIME_CORE_SOURCES
  ${R}/src/admission.c ${R}/src/arena.c ${R}/src/atomics.c ${R}/src/commit.c ${R}/src/console.c ${R}/src/crc32.c ${R}/src/divide.c ${R}/src/fault.c ${R}/src/grants.c ${R}/src/hooks.c ${R}/src/isolation.c ${R}/src/journal.c ${R}/src/load.c ${R}/src/map.c
  ${R}/src/map_array.c ${R}/src/map_hash.c ${R}/src/map_lpm.c ${R}/src/map_lru.c ${R}/src/map_program.c ${R}/src/map_queue.c ${R}/src/map_records.c ${R}/src/map_ringbuf.c ${R}/src/map_series.c ${R}/src/packet.c ${R}/src/signatures.c ${R}/src/store.c ${R}/src/swap.c ${R}/src/text.c ${R}/src/transfer.c)
list(APPEND MBPF_RUNTIME_CORE_SOURCES ${R}/src/attest.c ${R}/src/event_flash.c ${R}/src/events.c ${R}/src/flash_write.c ${R}/src/root_flash.c ${R}/src/policy.c ${R}/src/preload.c ${R}/src/trust.c ${R}/src/verified.c)
# Devices only, in place of a C library's.
set(MBPF_RUNTIME_MEMORY_SOURCES ${R}/src/memory.c)
set(MBPF_RUNTIME_HELPER_SOURCES
  ${R}/helpers/format.c ${R}/helpers/isa.c ${R}/helpers/maps.c ${R}/helpers/ring_buffer.c ${R}/helpers/tail_call.c ${R}/helpers/time.c ${R}/helpers/trace_printk.c)
set(MBPF_RUNTIME_CONTROL_SOURCES ${R}/src/control.c ${R}/src/control_attest.c ${R}/src/control_faults.c ${R}/src/control_run.c ${R}/src/control_state.c ${R}/src/control_store.c ${R}/src/frame.c ${R}/src/message.c)
# Only for ports with a network.
set(MBPF_RUNTIME_COAP_SOURCES ${R}/src/coap.c ${R}/src/coap_message.c)
set(MBPF_RUNTIME_CRYPTO_SOURCES ${R}/crypto/ed25519.c ${R}/crypto/ed25519_sign.c ${R}/crypto/sha256.c ${R}/crypto/sha512.c)
set(MBPF_RUNTIME_BOARD_SOURCES ${R}/reference/virtual_board.c)

set(MBPF_RUNTIME_INCLUDES ${R}/include)
