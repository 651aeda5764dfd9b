#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The step of ../../action.yml. Its inputs come in the environment: INPUT_PLATFORMS, INPUT_RESET, INPUT_VERSION, and
# RELEASES, the address under which a folder for each release has its files. What it finds out goes to
# $GITHUB_OUTPUT. BINFMTBOX names an executable that is there; without it the release's is fetched and checked.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

die() {
  # GitHub shows such a line at the top of the run.
  printf '::error title=binfmtbox::%s\n' "$*"
  exit 1
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# fetch FOLDER: gets the executable for this machine, and prints its path.
fetch() {
  local version=${INPUT_VERSION:-} arch name
  version=${version:-$(<"$here/../../VERSION")}
  [[ $version =~ ^[0-9]+(\.[0-9]+)*$ ]] || die "version: \"$version\" is none such as 0.2.0"
  case $(uname -m) in
    x86_64) arch=x86_64 ;;
    aarch64) arch=arm64 ;;
    armv7l | armv8l) arch=armv7 ;;
    riscv64) arch=riscv64 ;;
    *) die "there is no executable for $(uname -m)" ;;
  esac
  name=binfmtbox-$version-$arch
  for file in "$name" SHA256SUMS; do
    curl --fail --silent --show-error --location --retry 3 --output "$1/$file" "$RELEASES/v$version/$file" ||
      die "cannot fetch $file of version $version"
  done
  (cd "$1" && grep " $name\$" SHA256SUMS | sha256sum --check --quiet --strict) >&2 ||
    die "$name is not the file that SHA256SUMS of version $version lists"
  chmod +x "$1/$name"
  printf '%s\n' "$1/$name"
}

box=${BINFMTBOX:-}
if [[ -z $box ]]; then
  folder=$(mktemp -d)
  box=$(fetch "$folder") || { printf '%s\n' "$box"; exit 1; }
fi

shopt -s nullglob
emulators=(/usr/bin/qemu-*-static)
if ((${#emulators[@]} == 0)); then
  as_root apt-get update --quiet --quiet
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends qemu-user-static
fi

if [[ ${INPUT_RESET:-false} == true ]]; then
  as_root "$box" mount --quiet
  as_root "$box" clear --quiet 'qemu-*'
fi
# Words of users: after "--" none of them is an option.
list=${INPUT_PLATFORMS:-all}
read -ra platforms <<<"${list//[,$'\n']/ }"
((${#platforms[@]})) || die "the input platforms names none"
as_root "$box" register --mount -- "${platforms[@]}"

supported=$("$box" status --platforms | sed -n 's/.*"supported":\[\([^]]*\)\].*/\1/p' | tr -d '" ')
[[ -n $supported ]] || die "nothing runs, though handlers were registered"
printf 'platforms=%s\n' "$supported" >>"${GITHUB_OUTPUT:-/dev/stdout}"
printf 'Programs run for %s\n' "${supported//,/, }"
