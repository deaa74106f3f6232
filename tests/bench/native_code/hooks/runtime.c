/* SPDX-License-Identifier: Apache-2.0
 * What a board's drivers and C library would give: helpers that touch devices note what they are asked for. */
#include "hooks/scene.h"

uint8_t bench_notes[64];
static uint32_t used;

void *memcpy(void *to, const void *from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    for (size_t i = 0; i < size; i++) {
        t[i] = f[i];
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((uintptr_t)t < (uintptr_t)f) {
        return memcpy(to, from, size);
    }
    while (size-- != 0) {
        t[size] = f[size];
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    uint8_t *t = to;
    for (size_t i = 0; i < size; i++) {
        t[i] = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

#ifdef __ARM_EABI__
/* What compilers call for clearing and copying words (ARM's run-time ABI). */
void __aeabi_memclr4(void *to, size_t size);
void __aeabi_memclr4(void *to, size_t size)
{
    uint32_t *t = to;
    for (; size >= 4u; size -= 4u) {
        *t++ = 0u;
    }
    memset(t, 0, size);
}
void __aeabi_memclr8(void *to, size_t size) __attribute__((alias("__aeabi_memclr4")));
void __aeabi_memcpy(void *to, const void *from, size_t size);
void __aeabi_memcpy(void *to, const void *from, size_t size) { memcpy(to, from, size); }
void __aeabi_memcpy4(void *to, const void *from, size_t size) __attribute__((alias("__aeabi_memcpy")));
void __aeabi_memcpy8(void *to, const void *from, size_t size) __attribute__((alias("__aeabi_memcpy")));
#endif

static void note(const void *bytes, uint32_t size)
{
    for (uint32_t i = 0u; i < size && used < sizeof bench_notes; i++) {
        bench_notes[used++] = ((const uint8_t *)bytes)[i];
    }
}

void bench_clear_notes(void)
{
    memset(bench_notes, 0, sizeof bench_notes);
    used = 0u;
}

void bench_make_map(struct mbpf_map *map, uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries, uint8_t *storage)
{
    memset(storage, 0, (size_t)mbpf_map_storage_bytes(type, key_size, value_size, max_entries));
    *map = (struct mbpf_map){storage, mbpf_map_stride(type, key_size, value_size), key_size, value_size, max_entries, (uint16_t)type, 0u};
    mbpf_map_operations_of(type)->reset(map);
}

uint64_t bench_fold(uint64_t hash, const void *bytes, uint32_t size)
{
    for (uint32_t i = 0u; i < size; i++) {
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
    }
    return hash;
}

int32_t mbpf_helper_motor_emergency_stop(uint32_t mask)
{
    note(&mask, sizeof mask);
    return 0;
}

int32_t mbpf_helper_iio_read(uint32_t sensor, void *buf, uint32_t size)
{
    struct iio_sample sample = {1000u, 2150 + (int32_t)sensor, 10000u};
    note(&sensor, sizeof sensor);
    if (size < sizeof sample) {
        return -1;
    }
    memcpy(buf, &sample, sizeof sample);
    return 0;
}

int32_t mbpf_helper_coap_reply(uint32_t code, const void *payload, uint32_t size)
{
    note(&code, sizeof code);
    note(payload, size);
    return 0;
}

/* What a compiler calls for a 64-bit atomic addition where the CPU has none. */
uint64_t bench_fetch_add_8(volatile void *p, uint64_t value, int order) __asm__("__atomic_fetch_add_8");
uint64_t bench_fetch_add_8(volatile void *p, uint64_t value, int order)
{
    (void)order;
    return mbpf_rt_atomic64(p, MBPF_RT_OP_ADD, value, 0u);
}
uint64_t bench_sync_fetch_add_8(volatile void *p, uint64_t value) __asm__("__sync_fetch_and_add_8");
uint64_t bench_sync_fetch_add_8(volatile void *p, uint64_t value)
{
    return mbpf_rt_atomic64(p, MBPF_RT_OP_ADD, value, 0u);
}
