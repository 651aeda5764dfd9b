#!/bin/bash
# run.sh BITS SECONDS DIR FUZZER...: runs each fuzzer for SECONDS, as many at a
# time as there are processors, beginning with its corpus in testdata/fuzz. DIR
# keeps what they find: DIR/NAME/corpus the inputs that reach more code, and
# DIR/NAME/crash-*, timeout-* and the like the inputs that break a rule.
#
# Prints a line for each fuzzer, and as the last one the sums. BITS says there
# what they were built for.
set -euo pipefail

# The path is that of the repository.
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

# fuzz FUZZER: one of them.
fuzz() {
  local name dir seeds
  name=$(basename "$1" _fuzzer)
  dir=$kept/$name
  seeds=testdata/fuzz/$name
  mkdir -p "$dir/corpus"
  # An input may take 5 seconds, which none comes near.
  if ASAN_OPTIONS=detect_leaks=1 "$1" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$dir/" "$dir/corpus" "$seeds" >"$logs/$name" 2>&1; then
    printf '0\n' >"$logs/$name.findings"
  else
    printf '1\n' >"$logs/$name.findings"
  fi
}

# executions FILE: how many a log tells of; libFuzzer's statistics lack where it stopped early.
executions() {
  awk '/^stat::number_of_executed_units:/ {n = $2} /^#[0-9]/ {sub("#", "", $1); last = $1 + 0}
    END {print n ? n : last + 0}' "$1"
}

(($# >= 4)) || {
  sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}
bits=$1
export seconds=$2 kept
kept=$(mkdir -p "$3" && realpath "$3")
shift 3
logs=$(mktemp -d)
export logs
trap 'rm -rf "$logs"' EXIT

export -f fuzz
# shellcheck disable=SC2016 # The inner shell expands it.
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I '{}' bash -euc 'fuzz "$1"' fuzz '{}'

all_executions=0
all_findings=0
for fuzzer in "$@"; do
  name=$(basename "$fuzzer" _fuzzer)
  count=$(executions "$logs/$name")
  findings=$(<"$logs/$name.findings")
  printf 'fuzz %-13s on %d bits %9d executions, %d findings\n' "$name" "$bits" "$count" "$findings"
  if ((findings)); then
    tail -n 60 "$logs/$name"
    printf 'the input is kept in %s; to see it fail: %s FILE\n' "$kept/$name" "$fuzzer"
  fi
  ((all_executions += count, all_findings += findings)) || true
done
printf 'fuzz executions on %d bits %d findings %d\n' "$bits" "$all_executions" "$all_findings"
((all_findings == 0))
