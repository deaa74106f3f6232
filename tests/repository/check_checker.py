# SPDX-License-Identifier: Apache-2.0
"""Counts what is trusted: the lines of the proof checker by the rule that docs/certificate.md states, and fails when
there are more than it says, or when it says more than there are."""
import pathlib
import re
import sys

# Tables: the instruction set, what values and environments are, and the reasons a refusal is told with.
TABLES = {"environment.h", "kinds.h", "decode.h", "decode.cpp"}
REASONS = re.compile(r"^(?:enum class (?:Reason|CheckError)\b|struct Failure \{).*?^\};$", re.MULTILINE | re.DOTALL)
STATED = re.compile(r"\*\*([0-9,]+) lines\*\* of code and ([0-9,]+) of tables")
SLACK = 80  # so that not every line touches the document


def code_lines(text: str) -> int:
    """Lines that are neither blank nor comment alone."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("//"))


def count(files: dict[str, str]) -> tuple[int, int]:
    """Lines of code, and of tables."""
    code = tables = 0
    for name, text in files.items():
        all_lines = code_lines(text)
        in_tables = all_lines if name in TABLES else sum(code_lines(block) for block in REASONS.findall(text))
        code += all_lines - in_tables
        tables += in_tables
    return code, tables


def main() -> int:
    sample = {"kinds.h": "int a;\n", "x.h": "// no\n\nenum class Reason {\n    none,\n};\nint b;  // yes\n"}
    assert count(sample) == (1, 4), count(sample)
    root = pathlib.Path(sys.argv[1])
    code, tables = count({p.name: p.read_text() for p in sorted((root / "verifier/checker").iterdir())})
    stated = STATED.search((root / "docs/certificate.md").read_text())
    if not stated:
        print("docs/certificate.md states no number of lines")
        return 1
    wanted = tuple(int(n.replace(",", "")) for n in stated.groups())
    print(f"checker: {code} lines of code, {tables} of tables; docs/certificate.md says {wanted[0]} and {wanted[1]}")
    return 0 if all(has <= says <= has + SLACK for has, says in zip((code, tables), wanted)) else 1


if __name__ == "__main__":
    sys.exit(main())
