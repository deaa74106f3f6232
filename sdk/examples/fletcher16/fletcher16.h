/* SPDX-License-Identifier: Apache-2.0
 * Fletcher's checksum modulo 255. The kernel alone, so that the same C is built both as a program and
 * natively for comparison. */
#ifndef FLETCHER16_H
#define FLETCHER16_H

#define FLETCHER_BYTES 360

static inline unsigned int fletcher16(const unsigned char *data, unsigned int count)
{
    unsigned int low = 0, high = 0;
    for (unsigned int i = 0; i < count; i++) {
        low = (low + data[i]) % 255;
        high = (high + low) % 255;
    }
    return high << 8 | low;
}

#endif
