#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands and options that documents and diagnostics tell people to type exist: each mention of a tool with a
command or option is held against what the tool's --help, and the command's, lists."""
import functools
import pathlib
import re
import subprocess
import sys

root, bin_folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
MENTION = re.compile(r"\b(mbpf-(?:cc|verify|sign|deploy|sim))((?: [^`|;\"\n()]*)?)")


@functools.cache
def help_of(*command):
    result = subprocess.run([bin_folder / command[0], *command[1:], "--help"], capture_output=True, text=True, timeout=60)
    return result.stdout


def commands_of(text):
    parts = text.split("Subcommands:")
    return re.findall(r"^  (\S+)", parts[1].split("\n\n")[0], re.M) if len(parts) > 1 else []


def problems(text):
    for tool, rest in MENTION.findall(text):
        words = [w.strip(".,:'") for w in rest.split()]
        command, known = [tool], commands_of(help_of(tool))
        start = next((i for i, w in enumerate(words) if w in known), None)
        if start is not None:
            for word in words[start:]:
                if word not in commands_of(help_of(*command)):
                    break
                command.append(word)
        texts = help_of(*command) + help_of(tool)
        for option in (w for w in words if re.fullmatch(r"--?[A-Za-z][\w-]*", w)):
            if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", texts):
                yield f"{' '.join(command)} has no {option}"


tools = ["mbpf-cc", "mbpf-verify", "mbpf-sign", "mbpf-deploy", "mbpf-sim"]
missing = [t for t in tools if not (bin_folder / t).exists()]
if missing:
    print("not built:", ", ".join(missing))
    sys.exit(0)
files = [root / "README.md", root / "CONTRIBUTING.md"]
for folder in ("docs", "sdk", "firmware_runtime"):
    files += sorted((root / folder).rglob("*.md"))
files += sorted((root / "core/codes").glob("*.def")) + [root / "firmware_runtime/include/mbpf/abi/admission.h"]
wrong = [f"{f.relative_to(root)}:{n}: {p}: {line.strip()[:120]}" for f in files for n, line in enumerate(f.read_text().splitlines(), 1) for p in problems(line)]
mentions = sum(len(MENTION.findall(f.read_text())) for f in files)
print("\n".join(wrong) or f"{mentions} mentions of the tools in {len(files)} files")
sys.exit(1 if wrong else 0)
