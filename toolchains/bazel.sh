# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Bazel for the project's scripts; they source it.
#
# prepare [PACKAGE]...        installs what building needs, and PACKAGEs, and writes user.bazelrc
# prepare_host [PACKAGE]...   the same for what is built with this machine's compiler alone
# bazel ARGUMENT...           runs Bazel, with --config=ci if BINFMTBOX_CI is set

# shellcheck source=need.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/need.sh"

host_packages=(bazel-bootstrap g++ python3)
host_sources=(com_google_absl com_googlesource_code_re2 rules_java bazel_skylib)
build_packages=(
  "${host_packages[@]}"
  # The products' compiler, and what builds their C and C++ libraries.
  clang-22 lld-22 llvm-22 cmake make ninja-build
  # libgcc.a and the kernel's headers of each target architecture.
  libgcc-12-dev libgcc-12-dev-arm64-cross libgcc-12-dev-armhf-cross libgcc-12-dev-riscv64-cross
  linux-libc-dev-arm64-cross linux-libc-dev-armhf-cross linux-libc-dev-riscv64-cross
  # What packs the root of pantavisor's container.
  squashfs-tools
)

# What toolchains/sources.sh needs.
# shellcheck disable=SC2034 # Its scripts name it.
source_packages=(patch python3 xz-utils)

# shellcheck disable=SC2034
test_packages=(qemu-user-static strace zsh)

# For --config=asan and asan32: the compiler's part, and this machine's C and C++ libraries as code of 32 bits.
# shellcheck disable=SC2034
sanitizer_packages=(libclang-rt-22-dev libc6-dev-i386 lib32stdc++-12-dev)

# Rules that MODULE.bazel names and Debian's Bazel 7 does not depend on.
module_packages=(bazel-rules-shell)

# Debian's wrapper needs no .bazelversion; bazelisk reads .bazeliskrc.
find_bazel() { type -P bazel-4 || type -P bazelisk || type -P bazel; }

bazel() {
  local command
  command=$(find_bazel) || die "there is no bazel"
  "$command" "$1" ${BINFMTBOX_CI:+--config=ci} "${@:2}"
}

# has_modules: is it a Bazel that reads MODULE.bazel? Debian's 4.2.3 doesn't tell its version.
has_modules() { [[ $("$(find_bazel)" --version) =~ ^bazel\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= 7)); }

# module_settings SOURCES: for Bazel 7 and newer, lines of user.bazelrc, with what sources.sh printed.
module_settings() {
  local registry=$BINFMTBOX_CACHE/registry
  # No registry of modules but Debian's packages, so nothing that others could lock to.
  python3 toolchains/registry.py "$registry"
  printf 'common "--registry=file://%s"\ncommon --lockfile_mode=off\n' "$registry"
  sed -E '/=(rules_java|bazel_skylib)=/d; s/--override_repository=/&_main~_repo_rules~/' <<<"$1"
}

prepare() {
  need "${build_packages[@]}" "$@"
  write_settings
}

prepare_host() {
  need "${host_packages[@]}" "$@"
  write_settings "${host_sources[@]}"
}

# write_settings [REPOSITORY]...: fetches these sources (default: all), and writes what is here into user.bazelrc.
write_settings() {
  local sources='' compiler='' settings
  if [[ ${BINFMTBOX_SOURCES:-debian} != upstream ]]; then
    sources=$(toolchains/sources.sh "$@")
    if has_modules; then
      need "${module_packages[@]}"
      sources=$(module_settings "$sources")
    fi
  fi
  ! type -P clang-22 >/dev/null ||
    compiler="common \"--repo_env=BINFMTBOX_COMPILER=$(clang-22 --version | head -n 1)\""
  settings=$(
    cat <<RC
# Written by ./dev for this machine; your own settings belong into ~/.bazelrc.
startup "--output_user_root=$BINFMTBOX_CACHE/bazel"
startup --max_idle_secs=900
build "--disk_cache=$BINFMTBOX_CACHE/results"
common "--repo_env=BINFMTBOX_CACHE=$BINFMTBOX_CACHE"
$compiler
$sources
RC
  )
  [[ -f user.bazelrc && $(<user.bazelrc) == "$settings" ]] || printf '%s\n' "$settings" >user.bazelrc
}
