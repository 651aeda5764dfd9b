#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# arch-test starts its own programs.
set -eu
for architecture in arm64 armhf ppc64el riscv64 s390x; do
  arch-test "$architecture" >&3
done
arch-test -c /srv/arm64 arm64 >&3
