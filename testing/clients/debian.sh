#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the clients that make or use Debian's roots share.

# ask ROOT: what apt and perl in it say, to 3.
ask() {
  mount --rbind /dev "$1/dev"
  {
    chroot "$1" dpkg --print-architecture
    chroot "$1" apt-get --version | sed -n '1s/.*(\(.*\))$/apt-get for \1/p'
    # shellcheck disable=SC2016 # Perl expands them.
    chroot "$1" perl -MConfig -e 'print "perl for $Config{archname}, 6 * 7 = ", 6 * 7, "\n"'
  } >&3
}

# make_root ARCHITECTURE SUITE [PACKAGE,...]: /mnt/ARCHITECTURE.tar, and asks it.
make_root() {
  mmdebstrap --mode=root --variant=apt --architectures="$1" ${3:+--include="$3"} \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$2" "/mnt/$1.tar" \
    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(cat /mnt/mirror)/debian $2 main"
  mkdir "/srv/$1.new"
  tar -x -f "/mnt/$1.tar" -C "/srv/$1.new" --exclude='./dev/*'
  ask "/srv/$1.new"
}

# add_schroot NAME: /srv/arm64, for the user and for root.
add_schroot() {
  cat >"/etc/schroot/chroot.d/$1" <<END
[$1]
type=directory
directory=/srv/arm64
users=user
root-users=user
profile=default
END
  # Devices are mounts here.
  sed -i '\|^/dev |s|bind|rbind|' /etc/schroot/default/fstab
}
