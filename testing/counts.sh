# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Counts of checks and test cases; scripts source it after toolchains/bazel.sh.
#
# check NAME COMMAND...        one check: it passes if COMMAND does
# run_tests NAME ARGUMENT...   bazel test; each test case counts
# run_counted NAME COMMAND...  COMMAND's last line is "N passed, N failed", and a line with FAILED names each failure
# finish                       prints how long each took, what failed, and "N passed, N failed"; fails if something did

passed=0
failed=0
times=()
failures=()

# count NAME START STATUS PASSED FAILED [FAILURE]...: adds to the sums what ran since START, a value of SECONDS. What
# fails without counting a failed case, or counts no case at all, is a failure.
count() {
  local name=$1 seconds=$((SECONDS - $2)) status=$3 cases_passed=${4:-0} cases_failed=${5:-0}
  if ((cases_failed == 0 && (status != 0 || cases_passed == 0))); then
    cases_failed=1
  fi
  ((passed += cases_passed, failed += cases_failed)) || true
  times+=("$(printf '%5d s  %s' "$seconds" "$name")")
  if ((cases_failed == 0)); then
    say "$name: $cases_passed passed, 0 failed"
    return
  fi
  failures+=("$name: $cases_passed passed, $cases_failed failed" "${@:6}")
  say "FAILED: $name: $cases_passed passed, $cases_failed failed"
}

check() {
  local name=$1 start=$SECONDS status=0
  shift
  say "$name"
  "$@" || status=$?
  count "$name" "$start" "$status" $((status == 0))
}

run_tests() {
  local name=$1 start=$SECONDS events status=0 cases_passed=0 cases_failed=0 cases=()
  shift
  say "$name"
  events=$(mktemp)
  bazel test --build_event_json_file="$events" "$@" || status=$?
  {
    read -r cases_passed cases_failed || true
    mapfile -t cases
  } < <(python3 toolchains/count_tests.py "$events")
  rm -f "$events"
  count "$name" "$start" "$status" "$cases_passed" "$cases_failed" "${cases[@]}"
}

run_counted() {
  local name=$1 start=$SECONDS log status=0 cases_passed=0 cases_failed=0 cases=()
  shift
  say "$name"
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || status=$?
  read -r cases_passed cases_failed < <(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log") || true
  mapfile -t cases < <(sed -nE 's/^(== )?FAILED:? +//p; t; /: FAILED\b/p' "$log" | awk '!seen[$0]++' | head -n 20)
  rm -f "$log"
  count "$name" "$start" "$status" "$cases_passed" "$cases_failed" "${cases[@]}"
}

finish() {
  say "took $((SECONDS / 60)) min $((SECONDS % 60)) s"
  printf '%s\n' "${times[@]}"
  ((failed == 0)) || printf 'FAILED: %s\n' "${failures[@]}"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}
