#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A key held elsewhere, by an implementation that is not ours: keygen NAME ROLE; sign NAME TBS SIGNATURE."""
import base64
import pathlib
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

command, name, *rest = sys.argv[1:]
if command == "keygen":
    key = Ed25519PrivateKey.generate()
    pathlib.Path(name + ".raw").write_bytes(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    public = base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    pathlib.Path(name + ".pub").write_text(f"mbpf-pub-v1 {rest[0]} {public} elsewhere\n")
else:
    key = Ed25519PrivateKey.from_private_bytes(pathlib.Path(name + ".raw").read_bytes())
    pathlib.Path(rest[1]).write_bytes(key.sign(pathlib.Path(rest[0]).read_bytes()))
