/* SPDX-License-Identifier: Apache-2.0
 * Runs every row of a table that the emulator's loader put in memory, on the same bytes, and prints result, a digest
 * of the memory after it, and instructions executed. */
#include "harness.h"

#include <string.h>

#include "mbpf/port.h"

#define RUNS 40u

typedef uint64_t kernel_fn(void *memory, void *const *imports);
typedef void reset_fn(uint32_t variant);
typedef uint64_t digest_fn(void);

uint64_t bench_interpret(const uint8_t *code, void *memory, uint32_t bytes);

static uint64_t memory[BENCH_MEMORY_BYTES / 8u];

static uint64_t nothing(void *bytes, void *const *imports)
{
    (void)bytes;
    (void)imports;
    return 0u;
}

static uint64_t measure(kernel_fn *volatile *kernel, const struct bench_row *row, const uint8_t *table, uint64_t *result)
{
    uint64_t total = 0u;
    void *context = row->reset != 0u ? (void *)(uintptr_t)row->context : memory;
    void *const *imports = (void *)(uintptr_t)row->imports;
    uint32_t runs = row->kind == BENCH_MACHINE_CODE ? RUNS : 1u;
    for (uint32_t i = 0u; i < runs; i++) {
        memcpy(memory, table + row->input, row->bytes);
        if (row->reset != 0u) {
            ((reset_fn *)(uintptr_t)row->reset)(row->variant);
        }
        mbpf_port_measure_begin(i);
        uint64_t begin = mbpf_port_instructions();
        if (row->kind == BENCH_BYTECODE && kernel == NULL) {
            *result = bench_interpret(table + row->entry, memory, row->bytes);
        } else {
            *result = (*kernel)(context, imports);
        }
        uint64_t end = mbpf_port_instructions();
        mbpf_port_measure_end();
        total += end - begin;
    }
    return total * (RUNS / runs);
}

static void print_text(const char *text)
{
    mbpf_port_serial_write((const uint8_t *)text, (uint32_t)strlen(text));
}

static void print_number(uint64_t value)
{
    char digits[24];
    uint32_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + (unsigned)(value % 10u));
        value /= 10u;
    } while (value != 0u);
    print_text(digits + at);
    print_text(" ");
}

static uint64_t digest(uint32_t bytes)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint32_t i = 0u; i < bytes; i++) {
        hash = (hash ^ ((const uint8_t *)memory)[i]) * 0x100000001b3u;
    }
    return hash;
}

int main(void)
{
    uint32_t room;
    mbpf_port_init();
    const uint8_t *at = mbpf_port_trust_anchors(&room); /* no anchors here: the region is this harness's table */
    const struct bench_table *table = (const void *)at;
    mbpf_port_code_ready((void *)(uintptr_t)(at + BENCH_CODE_OFFSET), BENCH_ROWS * BENCH_CODE_BYTES);
    kernel_fn *volatile empty = nothing;
    uint64_t result = 0u, ignored;
    for (uint32_t i = 0u; table->magic == BENCH_MAGIC && i < table->count; i++) {
        const struct bench_row *row = &table->row[i];
        kernel_fn *volatile kernel = (kernel_fn *)(uintptr_t)(at + row->entry + mbpf_port_code_bit);
        uint64_t total = measure(row->kind == BENCH_BYTECODE ? NULL : &kernel, row, at, &result);
        uint64_t after = row->kind == BENCH_ONCE ? 0u : row->reset != 0u ? ((digest_fn *)(uintptr_t)row->digest)() : digest(row->bytes);
        uint64_t overhead = row->kind == BENCH_ONCE ? 0u : measure(&empty, row, at, &ignored);
        print_number(i);
        print_number(result);
        print_number(after);
        print_number((total - overhead + RUNS / 2u) / RUNS);
        print_text("\r\n");
    }
    print_text("end\r\n");
    mbpf_port_power_off();
    for (;;) {
        mbpf_port_idle();
    }
}
