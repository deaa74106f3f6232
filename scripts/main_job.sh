#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job, stage by stage, on two emulated boards: build, verify, sign, deploy, change what the board
# does, and see what is refused. Every step checks its result; the first wrong one ends the script. Each
# command is printed as a user would type it.
set -euo pipefail
build=$(cd "${1:?usage: main_job.sh BUILD_DIR}" && pwd)
cd "$(dirname "$0")/.."
export PATH="$build/bin:$PATH"
work=$build/quickstart
rm -rf "$work"
mkdir -p "$work"
examples=sdk/examples
boards=(cortex-m4 rv32imac)
declare -A board_pid

bold='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi
started=$(date +%s)

stage() { printf '\n%s== %s ==%s\n' "$bold" "$*" "$plain"; }
say() { printf '   %s\n' "$*"; }
short() { printf '%s' "$*" | sed "s|$work/||g; s|--device unix:\([a-z0-9-]*\).sock|--device unix:\1.sock|g"; }
show() { printf '%s   $ %s%s\n' "$dim" "$(short "$*")" "$plain"; }
fail() { printf '%squickstart: %s%s\n' "$bold" "$*" "$plain" >&2; exit 1; }
# run: prints the command, runs it, indents what it says.
run() { show "$@"; "$@" 2>&1 | sed "s|$work/||g; s/^/     /"; }
# quiet: prints the command, shows its output only if it fails.
quiet() {
    show "$@"
    "$@" >"$work/last.log" 2>&1 || { cat "$work/last.log" >&2; fail "that command should have succeeded"; }
}
# refused EXIT CODE command…: must end with that exit code and name that diagnostic.
refused() {
    local want=$1 code=$2 got=0
    shift 2
    show "$@"
    "$@" >"$work/last.log" 2>&1 || got=$?
    sed "s|$work/||g; s/^/     /" "$work/last.log"
    [ "$got" -eq "$want" ] || fail "expected exit code $want, got $got"
    grep -q "$code" "$work/last.log" || fail "expected diagnostic $code"
}
# field FILE EXPRESSION: a value out of a JSON file, as Python sees it.
field() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2], {"d": d}))' "$1" "$2"; }
same() { [ "$1" = "$2" ] || fail "$3: expected $2, got $1"; }

cleanup() {
    for board in "${!board_pid[@]}"; do kill "${board_pid[$board]}" 2>/dev/null || true; done
    wait 2>/dev/null || true
}
trap cleanup EXIT

# on BOARD: mbpf-deploy for that board.
on() { printf 'unix:%s/%s.sock' "$work" "$1"; }

start_board() {
    local board=$1
    mbpf-sim board "$board" --pub "$work/ci.pub" --pub "$work/release.pub" --listen "unix:$work/$board.sock" >"$work/$board.log" 2>&1 &
    board_pid[$board]=$!
    for _ in $(seq 200); do
        [ -s "$work/$board.log" ] && [ -S "$work/$board.sock" ] && grep -q '^unix:' "$work/$board.log" && return
        kill -0 "${board_pid[$board]}" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/$board.log" >&2
    fail "the emulated $board did not start"
}

# package SOURCE BOARD OUT [options]: build for the board and sign with both keys.
package() {
    local source=$1 board=$2 out=$3
    shift 3
    quiet mbpf-cc build "$examples/$source" --target "$board" -o "$work/$out" --json "$@"
    cp "$work/last.log" "$work/$out.json"
    quiet mbpf-sign sign "$work/$out" --key "$work/ci.key" --key "$work/release.key"
}

# Native C of the same kernel on the same board: prints "result= instructions= bytes=".
native_run() {
    local board=$1 input=$2
    case $board in
        cortex-m4)
            timeout 60 qemu-system-arm -M mps2-an386 -icount shift=0 -display none -monitor none -serial stdio -semihosting-config enable=on,target=native \
                -kernel "$build/firmware/native-fletcher16-cortex-m4.elf" -device "loader,file=$input,addr=0x21000000,force-raw=on" ;;
        rv32imac)
            timeout 60 qemu-system-riscv32 -M virt -cpu rv32 -bios none -icount shift=0 -display none -monitor none -serial stdio -semihosting-config enable=on,target=native \
                -kernel "$build/firmware/native-fletcher16-rv32imac.elf" -device "loader,file=$input,addr=0x87f00000,force-raw=on" ;;
    esac </dev/null
}

stage "Keys: two roles, two keys, encrypted at rest; the boards are provisioned with both"
MBPF_PASSPHRASE=$(head -c 18 /dev/urandom | base64)
export MBPF_PASSPHRASE
quiet mbpf-sign keygen --role verifier --label ci -o "$work/ci"
quiet mbpf-sign keygen --role release --label release -o "$work/release"
for board in "${boards[@]}"; do
    show "mbpf-sim board $board --pub ci.pub --pub release.pub --listen unix:$board.sock &"
    start_board "$board"
    run mbpf-deploy --device "$(on "$board")" info
done

