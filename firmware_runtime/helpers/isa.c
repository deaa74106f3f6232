/* SPDX-License-Identifier: Apache-2.0
 * The one helper of the conformance platform. */
#include "isa_platform.h"

MBPF_ABI_ASSERT(sizeof(void *) == 4 || sizeof(void *) == 8, "flat address space");

int64_t mbpf_helper_identity(uint64_t value)
{
    return (int64_t)value;
}
