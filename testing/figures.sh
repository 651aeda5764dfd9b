#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# figures.sh tests:           lists the tests that print figures
# figures.sh print [LOG]...:  a table of the figures in the logs of their last run, and in the LOGs

# shellcheck source=../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../toolchains/bazel.sh"

figure_tests() {
  bazel query --noshow_progress \
    'filter("_differential_test$", tests(//...)) + filter("^//testing/faults", tests(//...))'
}

print_figures() {
  local label dir logs
  logs=$(bazel info bazel-testlogs)
  {
    # A sharded test has a log for each shard.
    for label in $(figure_tests); do
      dir=${label#//}
      [[ ! -d $logs/${dir/://} ]] || find "$logs/${dir/://}" -name test.log -exec cat {} +
    done
    cat /dev/null "$@"
  } | LC_ALL=C awk -f testing/figures.awk
}

prepare >&2
case ${1:-} in
  tests) figure_tests ;;
  print) print_figures "${@:2}" ;;
  *)
    sed -n 's/^# \(figures.sh\)/\1/p' "$0" >&2
    exit 2
    ;;
esac
