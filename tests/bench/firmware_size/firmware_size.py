#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the runtime takes on a Cortex-M4: bytes of code and constants by part, from the linker's map; static RAM; stack.

  tests/bench/firmware_size/firmware_size.py [BUILD_FOLDER] [--json FILE] [--functions N] [--no-stack]

The image is the whole runtime without virtual hardware (main.c beside this file), linked without merging strings so that
each stays with its file; "bare" is without isolation and attestation, with the least sizes,
"fixed" that without replacing root records. Fails if a part that has a limit is beyond it, or a byte of the image belongs to no part.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]

# Parts in the order of the table: name, objects (their files' names without suffix). `libc` takes what is in archives
# of the compiler and the C library.
PARTS = [
    ("loader core", "admission arena load policy hooks text"),
    ("isolation", "isolation fault isolate mpu_v7m enter"),
    ("signatures, trust", "signatures grants trust root_flash verified"),
    ("Ed25519", "ed25519 ed25519_curve open sha512"),
    ("SHA-256", "sha256"),
    ("transfer, hot swap, preload", "transfer swap preload"),
    ("store", "store journal commit flash_write"),
    ("control line", "control control_faults control_run control_state control_store frame message crc32 console"),
    ("nanopb", "pb_decode pb_encode"),
    ("log of events", "events event_flash"),
    ("attestation's signing", "attest control_attest ed25519_sign sign"),
    ("map types", "map map_array map_hash map_records map_lpm map_lru map_queue map_ringbuf map_series map_program"),
    ("helpers, platform's tables", "format maps ring_buffer time trace_printk isa microbpf_platform packet atomics"),
    ("port and main", "startup cpu cmsdk line ram_flash main image"),
    ("libc, libgcc", "memory divide"),
]
WITHOUT = {"attestation's signing", "map types", "helpers, platform's tables", "port and main", "isolation", "log of events"}
SECTION = re.compile(r"^\s*[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)\s+\d+ {9}(\S.*):\((\.[^)]+)\)$")
OUTPUT = re.compile(r"^\s*[0-9a-f]+\s+([0-9a-f]+)\s+([0-9a-f]+)\s+\d+ (\S+)$")
READ_ONLY = {".text", ".rodata", ".data"}  # what lies in flash
RAM = {".data", ".bss"}


def sections(path):
    """(output section, object, input section, bytes) of a map that LLD wrote."""
    output = None
    for line in path.read_text().splitlines():
        if m := OUTPUT.match(line):
            output = m[3]
        elif m := SECTION.match(line):
            name = m[2].split("(")[-1].rstrip(")") if m[2].endswith(")") else m[2].split("/")[-1]
            yield output, re.sub(r"\.(c|S)?\.?(obj|o)$", "", name), m[2], m[3], int(m[1], 16)


def part_of(name, path):
    if "libc.a" in path or "libgcc.a" in path:
        return "libc, libgcc"
    for part, names in PARTS:
        if name in names.split():
            return part
    return None


def measure(path):
    code, ram, biggest, strays = collections.Counter(), collections.Counter(), [], []
    for output, name, obj, section, size in sections(path):
        if size == 0:
            continue
        if output in READ_ONLY and section != ".ARM.exidx":
            part = part_of(name, obj)
            if part is None:
                strays.append(f"{obj}:({section}) {size}")
            code[part] += size
            biggest.append((size, section, name))
        if output in RAM or output == ".noinit":
            ram[section] += size
    return code, ram, sorted(biggest, reverse=True), strays


