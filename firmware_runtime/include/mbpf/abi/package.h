/* SPDX-License-Identifier: Apache-2.0
 * The package's byte layout, shared by host and device. All integers little-endian; no padding; reserved
 * bytes are zero and refused otherwise. The structs document and pin the layout; the device copies rows
 * through the checked reader (mbpf/abi/reader.h), never casts a buffer.
 *
 *   [header 256][payload: text | data | imports | programs | maps][signature block][host region]
 *   '------------------ signed_bytes ---------------------------'
 *
 * Signatures cover the header; the header holds the payload's SHA-256 and that of the host directory. So
 * host sections can be stripped, and signatures added, without touching what is signed. */
#ifndef MBPF_ABI_PACKAGE_H
#define MBPF_ABI_PACKAGE_H

#include <stddef.h>
#include <stdint.h>

#define MBPF_PACKAGE_MAGIC 0x4650424Du /* "MBPF" */
#define MBPF_FORMAT_VERSION 1u
#define MBPF_HEADER_BYTES 256u
#define MBPF_NAME_BYTES 32u
#define MBPF_DIGEST_BYTES 32u /* SHA-256 */
#define MBPF_KNOWN_FLAGS 0u

/* isa */
#define MBPF_ISA_THUMBV6M 1u
#define MBPF_ISA_THUMBV7M 2u
#define MBPF_ISA_THUMBV7EM 3u
#define MBPF_ISA_THUMBV8M_MAIN 4u
#define MBPF_ISA_RV32 16u
#define MBPF_ISA_RV64 17u
#define MBPF_ISA_AARCH64 32u
#define MBPF_ISA_X86_64 33u
/* isa_extensions, RISC-V: what the code needs */
#define MBPF_EXT_RV_M 0x1u
#define MBPF_EXT_RV_A 0x2u
#define MBPF_EXT_RV_C 0x4u
#define MBPF_EXT_RV_F 0x8u
#define MBPF_EXT_RV_D 0x10u

typedef struct mbpf_package_header {
    uint32_t magic;
    uint16_t format_version;
    uint16_t header_bytes;
    uint32_t signed_bytes;    /* header + payload: offset of the signature block */
    uint32_t flags;           /* unknown bits are refused */
    uint8_t name[MBPF_NAME_BYTES]; /* UTF-8, NUL-padded, at least one NUL */
    uint16_t version_major, version_minor, version_patch, reserved0;
    uint32_t rollback_counter;
    uint16_t isa;
    uint16_t isa_extensions;
    uint32_t text_offset;     /* from the package's start; 16-byte aligned */
    uint32_t text_bytes;      /* code and its constants */
    uint32_t data_offset;     /* 8-byte aligned */
    uint32_t data_init_bytes; /* copied to RAM */
    uint32_t data_ram_bytes;  /* >= data_init_bytes; the rest is zeroed */
    uint32_t imports_offset;  /* 8-byte aligned */
    uint32_t import_count;
    uint32_t programs_offset;
    uint32_t program_count;
    uint32_t maps_offset;
    uint32_t map_count;
    uint32_t ram_bytes;       /* what loading takes: mbpf_package_ram_bytes() */
    uint64_t capabilities;    /* bit set; the device's policy must grant every one */
    uint32_t platform_version;
    uint32_t stack_bytes;     /* greatest of the programs' */
    uint64_t worst_case_instructions; /* greatest of the programs', in eBPF instructions */
    uint32_t data_align;      /* 8 or 16 */
    uint32_t reserved1;
    uint8_t payload_digest[MBPF_DIGEST_BYTES]; /* SHA-256 of bytes [header_bytes, signed_bytes) */
    uint8_t host_digest[MBPF_DIGEST_BYTES];    /* SHA-256 of the host directory; zeros: none */
    uint8_t reserved2[48];
} mbpf_package_header;

/* Payload: rows of the import table. Slot i of the program's import table in RAM is filled from row i
 * with an address of the device's pointer width. */
