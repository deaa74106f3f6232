/* SPDX-License-Identifier: Apache-2.0
 * What 32-bit code generation calls for 64-bit division and, on the smallest parts, multiplication, shifts
 * and 32-bit division; plus memory functions. Compiled once a target when the SDK is built, linked into the
 * text of programs that need it. Our own, not libgcc's: its RISC-V division reads a table by absolute address,
 * which text that runs anywhere cannot hold. */
#include <stddef.h>
#include <stdint.h>

/* What the linker's worst case of the machine code takes from here: a loop of the function comes round at most so
 * often once it is entered. */
#define MBPF_ROUNDS(function, count) __asm__(".globl mbpf_rounds_" #function "\n.set mbpf_rounds_" #function ", " #count "\n")

uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rem);

static unsigned leading_zeros(uint32_t x)
{
#if defined(__ARM_FEATURE_CLZ)
    return (unsigned)__builtin_clz(x);
#else
    unsigned n = 0;
    if (x >> 16 == 0u) { n += 16u; x <<= 16; }
    if (x >> 24 == 0u) { n += 8u; x <<= 8; }
    if (x >> 28 == 0u) { n += 4u; x <<= 4; }
    if (x >> 30 == 0u) { n += 2u; x <<= 2; }
    return n + (x >> 31 == 0u);
#endif
}

/* An estimate by the divisor's first digit is too large by two at most (Knuth, 4.3.1, theorem B). */
__attribute__((always_inline)) static inline void correct_digit(uint32_t *q, uint32_t *r, uint32_t d1, uint32_t d0, uint32_t next)
{
    if (*q <= 0xffffu && *q * d0 <= (*r << 16 | next)) return;
    (*q)--;
    *r += d1;
    if (*r > 0xffffu || (*q <= 0xffffu && *q * d0 <= (*r << 16 | next))) return;
    (*q)--;
    *r += d1;
}

/* Quotient of a two-word number by one normalised word, high < d: Knuth's algorithm D with 16-bit digits. */
__attribute__((always_inline)) static inline uint32_t divide_word(uint32_t high, uint32_t low, uint32_t d, uint32_t *rem)
{
    const uint32_t d1 = d >> 16, d0 = d & 0xffffu;
    uint32_t q1 = high / d1, r = high - q1 * d1;
    correct_digit(&q1, &r, d1, d0, low >> 16);
    const uint32_t middle = (high << 16 | low >> 16) - q1 * d;
    uint32_t q0 = middle / d1;
    r = middle - q0 * d1;
    correct_digit(&q0, &r, d1, d0, low & 0xffffu);
    *rem = (middle << 16 | (low & 0xffffu)) - q0 * d;
    return (q1 << 16) + q0;
}

/* Low word of x >> n, 1 <= n <= 32. */
static inline uint32_t shifted_low(uint64_t x, unsigned n)
{
    const uint32_t low = (uint32_t)x, high = (uint32_t)(x >> 32);
    return n == 32u ? high : high << (32u - n) | low >> n;
}

/* Of d with s leading zeros in its first word: an estimate by its first 32 bits, corrected by one. */
__attribute__((always_inline)) static inline uint64_t divide_far(uint64_t n, uint64_t d, unsigned s, uint64_t *rem)
{
    uint32_t r;
    const uint32_t top = (uint32_t)((d << s) >> 32);
    const uint64_t half = n >> 1; /* makes high < top */
    uint32_t q = divide_word((uint32_t)(half >> 32), (uint32_t)half, top, &r);
    q = (uint32_t)(((uint64_t)q << s) >> 31);
    if (q != 0u) q--;
    uint64_t left = n - (uint64_t)q * d;
    if (left >= d) {
        q++;
        left -= d;
    }
    *rem = left;
    return q;
}

uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rem)
{
    const uint32_t n1 = (uint32_t)(n >> 32), n0 = (uint32_t)n, d1 = (uint32_t)(d >> 32), d0 = (uint32_t)d;
    if (d > n) {
        *rem = n;
        return 0;
    }
    if (d1 == 0u) {
        if (n1 == 0u) {
            *rem = n0 % d0;
            return n0 / d0;
        }
        const uint32_t high = n1 / d0;
        const uint32_t left = n1 - high * d0;
        if (d0 >> 16 == 0u) { /* two digits of 16 bits, each a hardware division */
            const uint32_t upper = left << 16 | n0 >> 16, q1 = upper / d0;
            const uint32_t lower = (upper - q1 * d0) << 16 | (n0 & 0xffffu), q0 = lower / d0;
            *rem = lower - q0 * d0;
            return (uint64_t)high << 32 | (q1 << 16 | q0);
        }
        const unsigned s = leading_zeros(d0);
        uint32_t r;
        const uint64_t shifted = ((uint64_t)left << 32 | n0) << s;
        const uint32_t q = divide_word((uint32_t)(shifted >> 32), (uint32_t)shifted, d0 << s, &r);
        *rem = r >> s;
        return (uint64_t)high << 32 | q;
    }
    /* Two-word divisor: the quotient is one word. Cut n and d to their leading bits n' and d', the one a word, and add one
     * to the other: (n' + 1) / d' - n' / (d' + 1) = n' / (d' (d' + 1)) + 1 / d'. That is below 1/2 if d' has 18 bits, so
     * the quotient of those is the whole one, or less by one; if d' has 13, it is so of what a first estimate leaves. */
    uint32_t over = d1 + 1u, leading = n1;
    if (over <= 1u << 12) {
        const unsigned s = leading_zeros(d1), t = leading_zeros(n1);
        if (s - t > 14u) return divide_far(n, d, s, rem);
        over = shifted_low(d, 32u - t) + 1u;
        leading = shifted_low(n, 32u - t);
        if (s == t) over = 0xffffffffu, leading = 0; /* d <= n < 2d */
    }
    uint32_t q = leading / over;
    uint64_t left = n - (uint64_t)q * d;
    if (over <= 1u << 17) {
        const uint32_t more = (uint32_t)(left >> 32) / over;
        q += more;
        left -= (uint64_t)more * d;
    }
    if (left >= d) {
        q++;
        left -= d;
    }
    *rem = left;
    return q;
}

static uint64_t magnitude(int64_t x) { return x < 0 ? 0u - (uint64_t)x : (uint64_t)x; }

static uint64_t signed_divide(int64_t n, int64_t d, int64_t *rem)
{
    uint64_t r;
    uint64_t q = __udivmoddi4(magnitude(n), magnitude(d), &r);
    *rem = (int64_t)(n < 0 ? 0u - r : r);
    return (n < 0) != (d < 0) ? 0u - q : q;
}

#if defined(__arm__)

uint64_t mbpf_ldivmod(int64_t n, int64_t d, int64_t *rem);
uint64_t mbpf_ldivmod(int64_t n, int64_t d, int64_t *rem) { return signed_divide(n, d, rem); }

/* Run-time ABI for the ARM architecture, 4.3.1: quotient in r0:r1, remainder in r2:r3. */
#define MBPF_DIVMOD(name, callee)                                                                              \
    void name(void);                                                                                           \
    __attribute__((naked)) void name(void)                                                                     \
    {                                                                                                          \
        __asm__("push {r4, lr}\n\tsub sp, #16\n\tadd r4, sp, #8\n\tstr r4, [sp]\n\tbl " #callee                \
                "\n\tldr r2, [sp, #8]\n\tldr r3, [sp, #12]\n\tadd sp, #16\n\tpop {r4, pc}");                   \
    }
MBPF_DIVMOD(__aeabi_uldivmod, __udivmoddi4)
MBPF_DIVMOD(__aeabi_ldivmod, mbpf_ldivmod)

#else

uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __udivdi3(uint64_t n, uint64_t d)
{
    uint64_t r;
    return __udivmoddi4(n, d, &r);
}
uint64_t __umoddi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d)
{
    uint64_t r;
    (void)__udivmoddi4(n, d, &r);
    return r;
}
int64_t __divdi3(int64_t n, int64_t d);
int64_t __divdi3(int64_t n, int64_t d)
{
    int64_t r;
    return (int64_t)signed_divide(n, d, &r);
}
int64_t __moddi3(int64_t n, int64_t d);
int64_t __moddi3(int64_t n, int64_t d)
{
    int64_t r;
    (void)signed_divide(n, d, &r);
    return r;
}

