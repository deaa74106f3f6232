/* SPDX-License-Identifier: Apache-2.0
 * Clock, numbers as text, console, and what the runtime does for instruction sets that lack it. */
#include <mbpf/microbpf.h>

u64 counter;

struct text {
    u8 bytes[512];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct text);
} buffer SEC(".maps");

static __always_inline u64 word(const struct trace_event *e, int i)
{
    return ((const u64 *)e->arg)[i];
}

SEC("trace/ktime_get_ns")
int now(struct trace_event *e)
{
    return bpf_ktime_get_ns() > word(e, 0);
}

SEC("trace/ktime_get_boot_ns")
int now_since_boot(struct trace_event *e)
{
    return bpf_ktime_get_boot_ns() > word(e, 0);
}

SEC("trace/get_prandom_u32")
int prandom(struct trace_event *e)
{
    return bpf_get_prandom_u32();
}

SEC("trace/get_smp_processor_id")
int processor(struct trace_event *e)
{
    return bpf_get_smp_processor_id();
}

/* arg 0: value; 1: size; 2: decimals; 3: where in the buffer */
SEC("trace/format_decimal")
int decimal(struct trace_event *e)
{
    u32 zero = 0;
    struct text *t = bpf_map_lookup_elem(&buffer, &zero);
    u64 size = word(e, 1), decimals = word(e, 2), at = word(e, 3);
    if (!t || size < 14 || size > 64 || decimals > 9 || at > 8)
        return -1;
    return bpf_format_decimal((char *)t->bytes + at, size, word(e, 0), decimals);
}

/* arg 0: which format; 1 to 3: numbers */
SEC("trace/trace_printk")
int print(struct trace_event *e)
{
    static const char signs[] = "%lld %lld %lld\n", hex[] = "%llx%llx%llx", unsigned_[] = "%llu%llu%llu and what follows them", percent[] = "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%", odd[] = "%q%lq%llq%lllq%", one[] = "%x";
    u64 a = word(e, 1), b = word(e, 2), c = word(e, 3);
    switch (word(e, 0)) {
    case 0:
        return bpf_trace_printk(signs, sizeof(signs), a, b, c);
    case 1:
        return bpf_trace_printk(hex, sizeof(hex), a, b, c);
    case 2:
        return bpf_trace_printk(unsigned_, sizeof(unsigned_), a, b, c);
    case 3:
        return bpf_trace_printk(percent, sizeof(percent), a, b, c);
    case 4:
        return bpf_trace_printk(odd, sizeof(odd), a, b, c);
    default:
        return bpf_trace_printk(one, sizeof(one), a, b, c);
    }
}

/* A format of any length, from memory: three numbers, then three or fewer characters again and again. */
SEC("trace/trace_printk_long")
int print_long(struct trace_event *e)
{
    u32 zero = 0;
    struct text *t = bpf_map_lookup_elem(&buffer, &zero);
    u64 size = word(e, 0), filler = word(e, 1), period = filler >> 24 & 3;
    if (!t || size < 1 || size > 512)
        return -1;
    for (int i = 0; i < 512; i++)
        t->bytes[i] = i < 15 ? "%lld%lld%lld..."[i] : filler >> 8 * (period ? i % period : 0);
    return bpf_trace_printk((char *)t->bytes, size, word(e, 2), word(e, 3), word(e, 3));
}

SEC("trace/atomics")
int atomics(struct trace_event *e)
{
    u64 sum = __sync_fetch_and_add(&counter, word(e, 0));
    sum += __sync_fetch_and_or(&counter, word(e, 1)) + __sync_fetch_and_and(&counter, word(e, 2)) + __sync_fetch_and_xor(&counter, word(e, 3));
    sum += __sync_lock_test_and_set(&counter, sum);
    return __sync_val_compare_and_swap(&counter, sum, word(e, 1));
}
