#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# other_debian.sh SUITE: builds the four products in a root of that Debian, such as trixie or sid, with its compilers and
# its Bazel, runs the pure tests and lintian there, and compares the products with those that this machine builds. The last line
# counts. Where a product is not the same, it says which part of it differs; docs/building.md says why. A product names its
# revision, so changes that no commit has make a difference.

# shellcheck source=bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/bazel.sh"
# shellcheck source=../testing/counts.sh
source testing/counts.sh

(($# == 1)) || die "usage: toolchains/other_debian.sh SUITE"

# In the root it is called with this word.
if [[ $1 == --inside ]]; then
  if has_modules; then
    say "$("$(find_bazel)" --version), with modules"
  fi
  check "the four products" toolchains/build_products.sh
  for arch in x86_64 arm64 armv7 riscv64; do
    cp -Lf "bazel-bin/binfmtbox_$arch" /out/ || exit
  done
  run_tests "pure tests" --build_tests_only --test_tag_filters=pure,generator \
    //arch_table/... //binfmt/... //cmd/... //docs/... //testing/...
  check "Debian packages" bazel build //packaging/deb
  # The overrides are for the lintian of each release: what one does not say, another does. Of this tag, see
  # packaging/deb/install_test.py; where it is unknown, it must not be named.
  tags=unused-override tag=package-supports-alternative-init-but-no-init.d-script
  [[ -z $(find /usr/share/lintian/tags -name "$tag.tag") ]] || tags+=,$tag
  check "lintian" lintian --allow-root --pedantic --fail-on=error,warning,info,pedantic --suppress-tags="$tags" \
    bazel-bin/packaging/deb/binfmtbox_*.deb
  "$(find_bazel)" shutdown
  finish
  exit
fi

out=$BINFMTBOX_CACHE/suites/$1/out
run_counted "Debian $1" toolchains/debian_root.sh "$1" toolchains/other_debian.sh --inside
prepare
check "the four products of this machine" bazel build //:binfmtbox_{x86_64,arm64,armv7,riscv64}
check "products compared with those of Debian $1" toolchains/compare_products.py bazel-bin "$out"
finish
