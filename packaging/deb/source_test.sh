#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# source_test.sh DEB: builds Debian's source package of the last commit, and from it the package for amd64, whose files
# have to be those of DEB, which Bazel made of the same commit; and asks lintian. The last line counts.

# shellcheck source=../../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../toolchains/bazel.sh"
# shellcheck source=../../testing/counts.sh
source testing/counts.sh

deb=$(readlink -f "$1")
need debhelper dpkg-dev fakeroot lintian
# Below the cache, as Bazel needs room.
folder=$BINFMTBOX_CACHE/source-package
version=$(<VERSION)
tree=$folder/binfmtbox-$version
built=$folder/binfmtbox_${version}_amd64.deb

remove() {
  [[ ! -d $tree ]] || (cd "$tree" && bazel clean --expunge >/dev/null 2>&1) || true
  rm -rf "$folder"
}
trap remove EXIT
remove

build() { (cd "$tree" && dpkg-buildpackage --build=binary --unsigned-changes --unsigned-source --no-check-builddeps); }

# The date of the changelog is the same, so files' times are, too.
same_files() {
  diff <(dpkg-deb --contents "$deb") <(dpkg-deb --contents "$built") &&
    diff <(dpkg-deb --fsys-tarfile "$deb" | tar -xO | sha256sum) <(dpkg-deb --fsys-tarfile "$built" | tar -xO | sha256sum) &&
    diff <(fields "$deb") <(fields "$built")
}

# All but what dpkg-gencontrol adds or counts in its own way.
fields() { dpkg-deb --field "$1" | sed '/^Installed-Size:/d; /^Source:/d' | LC_ALL=C sort; }

# Debian's archive wants a bug that a first upload closes. The version without a Debian revision is meant: the package is
# the project's own. The second tag: see install_test.py.
lint() {
  lintian --allow-root --fail-on=error,warning "$built" "$folder"/*.dsc \
    --suppress-tags=initial-upload-closes-no-bugs,package-supports-alternative-init-but-no-init.d-script
}

check "the source package" packaging/deb/source_package.sh "$folder"
check "the package, built from it" build
check "the same files and fields as Bazel's own package" same_files
check "lintian" lint
finish
