#!/bin/bash
# Runs tests many times in a row on a busy machine, to find those that fail now and then.
# usage: testing/steady.sh [COUNT] [TARGET]...   (50 times, //...)
#
# Meanwhile two processes compile without end, at normal priority: the load of two builds.
# shellcheck source=../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../toolchains/bazel.sh"

count=50
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  count=$1
  shift
fi
targets=("${@:-//...}")

bazel build "${targets[@]}"

folder=$(mktemp -d)
compiling=()

finish() {
  # Each is a process group: the loop, and the compiler that it runs.
  for pid in "${compiling[@]}"; do
    kill -- "-$pid" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

cat >"$folder/source.cc" <<'SOURCE'
#include <map>
#include <regex>
#include <string>
std::map<std::string, std::regex> patterns;
bool Match(const std::string& text) { return std::regex_match(text, patterns[text]); }
SOURCE

# Each background job is a process group.
set -m
for number in 1 2; do
  while g++ -std=c++17 -O2 -c -o "$folder/$number.o" "$folder/source.cc"; do :; done &
  compiling+=($!)
done
set +m

# The results of earlier runs do not count, and all runs are made whatever fails.
status=0
bazel test --keep_going --nocache_test_results --runs_per_test="$count" \
  --build_event_json_file="$folder/events" "${targets[@]}" || status=$?

for pid in "${compiling[@]}"; do
  kill -0 "$pid" 2>/dev/null || { printf 'steady: the compiler has ended, so the machine was not busy\n' >&2; exit 1; }
done

read -r runs failed < <(python3 - "$folder/events" <<'PYTHON'
import json
import sys

runs = failed = 0
with open(sys.argv[1], encoding="utf-8") as events:
    for line in events:
        event = json.loads(line)
        if "testResult" in event:
            runs += 1
            failed += event["testResult"].get("status") != "PASSED"
print(runs, failed)
PYTHON
)
printf '%d of %d runs failed\n' "$failed" "$runs"
((status == 0 && failed == 0 && runs > 0))
