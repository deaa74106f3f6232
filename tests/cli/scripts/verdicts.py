#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what a report of mbpf-verify, JSON or SARIF, says of each input; fails if it is not one document."""
import json
import sys

report = json.load(open(sys.argv[1], encoding="utf-8"))
if isinstance(report, dict) and "runs" in report:
    for r in report["runs"][0]["results"]:
        print(f'{r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]}: {r["level"]} {r["ruleId"]}')
else:
    for o in report if isinstance(report, list) else [report]:
        said = [" ".join(filter(None, (p["function"], p["verdict"], p["code"], p.get("class")))) for p in o["programs"]]
        said += [f'{d["severity"]} {d["code"]}' for d in o.get("diagnostics", [])]
        print(f'{o["object"]}: {", ".join(said)}')
