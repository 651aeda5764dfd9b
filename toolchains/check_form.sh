#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check_form.sh [clang-format|shellcheck|buildifier]...: checks the form of the files that git knows; without
# arguments, all three checks.

# shellcheck source=need.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/need.sh"

check_clang-format() {
  need git clang-format-14
  git ls-files -z -- '*.h' '*.cc' | xargs -0r clang-format-14 --dry-run -Werror
}

check_shellcheck() {
  need git shellcheck
  git grep -lIzE '^(#!.*\b(ba)?sh\b|# shellcheck shell=)' -- ':!*.md' ':!testdata/**' | xargs -0r shellcheck
  shellcheck --shell=bash completions/binfmtbox.bash
}

check_buildifier() {
  need git
  local buildifier
  if ! buildifier=$(type -P buildifier); then
    need_npm
    buildifier=$(npm_modules buildifier @bazel/buildifier@8.2.1)/node_modules/.bin/buildifier
  fi
  git ls-files -z -- WORKSPACE '*.bazel' '*.bzl' | xargs -0r "$buildifier" -mode=check -lint=warn
}

(($#)) || set -- clang-format shellcheck buildifier
for tool in "$@"; do
  case $tool in
    clang-format | shellcheck | buildifier) "check_$tool" ;;
    *) die "unknown check $tool" ;;
  esac
done
