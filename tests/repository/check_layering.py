# SPDX-License-Identifier: Apache-2.0
"""Fails when a stage includes or links what stands to its right in docs/architecture.md's picture.

A stage includes itself and the stages to its left; firmware_runtime includes nothing of ours, anyone may
include its abi/ headers, only simulator/ (and tests) its others; only compiler/ and linker/ use LLVM.
"""
import pathlib
import re
import sys

ORDER = ["core", "verifier", "compiler", "linker", "signer", "simulator", "sdk"]
LLVM_USERS = {"compiler", "linker"}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)
LLVM_HEADER = re.compile(r"^(llvm|llvm-c|clang|lld)/")


def violations(path: pathlib.Path, stage: str, text: str) -> list[str]:
    """Messages for one file's includes that point the wrong way."""
    found = []
    for header in INCLUDE.findall(text):
        first = header.split("/")[0]
        if stage == "firmware_runtime":
            if first in ORDER:
                found.append(f"{path}: firmware_runtime includes {header}: it stands alone")
            continue
        if first in ORDER and ORDER.index(first) > ORDER.index(stage):
            found.append(f"{path}: {stage} includes {header}, which stands to its right")
        if LLVM_HEADER.match(header) and stage not in LLVM_USERS:
            found.append(f"{path}: {stage} includes {header}: only compiler/ and linker/ use LLVM")
        if LLVM_HEADER.match(header) and path.suffix == ".h" and path.parent.name in LLVM_USERS and stage in LLVM_USERS:
            found.append(f"{path}: a public header of {stage} exposes {header}")
        runtime = first == "mbpf" and not header.startswith("mbpf/abi/")
        if (runtime or first == "firmware_runtime") and stage != "simulator":
            found.append(f"{path}: {stage} includes {header}: only the runtime's abi/ headers are shared")
    return found


def self_test() -> None:
    """The check must be able to fail."""
    bad = [
        ("core", '#include "verifier/verify.h"'),
        ("verifier", "#include <llvm/IR/Module.h>"),
        ("firmware_runtime", '#include "core/isa.h"'),
        ("signer", '#include "mbpf/runtime.h"'),
    ]
    for stage, text in bad:
        assert violations(pathlib.Path("x.cpp"), stage, text), (stage, text)
    good = [("linker", '#include "core/isa.h"'), ("compiler", "#include <llvm/IR/Module.h>"),
            ("linker", "#include <mbpf/abi/package.h>"), ("simulator", '#include "mbpf/runtime.h"')]
    for stage, text in good:
        assert not violations(pathlib.Path("x.cpp"), stage, text), (stage, text)


def main() -> int:
    self_test()
    root = pathlib.Path(sys.argv[1])
    found, files = [], 0
    for stage in ORDER + ["firmware_runtime"]:
        for path in sorted((root / stage).rglob("*")):
            relative = path.relative_to(root)
            if path.suffix not in {".h", ".c", ".cpp", ".hpp"} or "examples" in relative.parts or "include" in relative.parts[:2] and stage == "sdk":
                continue
            files += 1
            found += violations(relative, stage, path.read_text(errors="replace"))
    print("\n".join(found) or f"layering holds in {files} files")
    return 1 if found or files == 0 else 0


sys.exit(main())
