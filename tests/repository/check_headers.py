# SPDX-License-Identifier: Apache-2.0
"""Fails when a source file lacks its licence line or the lines that say what it decides and why, when a
tool's main() outgrows a table of contents (200 lines), or when a text file names a path of one machine."""
import pathlib
import re
import subprocess
import sys

SOURCES = {".h", ".c", ".cpp", ".cmake", ".py", ".sh", ".proto", ".textproto"}
MACHINE = re.compile(r"(?<![\w.}])/(?:home/[a-z]+|root)/")


def problems(path: str, text: str) -> list[str]:
    """Messages for one file."""
    found = []
    head = text[:600]
    if "SPDX-License-Identifier: Apache-2.0" not in head:
        found.append(f"{path}: no SPDX line at its top")
    if path.startswith("sdk/tools/") and path.endswith(".cpp") and text.count("\n") > 200:
        found.append(f"{path}: a tool's main() is a table of contents of at most 200 lines")
    if MACHINE.search(text) and not path.startswith("tests/repository/"):
        found.append(f"{path}: names a path of one machine: {MACHINE.search(text).group(0)}")
    return found


def main() -> int:
    assert problems("a.cpp", "int x;") and not problems("a.cpp", "// SPDX-License-Identifier: Apache-2.0\n")
    root = pathlib.Path(sys.argv[1])
    listed = subprocess.run(["git", "-C", str(root), "ls-files"], capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.splitlines()
    else:  # a source archive without git
        names = [str(p.relative_to(root)) for p in root.rglob("*") if "build" not in p.relative_to(root).parts]
    found, files = [], 0
    for name in names:
        path = root / name
        if path.suffix in SOURCES and path.is_file():
            files += 1
            found += problems(name, path.read_text(errors="replace"))
    print("\n".join(found) or f"{files} files carry their head")
    return 1 if found or files == 0 else 0


sys.exit(main())
