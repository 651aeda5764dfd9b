#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run under a range of ids: apt and dpkg in a user's own root for arm64.
set -eu
cd
mkdir -p arm64 small/DEBIAN small/usr
cat >small/DEBIAN/control <<'END'
Package: small
Version: 1.0
Architecture: arm64
Maintainer: Nobody <nobody@localhost>
Description: one file
END
cat >small/DEBIAN/postinst <<'END'
#!/bin/sh
uname -m >/usr/machine
chown daemon:daemon /usr/machine
END
chmod 755 small/DEBIAN/postinst
dpkg-deb -b small
unshare -r --map-auto tar -x -f /mnt/arm64.tar -C arm64 --exclude='./dev/*'
# shellcheck disable=SC2016 # The inner shell expands it.
unshare -r --map-auto -m sh -eu -c '
  mount --rbind /dev arm64/dev
  cp small.deb arm64
  binfmtbox run chroot arm64 apt-get install --yes /small.deb
  binfmtbox run chroot arm64 stat -c "%U" /usr/machine >&3'
cat arm64/usr/machine >&3
