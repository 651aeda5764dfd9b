#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# all.sh SECONDS: builds every fuzz target and runs each for SECONDS; see run.sh for what it prints. The cache keeps
# what they find.

# shellcheck source=../../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../toolchains/bazel.sh"

(($# == 1)) || die "usage: all.sh SECONDS"
prepare libclang-rt-19-dev
mapfile -t targets < <(bazel query --noshow_progress 'kind(cc_binary, //testing/fuzz:all)')
((${#targets[@]})) || die "there are no fuzz targets"
bazel build --config=asan "${targets[@]}"
bin=$(bazel info --config=asan bazel-bin)
testing/fuzz/run.sh "$1" "$BINFMTBOX_CACHE/fuzz" "${targets[@]/#*:/$bin/testing/fuzz/}"
