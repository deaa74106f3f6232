#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads an in-toto statement from stdin and holds it against the package and the source: what is in the
signed header, and what the source's bytes are, computed here."""
import hashlib
import json
import pathlib
import sys

statement = json.load(sys.stdin)
header = pathlib.Path(sys.argv[1]).read_bytes()[:256]
assert statement["_type"] == "https://in-toto.io/Statement/v1", statement["_type"]
assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
assert statement["subject"][0]["digest"]["sha256"] == header[144:176].hex(), "subject is not the payload"
definition = statement["predicate"]["buildDefinition"]
sources = {d["uri"]: d["digest"]["sha256"] for d in definition["resolvedDependencies"]}
assert sources[sys.argv[2]] == hashlib.sha256(pathlib.Path(sys.argv[2]).read_bytes()).hexdigest(), "source"
assert any(uri.endswith("microbpf.h") for uri in sources), "headers are missing"
tools = statement["predicate"]["runDetails"]["builder"]["version"]
print("target", definition["externalParameters"]["target"], "by", ", ".join(sorted(tools)) + ":", "source, payload and types match")
