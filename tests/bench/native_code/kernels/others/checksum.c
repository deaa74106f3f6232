/* SPDX-License-Identifier: Apache-2.0
 * Internet checksum of 60 bytes, big endian. */
#include "../kernel.h"
struct memory { u8 data[60]; };
KERNEL(struct memory, m)
{
    u32 sum = 0;
    for (u32 i = 0; i < 60; i += 2)
        sum += (u32)m->data[i] << 8 | m->data[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (u16)~sum;
}
