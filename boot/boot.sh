#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# boot.sh [ARGUMENT]...: boots Debian's kernels in virtual machines, with binfmtbox in the initramfs. The ARGUMENTs
# are those of boot/run.py.

# shellcheck source=../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../toolchains/bazel.sh"

prepare qemu-system-x86 qemu-system-arm mmdebstrap e2fsprogs
bazel build //boot:payload
exec python3 boot/run.py "$@"
