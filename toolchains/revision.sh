#!/bin/sh
# Bazel's --workspace_status_command: the source revision for --version, and when it was
# committed, in seconds since 1970, where that is known.
# "git archive" writes the commit into the file beside this one: a tarball's sources may lie
# in somebody else's repository, whose commit is not meant.
read -r archived date <"${0%/*}/revision.txt"
case $archived in
  *Format*)
    revision=$(git rev-parse --short=12 HEAD 2>/dev/null) || revision=unknown
    date=$(git log -1 --format=%ct 2>/dev/null)
    git diff-index --quiet HEAD -- 2>/dev/null || revision=$revision-dirty
    ;;
  *) revision=$(printf '%.12s' "$archived") ;;
esac
echo "STABLE_REVISION $revision"
[ -z "$date" ] || echo "STABLE_COMMIT_DATE $date"
