#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test.sh [NAME]...: has the programs that users run meet handlers of the product (see clients.py); ends with
# "N passed, N failed".

# shellcheck source=../../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../toolchains/bazel.sh"

as_root=()
((EUID == 0)) || as_root=(sudo --preserve-env=BINFMTBOX_CACHE)
prepare mmdebstrap
bazel build //:binfmtbox_x86_64
exec "${as_root[@]}" python3 testing/clients/clients.py "$(readlink -f bazel-bin)/binfmtbox_x86_64" "$@"
