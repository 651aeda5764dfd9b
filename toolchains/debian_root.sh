#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# debian_root.sh SUITE COMMAND [ARGUMENT]...: runs COMMAND as root of a Debian of that SUITE, such as trixie or sid, in a
# copy of this repository. What building needs is installed there. The machine and the cache of its own builds stay as
# they are: the root, its builds and their cache are in $BINFMTBOX_CACHE/suites/SUITE, and all runs in namespaces of its
# own, which takes no root. In them, /out is $BINFMTBOX_CACHE/suites/SUITE/out, empty at first.

# shellcheck source=bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/bazel.sh"

(($# >= 2)) || die "usage: toolchains/debian_root.sh SUITE COMMAND [ARGUMENT]..."
suite=$1
shift
home=$BINFMTBOX_CACHE/suites/$suite
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# What a minimal root lacks, and lintian, which differs from release to release.
packages=("${build_packages[@]}" "${source_packages[@]}" ca-certificates git lintian mount)
case $suite in
  bookworm | trixie) ;;
  # From here on Bazel has modules.
  *) packages+=("${module_packages[@]}") ;;
esac

# apt_setting NAME: the machine's own, as an option for mmdebstrap, which reads none of the machine's.
apt_setting() {
  local value
  value=$(apt-config dump --format '%v%n' "$1")
  [[ -z $value ]] || printf -- '--aptopt=%s "%s"\n' "$1" "$value"
}

# What the linker takes from libgcc.a is Debian 12's, so that products can be compared byte by byte.
pins='Package: gcc-12-cross-base* libgcc-12-dev-*-cross
Pin: release n=bookworm
Pin-Priority: 1001
'

make_root() {
  local mirror options security=()
  need mmdebstrap
  mirror=$(debian_mirror)
  # What Debian 12 has of LLVM 22.
  [[ $suite != bookworm ]] || security=("deb [signed-by=$keyring] $mirror-security bookworm-security main")
  mapfile -t options < <(apt_setting Acquire::Check-Valid-Until)
  say "a root of Debian $suite, with ${#packages[@]} packages and what they need (some minutes)"
  rm -rf "$home/root.new"
  mkdir -p "$home/root.new"
  # Everything belongs to the user: in the namespace, nobody else is known.
  # shellcheck disable=SC2016 # mmdebstrap's shell expands them.
  PINS=$pins mmdebstrap --quiet --variant=minbase --architectures=amd64 --include="${packages[*]}" "${options[@]}" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --setup-hook='printf %s "$PINS" >"$1/etc/apt/preferences.d/libgcc"' \
    "$suite" - "deb [signed-by=$keyring] $mirror $suite main" "deb [signed-by=$keyring] $mirror bookworm main" "${security[@]}" |
    unshare -Ur tar -x --no-same-owner --exclude='./dev/*' -C "$home/root.new" ||
    die "mmdebstrap cannot make a root of Debian $suite from $mirror"
  chmod -R u+rwX "$home/root.new"
  rm -rf "$home/root"
  mv "$home/root.new" "$home/root"
  printf '%s\n' "$key" >"$home/root.key"
}

# The files that git knows, and those that are new.
copy_repository() {
  rm -rf "$home/src"
  mkdir -p "$home/src"
  git ls-files -z --cached --others --exclude-standard |
    tar -c --null --files-from=- --ignore-failed-read --warning=none | tar -x -C "$home/src"
  # As in an archive: the copy has no history.
  git rev-parse HEAD >"$home/src/toolchains/revision.txt"
}

mkdir -p "$home"
exec 9>"$home/lock"
flock --nonblock 9 || die "another one works in $home; let it end"
# Archives and trees of sources come from here.
toolchains/sources.sh >/dev/null
key=$(printf '%s\n' "${packages[@]}" "$pins" | sha256sum)
[[ -d $home/root && $key == "$(cat "$home/root.key" 2>/dev/null)" ]] || make_root
copy_repository
rm -rf "$home/out"
mkdir -p "$home"/{cache,out} "$BINFMTBOX_CACHE"/{downloads,sources}

# shellcheck disable=SC2016 # The inner shells expand these.
exec unshare -Urmp --fork --kill-child bash -euc '
  home=$1 cache=$2
  root=$home/root
  shift 2
  mkdir -p "$root"/{src,out,cache}
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/tmp"
  mount --bind "$home/src" "$root/src"
  mount --bind "$home/out" "$root/out"
  mount --bind "$home/cache" "$root/cache"
  # Archives and trees are the same everywhere: their names have their checksums.
  for dir in downloads sources; do
    mkdir -p "$root/cache/$dir"
    mount --bind "$cache/$dir" "$root/cache/$dir"
    mount -o remount,bind,ro "$root/cache/$dir"
  done
  for file in /etc/resolv.conf /etc/hosts; do
    cp -L "$file" "$root$file" 2>/dev/null || true
  done
  exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM-}" LANG=C.UTF-8 \
    BINFMTBOX_CACHE=/cache BINFMTBOX_CI="${BINFMTBOX_CI-}" BINFMTBOX_ROOT="${home##*/}" /bin/sh -c "cd /src && exec \"\$@\"" sh "$@"
' debian_root "$home" "$BINFMTBOX_CACHE" "$@"
