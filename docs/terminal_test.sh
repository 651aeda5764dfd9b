#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# terminal_test.sh TERMINAL_PY BINFMTBOX PROGRAM: whether the picture shows what was typed and answered.
set -euo pipefail

picture=$TEST_TMPDIR/terminal.svg
timeout 60 "$1" "$2" "$3" "$picture"
for line in '>$ binfmtbox register arm64 riscv64<' '>qemu-aarch64: enabled, takes it<' '>flags: P argv' '</svg>'; do
  grep -qF -- "$line" "$picture" || {
    printf 'not in the picture: %s\n' "$line" >&2
    cat "$picture" >&2
    exit 1
  }
done
