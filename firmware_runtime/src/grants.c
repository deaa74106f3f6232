/* SPDX-License-Identifier: Apache-2.0
 * What a package may have: capabilities and hooks, as far as the device and one of the release keys that signed
 * grant them. */
#include <string.h>

#include "mbpf/admission_check.h"

/* Takes the release keys back that do not grant all of `wanted`; what the last of them grants is left in `granted`. */
static bool narrow(mbpf_admitted *p, size_t grant, uint64_t wanted, uint64_t *granted)
{
    const mbpf_root *root = &p->rt->trust.root;
    *granted = 0u;
    for (uint32_t k = 0u; k < root->count; k++) {
        uint64_t grants;
        memcpy(&grants, (const uint8_t *)&root->keys[k] + grant, sizeof grants);
        if ((p->releasers >> k & 1u) != 0u && (wanted & ~grants) != 0u) {
            *granted = grants;
            p->releasers &= ~(1u << k);
        }
    }
    return p->releasers != 0u;
}

bool mbpf_check_capabilities(mbpf_admitted *p, uint32_t i, const mbpf_row *row)
{
    const uint64_t wanted = p->header.capabilities;
    uint64_t granted = p->rt->trust.capabilities;
    (void)i;
    (void)row;
    p->detail = "granted to this device";
    if ((wanted & ~granted) == 0u) {
        p->detail = "granted by the release key";
        if (narrow(p, offsetof(mbpf_trusted_key, capabilities), wanted, &granted)) {
            return true;
        }
    }
    return mbpf_fail_u64(p, MBPF_ADMIT_CAPABILITY, granted, wanted);
}

/* One key must grant all hooks of the package, and its capabilities too: grants of several do not add up. */
bool mbpf_check_grants(mbpf_admitted *p, uint32_t i, const mbpf_row *program)
{
    const uint32_t id = p->points[i]->row->id;
    const uint64_t bit = 1ull << (id < 63u ? id : 63u);
    uint64_t granted;
    (void)program;
    p->detail = p->points[i]->row->name;
    return narrow(p, offsetof(mbpf_trusted_key, hooks), bit, &granted) || mbpf_fail_u64(p, MBPF_ADMIT_HOOK_NOT_GRANTED, granted, bit);
}
