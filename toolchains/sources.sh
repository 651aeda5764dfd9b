#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sources.sh [REPOSITORY]...: fetches external repositories (default: all) from Debian's source packages, unpacks
# them in the cache, and prints the Bazel flag that selects each that is there. toolchains/debian_sources.txt names
# and pins them.

# shellcheck source=need.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/need.sh"

packages=(
  dpkg-dev patch xz-utils
  # They make RE2's tables.
  make python3 python3-six unicode-data
)
downloads=$BINFMTBOX_CACHE/downloads
trees=$BINFMTBOX_CACHE/sources
apt=$BINFMTBOX_CACHE/apt-sources
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The address from which this machine gets Debian.
debian_mirror() { PYTHONPATH=boot python3 -B -c 'import fetch; print(fetch.mirror() + "/debian")'; }

# apt_source ARGUMENT...: apt-get source with the machine's own package sources, turned to source packages.
apt_source() {
  local file release
  if [[ ! -d $apt/lists ]]; then
    mkdir -p "$apt/parts" "$apt/archives/partial" "$apt/lists.new/partial"
    for file in /etc/apt/sources.list.d/*.sources; do
      [[ -f $file ]] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/parts/${file##*/}"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
      [[ -f $file ]] && sed -n 's/^deb[[:space:]]/deb-src /p' "$file" >"$apt/parts/${file##*/}.list"
    done
    # Of other releases of Debian, only what the table asks for.
    for release in $(sources_table | awk 'split($3, part, "/") == 2 {print part[2]}' | sort -u); do
      echo "deb-src [signed-by=$keyring] $(debian_mirror) $release main" >"$apt/parts/$release.list"
    done
    # A third party's repository may have no sources.
    apt_get -qq -o "Dir::State::Lists=$apt/lists.new" update || true
    mv "$apt/lists.new" "$apt/lists"
  fi
  (cd "$downloads" && apt_get -q source --download-only --only-source "$@")
}

apt_get() {
  apt-get -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$apt/parts" \
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache::Archives=$apt/archives" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Sandbox::User="$(id -un)" "$@"
}

sources_table() { grep -v '^#' toolchains/debian_sources.txt; }

# rows REPOSITORY: its lines of the table.
rows() { sources_table | awk -v r="$1" '$1 == r'; }

is_intact() { printf '%s  %s\n' "$2" "$downloads/$1" | sha256sum --check --status 2>/dev/null; }

download() {
  local repository=$1 package version file sum options
  while read -r _ package version file sum; do
    is_intact "$file" "$sum" && continue
    options=(--tar-only)
    # Debian's own part is fetched only where it is used.
    [[ $(rows "$repository" | wc -l) -gt 1 ]] && options=()
    rm -f "$downloads/$file"
    case $version in
      */*) version=/${version#*/} ;;
      *) version="=$version" ;;
    esac
    apt_source "${options[@]}" "$package$version" ||
      die "cannot fetch the source package $package $version (toolchains/debian_sources.txt names it)"
    is_intact "$file" "$sum" || die "$file is not the file that toolchains/debian_sources.txt names: checksum differs"
  done < <(rows "$repository")
}

# unpack REPOSITORY DIR: the tree that WORKSPACE makes of the upstream archive.
unpack() {
  local repository=$1 dir=$2 archives archive
  mapfile -t archives < <(rows "$repository" | awk '{print $4}')
  archive=$downloads/${archives[0]}
  case $repository in
    libcxx)
      tar -xf "$archive" -C "$dir" --strip-components=1 --wildcards --no-wildcards-match-slash \
        --files-from=toolchains/llvm_parts.txt
      rows "$repository" >"$dir/VERSION"
      ;;
    *) tar -xf "$archive" -C "$dir" --strip-components=1 ;;
  esac
  case $repository in
    com_googlesource_code_re2)
      # Debian leaves these tables out and makes them from its own Unicode data.
      tar -xf "$downloads/${archives[1]}" -C "$dir" debian/patches
      patch -s -p1 -d "$dir" <"$dir/debian/patches/debian-unicode-data.patch"
      make -s -C "$dir" REBUILD_TABLES=1 re2/unicode_casefold.cc re2/unicode_groups.cc re2/perl_groups.cc >/dev/null
      ;;
    rules_cc)
      # As in WORKSPACE.
      sed -i -e 's/, "use_cpp_toolchain"//' \
        -e 's,use_cpp_toolchain(),["@bazel_tools//tools/cpp:toolchain_type"],' \
        "$dir"/cc/private/rules_impl/{cc_flags_supplier,compiler_flag}.bzl
      ;;
    platforms)
      # Later releases have it.
      printf 'constraint_value(name = "riscv64", constraint_setting = ":cpu")\n' >>"$dir/cpu/BUILD"
      ;;
    musl | libcxx) printf 'exports_files(["VERSION"])\n' >"$dir/BUILD.bazel" ;;
  esac
  touch "$dir/WORKSPACE"
}

# The key of a tree: everything that decides what is in it.
key() {
  {
    rows "$1"
    declare -f unpack
    [[ $1 != libcxx ]] || cat toolchains/llvm_parts.txt
  } | sha256sum | cut -c1-12
}

need "${packages[@]}" >&2
mkdir -p "$downloads" "$trees"
for repository in $(sources_table | awk '!seen[$1]++ {print $1}'); do
  tree=$trees/$repository-$(key "$repository")
  if [[ ! -d $tree && ($# == 0 || " $* " == *" $repository "*) ]]; then
    say "source of $repository" >&2
    download "$repository" >&2
    partial=$(mktemp -d "$trees/.$repository.XXXXXX")
    unpack "$repository" "$partial" >&2
    chmod 755 "$partial"
    mv -T "$partial" "$tree" 2>/dev/null || rm -rf "$partial"
  fi
  [[ ! -d $tree ]] || printf 'common "--override_repository=%s=%s"\n' "$repository" "$tree"
done
