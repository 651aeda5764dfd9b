#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sources_test.sh: what toolchains/sources.sh says where it cannot fetch: one line, and nothing half done. Works on a copy
# of the scripts and on caches of its own; it reaches Debian's archive. The last line counts.

# shellcheck source=bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/bazel.sh"
# shellcheck source=../testing/counts.sh
source testing/counts.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The archives of this machine's own cache.
archives=$BINFMTBOX_CACHE/downloads
toolchains/sources.sh >/dev/null

# new_copy: a copy of the scripts, and an empty cache.
new_copy() {
  copy=$(mktemp -d "$scratch/XXXXXX")
  mkdir "$copy/boot" "$copy/cache"
  cp -r toolchains "$copy"
  cp boot/fetch.py "$copy/boot"
  table=$copy/toolchains/debian_sources.txt
  export BINFMTBOX_CACHE=$copy/cache
}

# only REPOSITORY: the table has this line alone.
only() { sed -i "/^$1 /!d" "$table"; }

# refuses PATTERN [COMMAND]...: sources.sh, called by COMMAND, fails with one line that matches, and leaves no tree.
refuses() {
  local pattern=$1 said status=0 errors
  shift
  said=$("$@" "$copy/toolchains/sources.sh" 2>&1) || status=$?
  errors=$(grep -v '^== ' <<<"$said") || true
  if ((status == 0)) || [[ ! $errors =~ ^$pattern$ || $errors == *$'\n'* ]]; then
    printf 'status %d, not one line that matches "%s":\n%s\n' "$status" "$pattern" "$said"
    return 1
  fi
  [[ -z $(ls -A "$copy/cache/sources" 2>/dev/null) ]] || { echo "left behind: $(ls -A "$copy/cache/sources")"; return 1; }
}

# In a mount namespace, with a cache that holds so much, and the archives given.
on_small_disk() {
  # shellcheck disable=SC2016 # The inner shell expands these.
  unshare -Urm sh -euc '
    mount -t tmpfs -o size="$1" tmpfs "$2"
    [ -z "$3" ] || { mkdir "$2/downloads" && mount --bind "$3" "$2/downloads"; }
    shift 3
    exec "$@"
  ' sh "$@"
}

no_network() {
  new_copy
  refuses "sources\.sh: cannot read the lists of Debian's sources from http.*" unshare -Urn
}

release_is_gone() {
  new_copy
  only musl
  sed -i 's/ 1\.2\.6 / 1.2.4 /; s/[0-9a-f]\{64\}/0/' "$table"
  refuses "sources\.sh: Debian sid no longer has the source of musl 1\.2\.4, which .* pins; sid have .*; BINFMTBOX_.*" env
}

checksum_differs() {
  new_copy
  only com_google_googletest
  sed -i 's/[0-9a-f]\{64\}/0/' "$table"
  refuses "sources\.sh: the archive googletest_1\.18\.0\.orig\.tar\.gz of .* is not the one .*: its checksum differs" env
}

patch_does_not_apply() {
  local patch=toolchains/patches/com_google_googletest_other.patch
  new_copy
  only com_google_googletest
  printf '%s\n' '--- a/README.md' '+++ b/README.md' '@@ -1 +1 @@' '-no such line' '+another' >"$copy/$patch"
  refuses "sources\.sh: cannot apply $patch: .*FAILED.*" env
}

disk_is_full() {
  new_copy
  only com_google_absl
  refuses "sources\.sh: cannot unpack abseil_.*: .*No space left on device" on_small_disk 1m "$copy/cache" "$archives" &&
    refuses "sources\.sh: cannot read the lists .*" on_small_disk 1m "$copy/cache" ""
}

cache_is_read_only() {
  new_copy
  # shellcheck disable=SC2016 # The inner shell expands these.
  refuses "sources\.sh: BINFMTBOX_CACHE has to name a folder that can be written: .*Read-only file system" \
    unshare -Urm sh -euc 'mount -t tmpfs -o ro tmpfs "$1"; shift; exec "$@"' sh "$copy/cache"
}

# A list of some time ago: it names a revision that has been replaced.
revision_is_replaced() {
  local list
  new_copy
  only com_google_googletest
  "$copy/toolchains/sources.sh" >/dev/null || return
  rm -rf "$copy"/cache/{sources,downloads}/*
  for list in "$copy"/cache/source-lists/lists/*_Sources*; do
    /usr/lib/apt/apt-helper cat-file "$list" >"$copy/list" || return
    rm "$list"
    sed 's/^Version: 1\.18\.0-.*/Version: 1.18.0-0.0/; s/googletest_1\.18\.0/googletest_0/' "$copy/list" >"${list%.lz4}"
  done
  "$copy/toolchains/sources.sh" >/dev/null && [[ -f $copy/cache/downloads/googletest_1.18.0.orig.tar.gz ]]
}

check "no network" no_network
check "a release that the suites no longer have" release_is_gone
check "another archive of the same name" checksum_differs
check "a patch of another release" patch_does_not_apply
check "a full disk" disk_is_full
check "a cache that is read-only" cache_is_read_only
check "a Debian revision that has been replaced" revision_is_replaced
finish
