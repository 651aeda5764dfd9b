#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sources.sh [REPOSITORY]...: fetches external repositories (default: all) from Debian's source packages, unpacks
# them in the cache, and prints the Bazel flag that selects each that is there. toolchains/debian_sources.txt names
# and pins them.

# shellcheck source=bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/bazel.sh"

downloads=$BINFMTBOX_CACHE/downloads
trees=$BINFMTBOX_CACHE/sources
apt=$BINFMTBOX_CACHE/source-lists
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
table=toolchains/debian_sources.txt

sources_table() { grep -v '^#' "$table"; }

# row REPOSITORY: its line of the table.
row() { sources_table | awk -v r="$1" '$1 == r'; }

suites() { sources_table | awk '{print $4}' | sort -u; }

# quietly WHAT COMMAND...: WHAT and the first error in one line, if COMMAND fails.
quietly() {
  local what=$1 said
  shift
  said=$("$@" 2>&1) && return
  die "$what: $(grep -m 1 -iE '^E: |error|no space' <<<"$said" || tail -n 1 <<<"$said")"
}

# apt's settings, such as a proxy, are the machine's; its lists are our own.
apt_do() {
  "$@" -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache::Archives="$apt/archives" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User="$(id -un)"
}

read_lists() {
  local mirror suite
  mirror=$(debian_mirror)
  rm -rf "$apt"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  for suite in $(suites); do
    echo "deb-src [signed-by=$keyring] $mirror $suite main"
  done >"$apt/sources.list"
  quietly "cannot read the lists of Debian's sources from $mirror" apt_do apt-get -q --error-on=any update
  touch "$apt/read"
}

# revisions PACKAGE: its versions in the lists, such as 1:22.1.8-3, the newest first.
revisions() { apt_do apt-cache showsrc --only-source "$1" 2>/dev/null | sed -n 's/^Version: //p' | sort -rV; }

# revision PACKAGE VERSION: the newest Debian revision of the upstream version.
revision() { revisions "$1" | awk -v wanted="$2" '{v = $0; sub(/^[0-9]+:/, "", v); sub(/-[^-]*$/, "", v)} v == wanted {print; exit}'; }

is_intact() { printf '%s  %s\n' "$2" "$downloads/$1" | sha256sum --check --status 2>/dev/null; }

fetch_source() { (cd "$downloads" && apt_do apt-get -q source --download-only --only-source --tar-only "$1"); }

# download REPOSITORY
download() {
  local package version suite file sum found have
  read -r _ package version suite file sum < <(row "$1")
  is_intact "$file" "$sum" && return
  rm -f "$downloads/$file"
  # A list of some days ago may name a revision that has been replaced.
  found=
  [[ ! -e $apt/read ]] || found=$(revision "$package" "$version")
  if [[ -z $found ]] || ! fetch_source "$package=$found" >/dev/null 2>&1; then
    read_lists
    found=$(revision "$package" "$version")
    have=$(revisions "$package" | paste -sd ' ')
    [[ -n $found ]] || die "Debian $suite no longer has the source of $package $version, which $table pins;" \
      "${have:+$(suites | paste -sd ' ') have $have; }BINFMTBOX_SOURCES=upstream takes the project's own archive"
    quietly "cannot download the source of $package $found" fetch_source "$package=$found"
  fi
  is_intact "$file" "$sum" || die "the archive $file of $package $found is not the one that $table pins: its checksum differs"
}

# extract ARCHIVE DIR [OPTION]...
extract() { quietly "cannot unpack $1 in $trees" tar -xf "$downloads/$1" -C "$2" --strip-components=1 "${@:3}"; }

# unpack REPOSITORY DIR: the tree that WORKSPACE makes of the upstream archive.
unpack() {
  local repository=$1 dir=$2 archive patch
  archive=$(row "$repository" | awk '{print $5}')
  case $repository in
    libcxx)
      extract "$archive" "$dir" --wildcards --no-wildcards-match-slash --files-from=toolchains/llvm_parts.txt
      row "$repository" | awk '{print $6}' >"$dir/VERSION"
      ;;
    *) extract "$archive" "$dir" ;;
  esac
  for patch in toolchains/patches/"$repository"_*.patch; do
    [[ ! -e $patch ]] ||
      quietly "cannot apply $patch" \
        patch --batch --forward --no-backup-if-mismatch --strip=1 --directory="$dir" --input="$PWD/$patch"
  done
  case $repository in
    # As in WORKSPACE.
    com_googlesource_code_re2) sed -i 's,"@abseil-cpp//,"@com_google_absl//,' "$dir/BUILD.bazel" ;;
    musl | libcxx) printf 'exports_files(["VERSION"])\n' >"$dir/BUILD.bazel" ;;
  esac
  touch "$dir/WORKSPACE"
}

# The key of a tree: everything that decides what is in it.
key() {
  {
    row "$1" | awk '{print $6}'
    cat toolchains/patches/"$1"_*.patch 2>/dev/null || true
    declare -f unpack
    [[ $1 != libcxx ]] || cat toolchains/llvm_parts.txt
  } | sha256sum | cut -c1-12
}

need "${source_packages[@]}" >&2
quietly "BINFMTBOX_CACHE has to name a folder that can be written" mkdir -p "$downloads" "$trees"
partial=
trap '[[ -z $partial ]] || rm -rf "$partial"' EXIT
for repository in $(sources_table | awk '{print $1}'); do
  tree=$trees/$repository-$(key "$repository")
  if [[ ! -d $tree && ($# == 0 || " $* " == *" $repository "*) ]]; then
    say "source of $repository" >&2
    download "$repository" >&2
    partial=$(mktemp -d "$trees/.$repository.XXXXXX")
    unpack "$repository" "$partial" >&2
    chmod 755 "$partial"
    mv -T "$partial" "$tree" 2>/dev/null || rm -rf "$partial"
    partial=
  fi
  [[ ! -d $tree ]] || printf 'common "--override_repository=%s=%s"\n' "$repository" "$tree"
done
