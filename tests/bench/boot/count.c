/* SPDX-License-Identifier: Apache-2.0
 * An emulator's plugin that counts executed instructions of unchanged firmware, to the last one:
 *   -plugin libmbpf_count.so,out=FILE,symbols=FILE,window=NAME:FROM[:TO][,window=…]
 * symbols: lines "hex-address type name", sorted, as `llvm-nm -n` prints them. A window opens when FROM is called and
 * closes when it returns, or before TO's first instruction; FROM "reset" is the first instruction of all. Each closed one
 * is a line "NAME instructions", and "NAME instructions function" for all functions that took a hundredth or more. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The emulator's plugin interface, version 1, as far as it is used (its header comes with its source only). */
typedef uint64_t plugin_id;
struct plugin_block;
struct plugin_instruction;
#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*callback)(plugin_id id, struct plugin_block *block));
size_t qemu_plugin_tb_n_insns(const struct plugin_block *block);
struct plugin_instruction *qemu_plugin_tb_get_insn(const struct plugin_block *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct plugin_instruction *instruction);
size_t qemu_plugin_insn_size(const struct plugin_instruction *instruction);
void qemu_plugin_register_vcpu_insn_exec_cb(struct plugin_instruction *instruction, void (*callback)(unsigned cpu, void *data), int flags, void *data);

#define SYMBOLS 8192
#define WINDOWS 16

typedef struct symbol {
    uint64_t address;
    char name[64];
    uint64_t count[WINDOWS];
} symbol;

typedef struct window {
    char name[32];
    symbol *from, *to;  /* from null: reset; to null: its return */
    uint64_t back;      /* where it returns to */
    uint64_t count;
    int open;
} window;

typedef struct instruction {
    uint64_t address, next; /* next: behind it in memory */
    symbol *function;
} instruction;

static symbol symbols[SYMBOLS];
static window windows[WINDOWS];
static int symbol_count, window_count;
static uint64_t after_last; /* behind the instruction executed last: where a call returns to */
static FILE *out;

static symbol *find(const char *name)
{
    for (int i = 0; i < symbol_count; i++) {
        if (strcmp(symbols[i].name, name) == 0) {
            return &symbols[i];
        }
    }
    fprintf(stderr, "count: no symbol %s\n", name);
    exit(2);
}

static void close_window(int w)
{
    window *at = &windows[w];
    fprintf(out, "%s %llu\n", at->name, (unsigned long long)at->count);
    for (int i = 0; i < symbol_count; i++) {
        if (symbols[i].count[w] * 100u >= at->count) {
            fprintf(out, "%s %llu %s\n", at->name, (unsigned long long)symbols[i].count[w], symbols[i].name);
        }
        symbols[i].count[w] = 0u;
    }
    (void)fflush(out);
    at->open = 0;
    at->count = 0u;
}

static void executed(unsigned cpu, void *data)
{
    const instruction *now = (const instruction *)data;
    (void)cpu;
    for (int i = 0; i < window_count; i++) {
        window *w = &windows[i];
        if (w->open && (w->to ? now->address == w->to->address : w->from && now->address == w->back)) {
            close_window(i);
        } else if (!w->open && w->from && now->address == w->from->address) {
            w->open = 1;
            w->back = after_last;
        }
        if (w->open) {
            w->count++;
            now->function->count[i]++;
        }
    }
    after_last = now->next;
}

static symbol *function_of(uint64_t address)
{
    int low = 0, high = symbol_count;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (symbols[middle].address <= address) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &symbols[low];
}

static void translated(plugin_id id, struct plugin_block *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct plugin_instruction *at = qemu_plugin_tb_get_insn(block, i);
        instruction *kept = malloc(sizeof *kept); /* as long as the emulator keeps its translation: to the end */
        if (!kept) {
            exit(2);
        }
        kept->address = qemu_plugin_insn_vaddr(at);
        kept->next = kept->address + qemu_plugin_insn_size(at);
        kept->function = function_of(kept->address);
        qemu_plugin_register_vcpu_insn_exec_cb(at, executed, 0, kept);
    }
}

static void read_symbols(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512], type;
    unsigned long long address;
    while (file && symbol_count < SYMBOLS && fgets(line, sizeof line, file)) {
        char name[sizeof line];
        if (sscanf(line, "%llx %c %511s", &address, &type, name) != 3 || (type != 't' && type != 'T') || name[0] == '$' || name[0] == '.') {
            continue; /* the linker's marks are no functions */
        }
        symbol *s = &symbols[symbol_count++];
        s->address = address & ~1ull; /* Thumb's bit */
        (void)snprintf(s->name, sizeof s->name, "%.63s", name);
    }
    if (!file || symbol_count == 0) {
        fprintf(stderr, "count: no symbols in %s\n", path);
        exit(2);
    }
    (void)fclose(file);
}

static void add_window(char *text)
{
    char *from = strchr(text, ':'), *to = from ? strchr(from + 1, ':') : 0;
    if (!from || window_count == WINDOWS) {
        fprintf(stderr, "count: window=NAME:FROM[:TO]\n");
        exit(2);
    }
    *from++ = '\0';
    if (to) {
        *to++ = '\0';
    }
    window *w = &windows[window_count++];
    (void)snprintf(w->name, sizeof w->name, "%s", text);
    w->from = strcmp(from, "reset") == 0 ? 0 : find(from);
    w->to = to ? find(to) : 0;
    w->open = !w->from;
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "w");
        } else if (strncmp(argv[i], "symbols=", 8) == 0) {
            read_symbols(argv[i] + 8);
        } else if (strncmp(argv[i], "window=", 7) == 0) {
            add_window(argv[i] + 7);
        }
    }
    if (!out || window_count == 0) {
        fprintf(stderr, "count: out=, symbols= and window= are needed, in this order\n");
        return 2;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
