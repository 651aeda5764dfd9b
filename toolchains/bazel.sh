# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Bazel for the project's scripts; they source it.
#
# prepare [PACKAGE]...   installs what building needs, and PACKAGEs, and writes user.bazelrc
# bazel ARGUMENT...      runs Bazel, with --config=ci if BINFMTBOX_CI is set

# shellcheck source=need.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/need.sh"

build_packages=(
  bazel-bootstrap g++ python3
  # The products' compiler, and what builds their C and C++ libraries.
  clang-19 lld-19 llvm-19 cmake make ninja-build
  # libgcc.a and the kernel's headers of each target architecture.
  libgcc-12-dev-arm64-cross libgcc-12-dev-armhf-cross libgcc-12-dev-riscv64-cross
  linux-libc-dev-arm64-cross linux-libc-dev-armhf-cross linux-libc-dev-riscv64-cross
  # What packs the root of pantavisor's container.
  squashfs-tools
)

# Debian's wrapper needs no .bazelversion; bazelisk reads .bazeliskrc.
find_bazel() { type -P bazel-4 || type -P bazelisk || type -P bazel; }

bazel() {
  local command
  command=$(find_bazel) || die "there is no bazel"
  "$command" "$1" ${BINFMTBOX_CI:+--config=ci} "${@:2}"
}

prepare() {
  need "${build_packages[@]}" "$@"
  local sources='' settings
  [[ ${BINFMTBOX_SOURCES:-debian} == upstream ]] || sources=$(toolchains/sources.sh)
  settings=$(
    cat <<RC
# Written by ./dev for this machine; your own settings belong into ~/.bazelrc.
startup "--output_user_root=$BINFMTBOX_CACHE/bazel"
startup --max_idle_secs=900
build "--disk_cache=$BINFMTBOX_CACHE/results"
common "--repo_env=BINFMTBOX_CACHE=$BINFMTBOX_CACHE"
common "--repo_env=BINFMTBOX_COMPILER=$(clang-19 --version | head -n 1)"
$sources
RC
  )
  [[ -f user.bazelrc && $(<user.bazelrc) == "$settings" ]] || printf '%s\n' "$settings" >user.bazelrc
}
