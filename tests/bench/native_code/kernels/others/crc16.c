/* SPDX-License-Identifier: Apache-2.0
 * CRC-16/CCITT bit by bit, over 64 bytes. */
#include "../kernel.h"
struct memory { u8 data[64]; };
KERNEL(struct memory, m)
{
    u16 crc = 0xffff;
    for (u32 i = 0; i < sizeof(m->data); i++) {
        crc ^= (u16)(m->data[i] << 8);
        for (u32 bit = 0; bit < 8; bit++)
            crc = crc & 0x8000 ? (u16)(crc << 1 ^ 0x1021) : (u16)(crc << 1);
    }
    return crc;
}
