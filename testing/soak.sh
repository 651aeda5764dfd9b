#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# soak.sh: the long run: differential and fault tests with large counts, each fuzz target for a minute on 64 and
# on 32 bits, 20 nodes of a fleet for two minutes, and a build in a root of Debian 13; ends with a table of figures and "N passed, N failed".
# BINFMTBOX_SEED repeats a run.

# shellcheck source=../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../toolchains/bazel.sh"
# shellcheck source=counts.sh
source testing/counts.sh

export BINFMTBOX_CI=1
seed=${BINFMTBOX_SEED:-$(date +%s)}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

fuzz() { testing/fuzz/all.sh 60 | tee "$log"; }

prepare qemu-user-static strace zsh "${sanitizer_packages[@]}" python3-yaml
mapfile -t tests < <(testing/figures.sh tests)
run_tests "differential and fault tests, seed $seed" --nocache_test_results --test_timeout=7200 \
  --test_env=BINFMTBOX_SEED="$seed" --test_env=BINFMTBOX_RECORDS=1000000 \
  --test_env=BINFMTBOX_FILES=200000 --test_env=BINFMTBOX_RULES=20000 --test_env=SOAK=1 "${tests[@]}"
check "fuzzing on 64 and 32 bits, 60 s each" fuzz
check "the product of this machine" bazel build //:binfmtbox_x86_64
run_counted "20 nodes of a fleet" python3 packaging/kubernetes/soak.py bazel-bin/binfmtbox_x86_64
run_counted "Debian 13" toolchains/other_debian.sh trixie
testing/figures.sh print "$log"
finish
