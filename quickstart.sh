#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From nothing to C programs that are verified, compiled, signed and running on two emulated boards:
# installs what is missing (saying so), builds, then runs the main job with its figures.
set -euo pipefail
cd "$(dirname "$0")"
scripts/build.sh release
exec scripts/main_job.sh build/release
