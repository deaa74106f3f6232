/* SPDX-License-Identifier: Apache-2.0
 * Freestanding runner for emulated CPUs: reads a batch of native programs with their inputs from the file "batch",
 * runs them, writes what each run changed to "results". One boot serves many programs. Files are reached by
 * semihosting, which boards and user-mode emulation both have. native_device.cpp has the other side of the format. */
#include <stddef.h>
#include <stdint.h>

#include "mbpf/abi/package.h"
#include "runtime_functions.h"

enum { ARENA_BYTES = 1 << 20, LOG_BYTES = 4096, STACK_BYTES = 1 << 16, MAX_IMPORTS = 256, MAX_RANGES = 64, CONTEXT_BYTES = 4096 };
enum { SYS_OPEN = 1, SYS_WRITE = 5, SYS_READ = 6, SYS_EXIT_EXTENDED = 0x20 };

typedef uint64_t (*entry_function)(void *context, void *const *imports);
/* What a map handle points to. */
typedef struct {
    uint32_t map, values, entries, stride;
} map_block;

static uint8_t arena[ARENA_BYTES] __attribute__((aligned(64)));
static uint64_t context[CONTEXT_BYTES / 8];
static uint8_t log_bytes[LOG_BYTES];
static uint32_t log_used, ring_offset, ring_room, ring_used;
static void *imports[MAX_IMPORTS];
static uint32_t ranges[MAX_RANGES][2];
static uintptr_t input_file, output_file;
__attribute__((used)) uint64_t runner_stack[STACK_BYTES / 8];
__attribute__((used)) void runner_main(void);

/* The emulators keep translated code true to writes; what else caching needs is one barrier before the first run. */
static __attribute__((noinline)) uintptr_t semihost(uintptr_t operation, void *block)
{
#if defined(__thumb__)
    register uintptr_t r0 __asm__("r0") = operation;
    register void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
#elif defined(__aarch64__)
    register uintptr_t x0 __asm__("x0") = operation;
    register void *x1 __asm__("x1") = block;
    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
    return x0;
#else
    register uintptr_t a0 __asm__("a0") = operation;
    register void *a1 __asm__("a1") = block;
    /* The three instructions must be uncompressed and in one page. */
    __asm__ volatile(".option push\n.option norvc\n.balign 16\nslli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop" : "+r"(a0) : "r"(a1) : "memory");
    return a0;
#endif
}

