#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run under a range of ids: a setuid program gets its ids with flag C, and not without.
set -eu
cd
cat >ids.c <<'END'
#include <stdio.h>
#include <unistd.h>
int main(void) { return printf("%d becomes %d\n", getuid(), geteuid()) < 0; }
END
aarch64-linux-gnu-gcc -static -o ids ids.c
unshare -r --map-auto sh -eu -c '
  chown 5:5 ids
  chmod 4755 ids
  binfmtbox run -q ./ids >&3
  binfmtbox run -q -c yes ./ids >&3'
