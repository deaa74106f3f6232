# SPDX-License-Identifier: Apache-2.0
# execute-never-<board>.elf, for the parts whose MPU can forbid it to privileged code.
mbpf_add_firmware(execute-never-${MBPF_BOARD} BOARD ${MBPF_PORT} PLATFORMS microbpf HOOKS timer HELPERS ktime_get_ns MAP_TYPES array
  SOURCES ${PROJECT_SOURCE_DIR}/tests/firmware_runtime/execute_never/main.c)
