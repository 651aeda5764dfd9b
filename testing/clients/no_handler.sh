#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Without a handler nothing runs: what the others show is the product's doing.
set -eu
if /srv/arm64/bin/busybox uname -m || chroot /srv/arm64 /bin/true; then
  exit 1
fi
binfmtbox status arm64 || echo "status $?" >&3
