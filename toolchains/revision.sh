#!/bin/sh
# Bazel's --workspace_status_command: the source revision for --version.
revision=$(git rev-parse --short=12 HEAD 2>/dev/null) || revision=unknown
git diff-index --quiet HEAD -- 2>/dev/null || revision=$revision-dirty
echo "STABLE_REVISION $revision"
