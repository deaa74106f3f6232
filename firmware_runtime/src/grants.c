/* SPDX-License-Identifier: Apache-2.0
 * What a package may have: capabilities and hooks, as far as the device and one of the release keys that signed
 * grant them. */
#include "mbpf/admission_check.h"

bool mbpf_check_capabilities(const mbpf_runtime *rt, mbpf_admitted *p, mbpf_verdict *v)
{
    const mbpf_trust *t = &rt->trust;
    if ((p->header.capabilities & ~t->capabilities) != 0u) {
        return mbpf_refuse(v, MBPF_ADMIT_CAPABILITY, t->capabilities, p->header.capabilities, "granted to this device");
    }
    uint64_t granted = 0u;
    for (uint32_t k = 0u; k < t->root.count; k++) {
        if ((p->releasers >> k & 1u) != 0u && (p->header.capabilities & ~t->root.keys[k].capabilities) != 0u) {
            granted = t->root.keys[k].capabilities;
            p->releasers &= ~(1u << k);
        }
    }
    return p->releasers != 0u || mbpf_refuse(v, MBPF_ADMIT_CAPABILITY, granted, p->header.capabilities, "granted by the release key");
}

/* One key must grant all hooks of the package, and its capabilities too: grants of several do not add up. */
bool mbpf_check_grants(const mbpf_runtime *rt, mbpf_admitted *p, mbpf_verdict *v)
{
    for (uint32_t i = 0u; i < p->header.program_count; i++) {
        uint32_t id = p->points[i]->row->id;
        uint64_t bit = 1ull << (id < 63u ? id : 63u), granted = 0u;
        for (uint32_t k = 0u; k < rt->trust.root.count; k++) {
            const mbpf_trusted_key *key = &rt->trust.root.keys[k];
            if ((p->releasers >> k & 1u) != 0u && (key->hooks & bit) == 0u) {
                granted = key->hooks;
                p->releasers &= ~(1u << k);
            }
        }
        if (p->releasers == 0u) {
            return mbpf_refuse(v, MBPF_ADMIT_HOOK_NOT_GRANTED, granted, bit, p->points[i]->row->name);
        }
    }
    return true;
}