#endif

/* Shifts by 0..63; the casts keep the compiler from calling the function it is compiling. */
static uint64_t shift_left(uint64_t x, uint32_t n)
{
    const uint32_t low = (uint32_t)x, high = (uint32_t)(x >> 32);
    if (n >= 32u) return (uint64_t)(low << (n & 31u)) << 32;
    if (n == 0u) return x;
    return (uint64_t)(high << n | low >> (32u - n)) << 32 | (uint32_t)(low << n);
}
static uint64_t shift_right(uint64_t x, uint32_t n, uint32_t fill)
{
    const uint32_t low = (uint32_t)x, high = (uint32_t)(x >> 32);
    if (n == 0u) return x;
    const uint32_t in = n % 32u == 0u ? 0u : fill << (32u - n % 32u);
    if (n >= 32u) return (uint64_t)fill << 32 | (high >> (n & 31u) | in);
    return (uint64_t)(high >> n | in) << 32 | (high << (32u - n) | low >> n);
}

#if defined(__arm__)
#define MBPF_SHIFT_LEFT __aeabi_llsl
#define MBPF_SHIFT_RIGHT __aeabi_llsr
#define MBPF_SHIFT_RIGHT_SIGNED __aeabi_lasr
#else
#define MBPF_SHIFT_LEFT __ashldi3
#define MBPF_SHIFT_RIGHT __lshrdi3
#define MBPF_SHIFT_RIGHT_SIGNED __ashrdi3
#endif
uint64_t MBPF_SHIFT_LEFT(uint64_t x, uint32_t n);
uint64_t MBPF_SHIFT_LEFT(uint64_t x, uint32_t n) { return shift_left(x, n & 63u); }
uint64_t MBPF_SHIFT_RIGHT(uint64_t x, uint32_t n);
uint64_t MBPF_SHIFT_RIGHT(uint64_t x, uint32_t n) { return shift_right(x, n & 63u, 0); }
uint64_t MBPF_SHIFT_RIGHT_SIGNED(uint64_t x, uint32_t n);
uint64_t MBPF_SHIFT_RIGHT_SIGNED(uint64_t x, uint32_t n)
{
    return shift_right(x, n & 63u, (x >> 63) != 0u ? 0xffffffffu : 0u);
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    const uint32_t a0 = (uint32_t)a & 0xffffu, a1 = (uint32_t)a >> 16, b0 = (uint32_t)b & 0xffffu,
                   b1 = (uint32_t)b >> 16;
    const uint32_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0;
    const uint32_t middle = (p00 >> 16) + (p01 & 0xffffu) + (p10 & 0xffffu);
    const uint32_t low = (p00 & 0xffffu) | middle << 16;
    const uint32_t high = a1 * b1 + (p01 >> 16) + (p10 >> 16) + (middle >> 16) + (uint32_t)a * (uint32_t)(b >> 32) +
                          (uint32_t)(a >> 32) * (uint32_t)b;
    return (uint64_t)high << 32 | low;
}
#if defined(__arm__)
uint64_t __aeabi_lmul(uint64_t a, uint64_t b);
uint64_t __aeabi_lmul(uint64_t a, uint64_t b) { return multiply(a, b); }
#else
uint64_t __muldi3(uint64_t a, uint64_t b);
uint64_t __muldi3(uint64_t a, uint64_t b) { return multiply(a, b); }
#endif

