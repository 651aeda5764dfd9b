#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh: builds binfmtbox with this machine's compiler, and runs an ARM program through it, in
# namespaces of its own.

# shellcheck source=../../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../toolchains/bazel.sh"

IFS=.- read -r major minor _ < <(uname -r)
((major > 6 || (major == 6 && minor >= 7))) ||
  die "the demo needs Linux 6.7 or newer (binfmt_misc in user namespaces); this is $(uname -r)"
unshare -Urm --fork -p --mount-proc true 2>/dev/null ||
  die "the demo needs user namespaces, and this machine doesn't allow them (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces, or a container's seccomp profile)"
prepare_host qemu-user-static
say "building binfmtbox for this machine; ./dev build makes the small static ones"
# What the table's generator and the program have in common is compiled once. Bazel 7 can't.
once=()
has_modules || once=(--nodistinct_host_configuration)
bazel build "${once[@]}" //:binfmtbox
say "fetching a program for 64-bit ARM: Debian's busybox"
program=$(python3 -B testing/demo/foreign_program.py)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
install -m 755 bazel-bin/cmd/binfmtbox "$dir/binfmtbox"
install -m 755 "$program" "$dir/busybox-arm64"
cd "$dir" || exit
say "in a user namespace of its own: nothing of this machine changes"
# shellcheck disable=SC2016 # The inner shell expands these.
PATH=$dir:$PATH unshare -Urm --fork -p --mount-proc bash -euc '
  step() { printf "\n$ %s\n" "$*"; "$@"; }
  step binfmtbox mount --userns
  step ./busybox-arm64 uname -m || echo "(as it should be: nothing is registered yet)"
  step binfmtbox register aarch64
  step ./busybox-arm64 uname -m
  step binfmtbox status
  step binfmtbox clear aarch64
'
