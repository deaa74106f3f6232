#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#   library.sh BUILD_DIR DEVICE_SOURCES: builds project/ as a user's, runs each system's application, looks at the library's
#   symbols: the one variable is the pointer to the context.
set -euo pipefail
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$build/test_output/integration
fail() { echo "library: $*" >&2; exit 1; }
mkdir -p "$work"
cmake -G Ninja -S "$here/project" -B "$work" -Dmbpf_DIR="$root/cmake" -DMBPF_PLATFORM_GEN="$build/bin/mbpf-platform-gen" \
    -DMBPF_DEVICE_SOURCES="$2" >"$work.log" 2>&1 || { tail -5 "$work.log" >&2; fail "does not configure"; }
cmake --build "$work" >>"$work.log" 2>&1 || { tail -20 "$work.log" >&2; fail "does not build"; }
for system in zephyr riot freertos sel4; do
    "$work/$system" >"$work/$system.txt" || { cat "$work/$system.txt" >&2; fail "$system: wrong"; }
    grep -q '^hello from the runtime' "$work/$system.txt" || fail "$system: said nothing"
done
grep -q -- '-DMBPF_SLOT_COUNT=1' "$work/mbpf_runtime.flags" || fail "flags for other builds are incomplete"
variables=$(nm "$work/libmbpf_runtime.a" "$work/libmbpf_image_third_party.a" | awk '$2 ~ /^[bBdDC]$/ {print $3}' | sort)
[ "$variables" = mbpf_active ] || fail "variables besides the context: $variables"
# The check must be able to fail.
nm "$work/CMakeFiles/freertos.dir/$root/firmware_runtime/integration/freertos/port.c.o" 2>/dev/null | grep -q ' [bB] received' ||
    find "$work" -name 'port.c.o' -exec nm {} + | grep -q ' [bB] received' || fail "nm shows no variables at all"
