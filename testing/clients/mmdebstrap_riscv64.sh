#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mmdebstrap makes a root for riscv64, which Debian has since 13.
set -eu
# shellcheck source=debian.sh
. /mnt/debian.sh
make_root riscv64 trixie
