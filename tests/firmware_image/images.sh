#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Images with preloaded programs, built as a user's project builds them, for one board: boots it in QEMU, has its program
# run, checks that changed programs do not, and by the linker's map that nothing is linked that was not named.
#   images.sh BUILD_DIR BOARD DEVICE_SOURCES
set -euo pipefail
build=$(cd "$1" && pwd) board=$2 sources=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export PATH="$build/bin:$PATH" MBPF_PASSPHRASE=test
work=$build/test_output/images/${board//\//_}
rm -rf "$work"
mkdir -p "$work"
case $board in
    cortex_m/microbit) cpu=cortex-m0 target=cortex-m0plus emulator=(qemu-system-arm -M microbit -kernel) ;;
    cortex_m/mps2_an386) cpu=cortex-m4 target=cortex-m4 emulator=(qemu-system-arm -M mps2-an386 -kernel) ;;
    cortex_m/mps2_an505) cpu=cortex-m33 target=cortex-m33 emulator=(qemu-system-arm -M mps2-an505 -kernel) ;;
    riscv/virt) cpu=rv32imac target=rv32imac emulator=(qemu-system-riscv32 -M virt -bios none -cpu rv32 -kernel) ;;
    riscv/sifive_e) cpu=rv32imac target=rv32imac emulator=(qemu-system-riscv32 -M sifive_e -kernel) ;;
    *) echo "no board $board" >&2; exit 2 ;;
esac
fail() { echo "images: $board: $*" >&2; exit 1; }

# A signed program and the anchors that trust its keys.
cd "$work"
mbpf-sign keygen --role verifier -o ci >keys.log 2>&1
mbpf-sign keygen --role release -o release >>keys.log 2>&1
mbpf-cc build "$root/sdk/examples/estop/estop.bpf.c" --target "$target" -o estop.mbpf >build.log 2>&1
mbpf-sign sign estop.mbpf --key ci.key --key release.key >sign.log 2>&1
mbpf-sign trust-anchors --pub ci.pub --pub release.pub -o anchors.bin >>keys.log 2>&1

# image PROGRAM FOLDER: the project beside this script.
image() {
    cmake -G Ninja -S "$here/project" -B "$2" -DCMAKE_TOOLCHAIN_FILE="$root/cmake/toolchains/$cpu.cmake" -Dmbpf_DIR="$root/cmake" \
        -DMBPF_PLATFORM_GEN="$build/bin/mbpf-platform-gen" -DMBPF_DEVICE_SOURCES="$sources" \
        -DTEST_BOARD="$board" -DTEST_PROGRAM="$1" -DTEST_ANCHORS="$work/anchors.bin" >"$2.log" 2>&1 || { tail -5 "$2.log" >&2; fail "does not configure"; }
    cmake --build "$2" >>"$2.log" 2>&1 || { tail -20 "$2.log" >&2; fail "does not build"; }
}

# boot IMAGE UNTIL BYTES…: sends the bytes one by one, each after a line of output; prints all until a line that has UNTIL.
boot() {
    python3 - "$2" "$3" "${emulator[@]}" "$1" <<'PYTHON'
import subprocess, sys, threading
until, send, command = sys.argv[1], list(sys.argv[2]), sys.argv[3:]
p = subprocess.Popen(command + ["-display", "none", "-monitor", "none", "-serial", "stdio"], stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
timer = threading.Timer(60, p.kill)  # an emulator that hangs, not a bound on speed
timer.start()
for line in p.stdout:
    text = line.decode(errors="replace").rstrip()
    print(text)
    if until in text:
        break
    if send and text:
        p.stdin.write(send.pop(0).encode())
        p.stdin.flush()
p.kill()
p.wait()
timer.cancel()
PYTHON
}

image "$work/estop.mbpf" good
boot good/preloaded.elf "motors stopped 3" 123 >out.txt
printf 'MicroBPF\nline 1: programs run 0, motors stopped 0\nline 2: programs run 0, motors stopped 0\nline 3: programs run 1, motors stopped 3\n' >want.txt
sed 's/MicroBPF .* ready, programs 1$/MicroBPF/' out.txt | diff want.txt - || fail "its program did not do its work"

# One bit of the machine code changed after signing: 14 is PAYLOAD_DIGEST; of the header: 13 is SIGNATURE_INVALID.
for at in 300 56; do
    python3 -c 'import sys; b = bytearray(open("estop.mbpf", "rb").read()); b[int(sys.argv[1])] ^= 1; open("changed.mbpf", "wb").write(b)' $at
    image "$work/changed.mbpf" good
    boot good/preloaded.elf ready "" >out.txt
    grep -q "^image: a program was refused, check 1[34] " out.txt && grep -q "ready, programs 0" out.txt || { cat out.txt >&2; fail "byte $at changed: admitted"; }
done

# What is not named is not linked.
map() { sed -n 's/.*:(\.text\.\([A-Za-z0-9_]*\)).*/\1/p' "good/$1.map" | sort -u; }
for image in preloaded bare; do
    map $image >$image.symbols
    grep -q '^mbpf_admit$' $image.symbols || fail "the map of $image cannot be read"
    if grep -E '^(mbpf_control|mbpf_frame|mbpf_store|mbpf_journal|mbpf_transfer|mbpf_attest|pb_|mbpf_helper_trace|mbpf_map_(lpm|lru|hash|queue))' $image.symbols; then
        fail "$image has what nobody named"
    fi
done
grep -q mbpf_helper_map_lookup_elem preloaded.symbols || fail "a helper that was named is missing"
if grep -E '^mbpf_(helper|ring_buffer)' bare.symbols; then fail "bare has helpers or map types"; fi
if grep -E '_(ring|array|hash|lpm|lru|queue|series)' bare.symbols; then fail "bare has map types"; fi
llvm-size-19 good/preloaded.elf good/bare.elf
