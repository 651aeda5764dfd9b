#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pbuilder runs a script in a base for arm64.
set -eu
touch /srv/arm64/dev/ptmx
tar -c -C /srv/arm64 . | gzip -1 >/root/base.tgz
touch /root/.pbuilderrc
cat >/root/script <<'END'
uname -m >/result
apt-get --version | sed -n '1s/.*(\(.*\))$/apt-get for \1/p' >>/result
cat /result >/host/result
END
mkdir /host
pbuilder execute --architecture arm64 --basetgz /root/base.tgz \
  --bindmounts '/host /dev/full /dev/null /dev/random /dev/tty /dev/urandom /dev/zero' -- /root/script
cat /host/result >&3
