#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Instructions that `mbpf-cc build` executes from C to a package, beside clang-19 -O2 -c of the same file.
#   tests/bench/compile_time.sh [FILE.bpf.c …]      needs valgrind
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
tools=${MBPF_TOOLS:-$root/build/release/bin}
command -v valgrind >/dev/null || { echo "valgrind is not installed: apt-get install valgrind" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$tools/mbpf-cc" headers --platform microbpf -o "$work/include" 2>/dev/null
count() {
  valgrind --tool=callgrind --callgrind-out-file="$work/out" "$@" 2>&1 >/dev/null | sed -n 's/.*Collected : //p'
}
[ $# -gt 0 ] || set -- "$root"/sdk/examples/*/[!u]*.bpf.c "$root"/sdk/examples/udp_acl/udp_acl.bpf.c
printf '%-28s %14s %14s %7s\n' "file" "mbpf-cc" "clang -O2 -c" "ratio"
for file; do
  ours=$(cd "$(dirname "$file")" && count "$tools/mbpf-cc" build "$(basename "$file")" --target cortex-m4 -o "$work/package")
  clang=$(count "$(readlink -f "$(command -v clang-19)")" -cc1 -triple bpfel -target-cpu v4 -O2 -emit-obj -debug-info-kind=constructor -dwarf-version=5 \
    -I "$work/include" -I "$(dirname "$file")" "$file" -o "$work/object")
  printf '%-28s %14s %14s %7s\n' "$(basename "$file")" "$ours" "$clang" "$(awk "BEGIN { printf \"%.2f\", $ours / $clang }")"
done