#if defined(__arm__) && __ARM_ARCH == 6
/* No divide instruction: shift and subtract, starting at the quotient's first bit. */
MBPF_ROUNDS(mbpf_udivmod32, 32);
uint64_t mbpf_udivmod32(uint32_t n, uint32_t d);
uint64_t mbpf_udivmod32(uint32_t n, uint32_t d)
{
    uint32_t q = 0;
    if (d != 0u && d <= n) {
        unsigned shift = leading_zeros(d) - leading_zeros(n);
        for (d <<= shift;; d >>= 1) {
            q <<= 1;
            if (n >= d) {
                n -= d;
                q |= 1u;
            }
            if (shift-- == 0u) break;
        }
    }
    return (uint64_t)n << 32 | q; /* r0 quotient, r1 remainder */
}
uint64_t mbpf_idivmod32(int32_t n, int32_t d);
uint64_t mbpf_idivmod32(int32_t n, int32_t d)
{
    const uint32_t un = n < 0 ? 0u - (uint32_t)n : (uint32_t)n, ud = d < 0 ? 0u - (uint32_t)d : (uint32_t)d;
    const uint64_t both = mbpf_udivmod32(un, ud);
    const uint32_t q = (uint32_t)both, r = (uint32_t)(both >> 32);
    return (uint64_t)(n < 0 ? 0u - r : r) << 32 | ((n < 0) != (d < 0) ? 0u - q : q);
}
__asm__(".globl __aeabi_uidiv\n.globl __aeabi_uidivmod\n.globl __aeabi_idiv\n.globl __aeabi_idivmod\n"
        ".thumb_set __aeabi_uidiv, mbpf_udivmod32\n.thumb_set __aeabi_uidivmod, mbpf_udivmod32\n"
        ".thumb_set __aeabi_idiv, mbpf_idivmod32\n.thumb_set __aeabi_idivmod, mbpf_idivmod32\n");
#endif

int __clzsi2(uint32_t x);
int __clzsi2(uint32_t x) { return (int)leading_zeros(x); }
int __clzdi2(uint64_t x);
int __clzdi2(uint64_t x)
{
    return (int)((uint32_t)(x >> 32) != 0u ? leading_zeros((uint32_t)(x >> 32)) : 32u + leading_zeros((uint32_t)x));
}

void *memcpy(void *to, const void *from, size_t size);
void *memcpy(void *to, const void *from, size_t size)
{
    uint8_t *t = to;
    for (const uint8_t *f = from; size != 0u; size--) *t++ = *f++;
    return to;
}
void *memmove(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((uintptr_t)t - (uintptr_t)f >= size) return memcpy(to, from, size);
    while (size-- != 0u) t[size] = f[size];
    return to;
}
void *memset(void *to, int byte, size_t size);
void *memset(void *to, int byte, size_t size)
{
    for (uint8_t *t = to; size != 0u; size--) *t++ = (uint8_t)byte;
    return to;
}

#if defined(__arm__)
/* Aliases of the run-time ABI; memset's has its arguments the other way round. */
__asm__(".globl __aeabi_memcpy\n.globl __aeabi_memcpy4\n.globl __aeabi_memcpy8\n.globl __aeabi_memmove\n"
        ".globl __aeabi_memmove4\n.globl __aeabi_memmove8\n"
        ".thumb_set __aeabi_memcpy, memcpy\n.thumb_set __aeabi_memcpy4, memcpy\n.thumb_set __aeabi_memcpy8, memcpy\n"
        ".thumb_set __aeabi_memmove, memmove\n.thumb_set __aeabi_memmove4, memmove\n"
        ".thumb_set __aeabi_memmove8, memmove\n");
void __aeabi_memset(void *to, size_t size, int byte);
void __aeabi_memset(void *to, size_t size, int byte) { (void)memset(to, byte, size); }
void __aeabi_memclr(void *to, size_t size);
void __aeabi_memclr(void *to, size_t size) { (void)memset(to, 0, size); }
__asm__(".globl __aeabi_memset4\n.globl __aeabi_memset8\n.globl __aeabi_memclr4\n.globl __aeabi_memclr8\n"
        ".thumb_set __aeabi_memset4, __aeabi_memset\n.thumb_set __aeabi_memset8, __aeabi_memset\n"
        ".thumb_set __aeabi_memclr4, __aeabi_memclr\n.thumb_set __aeabi_memclr8, __aeabi_memclr\n");
#endif
