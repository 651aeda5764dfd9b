#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# image.sh FOLDER: what an arm64 image is built from, without a registry: Debian's busybox, and commands that run in it.
set -eu
mkdir -p "$1"
cp /srv/arm64/bin/busybox "$1"
cat >"$1/Dockerfile" <<'DOCKERFILE'
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN echo "built on $(uname -m) as $(id -u)" >/built
CMD ["sh", "-c", "cat /built && echo run on $(uname -m)"]
DOCKERFILE
