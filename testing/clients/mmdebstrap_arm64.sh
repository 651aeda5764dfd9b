#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mmdebstrap makes the root for arm64 that the other clients use.
set -eu
# shellcheck source=debian.sh
. /mnt/debian.sh
make_root arm64 bookworm busybox-static,dpkg-dev