#define MBPF_IMPORT_HELPER 1u     /* index: helper number; value: its ABI hash */
#define MBPF_IMPORT_MAP 2u        /* index: map; the mbpf_map object */
#define MBPF_IMPORT_MAP_VALUES 3u /* index: map (array); address of value 0 */
#define MBPF_IMPORT_DATA 4u       /* value: byte offset in the data segment */
#define MBPF_IMPORT_PROGRAM 5u    /* index: program; value: map << 16 | element of a program array that holds it */
#define MBPF_IMPORT_RUNTIME 6u    /* index: MBPF_RT_*: what the ISA lacks */

#define MBPF_RT_ATOMIC64 1u /* uint64_t (*)(volatile uint64_t *p, uint32_t op, uint64_t operand, uint64_t expected) */
#define MBPF_RT_ATOMIC32 2u /* likewise, 32-bit, for parts without exclusive access */
/* op of the two above: returns the old value */
#define MBPF_RT_OP_ADD 0u
#define MBPF_RT_OP_OR 1u
#define MBPF_RT_OP_AND 2u
#define MBPF_RT_OP_XOR 3u
#define MBPF_RT_OP_EXCHANGE 4u
#define MBPF_RT_OP_COMPARE_EXCHANGE 5u

typedef struct mbpf_package_import {
    uint8_t kind;
    uint8_t reserved;
    uint16_t index;
    uint32_t value;
} mbpf_package_import;

#define MBPF_PROGRAM_NAME_BYTES 24u
#define MBPF_ATTACH_BYTES 40u
#define MBPF_PROGRAM_FAIL_OPEN 0x1u
#define MBPF_PROGRAM_TAIL_ONLY 0x2u /* entered by tail calls: not attached when the package is activated */
#define MBPF_UNBOUNDED 0xFFFFFFFFu /* a bound that is not known, or that 32 bits do not hold */

typedef struct mbpf_package_program {
    uint8_t name[MBPF_PROGRAM_NAME_BYTES]; /* NUL-padded, at least one NUL */
    uint8_t attach[MBPF_ATTACH_BYTES];     /* section name, NUL-padded, at least one NUL */
    uint16_t hook_id;
    uint8_t priority;
    uint8_t flags;         /* MBPF_PROGRAM_* */
    uint32_t hook_abi;     /* ABI hash of the hook's context */
    uint32_t entry_offset; /* in text; even; the Thumb bit is the loader's to set */
    uint32_t stack_bytes;  /* native stack, helpers included */
    uint64_t worst_case_instructions; /* of eBPF */
    uint32_t native_instructions; /* of the machine code, in one run at most, helpers included */
    uint32_t native_cycles;       /* likewise, by the target's timing model */
    uint64_t parameter;    /* first number in the section name; durations in ns */
} mbpf_package_program;

/* Section of the migrator: runs once when the package replaces a version whose maps of the same name have another
 * layout. It finds the contents of that version's map `x` in its own map `old_x`; 0: done, else the swap is refused. */
#define MBPF_MIGRATOR "trace/migrate"
#define MBPF_MIGRATED_PREFIX "old_"

#define MBPF_MAP_NAME_BYTES 16u

typedef struct mbpf_package_map {
    uint8_t name[MBPF_MAP_NAME_BYTES]; /* NUL-padded; 16 characters may fill it */
    uint16_t type;
    uint16_t flags;
    uint32_t key_size;
    uint32_t value_size;
    uint32_t max_entries;
    uint32_t reserved[2];
} mbpf_package_map;

/* Signature block, at signed_bytes: magic, count, then entries. */
#define MBPF_SIGNATURE_MAGIC 0x53474953u /* "SIGS" */
#define MBPF_MAX_SIGNATURES 8u
#define MBPF_ROLE_VERIFIER 1u
#define MBPF_ROLE_RELEASE 2u
#define MBPF_SIGALG_ED25519 1u /* 2 is reserved for LMS */
#define MBPF_KEY_ID_BYTES 8u
#define MBPF_SIGNATURE_BLOCK_HEADER_BYTES 8u