def peak_stack(build, image):
    """Deepest use of the main stack: a signed package comes over the line, is verified, stored, loaded, runs, is upgraded."""
    tools = build / "bin"
    environment = dict(os.environ, MBPF_PASSPHRASE="size")
    with tempfile.TemporaryDirectory() as folder:
        def run(*arguments, **more):
            return subprocess.run([tools / arguments[0], *arguments[1:]], cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=120, **more).stdout
        pathlib.Path(folder, "tick.bpf.c").write_text('#include <mbpf/microbpf.h>\nSEC("timer/10ms") int tick(struct timer_event *e) { return e->overruns == 0; }\n')
        run("mbpf-sign", "keygen", "--role", "verifier", "-o", "ci")
        run("mbpf-sign", "keygen", "--role", "release", "-o", "release")
        run("mbpf-cc", "build", "tick.bpf.c", "--target", "cortex-m4", "-o", "tick.mbpf")
        run("mbpf-sign", "sign", "tick.mbpf", "--key", "ci.key", "--key", "release.key")
        board = subprocess.Popen([tools / "mbpf-sim", "board", "cortex-m4", "--firmware", str(image), "--pub", "ci.pub", "--pub", "release.pub", "--listen", "unix:line"],
                                 cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            board.stdout.readline()
            said = ""
            for request in (["push", "tick.mbpf"], ["list"], ["confirm", "tick"], ["push", "tick.mbpf"], ["slots"], ["info"], ["unload", "tick"]):
                run("mbpf-deploy", "--device", "unix:line", "--timeout-ms", "10000", *request)
                said += run("mbpf-deploy", "--device", "unix:line", "log")
        finally:
            board.terminate()
            board.wait()
    return max(int(n) for n in re.findall(r"stack (\d+)", said))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", default=str(ROOT / "build/release"))
    parser.add_argument("--json")
    parser.add_argument("--functions", type=int, default=0, help="the greatest so many")
    parser.add_argument("--no-stack", action="store_true", help="no emulator")
    a = parser.parse_args()
    build = pathlib.Path(a.build).resolve()
    maps = build / "firmware_runtime/cortex-m4/firmware_runtime"
    levels = {level: measure(maps / f"{image}-cortex-m4.map") for level, image in
              (("-Oz", "size"), ("-Os", "size-os"), ("-Oz bare", "size-plain"), ("-Os bare", "size-plain-os"), ("-Oz fixed", "size-fixed"))}
    limits = json.loads((pathlib.Path(__file__).parent / "limits.json").read_text())
    failed = [f"{level}: belongs to no part: {s}" for level, (_, _, _, strays) in levels.items() for s in strays]
    rows = [(part, *(code[part] for code, *_ in levels.values())) for part, _ in PARTS]
    for name, parts in (("Ed25519, hash, trust, store, line, loader", [p for p, _ in PARTS if p not in WITHOUT]), ("all", [p for p, _ in PARTS])):
        rows.append((name, *(sum(code[p] for p in parts) for code, *_ in levels.values())))
    print(f"{'bytes of code and constants on Cortex-M4, clang-19':<56}" + "".join(f"{level:>10}" for level in levels))
    for name, *values in rows:
        print(f"{name:<56}" + "".join(f"{v:>10}" for v in values))
    result = {"code": {name: dict(zip(levels, values)) for name, *values in rows}}
    # What the small images' sizes give to packages: a slot, the arena (firmware_size.cmake).
    ram = sum(levels["-Oz bare"][1].values()) - 4096 - 2048
    result["static_ram"] = ram
    print(f"{'static RAM without slots, arena and stack, bare, least sizes':<56}{ram:>10}")
    if not a.no_stack:
        images = build / "firmware_runtime/cortex-m4/firmware"
        result["peak_stack"] = peak_stack(build, images / "size-cortex-m4.elf")
        result["peak_stack_bare"] = peak_stack(build, images / "size-plain-cortex-m4.elf")
        print(f"{'peak stack: two signatures verified, stored, run':<56}{result['peak_stack']:>10}{result['peak_stack_bare']:>20}")
    for size, section, name in levels["-Oz"][2][:a.functions]:
        print(f"{size:>8} {section} {name}")
    for key, limit in limits.items():
        name, level = key.split(" @ ")
        value = result.get(level, 0) if name == "RAM" else result["code"][name][level]
        if value > limit:
            failed.append(f"{name} {level}: {value} bytes, limit {limit}")
    if a.json:
        pathlib.Path(a.json).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(a.json).write_text(json.dumps(result, indent=1) + "\n")
    for text in failed:
        print(text, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
