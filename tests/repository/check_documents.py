# SPDX-License-Identifier: Apache-2.0
"""Fails when a document names a path that does not exist, or links to a missing heading's file."""
import pathlib
import re
import sys

TOP = "core|verifier|compiler|linker|signer|simulator|sdk|firmware_runtime|cmake|tests|docs|scripts"
PATH = re.compile(rf"`((?:{TOP})/[A-Za-z0-9_./-]+|\./[a-z_]+\.sh)`")
FENCED = re.compile(r"^```.*?^```", re.M | re.S)  # C has ](…) too
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def named_paths(text: str) -> list[str]:
    """Paths in backticks under the repository's folders (patterns with * or <> are not paths)."""
    return [p.rstrip("/.") for p in PATH.findall(text)]


def main() -> int:
    assert named_paths("see `core/isa.h` and `./test.sh`") == ["core/isa.h", "./test.sh"]
    root = pathlib.Path(sys.argv[1])
    missing, checked = [], 0
    documents = [p for p in root.rglob("*.md") if "build" not in p.relative_to(root).parts]
    for document in documents:
        text = document.read_text()
        for path in named_paths(text):
            checked += 1
            if not (root / path).exists():
                missing.append(f"{document.relative_to(root)}: {path} does not exist")
        for link in LINK.findall(FENCED.sub("", text)):
            checked += 1
            if not (document.parent / link).exists():
                missing.append(f"{document.relative_to(root)}: link to {link} leads nowhere")
    print("\n".join(missing) or f"{checked} paths in {len(documents)} documents exist")
    return 1 if missing or checked == 0 else 0


sys.exit(main())
