#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# source_package.sh DIR: writes Debian's source package of the last commit (a .dsc and what it names) into DIR, and leaves
# it unpacked in DIR/binfmtbox-VERSION. There, on amd64 with what debian/control names, and the network or a cache that
# has the libraries' sources: dpkg-buildpackage -b -uc [--host-arch=arm64]

# shellcheck source=../../toolchains/need.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../toolchains/need.sh"

(($# == 1)) || die "usage: packaging/deb/source_package.sh DIR"
need dpkg-dev git
mkdir -p "$1"
out=$(readlink -f "$1")
tree=$out/binfmtbox-$(<VERSION)
[[ ! -e $tree ]] || die "$tree is there already"
git archive --prefix="${tree##*/}/" HEAD | tar -x -C "$out"
cp -r packaging/deb/debian "$tree"
cp packaging/deb/copyright "$tree/debian"
python3 -B packaging/identity.py fill packaging/identity.txt packaging/deb/debian/control "$tree/debian/control"
python3 -B packaging/deb/build.py --changelog "$tree/debian/changelog"
(cd "$out" && dpkg-source --build "$tree")
