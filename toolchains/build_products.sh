#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build_products.sh [ARGUMENT]...: builds the four products, with the ARGUMENTs of bazel build, and prints the size
# of each; fails if one exceeds its budget in toolchains/size_budgets.txt.

# shellcheck source=bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/bazel.sh"

prepare
say "building the four products (the first time, their C and C++ libraries take some minutes)"
bazel build "$@" //:binfmtbox_{x86_64,arm64,armv7,riscv64}

status=0
printf '%-22s %8s %8s %9s %8s\n' target bytes budget 'gzip -9' budget
while read -r arch budget gzip_budget; do
  size=$(stat -L -c %s "bazel-bin/binfmtbox_$arch")
  gzip_size=$(gzip -9nc "bazel-bin/binfmtbox_$arch" | wc -c)
  printf '%-22s %8d %8d %9d %8d\n' "//:binfmtbox_$arch" "$size" "$budget" "$gzip_size" "$gzip_budget"
  if ((size > budget || gzip_size > gzip_budget)); then
    printf '%s: binfmtbox_%s exceeds its budget\n' "${0##*/}" "$arch" >&2
    status=1
  fi
done < <(grep -v '^#' toolchains/size_budgets.txt)
exit "$status"
