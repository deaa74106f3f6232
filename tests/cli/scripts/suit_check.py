#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a SUIT envelope with a CBOR and an Ed25519 implementation that are not ours, as the profile's
consumer would: suit_check.py draft|riot ENVELOPE PUBLIC-KEY PACKAGE."""
import base64
import hashlib
import pathlib
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

profile, envelope_path, key_path, package_path = sys.argv[1:]
draft = profile == "draft"
SHA256 = -16 if draft else 2
INSTALL, VALIDATE = (20, 7) if draft else (9, 10)


def load(data: bytes):
    """Decodes all of it, and only what is in deterministic form."""
    value = cbor2.loads(data)
    if cbor2.dumps(value, canonical=True) != data:
        sys.exit("not in deterministic encoding")
    return value


def need(condition: bool, what: str) -> None:
    if not condition:
        sys.exit("wrong: " + what)


def commands(data: bytes) -> list:
    """A command sequence as pairs; RIOT's begins by choosing component 0."""
    flat = load(data)
    pairs = list(zip(flat[::2], flat[1::2]))
    need(len(flat) % 2 == 0, "odd command sequence")
    if not draft:
        need(pairs.pop(0) == (12, 0), "no component chosen")
    return pairs


envelope = load(pathlib.Path(envelope_path).read_bytes())
if draft:
    need(isinstance(envelope, cbor2.CBORTag) and envelope.tag == 107, "tag")
    envelope = envelope.value
manifest_bytes = envelope[3]
digest = [SHA256, hashlib.sha256(cbor2.dumps(manifest_bytes)).digest()]

authentication = load(envelope[2])
if draft:
    need(load(authentication.pop(0)) == digest, "digest of the manifest")
need(len(authentication) == 1, "one signature")
block = load(authentication[0])
need(block.tag == 18 and len(block.value) == 4, "COSE_Sign1")
protected, unprotected, payload, signature = block.value
need(load(protected) == {1: -8} and unprotected == {}, "headers")
if draft:
    need(payload is None, "detached payload")
    payload = cbor2.dumps(digest)
else:
    need(load(payload) == digest, "digest of the manifest")
key = Ed25519PublicKey.from_public_bytes(base64.b64decode(pathlib.Path(key_path).read_text().split()[2]))
try:
    key.verify(signature, cbor2.dumps(["Signature1", protected, b"", payload]))
except InvalidSignature:
    sys.exit("wrong: signature")

manifest = load(manifest_bytes)
need(set(manifest) == {1, 2, 3, INSTALL, VALIDATE} and manifest[1] == 1, "manifest members")
common = load(manifest[3])
(override, parameters), *conditions = commands(common[4])
need(override == 20 and set(parameters) == {1, 2, 3, 14} and conditions == [(1, 15), (2, 15)], "shared sequence")
(set_uri, where), *steps = commands(manifest[INSTALL])
need(set_uri == 20 and steps == [(21, 2), (3, 15)], "install sequence")
need(commands(manifest[VALIDATE]) == [(3, 15)], "validate sequence")

image = pathlib.Path(package_path).read_bytes()
if where[21].startswith("#"):
    need(envelope[where[21]] == image, "integrated payload")
need(parameters[14] == len(image) and load(parameters[3]) == [SHA256, hashlib.sha256(image).digest()], "image digest")
print(f"{profile}: sequence {manifest[2]}, component {common[2]}, vendor {parameters[1].hex()}, class {parameters[2].hex()}, {where[21]}: signature, digests and image match")
