/* SPDX-License-Identifier: Apache-2.0
 * The example's kernel as plain native code. */
#include <stdint.h>

#include "fletcher16.h"

extern const uint32_t native_input_bytes;
const uint32_t native_input_bytes = FLETCHER_BYTES;
uint64_t native_kernel(const uint8_t *bytes);

/* A section of its own, so that its code can be measured. */
__attribute__((section("native_code"), noinline)) uint64_t native_kernel(const uint8_t *bytes)
{
    return fletcher16(bytes, FLETCHER_BYTES);
}
