#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dockerd without root: the classic builder, BuildKit, and containers of both images.
set -eu
sh /mnt/image.sh ~/image
cd ~/image
export DOCKER_HOST=unix:///run/user/1000/docker.sock
export DOCKERD_ROOTLESS_ROOTLESSKIT_NET=host DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=none
sh /usr/share/docker.io/contrib/dockerd-rootless.sh --storage-driver=vfs --bridge=none --iptables=false \
  --ip-forward=false --log-level=warn 3>&- &
daemon=$!
until docker version; do
  kill -0 $daemon
  sleep 0.2
done
for kit in 0 1; do
  DOCKER_BUILDKIT=$kit docker build --network=none --platform=linux/arm64 --tag=image$kit .
  docker run --rm --network=none --platform=linux/arm64 image$kit | sed "s/^/BuildKit $kit: /" >&3
done
