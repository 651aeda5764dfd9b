# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the project's scripts share; they source it. It changes to the top of the repository.
#
# need PACKAGE...               installs the Debian packages that are missing
# need_npm                      installs npm and node if the machine has none
# npm_modules NAME MODULE...    installs npm modules in the cache and prints their folder
# debian_mirror                 prints the address from which this machine gets Debian
# say TEXT, die TEXT
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

# Sources, sysroots, build results, and what tests download.
export BINFMTBOX_CACHE=${BINFMTBOX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/binfmtbox}

say() { printf '== %s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif ! command -v sudo >/dev/null; then
    die "installing packages needs root, and there is no sudo: as root, run: apt-get install ${missing[*]}"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n true 2>/dev/null || die "sudo cannot ask for a password here: as root, run: apt-get install ${missing[*]}"
    sudo -n "$@"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
    install --no-install-recommends "$@"
}

# The address from which this machine gets Debian.
debian_mirror() { PYTHONPATH=boot python3 -B -c 'import fetch; print(fetch.mirror() + "/debian")'; }

# Debian 12 has every tool in the version that the tests need; toolchains/other_debian.sh builds on 13 and sid.
require_debian() {
  local ID='' VERSION_CODENAME='' PRETTY_NAME=''
  # shellcheck source=/dev/null
  [[ ! -r /etc/os-release ]] || source /etc/os-release
  local here=${PRETTY_NAME:-$(uname -s)}
  case $ID-$VERSION_CODENAME in
    debian-bookworm) ;;
    # sid has the name of the release that it will be.
    debian-trixie | debian-forky | debian-sid)
      [[ -n ${BINFMTBOX_TOLD-} ]] || say "$here: all is tested on Debian 12 (bookworm), building and the pure tests on 13 and sid" >&2
      export BINFMTBOX_TOLD=1
      ;;
    *)
      die "binfmtbox is built on Debian 12 (bookworm), 13 (trixie) and sid, and this is $here; work in a container" \
        "(toolchains/Containerfile says how), or take a release's executable"
      ;;
  esac
}

need() {
  require_debian
  local package installed
  # It fails if dpkg has never heard of one of them.
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null) || true
  missing=()
  for package in "$@"; do
    grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "installing Debian packages: ${missing[*]}"
  # Package lists may be absent (a fresh image) or old (a file is gone).
  if ! apt-cache show "${missing[@]}" >/dev/null 2>&1 || ! apt_install "${missing[@]}"; then
    as_root apt-get -q update
    apt_install "${missing[@]}" || die "apt-get cannot install: ${missing[*]};" \
      "apt's sources need this release's main archive and its security updates"
  fi
}

need_npm() {
  if ! type -P npm >/dev/null || ! type -P node >/dev/null; then
    need npm nodejs
  fi
}

npm_modules() {
  local name=$1 dir
  shift
  dir=$BINFMTBOX_CACHE/$name-$(printf '%s\n' "$@" | sha256sum | cut -c1-12)
  if [[ ! -f $dir/installed ]]; then
    say "installing from npm into $dir: $*" >&2
    npm install --silent --no-audit --no-fund --no-update-notifier --cache "$BINFMTBOX_CACHE/npm" --prefix "$dir" \
      "$@" >&2 || return
    touch "$dir/installed"
  fi
  printf '%s\n' "$dir"
}
