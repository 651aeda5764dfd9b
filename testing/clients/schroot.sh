#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# schroot, of root and of a user, with update-binfmts by its name: schroot's own script asks it for the emulator.
set -eu
ln -s /mnt/binfmtbox /usr/sbin/update-binfmts
# shellcheck source=debian.sh
. /mnt/debian.sh
add_schroot arm64
schroot --chroot=arm64 --directory=/ --user=root -- sh -c 'uname -m; perl -e "print 6 * 7, qq(\n)"' >&3
su user -c 'schroot --chroot=arm64 --directory=/ -- sh -c "dpkg --print-architecture; id -u"' >&3
# Where it was mounted.
ls /srv/arm64/usr/bin/qemu-aarch64-static >&3
