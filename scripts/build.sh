#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures and builds a preset (default: release) after installing what is missing. Quiet when it works.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
scripts/setup.sh
log=build/$preset.configure.log
mkdir -p build
if ! cmake --preset "$preset" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "build: configuring failed; the whole log is in $log" >&2
    exit 1
fi
echo "build: preset $preset on $(nproc) cores"
if [ -t 1 ]; then
    cmake --build "build/$preset" "$@"
else
    log=build/$preset.build.log
    if ! cmake --build "build/$preset" "$@" >"$log" 2>&1; then
        grep -E -A12 'FAILED|error:' "$log" | tail -n 60 >&2 || tail -n 60 "$log" >&2
        echo "build: failed; the whole log is in $log" >&2
        exit 1
    fi
fi
echo "build: done"
