#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What starting, swapping and attesting cost, in instructions of the unchanged reference firmware on both emulated
# boards, counted to the last one by a plugin of the emulator. Two packages are installed and confirmed; then the board
# boots twice: the first boot verifies signatures, the second finds them verified. Fails if that takes more than 640,000.
#   tests/bench/boot.sh [BUILD_FOLDER] [--profile]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:-$root/build/release}" && pwd)
profile=${2:-}
export PATH="$build/bin:$PATH"
work=$(mktemp -d)
board_pid=
cleanup() {
    [ -z "$board_pid" ] || kill "$board_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
quiet() { "$@" >"$work/last" 2>&1 || { cat "$work/last" >&2; echo "boot: failed: $*" >&2; exit 1; }; }

# start BOARD OUT: the board with its flash, each window of counting a line of OUT.
start() {
    local board=$1 out=$2 image=$build/firmware/firmware-$1.elf
    local windows=window=boot:reset:mbpf_control_poll,window=admission:mbpf_admit,window=block:sha256_block,window=verify:mbpf_ed25519_verify,window=swap:mbpf_take_over,window=commit:mbpf_transfer_commit,window=attest:mbpf_attest,window=sign:mbpf_ed25519_sign
    local plugin=$build/tests/bench/libmbpf_count.so,out=$out,symbols=$work/symbols.$board,$windows
    llvm-nm-19 -n "$image" >"$work/symbols.$board"
    case $board in
        cortex-m4) set -- qemu-system-arm -M mps2-an386 -kernel "$image" -machine memory-backend=psram \
            -object "memory-backend-file,id=psram,size=16M,share=on,mem-path=$work/flash.$board" \
            -device "loader,file=$work/anchors,addr=0x21000000,force-raw=on" ;;
        rv32imac) set -- qemu-system-riscv32 -M virt -bios none -cpu rv32 -device "loader,file=$image" \
            -drive "if=pflash,unit=1,format=raw,file=$work/flash.$board" \
            -device "loader,file=$work/anchors,addr=0x87f00000,force-raw=on" ;;
    esac
    "$@" -nodefaults -no-user-config -display none -monitor none -icount shift=0 -plugin "file=$plugin" \
        -serial "unix:$work/$board.sock,server=on,wait=off" >"$work/messages" 2>&1 &
    board_pid=$!
    export MBPF_DEVICE=unix:$work/$board.sock
    for _ in $(seq 300); do
        mbpf-deploy --timeout-ms 2000 info >"$work/last" 2>&1 && return
        kill -0 "$board_pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/messages" "$work/last" >&2
    echo "boot: the emulated $board did not start" >&2
    exit 1
}
stop() {
    kill "$board_pid"
    wait "$board_pid" 2>/dev/null || true
    board_pid=
}

MBPF_PASSPHRASE=$(head -c 18 /dev/urandom | base64)
export MBPF_PASSPHRASE
for role in verifier release device; do quiet mbpf-sign keygen --role $role -o "$work/$role"; done
quiet mbpf-sign trust-anchors --pub "$work/verifier.pub" --pub "$work/release.pub" --device-key "$work/device.key" -o "$work/anchors"
# package SOURCE BOARD OUT [option…]
package() {
    local source=$1 board=$2 out=$3
    shift 3
    quiet mbpf-cc build "$root/sdk/examples/$source" --target "$board" -o "$work/$out" "$@"
    quiet mbpf-sign sign "$work/$out" --key "$work/verifier.key" --key "$work/release.key"
}
for board in cortex-m4 rv32imac; do
    truncate -s $([ $board = cortex-m4 ] && echo 16M || echo 32M) "$work/flash.$board"
    package imu_filter/imu_filter.bpf.c $board imu.$board.mbpf
    package imu_filter/imu_filter_v2.bpf.c $board imu2.$board.mbpf --name imu_filter
    package weather/weather.bpf.c $board weather.$board.mbpf
    start $board "$work/install.$board"
    for name in imu weather; do quiet mbpf-deploy push "$work/$name.$board.mbpf"; done
    for name in imu_filter weather; do quiet mbpf-deploy confirm $name; done
    stop
    start $board "$work/first.$board"
    stop
    start $board "$work/second.$board"
    stop
    start $board "$work/session.$board"
    mbpf-deploy --json slots >"$work/slots.$board"
    quiet mbpf-deploy attest --pub "$work/device.pub" --expect "$work/imu.$board.mbpf" --expect "$work/weather.$board.mbpf"
    quiet mbpf-deploy push "$work/imu2.$board.mbpf"
    stop
done

# figure FILE WINDOW [last]: the sum of its runs, or the last one's.
figure() { awk -v name="$2" -v last="${3:-}" '$1 == name && NF == 2 { sum = last ? $2 : sum + $2; n++ } END { print n ? sum : "-" }' "$work/$1"; }
row() { printf '%-56s %12s %12s\n' "$1" "$(figure "$2.cortex-m4" "$3" "${4:-}")" "$(figure "$2.rv32imac" "$3" "${4:-}")"; }
bytes() { python3 -c 'import json, sys; print(sum(s.get("bytes", 0) for s in json.load(open(sys.argv[1]))["slots"]))' "$work/slots.$1"; }
printf '%-56s %12s %12s\n' "instructions of the reference firmware" "Cortex-M4" "RV32IMAC"
printf '%-56s %12s %12s\n' "stored bytes, two packages" "$(bytes cortex-m4)" "$(bytes rv32imac)"
row "reset to ready, signatures verified" first boot
row "  verification of four signatures" first verify
row "reset to ready, found verified" second boot
row "  admission of both: all checks but the signatures" second admission
printf '%-56s %12s %12s\n' "  each stored byte more" "$(($(figure second.cortex-m4 block last) / 64))" "$(($(figure second.rv32imac block last) / 64))"
row "attestation: report and signature" session attest
row "  the signature" session sign
row "push: admission, flash, switch" session commit
row "  hot swap: old version out, new one in" session swap last
limit=640000 # 10 ms at 64 MHz
for board in cortex-m4 rv32imac; do
    [ "$(figure second.$board boot)" -le $limit ] || { echo "boot: $board takes more than $limit instructions" >&2; exit 1; }
done
if [ "$profile" = --profile ]; then
    for run in first second; do
        for board in cortex-m4 rv32imac; do
            echo "$run boot, $board"
            awk '$1 == "boot" && NF == 3 { printf "  %10d %s\n", $2, $3 }' "$work/$run.$board" | sort -rn
        done
    done
fi
