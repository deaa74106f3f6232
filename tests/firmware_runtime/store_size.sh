#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints what the store costs in bytes of Cortex-M4 code; fails above 2560 for slots and journal.
set -euo pipefail
runtime=$(cd "$(dirname "$0")/../../firmware_runtime" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bytes() {
    clang-19 --target=thumbv7em-none-eabi -mcpu=cortex-m4 -mthumb -mfloat-abi=soft -std=c11 -Os -ffunction-sections \
        -fno-unwind-tables -fno-asynchronous-unwind-tables -nostdlibinc -isystem /usr/lib/picolibc/arm-none-eabi/include \
        -I"$runtime/include" -I"$runtime/src" -DMBPF_SLOT_COUNT=1 -DMBPF_MAX_PACKAGES=8 -c "$runtime/src/$1.c" -o "$work/$1.o"
    llvm-size-19 "$work/$1.o" | awk 'NR == 2 {print $1}'
}
journal=$(bytes journal) slots=$(bytes store) commit=$(bytes commit)
printf 'journal %d\nslots   %d\nboth    %d of 2560\ntwo-phase commit and boot %d\n' "$journal" "$slots" $((journal + slots)) "$commit"
[ $((journal + slots)) -le 2560 ]
