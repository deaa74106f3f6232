/* SPDX-License-Identifier: Apache-2.0
 * Ethernet, IPv4, UDP or TCP against a list of rules; the first that matches decides. */
#include "kernel.h"
#define RULES 8
struct rule { u32 network, mask; u16 port_low, port_high; u8 protocol, verdict; u16 pad; };
struct memory { struct rule rules[RULES]; u8 frame[64]; };
static inline u32 be16(const u8 *p) { return (u32)p[0] << 8 | p[1]; }
static inline u32 be32(const u8 *p) { return be16(p) << 16 | be16(p + 2); }
KERNEL(struct memory, m)
{
    const u8 *ip = m->frame + 14;
    if (be16(m->frame + 12) != 0x0800 || ip[0] >> 4 != 4)
        return 2;
    u32 header = (ip[0] & 15u) * 4;
    if (header < 20 || header > 40 || be16(ip + 2) < header)
        return 0;
    u32 source = be32(ip + 12), protocol = ip[9], port = be16(ip + header + 2);
    for (u32 i = 0; i < RULES; i++) {
        const struct rule *r = &m->rules[i];
        if ((source & r->mask) == r->network && (r->protocol == 0 || r->protocol == protocol) && port >= r->port_low &&
            port <= r->port_high)
            return r->verdict;
    }
    return 1;
}
