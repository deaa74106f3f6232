# SPDX-License-Identifier: Apache-2.0
"""Fails unless docs/porting.md shows, file by file and line by line, the port that it says it is, of at most 300 lines.

Every board's folder is counted: a guide that only one board can follow is none.
"""
import pathlib
import re
import sys

LIMIT = 300
PORT = "firmware_runtime/port/riscv/sifive_e"
BLOCK = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.M | re.S)


def differences(guide: str, files: dict[str, str]) -> list[str]:
    """What is in one of the two and not in the other."""
    shown = dict(BLOCK.findall(guide))
    found = [f"{name} is not in the guide" for name in files if name not in shown]
    found += [f"the guide has {name}, the port has not" for name in shown if name not in files]
    found += [f"{name} differs" for name in shown if name in files and shown[name] != files[name]]
    return found


def self_test() -> None:
    """The check must be able to fail."""
    assert not differences("`a.c`:\n\n```c\nint a;\n```\n", {"a.c": "int a;\n"})
    for files in ({"a.c": "int b;\n"}, {}, {"a.c": "int a;\n", "b.c": ""}):
        assert differences("`a.c`:\n\n```c\nint a;\n```\n", files), files


def main() -> int:
    self_test()
    root = pathlib.Path(sys.argv[1])
    files = {p.name: p.read_text() for p in sorted((root / PORT).iterdir())}
    found = differences((root / "docs/porting.md").read_text(), files)
    for board in sorted((root / "firmware_runtime/port").glob("*/*/board.cmake")):
        lines = sum(len(p.read_text().splitlines()) for p in board.parent.iterdir())
        print(f"{lines:4} lines: {board.parent.relative_to(root)}")
        if lines >= LIMIT:
            found.append(f"{board.parent.relative_to(root)} has {lines} lines, {LIMIT} or more")
    for text in found:
        print(text, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