stage "1. fletcher16: C to package for both boards, beside native C on the same board"
input=$work/input.bin
python3 -c 'import sys; open(sys.argv[1], "wb").write(bytes((i * 7 + 3) & 255 for i in range(360)))' "$input"
input_hex=0x$(od -An -v -tx1 "$input" | tr -d ' \n')
summary=$work/fletcher.txt
printf '   %-10s %-22s %10s %14s %12s\n' board 'code from' result instructions 'code bytes' >"$summary"
for board in "${boards[@]}"; do
    package fletcher16/fletcher16.bpf.c "$board" "fletcher16.$board.mbpf"
    quiet mbpf-deploy --device "$(on "$board")" push "$work/fletcher16.$board.mbpf"
    mbpf-deploy --device "$(on "$board")" map set fletcher16 input 0 "$input_hex" 2>/dev/null
    show mbpf-deploy --device "$(on "$board")" test-run fletcher16 checksum --repeat 100
    mbpf-deploy --device "$(on "$board")" --json test-run fletcher16 checksum --repeat 100 >"$work/run.json"
    mbpf-sign inspect "$work/fletcher16.$board.mbpf" --json >"$work/inspect.json"
    result=$(field "$work/run.json" 'd["result"]')
    native=$(native_run "$board" "$input")
    same "$result" "$(awk '{print $2}' <<<"$native")" "fletcher16 on $board against native C"
    printf '   %-10s %-22s %10s %14s %12s\n' "$board" 'verified eBPF' "$result" "$(field "$work/run.json" 'd["instructions"]')" "$(field "$work/inspect.json" 'd["text_bytes"]')" >>"$summary"
    printf '   %-10s %-22s %10s %14s %12s\n' "$board" 'native C, clang -O2' "$(awk '{print $2}' <<<"$native")" "$(awk '{print $4}' <<<"$native")" "$(awk '{print $6}' <<<"$native")" >>"$summary"
done
cat "$summary"

stage "2. IMU outlier filter: threshold changed live, then the whole program swapped while samples flow"
for board in "${boards[@]}"; do
    device=$(on "$board")
    package imu_filter/imu_filter.bpf.c "$board" "imu.$board.mbpf" --name imu_filter --program-version 1.0.0
    package imu_filter/imu_filter_v2.bpf.c "$board" "imu2.$board.mbpf" --name imu_filter --program-version 2.0.0 --rollback-counter 1
    quiet mbpf-deploy --device "$device" push "$work/imu.$board.mbpf"
    quiet mbpf-deploy --device "$device" map set imu_filter config 0 5000
    quiet mbpf-deploy --device "$device" stimulus sensor --period-us 1000 --outlier-every 10 --amplitude 100 --outlier 2000
    settle() { sleep 0.5; mbpf-deploy --device "$device" --json stimulus sensor --stop >"$work/sensor.json"; }
    restart() { mbpf-deploy --device "$device" stimulus sensor --period-us 1000 --outlier-every 10 --amplitude 100 --outlier 2000 --samples 400 >/dev/null; settle; }
    settle
    restart
    in=$(field "$work/sensor.json" 'd["samples_in"]') passed=$(field "$work/sensor.json" 'd["samples_passed"]')
    say "$board, threshold 5000: $in samples in, $passed passed: no outlier is further away"
    same "$passed" "$in" "samples passed at threshold 5000"
    quiet mbpf-deploy --device "$device" map set imu_filter config 0 500
    restart
    in2=$(field "$work/sensor.json" 'd["samples_in"]') passed2=$(field "$work/sensor.json" 'd["samples_passed"]')
    say "$board, threshold 500:  $((in2 - in)) samples in, $((passed2 - passed)) passed: outliers are dropped and reported"
    [ $((passed2 - passed)) -lt $((in2 - in)) ] || fail "no outlier was dropped"
    run mbpf-deploy --device "$device" events imu_filter events --count 2
    mbpf-deploy --device "$device" stimulus sensor --period-us 1000 --outlier-every 10 --amplitude 100 --outlier 2000 >/dev/null
    run mbpf-deploy --device "$device" push "$work/imu2.$board.mbpf"
    settle
    in3=$(field "$work/sensor.json" 'd["samples_in"]') passed3=$(field "$work/sensor.json" 'd["samples_passed"]')
    restart
    in4=$(field "$work/sensor.json" 'd["samples_in"]') passed4=$(field "$work/sensor.json" 'd["samples_passed"]')
    say "$board, version 2:      $((in4 - in3)) samples in, $((passed4 - passed3)) passed: outliers are replaced; the maps kept what version 1 learnt"
    same "$((passed4 - passed3))" "$((in4 - in3))" "samples passed by version 2"
    same "$(mbpf-deploy --device "$device" map get imu_filter config 0)" 500 "threshold after the swap"
    run mbpf-deploy --device "$device" confirm imu_filter
done

