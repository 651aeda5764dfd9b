#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sbuild builds a package in a schroot for arm64.
set -eu
# shellcheck source=debian.sh
. /mnt/debian.sh
add_schroot bookworm-arm64-sbuild
adduser user sbuild
mkdir -p /build/small-1.0/debian/source
cd /build/small-1.0
cat >debian/control <<'END'
Source: small
Maintainer: Nobody <nobody@localhost>
Standards-Version: 4.6.0
Rules-Requires-Root: no

Package: small
Architecture: any
Description: one file
 It says where it was built.
END
cat >debian/changelog <<'END'
small (1.0) bookworm; urgency=low

  * First.

 -- Nobody <nobody@localhost>  Thu, 01 Jan 2026 00:00:00 +0000
END
cat >debian/rules <<'END'
#!/usr/bin/make -f
clean build build-arch:
binary binary-arch:
	mkdir -p debian/small/DEBIAN debian/small/usr
	uname -m >debian/small/usr/machine
	dpkg-gencontrol -psmall -Pdebian/small
	dpkg-deb --root-owner-group -b debian/small ..
END
chmod 755 debian/rules
echo '3.0 (native)' >debian/source/format
cd ..
dpkg-source -b small-1.0
chown -R user .
su user -c 'sbuild --arch=arm64 --dist=bookworm --chroot-mode=schroot --chroot=bookworm-arm64-sbuild \
  --build-dep-resolver=null --debbuildopt=-d --no-run-lintian --no-apt-update --no-apt-upgrade --no-apt-distupgrade small_1.0.dsc' || {
  cat ./*.build
  exit 1
}
dpkg-deb -f small_1.0_arm64.deb Package Architecture >&3
dpkg-deb --fsys-tarfile small_1.0_arm64.deb | tar -x -O ./usr/machine >&3
