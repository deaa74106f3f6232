/* SPDX-License-Identifier: Apache-2.0
 * Firmware that runs every shape's sequence through the helpers that programs call, and prints each digest and the
 * most instructions that a call of each helper took, in the board's grain. */
#include <string.h>

#include "mbpf/map.h"
#include "mbpf/port.h"
#include "microbpf_platform.h"
#include "sequences.h"

enum { LOOKUP, UPDATE, REMOVE, APPEND, CALLS };

typedef struct board_map {
    mbpf_map map;
    const mbpf_map_operations *operations;
    uint32_t most[CALLS];
    uint64_t begun;
    uint8_t copy[256];
} board_map;

static uint64_t storage[MAP_MOST_STORAGE / 8u];
static board_map board;
static uint32_t nothing;

static void begin(void)
{
    board.begun = mbpf_port_instructions();
}

static void end(uint32_t call)
{
    uint32_t took = (uint32_t)(mbpf_port_instructions() - board.begun) - nothing;
    if (took > board.most[call]) {
        board.most[call] = took;
    }
}

static bool has_keys(void)
{
    return board.map.key_size != 0u;
}

static uint8_t *lookup(void *self, const uint8_t *key)
{
    (void)self;
    begin();
    uint8_t *at = has_keys()                                               ? (uint8_t *)mbpf_helper_map_lookup_elem(&board.map, key)
                  : mbpf_helper_map_peek_elem(&board.map, board.copy) == 0 ? board.copy
                                                                           : 0;
    end(LOOKUP);
    return at;
}

static int update(void *self, const uint8_t *key, const uint8_t *value, uint64_t flags)
{
    (void)self;
    begin();
    int result = has_keys() ? mbpf_helper_map_update_elem(&board.map, key, value, flags) : mbpf_helper_map_push_elem(&board.map, value, flags);
    end(UPDATE);
    return result;
}

static int remove_key(void *self, const uint8_t *key)
{
    (void)self;
    begin();
    int result = has_keys() ? mbpf_helper_map_delete_elem(&board.map, key) : mbpf_helper_map_pop_elem(&board.map, board.copy);
    end(REMOVE);
    return result;
}

static void append(void *self, const uint8_t *key, const uint8_t *value, uint64_t time_ns)
{
    (void)self;
    begin();
    (void)mbpf_helper_timeseries_push(&board.map, key, value, time_ns);
    end(APPEND);
}

static const uint8_t *read(void *self, const uint8_t *key)
{
    (void)self;
    return (const uint8_t *)board.operations->read(&board.map, key);
}

static bool next_key(void *self, const uint8_t *key, uint8_t *next)
{
    (void)self;
    return board.operations->next_key(&board.map, key, next);
}

static uint32_t used(void *self)
{
    (void)self;
    return board.operations->used(&board.map);
}

static void print_number(const char *name, uint32_t value)
{
    char digits[12];
    uint32_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value != 0u);
    mbpf_port_serial_write((const uint8_t *)name, (uint32_t)strlen(name));
    mbpf_port_serial_write((const uint8_t *)digits + at, (uint32_t)sizeof digits - at);
}

int main(void)
{
    static const map_target target = {0, lookup, update, remove_key, append, read, next_key, used};
    mbpf_port_init();
    /* No interrupts at all: a call is measured once, so none may fall into it. */
#ifdef __riscv
    __asm volatile("csrci mstatus, 8");
#else
    __asm volatile("cpsid i");
#endif
    begin();
    nothing = (uint32_t)(mbpf_port_instructions() - board.begun);
    for (uint32_t i = 0u; i < MAP_SHAPES; i++) {
        const map_shape *shape = &map_shapes[i];
        memset(storage, 0, sizeof storage);
        memset(&board, 0, sizeof board);
        board.map.values = (uint8_t *)storage;
        board.map.stride = mbpf_map_stride(shape->type, shape->key, shape->value);
        board.map.key_size = shape->key;
        board.map.value_size = shape->value;
        board.map.max_entries = shape->entries;
        board.map.type = (uint16_t)shape->type;
        board.operations = mbpf_map_operations_of(shape->type);
        print_number("shape ", i);
        print_number(" digest ", map_sequence(shape, &target));
        print_number(" lookup ", board.most[LOOKUP]);
        print_number(" update ", board.most[UPDATE]);
        print_number(" remove ", board.most[REMOVE]);
        print_number(" append ", board.most[APPEND]);
        mbpf_port_serial_write((const uint8_t *)"\r\n", 2u);
    }
    mbpf_port_power_off();
    for (;;) {
        mbpf_port_idle();
    }
}
