/* SPDX-License-Identifier: Apache-2.0
 * Bit by bit, in 80 bytes of code: what the compiler's library has for 64-bit division takes 750, and none of the few
 * places that divide so is in a hurry. */
#include "divide.h"

uint64_t mbpf_divide(uint64_t number, uint32_t by)
{
    const uint32_t high = (uint32_t)(number >> 32);
    uint32_t low = (uint32_t)number, rest = high % by, quotient = 0u;
    for (uint32_t i = 0u; i < 32u; i++) {
        const bool beyond = (rest & 0x80000000u) != 0u; /* the next bit makes it 33 bits long */
        rest = rest << 1 | low >> 31;
        low <<= 1;
        quotient <<= 1;
        if (beyond || rest >= by) {
            rest -= by;
            quotient |= 1u;
        }
    }
    return (uint64_t)(high / by) << 32 | quotient;
}
