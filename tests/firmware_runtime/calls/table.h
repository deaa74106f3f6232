/* SPDX-License-Identifier: Apache-2.0
 * What the host puts into the board's memory: a package, and the runs of its programs, each with its event. */
#ifndef CALLS_TABLE_H
#define CALLS_TABLE_H

#include <stdint.h>

#define CALLS_MAGIC 0x4c4c4143u
#define CALLS_RUNS 200u
#define CALLS_CONTEXT_BYTES 96u
#define CALLS_PACKET_BYTES 192u
#define CALLS_PACKAGE_OFFSET 0x20000u /* from the table; code runs in place */

struct calls_run {
    uint32_t program;      /* of the package */
    uint32_t packet_bytes; /* of the xdp hook; the others' context stands in `context` */
    uint8_t context[CALLS_CONTEXT_BYTES];
    uint8_t packet[CALLS_PACKET_BYTES];
};

struct calls_table {
    uint32_t magic, package_bytes, digest_offset, count;
    struct calls_run run[CALLS_RUNS];
};

#endif
