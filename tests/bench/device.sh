#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The device's figures in a row: bytes by part from the linker's map, RAM and stack; what a hook, starting, swapping and
# attesting take in instructions; power cuts. Fails where one of them is beyond its limit.
#   tests/bench/device.sh [BUILD_FOLDER]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/release}
for part in "$root/tests/bench/firmware_size/firmware_size.py" "$root/tests/bench/hook_cost.sh" "$root/tests/bench/boot.sh"; do
  "$part" "$build"
  echo
done
"$build/bin/power_cut_test" | grep -v '^\[\|^Running\|^$'
