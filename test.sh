#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, runs all tests. Arguments go to ctest: ./test.sh -L fast
set -euo pipefail
cd "$(dirname "$0")"
scripts/build.sh release
exec ctest --test-dir build/release --output-on-failure --parallel "$(nproc)" --timeout 900 "$@"
