#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""C in documents is C that works: the README's excerpt stands in its example, up to its "…", and what docs/integration
shows of an application compiles as it stands, with the objects it names declared. (docs/porting.md has a check of its
own; the rules' examples are judged by tests/rules.) Arguments: root, C compiler, folders of generated headers."""
import pathlib
import re
import subprocess
import sys
import tempfile

root, compiler, folders = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]


def blocks(document):
    return re.findall(r"^```c\n(.*?)^```", (root / document).read_text(), re.M | re.S)


def excerpt_problems():
    (block,) = blocks("README.md")
    source = (root / "sdk/examples/estop/estop.bpf.c").read_text()
    lines = block.split("…")[0].rstrip()
    return [] if lines in source else ["README.md: the excerpt of sdk/examples/estop/estop.bpf.c is not in it"]


APPLICATION = """
#include <mbpf/control.h>
#include <mbpf/port.h>
#include <mbpf/runtime.h>
#include <microbpf_platform.h>
static mbpf_runtime runtime;
static mbpf_control control;
static mbpf_hook_point *point;
static const uint8_t anchors[132];
void application(void);
void application(void)
{
(void)point;
%s}
"""


def application_problems(folder):
    (block,) = blocks("docs/integration/README.md")
    source = pathlib.Path(folder) / "application.c"
    source.write_text(APPLICATION % block)
    result = subprocess.run([compiler, "-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{root}/firmware_runtime/include",
                             *(f"-isystem{f}" for f in folders), source], capture_output=True, text=True)
    return [] if result.returncode == 0 else ["docs/integration/README.md: its C does not compile:\n" + result.stderr]


with tempfile.TemporaryDirectory() as temporary:
    wrong = excerpt_problems() + application_problems(temporary)
others = {d for d in ("README.md", "CONTRIBUTING.md", *(str(p.relative_to(root)) for p in (root / "docs").rglob("*.md"))) if blocks(d)} - {
    "README.md", "docs/porting.md", "docs/integration/README.md"}
wrong += [f"{d}: C that no test looks at" for d in sorted(others)]
print("\n".join(wrong) or "the C of documents holds")
sys.exit(1 if wrong else 0)
