#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collect.sh DEB...: the files for systemd-binfmt and update-binfmts in Debian packages, each behind a line
# "== PACKAGE VERSION PATH". One that an earlier package has under the same path with the same text is left out.
set -eu
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
for deb in "$@"; do
  rm -rf "$tree/new"
  dpkg-deb -x "$deb" "$tree/new"
  package="$(dpkg-deb --field "$deb" Package) $(dpkg-deb --field "$deb" Version)"
  (cd "$tree/new" && find . -type f \( -path '*/binfmt.d/*' -o -path '*/binfmts/*' -o -name '*.binfmt' \)) |
    LC_ALL=C sort | while read -r path; do
      path=${path#./}
      cmp -s "$tree/new/$path" "$tree/seen/$path" && continue
      mkdir -p "$tree/seen/${path%/*}"
      cp "$tree/new/$path" "$tree/seen/$path"
      printf '== %s %s\n' "$package" "$path"
      cat "$tree/new/$path"
    done
done
