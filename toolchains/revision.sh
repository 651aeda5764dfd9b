#!/bin/sh
# Bazel's --workspace_status_command: the source revision for --version.
# "git archive" writes the commit into the file beside this one: a tarball's sources may lie
# in somebody else's repository, whose commit is not meant.
read -r archived <"${0%/*}/revision.txt"
case $archived in
  *Format*)
    revision=$(git rev-parse --short=12 HEAD 2>/dev/null) || revision=unknown
    git diff-index --quiet HEAD -- 2>/dev/null || revision=$revision-dirty
    ;;
  *) revision=$(printf '%.12s' "$archived") ;;
esac
echo "STABLE_REVISION $revision"
