#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tamper.py IN WHAT OUT: changes a package and makes its digests fit again, as an attacker before signing can."""
import hashlib
import struct
import sys

data = bytearray(open(sys.argv[1], "rb").read())
signed = struct.unpack_from("<I", data, 8)[0]
text = struct.unpack_from("<I", data, 64)[0]
if sys.argv[2] == "text":
    data[text] ^= 1
elif sys.argv[2] == "bound":
    struct.pack_into("<Q", data, 128, 1)
elif sys.argv[2] == "strip":
    data = data[: signed + 8]
before, after = data[144:176], hashlib.sha256(data[256:signed]).digest()
data[144:176] = after
at = data.find(b"HOST", signed)
if at >= 0:  # the provenance too is made to fit
    data = bytearray(bytes(data).replace(before.hex().encode(), after.hex().encode()))
    count = struct.unpack_from("<I", data, at + 4)[0]
    blob = at + 8 + 40 * count
    for row in range(at + 8, blob, 40):
        size = struct.unpack_from("<I", data, row + 4)[0]
        data[row + 8 : row + 40] = hashlib.sha256(data[blob : blob + size]).digest()
        blob += size
    data[176:208] = hashlib.sha256(data[at : at + 8 + 40 * count]).digest()
open(sys.argv[3], "wb").write(data)