typedef struct mbpf_signature_block_header {
    uint32_t magic;
    uint16_t count;
    uint16_t reserved;
} mbpf_signature_block_header;

typedef struct mbpf_signature_entry {
    uint8_t role;
    uint8_t algorithm;
    uint8_t reserved[2];
    uint8_t key_id[MBPF_KEY_ID_BYTES]; /* first bytes of SHA-256 of the public key */
    uint8_t signature[64];
} mbpf_signature_entry;

/* What Ed25519 signs: a COSE Sig_structure (RFC 9052 §4.4), whose payload is the header:
 *   84 6A "Signature1" 43 A1 01 27 54 "microbpf/verifier/v1" 59 0100 <256 header bytes>
 *   84 6A "Signature1" 43 A1 01 27 53 "microbpf/release/v1"  59 0100 <256 header bytes>
 * The prefixes are constants, so the device needs no CBOR. */
#define MBPF_TBS_PREFIX_VERIFIER \
    "\x84\x6a" "Signature1" "\x43\xa1\x01\x27" "\x54" "microbpf/verifier/v1" "\x59\x01\x00"
#define MBPF_TBS_PREFIX_RELEASE \
    "\x84\x6a" "Signature1" "\x43\xa1\x01\x27" "\x53" "microbpf/release/v1" "\x59\x01\x00"

/* Host region, after the signature block; never sent to a device. Directory, then the blobs in order. */
#define MBPF_HOST_MAGIC 0x54534F48u /* "HOST" */
#define MBPF_HOST_BYTECODE 1u
#define MBPF_HOST_CERTIFICATE 2u
#define MBPF_HOST_PROVENANCE 3u
#define MBPF_HOST_BTF 4u

typedef struct mbpf_host_directory_header {
    uint32_t magic;
    uint32_t count;
} mbpf_host_directory_header;

typedef struct mbpf_host_directory_entry {
    uint32_t tag;
    uint32_t bytes;
    uint8_t digest[MBPF_DIGEST_BYTES];
} mbpf_host_directory_entry;

#ifdef __cplusplus
#define MBPF_ABI_ASSERT(cond, text) static_assert(cond, text)
#else
#define MBPF_ABI_ASSERT(cond, text) _Static_assert(cond, text)
#endif

MBPF_ABI_ASSERT(sizeof(mbpf_package_header) == MBPF_HEADER_BYTES, "header is 256 bytes");
MBPF_ABI_ASSERT(offsetof(mbpf_package_header, name) == 16, "header layout");
MBPF_ABI_ASSERT(offsetof(mbpf_package_header, rollback_counter) == 56, "header layout");
MBPF_ABI_ASSERT(offsetof(mbpf_package_header, text_offset) == 64, "header layout");
MBPF_ABI_ASSERT(offsetof(mbpf_package_header, ram_bytes) == 108, "header layout");
MBPF_ABI_ASSERT(offsetof(mbpf_package_header, capabilities) == 112, "header layout");
MBPF_ABI_ASSERT(offsetof(mbpf_package_header, worst_case_instructions) == 128, "header layout");
MBPF_ABI_ASSERT(offsetof(mbpf_package_header, payload_digest) == 144, "header layout");
MBPF_ABI_ASSERT(offsetof(mbpf_package_header, host_digest) == 176, "header layout");
MBPF_ABI_ASSERT(sizeof(mbpf_package_import) == 8, "import row is 8 bytes");
MBPF_ABI_ASSERT(sizeof(mbpf_package_program) == 104, "program row is 104 bytes");
MBPF_ABI_ASSERT(sizeof(mbpf_package_map) == 40, "map row is 40 bytes");
MBPF_ABI_ASSERT(sizeof(mbpf_signature_entry) == 76, "signature entry is 76 bytes");
MBPF_ABI_ASSERT(sizeof(mbpf_host_directory_entry) == 40, "host directory entry is 40 bytes");

#endif
