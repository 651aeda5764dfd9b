# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Counts of checks and test cases; scripts source it after toolchains/bazel.sh.
#
# check NAME COMMAND...        one check: it passes if COMMAND does
# run_tests NAME ARGUMENT...   bazel test; each test case counts
# run_counted NAME COMMAND...  COMMAND's last line is "N passed, N failed"
# finish                       prints "N passed, N failed"; fails if something failed

passed=0
failed=0

# count NAME STATUS PASSED FAILED: adds to the sums. A test that fails without counting a failed case, or that
# counts no case at all, is a failure.
count() {
  local name=$1 status=$2 cases_passed=${3:-0} cases_failed=${4:-0}
  if ((cases_failed == 0 && (status != 0 || cases_passed == 0))); then
    cases_failed=1
  fi
  ((passed += cases_passed, failed += cases_failed)) || true
  printf '== %s: %d passed, %d failed\n' "$name" "$cases_passed" "$cases_failed"
}

check() {
  local name=$1
  shift
  say "$name"
  if "$@"; then
    ((++passed))
  else
    ((++failed))
    printf '== FAILED: %s\n' "$name"
  fi
}

run_tests() {
  local name=$1 events cases_passed=0 cases_failed=0 status=0
  shift
  say "$name"
  events=$(mktemp)
  bazel test --build_event_json_file="$events" "$@" || status=$?
  read -r cases_passed cases_failed < <(python3 toolchains/count_tests.py "$events") || true
  rm -f "$events"
  count "$name" "$status" "$cases_passed" "$cases_failed"
}

run_counted() {
  local name=$1 log cases_passed=0 cases_failed=0 status=0
  shift
  say "$name"
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || status=$?
  read -r cases_passed cases_failed < <(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log") || true
  rm -f "$log"
  count "$name" "$status" "$cases_passed" "$cases_failed"
}

finish() {
  say "took $((SECONDS / 60)) min $((SECONDS % 60)) s"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}
