#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run inside buildah unshare, as docs/run.md has it: a build without root.
set -eu
sh /mnt/image.sh ~/image
cd ~/image
export STORAGE_DRIVER=vfs
sh -eux /mnt/run_buildah
# shellcheck disable=SC2016 # The inner shell expands it.
buildah unshare binfmtbox run -t arm64 -- sh -euc '
  buildah run --isolation=chroot "$(buildah from "$(buildah images --quiet)")" cat /built' >&3
