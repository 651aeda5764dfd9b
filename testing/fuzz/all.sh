#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# all.sh SECONDS [BITS]...: builds every fuzz target for 64 and for 32 bits, or for BITS alone, and runs each for
# SECONDS; see run.sh for what it prints. The cache keeps what they find, for both.

# shellcheck source=../../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../toolchains/bazel.sh"

(($# >= 1)) || die "usage: all.sh SECONDS [BITS]..."
seconds=$1
shift
(($#)) || set -- 64 32
declare -A configs=([64]=asan [32]=asan32)
prepare "${sanitizer_packages[@]}"
mapfile -t targets < <(bazel query --noshow_progress 'kind(cc_binary, //testing/fuzz:all)')
((${#targets[@]})) || die "there are no fuzz targets"
status=0
for bits in "$@"; do
  config=${configs[$bits]-}
  [[ $config ]] || die "code has 64 or 32 bits, not $bits"
  bazel build --config="$config" "${targets[@]}"
  bin=$(bazel info --config="$config" bazel-bin)
  testing/fuzz/run.sh "$bits" "$seconds" "$BINFMTBOX_CACHE/fuzz" "${targets[@]/#*:/$bin/testing/fuzz/}" || status=1
done
exit $status
