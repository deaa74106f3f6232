#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the id of the key that signed PACKAGE as ROLE."""
import json
import subprocess
import sys

report = subprocess.run(["mbpf-sign", "inspect", sys.argv[1], "--json"], capture_output=True, check=True).stdout
print(next(s["key_id"] for s in json.loads(report)["signatures"] if s["role"] == sys.argv[2]))
