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
data[144:176] = hashlib.sha256(data[256:signed]).digest()
open(sys.argv[3], "wb").write(data)
