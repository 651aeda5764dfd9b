#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# release.sh [--any-emulators] [--compile-once] [DIR]: builds the release files of the last commit twice and compares
# them, and puts them into DIR (default: release/). Stops if the image's emulators are not those that are pinned.
# --compile-once is for CI, which compiles everything in a root of sid as well: the second build takes what was compiled
# from the cache of results, and makes the rest anew.

# shellcheck source=../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../toolchains/bazel.sh"

option=''
anew="without the cache of results"
second=(--disk_cache=)
while [[ ${1:-} == --* ]]; do
  case $1 in
    --any-emulators) option=$1 ;;
    --compile-once)
      anew="all but compiling without the cache of results"
      second=('--modify_execution_info=^(?!Cpp).*=+no-cache')
      ;;
    *) die "unknown option $1" ;;
  esac
  shift
done
out=${1:-release}
folder=$BINFMTBOX_CACHE/release

# build FOLDER [ARGUMENT]...: builds the last commit in FOLDER/source, with the ARGUMENTs of bazel build, and gathers
# the files in FOLDER/files.
build() {
  local folder=$1 status=0
  rm -rf "$folder"
  mkdir -p "$folder"
  git clone -q --no-hardlinks . "$folder/source"
  "$folder/source/dev" build "${@:2}" //packaging:release || status=$?
  if ((status == 0)); then
    python3 packaging/release.py ${option:+"$option"} "$folder/source" "$folder/files" || status=$?
  fi
  # Ends its server and removes some GB of build output.
  (cd "$folder/source" && bazel clean --expunge >/dev/null 2>&1) || true
  rm -rf "$folder/source"
  return "$status"
}

prepare git
[[ -z $(git status --porcelain) ]] || die "the tree has changes that no commit has; a release is of a commit"
[[ ! -e $out ]] || die "$out is there already; name another folder, or remove it"
say "building the release"
build "$folder/first"
say "building it again in another folder, $anew, with umask 077 and another time zone"
say "(the sources, the C libraries and the emulators are the same files as before)"
(
  umask 077
  export TZ=Pacific/Kiritimati
  build "$folder/second-folder" "${second[@]}"
)
say "comparing"
diff -r "$folder/first/files" "$folder/second-folder/files" || die "the two builds differ; see $folder"
mkdir -p "$(dirname "$out")"
mv "$folder/first/files" "$out"
rm -rf "$folder"
(cd "$out" && sha256sum --quiet --check SHA256SUMS && ls -l)
say "$out: the same bytes from two builds"
python3 packaging/identity.py unfilled packaging/identity.txt | while IFS= read -r line; do say "note: $line"; done
