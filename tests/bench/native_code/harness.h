/* SPDX-License-Identifier: Apache-2.0
 * What the benchmark's host part puts into the board's memory: a table of rows, then code and inputs. All words
 * little-endian. Code of row i lies at its own place, so that it may be linked for it. */
#ifndef NATIVE_CODE_HARNESS_H
#define NATIVE_CODE_HARNESS_H

#include <stdint.h>

#define BENCH_MAGIC 0x4e42424du
#define BENCH_MEMORY_BYTES 8192u
#define BENCH_CODE_OFFSET 0x10000u /* of row 0's code from the table */
#define BENCH_CODE_BYTES 0x2000u
#define BENCH_ROWS 120u

enum { BENCH_MACHINE_CODE, BENCH_BYTECODE, BENCH_ONCE }; /* the last: machine code that is run once */

struct bench_row {
    uint32_t kind;
    uint32_t entry;  /* offset from the table; bytecode: of its first slot */
    uint32_t input;  /* offset from the table */
    uint32_t bytes;
    uint32_t variant, reset, digest, context, imports; /* of a hook: addresses (hooks/scene.h); a kernel's are 0 */
};

struct bench_table {
    uint32_t magic, count;
    struct bench_row row[BENCH_ROWS];
};

#endif
