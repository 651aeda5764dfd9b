#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench.sh [ARGUMENT]...: measures the product beside its peers. The ARGUMENTs are those of bench/run.py.

# shellcheck source=../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../toolchains/bazel.sh"

# libpipeline1 is for update-binfmts, which is only unpacked.
prepare busybox-static dash systemd libpipeline1 valgrind
toolchains/build_products.sh
bazel build //bench:batch_x86_64
exec python3 bench/run.py "$@" --batch bazel-bin/bench/batch_x86_64 bazel-bin/binfmtbox_{x86_64,arm64,armv7,riscv64}