__attribute__((used, noreturn)) void runner_exit(uintptr_t code)
{
    uintptr_t block[2] = {0x20026, code};
    semihost(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

__attribute__((used, noreturn, aligned(4))) void runner_fault(void) { runner_exit(3); }

#if defined(__thumb__)
__asm__(".section .first,\"ax\"\n.word runner_stack + 65536\n.word runner_start\n.rept 14\n.word runner_fault\n.endr\n"
        ".text\n.thumb_func\n.globl runner_start\nrunner_start: bl runner_main\n");
#elif defined(__aarch64__)
__asm__(".section .first,\"ax\"\n.globl runner_start\nrunner_start: adrp x0, runner_stack + 65536\nadd x0, x0, :lo12:runner_stack + 65536\nmov sp, x0\nbl runner_main\n");
#elif __riscv_xlen == 32
__asm__(".section .first,\"ax\"\n.globl runner_start\nrunner_start: la sp, runner_stack + 65536\nla t0, runner_fault\ncsrw mtvec, t0\ncall runner_main\n");
#else
__asm__(".section .first,\"ax\"\n.globl runner_start\nrunner_start: la sp, runner_stack + 65536\ncall runner_main\n");
#endif

/* Compilers make calls of these from loops and assignments. */
void *memcpy(void *to, const void *from, size_t size)
{
    volatile uint8_t *t = to;
    const uint8_t *f = from;
    while (size-- != 0) *t++ = *f++;
    return to;
}
void *memset(void *to, int value, size_t size)
{
    volatile uint8_t *t = to;
    while (size-- != 0) *t++ = (uint8_t)value;
    return to;
}

static void transfer(uintptr_t operation, uintptr_t file, void *bytes, uint32_t size)
{
    uintptr_t block[3] = {file, (uintptr_t)bytes, size};
    if (size != 0 && semihost(operation, block) != 0) runner_exit(2);
}
static void get(void *bytes, uint32_t size) { transfer(SYS_READ, input_file, bytes, size); }
static void give(void *bytes, uint32_t size) { transfer(SYS_WRITE, output_file, bytes, size); }
static uint32_t get_word(uint32_t limit)
{
    uint32_t word;
    get(&word, sizeof word);
    if (word > limit) runner_exit(2);
    return word;
}
static uintptr_t open_file(const char *name, uint32_t length, uintptr_t mode)
{
    uintptr_t block[3] = {(uintptr_t)name, mode, length};
    uintptr_t file = semihost(SYS_OPEN, block);
    if (file + 1 == 0) runner_exit(2);
    return file;
}

/* The helpers; an entry of the log is written whole or not at all. */
static void note(uint32_t number, const void *bytes, uint32_t size)
{
    if (log_used + 4 + size > LOG_BYTES) return;
    memcpy(log_bytes + log_used, &number, 4);
    memcpy(log_bytes + log_used + 4, bytes, size);
    log_used += 4 + size;
}
static void *lookup(const map_block *map, const void *key)
{
    uint32_t words[2] = {map->map, 0};
    memcpy(&words[1], key, 4);
    if (map->map != 0) note(1, words, sizeof words);
    return words[1] < map->entries ? arena + map->values + words[1] * map->stride : NULL;
}
static uint64_t identity(uint64_t value)
{
    note(5, &value, sizeof value);
    return value;
}
/* The size of a record stands in the 8 bytes before it. */
static void *reserve(const map_block *map, uint32_t size, uint64_t flags)
{
    uint32_t takes = ((size + 7) & ~7u) + 8;
    (void)map;
    (void)flags;
    note(131, &size, sizeof size);
    if (takes > ring_room - ring_used) return NULL;
    uint8_t *record = arena + ring_offset + ring_used + 8;
    memcpy(record - 8, &size, 4);
    memset(record, 0, size);
    ring_used += takes;
    return record;
}
static uint32_t size_of_record(const uint8_t *record)
{
    uint32_t size;
    memcpy(&size, record - 8, 4);
    return size;
}
static void submit(uint8_t *record, uint64_t flags)
{
    (void)flags;
    note(132, record, size_of_record(record));
}
static void discard(uint8_t *record, uint64_t flags)
{
    uint32_t size = size_of_record(record);
    (void)flags;
    note(133, &size, sizeof size);
    ring_used -= ((size + 7) & ~7u) + 8;
}
static void *helper(uint32_t number)
{
    switch (number) {
    case 1: return (void *)lookup;
    case 5: return (void *)identity;
    case 131: return (void *)reserve;
    case 132: return (void *)submit;
    case 133: return (void *)discard;
    default: runner_exit(2);
    }
}

/* Exact where the emulator counts instructions; 0 on the other CPUs. */
static uint32_t instructions_retired(void)
{
#if defined(__riscv) && __riscv_xlen == 32
    uint32_t count;
    __asm__ volatile("csrr %0, instret" : "=r"(count) : : "memory");
    return count;
#else
    return 0;
#endif
}

static void run_one(uint32_t range_count)
{
    if (get_word(1) != 0) {
        for (uint32_t i = 0; i < range_count; ++i) get(arena + ranges[i][0], ranges[i][1]);
        ring_used = 0;
    }
    uint32_t entry = get_word(ARENA_BYTES), context_size = get_word(CONTEXT_BYTES), packet_at = get_word(ARENA_BYTES), packet_size = get_word(ARENA_BYTES - packet_at);
    get(context, context_size);
    get(arena + packet_at, packet_size);
    if (packet_at != 0) {
        /* A packet hook's context opens with data, data_end, data_meta as pointers of this CPU. */
        uintptr_t *pointers = (uintptr_t *)context;
        pointers[0] = pointers[2] = (uintptr_t)(arena + packet_at);
        pointers[1] = pointers[0] + packet_size;
    }
    log_used = 0;
#if defined(__thumb__)
    entry |= 1;
#endif
    uint32_t begin = instructions_retired();
    uint64_t result = ((entry_function)(uintptr_t)(arena + entry))(context, imports);
    uint32_t executed = instructions_retired() - begin;
    give(&result, sizeof result);
    give(context, context_size);
    give(arena + packet_at, packet_size);
    for (uint32_t i = 0; i < range_count; ++i) give(arena + ranges[i][0], ranges[i][1]);
    give(&executed, sizeof executed);
    give(&log_used, sizeof log_used);
    give(log_bytes, log_used);
}

void runner_main(void)
{
    input_file = open_file("batch", 5, 1);
    output_file = open_file("results", 7, 5);
    uint32_t arena_used = get_word(ARENA_BYTES), import_count = get_word(MAX_IMPORTS), range_count = get_word(MAX_RANGES), runs = get_word(UINT32_MAX);
    ring_offset = get_word(ARENA_BYTES);
    ring_room = get_word(ARENA_BYTES - ring_offset);
    for (uint32_t i = 0; i < import_count; ++i) {
        uint32_t kind = get_word(2), value = get_word(ARENA_BYTES);
        imports[i] = kind == 0 ? arena + value : kind == 1 ? helper(value) : value == MBPF_RT_ATOMIC64 ? (void *)mbpf_rt_atomic64 : (void *)mbpf_rt_atomic32;
    }
    for (uint32_t i = 0; i < range_count; ++i) {
        ranges[i][0] = get_word(ARENA_BYTES);
        ranges[i][1] = get_word(ARENA_BYTES - ranges[i][0]);
    }
    get(arena, arena_used);
#if defined(__aarch64__)
    __asm__ volatile("dsb ish\nisb" ::: "memory");
#elif defined(__riscv)
    __asm__ volatile("fence.i" ::: "memory");
#endif
    while (runs-- != 0) run_one(range_count);
    runner_exit(0);
}