stage "3. Limit switch: an edge stops the motors, bounces are ignored"
for board in "${boards[@]}"; do
    device=$(on "$board")
    package estop/estop.bpf.c "$board" "estop.$board.mbpf"
    quiet mbpf-deploy --device "$device" push "$work/estop.$board.mbpf"
    mbpf-deploy --device "$device" stimulus gpio 0 3 0 >/dev/null
    run mbpf-deploy --device "$device" stimulus gpio 0 3 1
    mbpf-deploy --device "$device" --json stimulus gpio 0 3 1 >"$work/gpio.json"
    same "$(field "$work/gpio.json" 'd["motor_stopped"]')" 3 "motors stopped on $board"
    run mbpf-deploy --device "$device" events estop stops --count 1
done

stage "4. UDP access list: the list changed while the board runs"
frame() { python3 - "$1" <<'PY'
import struct, sys
port = int(sys.argv[1])
udp = struct.pack(">HHHH", 4000, port, 12, 0) + b"ping"
ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, 0x0A000001, 0x0A000002)
print((b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + ip + udp).hex())
PY
}
verdict() { mbpf-deploy --device "$1" --json stimulus packet "$(frame "$2")" >"$work/packet.json" && field "$work/packet.json" 'd["verdict"]'; }
for board in "${boards[@]}"; do
    device=$(on "$board")
    package udp_acl/udp_acl.bpf.c "$board" "udp_acl.$board.mbpf"
    quiet mbpf-deploy --device "$device" push "$work/udp_acl.$board.mbpf"
    same "$(verdict "$device" 5683)" 1 "port 5683 before it is allowed (1 is XDP_DROP)"
    run mbpf-deploy --device "$device" map set udp_acl allowed 5683 0,0
    same "$(verdict "$device" 5683)" 2 "port 5683 once allowed (2 is XDP_PASS)"
    same "$(verdict "$device" 53)" 1 "port 53"
    run mbpf-deploy --device "$device" map dump udp_acl allowed
    quiet mbpf-deploy --device "$device" map delete udp_acl allowed 5683
    same "$(verdict "$device" 5683)" 1 "port 5683 after it was removed"
    say "$board: UDP to port 5683 dropped, then passed, then dropped again; port 53 dropped throughout"
done

stage "5. Weather station: CoAP handlers that read sensors and share a map"
for board in "${boards[@]}"; do
    device=$(on "$board")
    package weather/weather.bpf.c "$board" "weather.$board.mbpf"
    quiet mbpf-deploy --device "$device" push "$work/weather.$board.mbpf"
    run mbpf-deploy --device "$device" stimulus coap temperature
    run mbpf-deploy --device "$device" stimulus coap humidity
    run mbpf-deploy --device "$device" stimulus coap stats
    same "$(mbpf-deploy --device "$device" stimulus coap stats)" "2.05 2" "requests counted on $board"
    same "$(mbpf-deploy --device "$device" stimulus coap temperature --method put)" "4.05 " "PUT on $board"
done

stage "6a. What is unsafe is rejected, with the C line and how to fix it"
refused 1 MBPF1013 mbpf-verify $examples/fletcher16/unsafe.bpf.c
refused 1 MBPF1011 mbpf-verify $examples/imu_filter/unsafe.bpf.c
refused 1 MBPF1017 mbpf-verify $examples/estop/unsafe.bpf.c
refused 1 MBPF1012 mbpf-verify $examples/udp_acl/unsafe.bpf.c
refused 1 MBPF1030 mbpf-verify $examples/weather/unsafe.bpf.c

stage "6b. What is damaged, unsigned, foreign or old is refused by the device"
quiet mbpf-cc build $examples/estop/estop.bpf.c --target cortex-m4 --name unsigned -o "$work/role.cortex-m4.mbpf" --json
quiet mbpf-cc build $examples/estop/estop.bpf.c --target rv32imac --name unsigned -o "$work/role.rv32imac.mbpf" --json
for board in "${boards[@]}"; do
    device=$(on "$board")
    other=cortex-m4
    [ "$board" = cortex-m4 ] && other=rv32imac
    python3 - "$work/estop.$board.mbpf" "$work/flipped.$board.mbpf" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[300] ^= 1  # one bit of the code
open(sys.argv[2], "wb").write(data)
PY
    quiet mbpf-sign sign "$work/role.$board.mbpf" --key "$work/release.key"
    package imu_filter/imu_filter.bpf.c "$board" "old.$board.mbpf" --name imu_filter --program-version 1.0.1
    refused 5 MBPF5114 mbpf-deploy --device "$device" push "$work/flipped.$board.mbpf"
    refused 5 MBPF5110 mbpf-deploy --device "$device" push "$work/role.$board.mbpf"
    refused 5 MBPF5107 mbpf-deploy --device "$device" push "$work/estop.$other.mbpf"
    refused 5 MBPF5115 mbpf-deploy --device "$device" push "$work/old.$board.mbpf"
done

stage "Done"
for board in "${boards[@]}"; do
    say "$board now runs:"
    run mbpf-deploy --device "$(on "$board")" list
done
say "everything above was checked, in $(($(date +%s) - started)) s"
