#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tools over CoAP: a package is built for this machine, signed, and installed, watched, used and removed on
# firmware-posix, the runtime as a process. The first wrong step ends the script.
set -euo pipefail
build=$(cd "${1:?usage: coap_job.sh BUILD_DIR}" && pwd)
cd "$(dirname "$0")/.."
export PATH="$build/bin:$PATH"
[ "$(uname -m)" = x86_64 ] || { echo "needs x86_64"; exit 0; }
work=$(mktemp -d)
device=
cleanup() {
    [ -z "$device" ] || kill "$device" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
fail() { echo "coap_job: $*" >&2; exit 1; }
# expect PATTERN command…: done, and says so.
expect() {
    local pattern=$1
    shift
    echo "\$ $*"
    "$@" >"$work/last" 2>&1 || { cat "$work/last" >&2; fail "that command should have succeeded"; }
    [ -z "$pattern" ] || grep -q -- "$pattern" "$work/last" || { cat "$work/last" >&2; fail "expected \"$pattern\""; }
}

MBPF_PASSPHRASE=$(head -c 18 /dev/urandom | base64)
export MBPF_PASSPHRASE
expect '' mbpf-sign keygen --role verifier --label ci -o "$work/ci"
expect '' mbpf-sign keygen --role release --label release -o "$work/release"
expect '' mbpf-sign trust-anchors --pub "$work/ci.pub" --pub "$work/release.pub" -o "$work/anchors"
expect '' mbpf-cc build sdk/examples/weather/weather.bpf.c --target x86_64 -o "$work/weather.mbpf"
expect '' mbpf-sign sign "$work/weather.mbpf" --key "$work/ci.key" --key "$work/release.key"

firmware-posix --port 0 --trust "$work/anchors" >"$work/log" 2>&1 &
device=$!
for _ in $(seq 100); do
    grep -q 'coap://' "$work/log" && break
    sleep 0.1
done
MBPF_DEVICE=$(grep -o 'coap://[0-9.:]*' "$work/log") || fail "the device did not start"
export MBPF_DEVICE

expect 'board posix' mbpf-deploy info
expect 'would admit' mbpf-deploy push "$work/weather.mbpf" --dry-run
expect 'loaded' mbpf-deploy push "$work/weather.mbpf"
expect 'coap/temperature' mbpf-deploy list
expect '^2.05' mbpf-deploy stimulus coap temperature
expect 'requests' mbpf-deploy list --json
expect 'unloaded weather' mbpf-deploy unload weather
expect 'no packages' mbpf-deploy list
got=0
mbpf-deploy unload weather >"$work/last" 2>&1 || got=$?
[ "$got" = 4 ] && grep -q MBPF4104 "$work/last" || fail "unloading twice should be refused"
kill "$device"
wait "$device" 2>/dev/null || true
device=
got=0
mbpf-deploy --timeout-ms 50 info >"$work/last" 2>&1 || got=$?
[ "$got" = 4 ] && grep -q 'MBPF410[12]' "$work/last" || fail "a device that is gone should be missed"
echo "done over CoAP"
