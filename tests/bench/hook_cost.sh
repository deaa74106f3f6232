#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Instructions of a hook, counted on both emulated boards, with isolation and without.
#   tests/bench/hook_cost.sh [BUILD_FOLDER]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
firmware=${1:-$root/build/release}/firmware
run() {
  case $1 in
    *cortex-m4) set -- "$1" qemu-system-arm -M mps2-an386 -semihosting-config enable=on,target=native ;;
    *) set -- "$1" qemu-system-riscv32 -M virt -bios none -cpu rv32 ;;
  esac
  image=$1
  shift
  timeout 60 "$@" -icount shift=0 -nodefaults -display none -serial stdio -kernel "$firmware/$image.elf" </dev/null 2>"$work/messages" | tr -d '\r' >"$work/$image"
  grep -q '^end$' "$work/$image" || { echo "$image did not come to its end" >&2; exit 1; }
}
figure() { sed -n "s/^$2 //p" "$work/$1"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for board in cortex-m4 rv32imac; do
  run hook-cost-$board
  run hook-cost-plain-$board
  run hook-cost-counted-$board
done
printf '%-56s %12s %12s\n' "instructions, from the hook to behind it" "Cortex-M4" "RV32IMAC"
row() { printf '%-56s %12s %12s\n' "$1" "$(figure "$2-cortex-m4" "$3")" "$(figure "$2-rv32imac" "$3")"; }
row "disabled: no program attached" hook-cost disabled
row "empty program, without isolation" hook-cost-plain empty
row "  its cycles and drops counted (MBPF_STATISTICS)" hook-cost-counted empty
row "empty program, with isolation, cycles and drops counted" hook-cost empty
row "  its context in the open area: not copied" hook-cost empty-open
row "  two of different packages, one after the other" hook-cost two
row "program with one helper call, without isolation" hook-cost-plain helper
row "program with one helper call by gate, with isolation" hook-cost helper
row "program that tail-calls an empty one, without isolation" hook-cost-plain tail-call
row "program that tail-calls an empty one, with isolation" hook-cost tail-call
